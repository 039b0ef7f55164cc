"""What goes wrong is said in French, with a telephone number, whatever is broken."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import link_to, make_officer, make_submission
from tests.web.conftest import STEPS, fill, text_of
from tests.web.test_guards import run

PHONE = "03 53 01 50 00"  # of the demonstration
NOWHERE = "postgres://nobody@127.0.0.1:1/nothing"


def check(response, status, *sentences):
    html, text = response.content.decode(), text_of(response)
    assert response.status_code == status
    assert '<html lang="fr">' in html
    assert "<h1>" in html
    for sentence in (*sentences, PHONE):
        assert sentence in text
    assert 'href="tel:0353015000"' in html
    assert "Content-Security-Policy" in response.headers


@pytest.mark.django_db
def test_a_page_that_does_not_exist(client):
    check(client.get("/nulle-part/"), 404, "Cette page n’existe pas, ou plus")


@pytest.mark.django_db
def test_a_page_one_may_not_open(client):
    client.force_login(make_officer())
    response = client.get("/administration/", follow=True)
    check(response, 403, "Vous n’avez pas accès à cette page")


@pytest.mark.django_db
def test_a_request_that_is_too_large(client):
    check(client.post("/demande/besoin/", {"text": "a" * 1_000_000}), 400, "l’envoi est trop gros")


def test_a_host_that_is_not_ours(client, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    check(client.get("/", headers={"host": "autre.example"}), 400, "Nous n’avons pas compris cette demande")


@pytest.mark.django_db
def test_a_form_without_its_cookie():
    browser = Client(enforce_csrf_checks=True)
    check(browser.post("/demande/effacer/"), 403, "Le formulaire n’a pas été envoyé")


@pytest.mark.django_db
@pytest.mark.cases(2)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_without_its_cookie_keeps_what_was_typed_and_can_be_sent_again(step):
    browser = Client()
    if step == "contact":
        fill(browser, upto="projet")
    browser.handler.enforce_csrf_checks = True
    response = browser.post(f"/demande/{step}/", STEPS[step])
    check(response, 403, "Le formulaire n’a pas été envoyé")
    for name, value in STEPS[step].items():
        assert response.context["form"][name].value() in (value, True), name
    again = {**STEPS[step], "csrfmiddlewaretoken": str(response.context["csrf_token"])}
    assert browser.post(f"/demande/{step}/", again).status_code == 302


@pytest.mark.django_db
def test_an_address_without_its_cookie_is_kept(client):
    response = Client(enforce_csrf_checks=True).post("/espace/", {"email": "camille@y.example"})
    check(response, 403, "Le formulaire n’a pas été envoyé")
    assert 'value="camille@y.example"' in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["answer", "account_login", "account_reset_password"])
def test_a_form_that_acts_for_someone_is_not_offered_again(name):
    """One tap would send what another site had filled in."""
    path = reverse(name, args=[link_to(make_submission())] if name == "answer" else [])
    response = Client(enforce_csrf_checks=True).post(path, {"login": "x@y.example", "email": "x@y.example"})
    check(response, 403)
    assert "<form" not in response.content.decode()


def test_the_site_starts_and_tells_a_breakdown_even_when_the_database_is_down():
    code = """
import django; django.setup()
from backend.config.server import read_ahead
read_ahead()
print("ready")
from django.test import Client
for cookies in ({}, {"session": "x" * 32}):
    client = Client(raise_request_exception=False)
    client.cookies.load(cookies)
    response = client.get("/", headers={"host": "127.0.0.1"})
    print(response.status_code, response["Content-Security-Policy"][:20], response.content.decode())
"""
    process = run("-c", code, DATABASE_URL=NOWHERE, JONCTION_DEMO="1", JONCTION_ALLOWED_HOSTS="127.0.0.1")
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("ready\n")
    assert "not read ahead" in process.stderr
    assert process.stdout.count("500 default-src 'none'") == 2
    assert process.stdout.count("Une panne de notre côté") >= 2
    assert process.stdout.count(PHONE) == 2
