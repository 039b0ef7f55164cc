"""The second factor: required of everyone who signs in, once set up it cannot be gone round."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from backend.accounts.models import User
from backend.accounts.services import invite, reset_second_factor
from backend.notifications.models import Notification
from tests.accounts.second_factor import Key, add_application, code_of
from tests.factories import as_sent, link_to, make_lead, make_officer, make_submission
from tests.web.conftest import text_of
from tests.web.test_guards import run

pytestmark = pytest.mark.django_db
PASSWORD = "mot-de-passe-long"
LOGIN, CODE, SETUP = "/compte/connexion/", "/compte/code/", "/compte/securite/application/"


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR = True


@pytest.fixture
def officer():
    return make_officer()


def sign_in(client, user, path="/agent/"):
    return client.post(f"{LOGIN}?next={path}", {"login": user.email, "password": PASSWORD, "next": path})


def signed_in(client):
    return "_auth_user_id" in client.session


# -- being asked for it


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize(
    "path",
    [
        "/agent/", "/agent/1/", "/administration/", "/administration/accounts/user/", "/compte/mot-de-passe/",
        "/compte/securite/", "/compte/securite/codes/", "/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_one_every_page_leads_to_adding_it(client, path, method):
    client.force_login(User.objects.create_superuser("admin@jonction.example", PASSWORD))
    assert getattr(client, method)(path)["Location"] == SETUP


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("make", [make_officer, make_lead])
def test_it_is_required_whatever_the_role(client, make):
    client.force_login(make())
    assert client.get("/agent/")["Location"] == SETUP


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("name", ["legal", "privacy", "accessibility", "contact", "transparency", "health"])
def test_what_anybody_may_read_stays_open(client, officer, name):
    client.force_login(officer)
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.usefixtures("required")
def test_one_can_leave_without_adding_it(client, officer):
    client.force_login(officer)
    client.post("/compte/deconnexion/")
    assert not signed_in(client)


@pytest.mark.usefixtures("required")
def test_a_firm_is_asked_for_nothing(client):
    assert client.get(f"/resultat/{link_to(make_submission())}/").status_code == 200
    assert client.get("/demande/", follow=True).status_code == 200


def test_a_demonstration_offers_it_and_requires_nothing(client, officer):
    client.force_login(officer)
    assert client.get("/agent/").status_code == 200
    assert "Ajouter une application" in text_of(client.get("/compte/securite/"))


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "True"),
        ({"JONCTION_DEMO": "1"}, "False"),
        ({"JONCTION_DEMO": "1", "JONCTION_SECOND_FACTOR": "1"}, "True"),
        ({"JONCTION_SECOND_FACTOR": "0"}, "False"),
    ],
)
def test_production_requires_it_unless_told_otherwise(environment, expected):
    process = run("-c", "from django.conf import settings; print(settings.SECOND_FACTOR)", **environment)
    assert process.stdout.strip() == expected


# -- adding it


@pytest.mark.usefixtures("required")
def test_an_invited_officer_adds_an_application_at_the_first_sign_in_and_goes_on(client):
    user = make_officer()
    user.set_unusable_password()
    user.save()
    invite(user=user)
    link = re.search(r"(/compte/mot-de-passe/nouveau/\S+)", as_sent(Notification.objects.get()).text).group(1)
    page = client.get(link, follow=True)
    client.post(page.context["action_url"], {"password1": PASSWORD, "password2": PASSWORD})
    sign_in(client, user)
    page = client.get("/agent/", follow=True)
    assert page.request["PATH_INFO"] == SETUP
    secret = page.context["form"].secret
    assert secret in text_of(page)
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()

    page = client.post(SETUP, {"code": "000000"})
    assert "Ce n’est pas le bon code" in text_of(page)
    assert page.context["form"].secret == secret
    page = client.post(SETUP, {"code": code_of(secret)}, follow=True)
    assert page.request["PATH_INFO"] == "/compte/securite/codes/"
    assert len(set(page.context["unused_codes"])) == 10
    assert client.get("/agent/").status_code == 200


def test_no_browser_keeps_a_secret(client, officer):
    sign_in(client, officer)
    assert "no-store" in client.get(SETUP)["Cache-Control"]
    assert "no-store" in client.get("/compte/securite/cles/ajouter/")["Cache-Control"]
    add_application(officer)
    assert "no-store" in client.get("/compte/securite/codes/")["Cache-Control"]


@pytest.mark.usefixtures("required")
def test_the_codes_can_be_kept_in_a_file(client, officer):
    sign_in(client, officer)
    page = client.get(SETUP)
    codes = client.post(SETUP, {"code": code_of(page.context["form"].secret)}, follow=True).context["unused_codes"]
    response = client.get("/compte/securite/codes/telecharger/")
    assert response["Content-Disposition"].startswith("attachment")
    assert "no-store" in response["Cache-Control"]
    assert response.content.decode().split() == list(codes)


def test_a_factor_is_added_and_removed_only_by_who_has_just_signed_in(client, officer):
    add_application(officer)
    client.force_login(officer)
    for path in ("application/retirer/", "cles/ajouter/", "codes/", "codes/nouveaux/"):
        response = client.get(f"/compte/securite/{path}")
        assert response["Location"].startswith("/compte/confirmer/?next="), path
    response = client.post("/compte/confirmer/", {"password": PASSWORD, "next": "/compte/securite/codes/"})
    assert response["Location"] == "/compte/securite/codes/"
    assert client.get("/compte/securite/codes/").status_code == 200


def test_having_signed_in_is_proof_for_a_few_minutes_only(client, officer):
    sign_in(client, officer)
    assert client.get(SETUP).status_code == 200
    session = client.session
    session["account_authentication_methods"][-1]["at"] = time.time() - 301
    session.save()
    assert client.get(SETUP)["Location"].startswith("/compte/confirmer/")


def test_the_database_alone_gives_no_code(officer, settings):
    secret = add_application(officer)
    held = Authenticator.objects.get(type="totp")
    assert secret not in str(held.data)
    assert len(Authenticator.objects.get(type="recovery_codes").wrap().generate_codes()) == 10
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-secret-" * 4
    settings.SECRET_KEY_FALLBACKS = [old]
    assert held.wrap().validate_code(code_of(secret))


# -- showing it


def test_a_password_alone_opens_nothing(client, officer):
    add_application(officer)
    assert sign_in(client, officer)["Location"] == CODE
    assert not signed_in(client)
    assert client.get("/agent/")["Location"].startswith(LOGIN)
    assert client.get(SETUP)["Location"].startswith(LOGIN)


def test_the_code_of_the_application_opens(client, officer):
    secret = add_application(officer)
    sign_in(client, officer)
    assert client.post(CODE, {"code": "000000"}).status_code == 200
    assert not signed_in(client)
    assert client.post(CODE, {"code": code_of(secret)})["Location"] == "/agent/"
    assert client.get("/agent/").status_code == 200


def test_a_code_serves_once(officer):
    secret = add_application(officer)
    code = code_of(secret)
    answers = []
    for browser in (Client(), Client()):
        sign_in(browser, officer)
        answers.append(browser.post(CODE, {"code": code}).status_code)
    assert answers == [302, 200]


def test_a_code_on_paper_serves_once(officer):
    add_application(officer)
    code = Authenticator.objects.get(type="recovery_codes").wrap().generate_codes()[0]
    answers = []
    for browser in (Client(), Client()):
        sign_in(browser, officer)
        answers.append(browser.post(CODE, {"code": code}).status_code)
    assert answers == [302, 200]


def test_codes_cannot_be_tried_one_after_the_other(client, officer, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key"}
    secret = add_application(officer)
    sign_in(client, officer)
    for _ in range(5):
        client.post(CODE, {"code": "000000"})
    response = client.post(CODE, {"code": code_of(secret)})
    assert response.status_code == 200
    assert "Trop de tentatives" in text_of(response)
    assert not signed_in(client)


def test_the_page_of_the_code_opens_for_nobody_else(client):
    assert client.get(CODE)["Location"] == LOGIN


@pytest.mark.usefixtures("required")
def test_a_session_from_before_must_show_the_factor_and_cannot_add_another(officer):
    stolen = Client()
    sign_in(stolen, officer)
    secret = add_application(officer)
    for path in ("/agent/", SETUP, "/compte/securite/cles/ajouter/", "/compte/securite/application/retirer/"):
        assert stolen.get(path)["Location"].startswith("/compte/confirmer/code/?next="), path
    response = stolen.post("/compte/confirmer/code/", {"code": code_of(secret), "next": "/agent/"})
    assert response["Location"] == "/agent/"
    assert stolen.get("/agent/").status_code == 200


@pytest.mark.usefixtures("required")
def test_showing_the_password_again_does_not_stand_for_the_factor(officer):
    stolen = Client()
    sign_in(stolen, officer)
    add_application(officer)
    stolen.post("/compte/confirmer/", {"password": PASSWORD, "next": "/agent/"})
    assert stolen.get("/agent/")["Location"].startswith("/compte/confirmer/code/")


# -- the administration


@pytest.mark.parametrize("factor", [True, False])
def test_the_administration_has_no_door_of_its_own(client, factor):
    user = User.objects.create_superuser("admin@jonction.example", PASSWORD)
    if factor:
        add_application(user)
    response = client.post("/administration/login/", {"username": user.email, "password": PASSWORD})
    assert response["Location"].startswith(LOGIN)
    assert not signed_in(client)


def test_an_administrator_with_a_factor_shows_it_first(client):
    user = User.objects.create_superuser("admin@jonction.example", PASSWORD)
    secret = add_application(user)
    assert sign_in(client, user, "/administration/")["Location"] == CODE
    assert client.post(CODE, {"code": code_of(secret)})["Location"] == "/administration/"
    assert client.get("/administration/").status_code == 200


@pytest.mark.parametrize("path", ["mfa/authenticator/", "account/emailaddress/", "account/emailaddress/add/"])
def test_no_administrator_reads_or_writes_a_factor_by_hand(client, path):
    client.force_login(User.objects.create_superuser("admin@jonction.example", PASSWORD))
    assert client.get(f"/administration/{path}").status_code == 404


def test_a_password_changed_from_the_administration_is_told_like_any_other(client):
    client.force_login(User.objects.create_superuser("admin@jonction.example", PASSWORD))
    assert client.get("/administration/password_change/")["Location"] == "/compte/mot-de-passe/"


@pytest.mark.usefixtures("required")
def test_a_lost_telephone_is_put_right_by_an_administrator(client, officer):
    secret = add_application(officer)
    other = make_officer()
    add_application(other)
    browser = Client()
    sign_in(browser, officer)
    browser.post(CODE, {"code": code_of(secret)})
    administrator = User.objects.create_superuser("admin@jonction.example", PASSWORD)
    secret = add_application(administrator)
    sign_in(client, administrator, "/administration/")
    client.post(CODE, {"code": code_of(secret)})

    sent = {"action": "reset_second_factors", "_selected_action": [str(officer.pk)]}
    page = client.post("/administration/accounts/user/", sent, follow=True)
    assert "1 second facteur retiré." in text_of(page)
    assert set(Authenticator.objects.values_list("user", flat=True)) == {other.pk, administrator.pk}
    owed = Notification.objects.get()
    assert (owed.kind, owed.recipient) == ("second_factor_reset", officer.email)
    assert "Un administrateur a retiré votre second facteur" in owed.text
    assert "Un administrateur a retiré votre second facteur" in owed.html
    assert LogEntry.objects.get().object_id == str(officer.pk)
    assert browser.get("/agent/")["Location"].startswith(LOGIN)
    sign_in(browser, officer)
    assert browser.get("/agent/")["Location"] == SETUP


def test_someone_without_a_factor_is_told_nothing(officer):
    sign_in(Client(), officer)
    assert reset_second_factor(user=officer) is False
    assert not Notification.objects.exists()
    assert Session.objects.count() == 1


# -- being told


def change_password(client, user):
    new = "soudure-robot-oise"
    client.post("/compte/mot-de-passe/", {"oldpassword": PASSWORD, "password1": new, "password2": new})


def add(client, user):
    client.post(SETUP, {"code": code_of(client.get(SETUP).context["form"].secret)})


def remove(client, user):
    add_application(user)
    client.post("/compte/securite/application/retirer/")


def make_codes(client, user):
    add_application(user)
    client.post("/compte/securite/codes/nouveaux/")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (change_password, "Votre mot de passe a été changé."),
        (add, "Une application d’authentification a été ajoutée."),
        (remove, "L’application d’authentification a été retirée."),
        (make_codes, "Vous avez de nouveaux codes de secours"),
    ],
)
def test_the_person_is_told_of_each_change(client, officer, django_capture_on_commit_callbacks, change, sentence):
    sign_in(client, officer)
    with django_capture_on_commit_callbacks(execute=True):
        change(client, officer)
    owed = Notification.objects.get()
    assert (owed.kind, owed.recipient, owed.topic) == ("account_changed", officer.email, "")
    assert sentence in owed.text
    assert "Ce n’était pas vous" in owed.html


def test_choosing_the_first_password_is_no_news(client):
    user = make_officer()
    invite(user=user)
    link = re.search(r"(/compte/mot-de-passe/nouveau/\S+)", as_sent(Notification.objects.get()).text).group(1)
    page = client.get(link, follow=True)
    client.post(page.context["action_url"], {"password1": PASSWORD, "password2": PASSWORD})
    assert not Notification.objects.filter(kind="account_changed").exists()


def test_a_password_chosen_by_the_link_of_an_e_mail_is_told(client, officer):
    sign_in(Client(), officer)
    client.post("/compte/mot-de-passe/oublie/", {"email": officer.email})
    link = re.search(r"(/compte/mot-de-passe/nouveau/\S+)", as_sent(Notification.objects.get()).text).group(1)
    page = client.get(link, follow=True)
    client.post(page.context["action_url"], {"password1": PASSWORD, "password2": PASSWORD})
    assert "par le lien d’un courriel" in Notification.objects.get(kind="account_changed").text


def test_a_new_password_from_the_mailbox_does_not_stand_for_the_factor(client, officer):
    add_application(officer)
    client.post("/compte/mot-de-passe/oublie/", {"email": officer.email})
    link = re.search(r"(/compte/mot-de-passe/nouveau/\S+)", as_sent(Notification.objects.get()).text).group(1)
    page = client.get(link, follow=True)
    client.post(page.context["action_url"], {"password1": PASSWORD, "password2": PASSWORD})
    assert sign_in(client, officer)["Location"] == CODE
    assert not signed_in(client)


# -- a security key


@pytest.mark.usefixtures("required")
def test_a_security_key_stands_for_the_application(officer):
    key = Key()
    client = Client()
    sign_in(client, officer)
    path = "/compte/securite/cles/ajouter/"
    options = client.get(path, secure=True).context["js_data"]["creation_options"]
    sent = {"name": "Clé bleue", "credential": key.create(options)}
    assert client.post(path, sent, secure=True)["Location"] == "/compte/securite/codes/"
    assert client.get("/agent/").status_code == 200
    assert "Clé bleue" in text_of(client.get("/compte/securite/cles/"))

    browser = Client()
    sign_in(browser, officer)
    page = browser.get(CODE, secure=True)
    assert "Utiliser ma clé de sécurité" in text_of(page)
    credential = key.sign(page.context["js_data"]["request_options"])
    assert browser.post(CODE, {"credential": credential}, secure=True)["Location"] == "/agent/"
    assert browser.get("/agent/").status_code == 200


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("wrong", ["another key", "another site", "an old answer"])
def test_another_key_opens_nothing(officer, wrong):
    key = Key()
    client = Client()
    sign_in(client, officer)
    path = "/compte/securite/cles/ajouter/"
    options = client.get(path, secure=True).context["js_data"]["creation_options"]
    client.post(path, {"name": "Clé bleue", "credential": key.create(options)}, secure=True)

    browser = Client()
    sign_in(browser, officer)
    options = browser.get(CODE, secure=True).context["js_data"]["request_options"]
    if wrong == "another key":
        key = Key()
    elif wrong == "another site":
        key._host = "jonction.autre.example"
    else:
        browser.get(CODE, secure=True)
    page = browser.post(CODE, {"credential": key.sign(options)}, secure=True)
    assert page.status_code == 200
    assert "pas une clé de ce compte" in text_of(page)
    assert not signed_in(browser)


def test_a_key_is_renamed_and_removed_by_its_owner_only(officer):
    key, client = Key(), Client()
    sign_in(client, officer)
    path = "/compte/securite/cles/ajouter/"
    options = client.get(path, secure=True).context["js_data"]["creation_options"]
    client.post(path, {"name": "Clé bleue", "credential": key.create(options)}, secure=True)
    pk = Authenticator.objects.get(type="webauthn").pk
    stranger = Client()
    sign_in(stranger, make_officer())
    for action in ("nommer", "retirer"):
        assert stranger.post(f"/compte/securite/cles/{pk}/{action}/", {"name": "x"}).status_code == 404
    client.post(f"/compte/securite/cles/{pk}/nommer/", {"name": "Clé verte"})
    assert "Clé verte" in text_of(client.get("/compte/securite/"))
    client.post(f"/compte/securite/cles/{pk}/retirer/")
    assert not Authenticator.objects.exists()  # nor the codes that stood in for it
