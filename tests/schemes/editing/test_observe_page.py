"""Observations on the pages of editors: read there, added there, refused in French with what was typed."""

from datetime import date

import pytest
from django.test import Client

from backend.schemes.models import Proposal, WindowObservation
from tests.schemes.people import get_scheme, make_editor
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
UNKNOWN, OTHER, SEEN = "bpi-pret-innovation-rd-industrie", "hdf-pass-cyber-investissement", "mte-diag-biodiversite"
TYPED = {
    "url": "https://diag.bpifrance.example/cyber",
    "site": "Bpifrance",
    "tier": "operator",
    "day": "2026-11-20",
    "says": "open",
    "note": "« Demandez votre diagnostic ».",
}


@pytest.fixture(autouse=True)
def today(settings):
    settings.FIXED_DAY = date(2026, 11, 28)


@pytest.fixture
def browser():
    client = Client()
    client.force_login(make_editor())
    return client


def address(key=UNKNOWN, page="constat"):
    return f"/administration/schemes/scheme/{get_scheme(key).pk}/{page}/"


def test_the_page_of_a_scheme_lists_its_own_observations(browser):
    shown = text_of(browser.get(address(SEEN, "change")))
    assert "page du 12 juin 2026 : ouvert. Listée sans date de fin." in shown
    assert "Lue le 24 novembre 2026, fichier du catalogue." in shown
    other = text_of(browser.get(address(OTHER, "change")))
    assert "Aucune page datée n’a été notée." in other
    assert "12 juin 2026" not in other


def test_an_editor_adds_what_a_page_says_and_another_person_decides_of_an_opening(browser):
    response = browser.post(address(), TYPED, follow=True)
    shown = text_of(response)
    assert "Constat gardé." in shown
    assert "page du 20 novembre 2026 : ouvert. « Demandez votre diagnostic »." in shown
    observation = WindowObservation.objects.get(scheme=get_scheme(UNKNOWN))
    assert Proposal.objects.get().observed == observation
    assert get_scheme(UNKNOWN).current.seen_on is None
    assert "diag.bpifrance.example" not in browser.get(address(SEEN, "change")).content.decode()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"url": "une adresse"}, "URL"),
        ({"site": ""}, "obligatoire"),
        ({"says": "peut-être"}, "choix"),
        ({"day": "2026-11-29"}, "Le 29/11/2026 ne convient pas"),
        ({"day": "1999-01-01"}, "un jour du 01/01/2015 à aujourd’hui"),
        ({"day": "le vingt"}, "n’est pas une date. Écrivez-la comme"),
        ({"says": "dated"}, "demande le dernier jour"),
        ({"closes_on": "2027-01-01"}, "Des dates ne vont qu’avec"),
        ({"says": "dated", "opens_on": "2027-01-02", "closes_on": "2027-01-01"}, "avant l’ouverture"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(browser, changes, told):
    response = browser.post(address(), {**TYPED, **changes})
    assert response.status_code == 200
    assert told in text_of(response)
    assert "« Demandez votre diagnostic »." in response.content.decode()
    assert not WindowObservation.objects.filter(scheme=get_scheme(UNKNOWN)).exists()


def test_the_same_page_is_kept_once(browser):
    browser.post(address(), TYPED)
    response = browser.post(address(), TYPED)
    assert "Ce constat est déjà dans la fiche." in text_of(response)
    assert WindowObservation.objects.filter(scheme=get_scheme(UNKNOWN)).count() == 1
