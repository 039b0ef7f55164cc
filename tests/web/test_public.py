"""The pages every public service has: they say what is true, and what is not known yet."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.checks import INFO, run_checks
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from backend.accounts.models import Organisation
from backend.config.limits import SIGN_IN_LIMITS, THROTTLES
from backend.privacy.rules import rules
from backend.web.identity import Identity, identity
from tests.factories import make_officer, make_organisation
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PAGES = ("/mentions-legales/", "/donnees-personnelles/", "/accessibilite/", "/contact/", "/transparence/")


@pytest.fixture
def production(settings):
    """Read the file as production does: without what a demonstration invents."""
    settings.DEMO = False
    identity.cache_clear()
    yield
    identity.cache_clear()


@pytest.mark.cases(2)
@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_one_step_from_every_other(client, path):
    for other in (*PAGES, "/", "/nulle-part/", "/compte/connexion/"):
        assert f'href="{path}"' in client.get(other).content.decode(), other


@pytest.mark.parametrize("path", PAGES)
def test_each_page_has_one_title_and_no_level_skipped(client, path):
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", client.get(path).content.decode())]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels


@pytest.mark.parametrize("path", PAGES)
def test_each_page_opens_while_nothing_is_known_of_the_publisher(client, production, path):
    assert client.get(path).status_code == 200


def test_what_is_not_known_is_said_so(client, production):
    assert text_of(client.get("/mentions-legales/")).count("[à compléter]") == 9
    assert "à décider par le responsable" in text_of(client.get("/donnees-personnelles/"))
    assert 'href="tel:' not in client.get("/").content.decode()


def test_what_the_counters_against_abuse_hold_is_said_and_no_more(client):
    of_anybody = {name.partition(".")[2] for name in THROTTLES.keys() - {"register.service", "register.failures"}}
    assert of_anybody == {"network", "link", "key"}
    assert {name.partition(".")[2] for name in SIGN_IN_LIMITS} == {"device", "network", "client", "account"}
    (said,) = re.findall(r"Contre les abus.*?Les partages", text_of(client.get("/donnees-personnelles/")))
    assert (
        "empreinte de l’adresse de connexion d’où vient la demande, ou de son réseau, ou du lien d’un agenda, ou de "
        "la clé de l’outil d’un partenaire" in said
    )
    assert "seule la connexion des agents y ajoute celle du courriel tapé et du navigateur" in said
    assert "entreprise" not in said
    periods = [period for _, period in THROTTLES.values()]
    periods += [period for limits in SIGN_IN_LIMITS.values() for _, period in limits]
    assert "effacés après un jour et une heure au plus" in said  # what is over is erased every hour
    assert max(periods) <= 24 * 3600


def test_what_is_missing_is_listed_before_opening_without_stopping_it(production):
    (found,) = (check for check in run_checks(include_deployment_checks=True) if check.id == "jonction.I001")
    assert found.level == INFO
    for name in ("phone", "publisher_name", "director", "host_name", "dpo_email"):
        assert name in found.msg
    assert " name" not in found.msg


def test_nothing_is_listed_once_all_is_known():
    known = Identity(**dict.fromkeys(Identity.__dataclass_fields__, "x"))
    assert known.missing() == []


def test_the_declaration_claims_no_percentage_before_an_audit(client):
    page = text_of(client.get("/accessibilite/"))
    assert "n’est pas conforme" in page
    assert "aucun audit n’a encore été fait" in page
    assert "%" not in page
    assert "Défenseur des droits" in page
    assert "Accessibilité : non conforme" in text_of(client.get("/"))


def test_the_data_page_says_what_the_service_does_today(client, settings):
    settings.OFFICER_SESSION_SECONDS = 9 * 3600
    page = text_of(client.get("/donnees-personnelles/"))
    assert len(rules()) > 10
    for rule in rules().values():
        assert f"{rule.what[:1].upper()}{rule.what[1:]} {rule.kept_for} ({rule.decided})" in page
    assert "après 9 heures sans activité" in page
    assert "CNIL" in page


def test_the_contact_page_gives_each_service_and_names_no_officer(client):
    officer = make_officer("ARC", first_name="Prénom", last_name="Patronyme", phone="03 53 01 10 99")
    service = make_organisation("CCLO")
    Organisation.objects.filter(pk=service.pk).update(phone="03 53 01 20 00", email="eco@cclo.example")
    page = client.get("/contact/")
    html, text = page.content.decode(), text_of(page)
    assert 'href="tel:0353012000"' in html
    assert "eco@cclo.example" in text
    assert text.count("Numéro à compléter") == 2  # the two that have no organisation yet
    for private in (officer.first_name, officer.last_name, officer.email, officer.phone):
        assert private not in text


# -- for machines


def test_search_engines_are_kept_out_of_what_is_private(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"].startswith("text/plain")
    lines = response.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    hidden = {line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow: ")}
    assert hidden >= {
        "/agent/",
        "/resultat/",
        "/confirmer/",
        "/arreter/",
        "/administration/",
        "/compte/",
        "/courriels/",
    }
    assert not hidden & {"/", "/demande/", *PAGES}


def test_who_finds_a_hole_knows_where_to_write(client):
    response = client.get("/.well-known/security.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert fields["Contact"] == "mailto:securite@jonction.example"
    expires = parse_datetime(fields["Expires"])
    assert expires is not None
    assert timedelta(days=170) < expires - timezone.now() < timedelta(days=365)
    assert fields["Canonical"].endswith("/.well-known/security.txt")


def test_there_is_no_security_file_without_an_address(client, production):
    assert client.get("/.well-known/security.txt").status_code == 404


def test_the_page_on_personal_data_says_who_reads_what_is_filed_for_a_firm_or_offered_elsewhere(client):
    page = text_of(client.get("/donnees-personnelles/"))
    assert "ses collègues de la même intercommunalité, tout de suite" in page
    assert "tous les développeurs économiques de celle-ci, jusqu’à la réponse" in page
    assert "si vous avez déposé vous-même" in page
