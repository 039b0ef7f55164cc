"""What a demonstration may do and production may not; headers; and pages without inline code or style."""

import os
import re
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import NoReverseMatch, reverse

from backend.accounts.models import User
from backend.accounts.services import invite
from backend.links.models import Kind
from backend.matchmaking.reviews import end_review
from backend.notifications.models import Notification
from backend.territories.models import Perimeter, ServedEpci
from tests.conftest import ROOT
from tests.factories import (
    CC2V,
    DAY,
    as_sent,
    decide,
    first_matches,
    link_to,
    make_officer,
    make_submission,
    stop_link,
)
from tests.neighbour import ours
from tests.web.conftest import FORMS, fill, text_of

# Data for a script is no code: a browser runs nothing of that type.
INLINE = re.compile(
    r"<style|<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|\sstyle=|\son\w+=|javascript:", re.IGNORECASE
)


def run(*arguments, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JONCTION", "DJANGO"))}
    return subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=ROOT,
        env={
            **kept,
            "DJANGO_SETTINGS_MODULE": "backend.config.settings",
            "JONCTION_SECRET_KEY": "a-real-secret-of-fifty-characters-0123456789-abcdefghij",
            "JONCTION_URL": "https://jonction.example",
            "JONCTION_ALLOWED_HOSTS": "jonction.example",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_day_cannot_be_fixed_in_production():
    process = run("-c", "import django; django.setup()", JONCTION_DAY="2026-11-24")
    assert process.returncode
    assert "JONCTION_DAY is for demonstrations and tests" in process.stderr


def test_a_day_that_is_none_is_refused_in_a_demonstration():
    process = run("-c", "import django; django.setup()", JONCTION_DAY="demain", JONCTION_DEMO="1")
    assert process.returncode
    assert "JONCTION_DAY='demain' is not a day such as 2026-11-24." in process.stderr


@pytest.mark.slow
def test_the_settings_of_production_pass_the_deployment_checks():
    process = run(
        *("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        DATABASE_URL="postgres://nobody@127.0.0.1:1/nowhere",  # tests own theirs, which would be warned of
        JONCTION_ERASED="/var/lib/jonction/erased",
        JONCTION_BACKUP_RECIPIENTS="age1example",
    )
    assert process.returncode == 0, process.stderr


def test_the_service_does_not_start_without_a_secret():
    process = run("-c", "from django.conf import settings; settings.SECRET_KEY", JONCTION_SECRET_KEY="")
    assert process.returncode
    assert "The SECRET_KEY setting must not be empty" in process.stderr


@pytest.mark.django_db
def test_invented_accounts_are_not_loaded_in_production(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="JONCTION_DEMO=1"):
        call_command("load_demo", stdout=StringIO())
    assert not ours(User).exists()


@pytest.mark.django_db
def test_invented_accounts_are_those_of_the_territory_served(settings):
    settings.DEMO = True
    ServedEpci.objects.filter(short_name=CC2V).update(perimeter=Perimeter.objects.get(code="EPCI-200070944"))
    with pytest.raises(CommandError, match=r"demo\.yaml : l’intercommunalité 246000772 de « .* » n’est pas servie"):
        call_command("load_demo", stdout=StringIO())
    assert not ours(User).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/courriels/", "/courriels/20261124T101500000000-0123abcd/"])
def test_nobody_reads_e_mails_in_production(client, settings, path):
    settings.CATCHER_DIR = None
    assert client.get(path).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["x", "..%2F..%2Fetc%2Fpasswd", "%00", "20261124T101500000000-0123abcd"])
def test_only_a_message_that_was_caught_can_be_read(client, settings, tmp_path, name):
    settings.CATCHER_DIR = tmp_path
    assert client.get("/courriels/").status_code == 200
    assert client.get(f"/courriels/{name}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["account_signup", "account_email"])
def test_nobody_signs_up(client, name):
    with pytest.raises(NoReverseMatch):
        reverse(name)
    for path in ("/compte/inscription/", "/accounts/signup/", "/compte/"):
        assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_the_service_says_that_it_is_alive(client):
    assert client.get("/healthz").content == b"ok"


def public_pages(client, settings, tmp_path):
    settings.CATCHER_DIR = tmp_path
    paths = ["/", "/espace/", "/courriels/", "/nulle-part/", "/confirmer/x/", "/contact/", "/accessibilite/"]
    paths += ["/mentions-legales/", "/donnees-personnelles/"]
    paths += ["/compte/connexion/", "/compte/mot-de-passe/oublie/", "/compte/mot-de-passe/oublie/envoye/"]
    paths += ["/compte/inactif/", "/compte/mot-de-passe/nouveau/x-y/", "/compte/mot-de-passe/nouveau/fait/"]
    for path in paths:
        yield path, client.get(path)
    yield "sent again", client.post("/espace/", {"email": "x@y.example"})
    yield "sent again, wrong", client.post("/espace/", {"email": "x"})
    yield "too large", client.post("/demande/besoin/", {"text": "a" * 1_000_000})


def firm_pages(client, _settings, _tmp_path):
    fill(client, upto="projet", entreprise={"commune": "Beauvais"})
    yield "outside", client.get("/demande/reponse/")
    for name in FORMS:
        yield name, client.get(f"/demande/{name}/")
    for name, wrong in (
        ("besoin", {}),
        ("entreprise", {"commune": "Janville", "naf": "x"}),
        ("projet", {"spend": "x", "started": "?"}),
    ):
        yield f"{name}, wrong", client.post(f"/demande/{name}/", wrong, follow=True)
    fill(client, upto="projet")
    yield "answer", client.get("/demande/reponse/")
    yield "contact, wrong", client.post("/demande/contact/", {}, follow=True)
    submission = make_submission(text="<b style='x'>", confirmed=False)
    yield "confirm", client.get(f"/confirmer/{link_to(submission, Kind.CONFIRM)}/")
    yield "result", client.get(f"/resultat/{link_to(submission)}/")
    yield "correct", client.get(f"/resultat/{link_to(submission)}/corriger/")
    yield "correct, wrong", client.post(f"/resultat/{link_to(submission)}/corriger/", {})
    stop = f"/arreter/{stop_link('x@y.example', 'alerts:submission:1')}/"
    yield "stop", client.get(stop)
    yield "stopped", client.post(stop)
    access = client.get(f"/acces/{link_to(submission, Kind.ACCESS)}/")
    yield "access", access
    yield "access needed", client.get(f"/resultat/{link_to(submission)}/effacer/")
    client.post(access.wsgi_request.path)
    yield "space", client.get("/espace/")
    yield "dead link", client.get("/acces/x/")


def officer_pages(client, _settings, _tmp_path):
    officer = make_officer()
    client.force_login(officer)
    yield "empty queue", client.get("/agent/")
    submission = make_submission(confirmed=True)
    yield "queue", client.get("/agent/")
    yield "file", client.get(f"/agent/{submission.pk}/")
    kept, rejected = (match.scheme for match in first_matches(submission, 2))
    yield "wrong", client.post(f"/agent/{submission.pk}/avis/{kept.pk}/", {"verdict": "rejected"})
    decide(submission, kept, officer)
    decide(submission, rejected, officer, "not_worth_it")
    yield "file, decided", client.get(f"/agent/{submission.pk}/")
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    yield "file, ended", client.get(f"/agent/{submission.pk}/")
    yield "queue, ended", client.get("/agent/?etat=suivis")
    yield "result, ended", client.get(f"/resultat/{link_to(submission)}/")
    yield "password", client.get("/compte/mot-de-passe/")
    yield "sign out", client.get("/compte/deconnexion/")
    for path in ("", "application/", "cles/", "cles/ajouter/"):
        yield path, client.get(f"/compte/securite/{path}", follow=True)
    invite(user=officer)
    invitation = as_sent(ours(Notification).get(kind="invitation")).text
    path = re.search(r"(/compte/mot-de-passe/nouveau/\S+)", invitation).group(1)
    yield "new password", client.get(path, follow=True)


@pytest.mark.django_db
@pytest.mark.neighbour("group")  # an access link lists all requests of its address, a queue those of its officers
@pytest.mark.parametrize("pages", [public_pages, firm_pages, officer_pages])
def test_no_page_holds_inline_code_or_style_nor_an_english_template(client, settings, tmp_path, pages):
    for name, response in pages(client, settings, tmp_path):
        html = response.content.decode()
        assert response.status_code < 500, name
        assert response["Content-Type"].startswith("text/html"), name
        visible = re.sub(r"<textarea.*?</textarea>", "", html, flags=re.DOTALL)
        assert not INLINE.search(visible), (name, INLINE.search(visible))
        assert '<html lang="fr">' in html, name
        assert "{%" not in html, name
        assert "{{" not in html, name
        text = text_of(response)
        assert not re.search(r"\bNone\b|\b(This field|Sign In|Password|Submit)\b", text), (name, text)
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids)), (name, sorted({one for one in ids if ids.count(one) > 1}))
