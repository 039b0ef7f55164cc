"""The client of API Recherche d'entreprises, from a real site that answers as the State's does, or badly."""

import json
import time
from collections.abc import Iterator
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import caches

from backend.companies.register import RegisterUnavailable, ask
from tests.common.sites import Site, send, site

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 24)
PERSON = "Dupont"


def a_site(**changes):
    return {
        "siret": "99999995600017",
        "activite_principale": "25.62B",
        "activite_principale_naf25": "25.62Y",
        "commune": "60159",
        "etat_administratif": "A",
        "date_fermeture": None,
        "liste_enseignes": None,
        "nom_commercial": None,
        "statut_diffusion_etablissement": "O",
        **changes,
    }


def a_firm(*, sites=(), **changes):
    return {
        "siren": "999999956",
        "nom_complet": f"CHAUDRONNERIE DU BAC ({PERSON})",
        "nom_raison_sociale": "CHAUDRONNERIE DU BAC",
        "nature_juridique": "5710",
        "date_creation": "2009-03-16",
        "tranche_effectif_salarie": "12",
        "annee_tranche_effectif_salarie": "2024",
        "categorie_entreprise": "PME",
        "annee_categorie_entreprise": "2023",
        "statut_diffusion": "O",
        "siege": a_site(),
        "matching_etablissements": list(sites),
        "dirigeants": [{"nom": PERSON}],
        **changes,
    }


SECOND = a_firm(nom_raison_sociale="TOLERIE DE L'OISE", siege=a_site(siret="99999107800018"))


@pytest.fixture
def state(settings) -> Iterator[Site]:
    """Return the State's service, which knows two firms."""
    caches["counters"].clear()
    with site() as served:
        settings.REGISTER_URL = served.url
        served.page("/search", answer(a_firm(), SECOND))
        yield served


def answer(*firms) -> str:
    return json.dumps({"results": firms, "total_results": len(firms)})


def refused(text="chaudronnerie"):
    with pytest.raises(RegisterUnavailable):
        ask(text, on=ON)


def test_it_is_asked_for_what_is_needed_and_for_no_person(state):
    first, second = ask("chaudronnerie & fils", on=ON)
    assert first.facts() == {
        "commune": "60159",
        "naf": "25.62B",
        "naf_2025": "25.62Y",
        "legal_category": "5710",
        "micro_entrepreneur": False,
        "created_on": "2009-03-16",
        "headcount": [20, 49],
        "insee_category": {"category": "PME", "year": 2023},
    }
    assert (first.name, first.read_on, first.is_head_office) == ("CHAUDRONNERIE DU BAC", "2026-11-24", True)
    assert second.siret == "99999107800018"
    ((_method, path),) = state.asked
    asked = {name: value for name, (value,) in parse_qs(urlsplit(path).query).items()}
    assert asked == {
        "q": "chaudronnerie & fils",
        "minimal": "true",
        "include": "siege,matching_etablissements",
        "per_page": "11",
    }
    assert "Jonction" in state.headers[0]["User-Agent"]


def test_an_answer_is_kept_and_no_person_in_it(state, monkeypatch):
    kept = []
    cache = caches["counters"]
    monkeypatch.setattr(type(cache), "set", lambda self, key, value, seconds: kept.append(value))
    ask("Chaudronnerie", on=ON)
    assert kept
    assert PERSON not in json.dumps(kept)
    monkeypatch.undo()
    assert ask("Chaudronnerie", on=ON) == ask("chaudronnerie", on=ON)
    assert len(state.asked) == 2  # the first was not kept
    assert [each.siret for each in ask("99999107800018", on=ON)] == ["99999107800018"]
    assert len(state.asked) == 2  # it was among those that were found


@pytest.mark.parametrize(
    "firm",
    [
        a_firm(statut_diffusion="P"),
        a_firm(statut_diffusion="N"),
        a_firm(statut_diffusion=None),
        a_firm(siege=a_site(statut_diffusion_etablissement="P")),
        a_firm(siege=None),
    ],
)
def test_who_opposes_is_not_shown(state, firm):
    state.page("/search", answer(firm, SECOND))
    assert [each.siren for each in ask("chaudronnerie", on=ON)] == ["999991078"]


def test_a_sole_trader_has_a_trade_name_or_none(state):
    person = {"nature_juridique": "1000", "nom_raison_sociale": PERSON.upper()}
    state.page("/search", answer(a_firm(**person), a_firm(**person, siege=a_site(liste_enseignes=["LE BAC"]))))
    assert [each.name for each in ask(PERSON, on=ON)] == ["", "LE BAC"]


def test_sites_come_with_the_head_office_and_with_the_day_they_closed(state):
    closed = a_site(siret="99999995600025", etat_administratif="F", date_fermeture="2026-02-27", commune="75102")
    state.page("/search", answer(a_firm(sites=[closed])))
    branch, head = ask("chaudronnerie", on=ON)
    assert (branch.is_open, branch.closed_on, branch.is_head_office, branch.commune) == (
        False,
        "2026-02-27",
        False,
        "75056",
    )
    assert (head.is_open, head.is_head_office) == (True, True)


def test_from_2027_on_the_activity_is_in_the_naf_2025(state):
    state.page("/search", answer(a_firm(siege=a_site(activite_principale="25.62Y"))))
    (found,) = ask("chaudronnerie", on=date(2027, 1, 4))
    assert (found.naf, found.naf_2025) == ("", "25.62Y")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>Maintenance</html>",
        "[]",
        '{"results": null}',
        '{"results": [1]}',
        '{"results": [{"statut_diffusion": "O", "siege": [1]}]}',
        '{"erreur": "x"}',
        "[" * 100_000,
        '{"results": [' + "1" * 1_100_000,
    ],
)
def test_a_malformed_answer_is_none(state, body):
    state.page("/search", body)
    refused()


def test_values_of_other_kinds_are_unknown(state):
    odd = a_firm(
        nature_juridique=5710, date_creation="bientôt", tranche_effectif_salarie=["12"], categorie_entreprise="??",
        siege=a_site(commune=60159, activite_principale={"a": 1}, activite_principale_naf25=None),
    )  # fmt: skip
    state.page("/search", answer(odd, a_firm(siege=a_site(siret="12"))))
    (found,) = ask("chaudronnerie", on=ON)
    assert found.facts() == {}


@pytest.mark.parametrize("status", [400, 404, 500, 503, 302])
def test_another_status_is_no_answer(state, status):
    state.page("/search", answer(a_firm()), status=status, Location="/search")
    refused()


def test_a_slow_service_is_left_in_three_seconds(state):
    state.on("/search", lambda request: time.sleep(6))
    started = time.monotonic()
    refused()
    assert time.monotonic() - started < 5


def test_a_service_that_is_down_is_left_alone_after_some_failures(state, settings):
    settings.THROTTLES = {"register.failures": (2, 3600)}
    state.page("/search", status=503)
    for n in range(6):
        refused(f"firm {n}")
    assert len(state.asked) == 3
    state.page("/search", answer(a_firm()))
    refused()
    caches["counters"].clear()  # the minute has passed
    assert ask("chaudronnerie", on=ON)


@pytest.mark.parametrize("wait", ["1", "86400", "Fri, 27 Nov 2026 09:00:00 GMT", "", "²", "9" * 5000, "-1"])
def test_when_it_says_to_wait_nothing_is_asked(state, wait):
    state.on("/search", lambda request: send(request, status=429, **{"Retry-After": wait.encode().decode("latin-1")}))
    refused("one")
    state.page("/search", answer(a_firm()))
    refused("two")
    assert len(state.asked) == 1
    if wait == "1":
        time.sleep(1.1)
        assert ask("two", on=ON)


def test_no_more_is_asked_in_a_second_than_it_takes(state, settings):
    settings.THROTTLES = {"register.service": (2, 3600)}
    assert ask("one", on=ON)
    assert ask("two", on=ON)
    refused("three")
    assert ask("one", on=ON)  # kept
    assert len(state.asked) == 2


def test_without_redis_it_is_asked_each_time(state, settings):
    settings.CACHES = {
        **settings.CACHES,
        "counters": {"BACKEND": "backend.common.counters.Counters", "LOCATION": "redis://127.0.0.1:1/0"},
    }
    settings.THROTTLES = {"register.service": (2, 3600), "register.failures": (2, 3600)}
    for _ in range(4):
        assert ask("chaudronnerie", on=ON)
    assert len(state.asked) == 4


def test_nothing_is_asked_where_no_address_is_set(state, settings):
    settings.REGISTER_URL = ""
    refused()
    assert state.asked == []


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["search_siret", "search_fulltext"])
def test_real_answers_are_read(state, real_data, name):
    body = (real_data / "sirene" / f"api_recherche_entreprises_{name}.json").read_text()
    state.page("/search", body)
    found = ask("418166096", on=ON)
    head = next(each for each in found if each.is_head_office)
    assert head.facts() == {
        "commune": "75056",
        "naf": "62.02A",
        "legal_category": "5710",
        "micro_entrepreneur": False,
        "created_on": "1998-04-01",
        "headcount": [500, 999],
        "insee_category": {"category": "GE", "year": 2022},
    }
    assert head.headcount_year == 2022
    assert len({each.siret for each in found}) == len(found)
    if name == "search_fulltext":
        closed = next(each for each in found if each.siret == "41816609600077")
        assert (closed.is_open, closed.closed_on) == (False, "2023-08-31")
