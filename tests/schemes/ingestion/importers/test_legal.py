"""The four legal conditions of a programme, the places where they are written, and every way to write them wrong."""

from datetime import date

import pytest

from backend.schemes.ingestion.importers.faults import RowError
from backend.schemes.ingestion.importers.legal import Stated, read_stated
from backend.schemes.ingestion.importers.places import Places
from tests.schemes.ingestion.importers.made_up import make_programme, rules

NEVER = date(2099, 12, 31)
UNSAID = {"recurring": None, "note": None}
PLACES = Places(
    {
        "hauts de france": "REG-32",
        "provence alpes cote d azur": "REG-93",
        "paca": "REG-93",
        "bouches du rhone": "DEP-13",
        "landes": "DEP-40",
        "guadeloupe": "REG-01",
    },
    {"DEP-13": "REG-93", "DEP-40": "REG-75"},
)


def read(**parts) -> Stated:
    return read_stated(make_programme(**parts), PLACES, never=NEVER)


# -- dates


@pytest.mark.parametrize(
    ("validity", "state", "opens_on", "closes_on"),
    [
        (None, "unknown", None, None),
        ({}, "unknown", None, None),
        ({"start": "06/02/2023"}, "unknown", "2023-02-06", None),
        ({"end": "31/12/2026"}, "dated", None, "2026-12-31"),
        ({"start": "06/02/2023", "end": "31/12/2026"}, "dated", "2023-02-06", "2026-12-31"),
        ({"start": "31/12/2026", "end": "31/12/2026"}, "dated", "2026-12-31", "2026-12-31"),
        ({"end": "31/12/2099"}, "permanent", None, None),
        ({"start": "01/01/2025", "end": "31/12/2099"}, "permanent", "2025-01-01", None),
        ({"start": None, "end": None}, "unknown", None, None),
    ],
)
def test_a_window_is_what_its_dates_say(validity, state, opens_on, closes_on):
    stated = read(validity=validity, **_on_the_sheet(validity or {}))
    assert stated.window == {**UNSAID, "state": state, "opens_on": opens_on, "closes_on": closes_on}
    assert stated.contradictions == []


def _on_the_sheet(validity):
    names = {"start": "début de validité", "end": "fin de validité"}
    return {names[name]: day for name, day in validity.items()}


@pytest.mark.parametrize(("flag", "state"), [("oui", "suspended"), ("Oui ", "suspended"), ("non", "dated")])
def test_a_programme_that_is_unavailable_for_now_is_suspended(flag, state):
    validity = {"end": "31/12/2026"}
    stated = read(validity=validity, **_on_the_sheet(validity), **{"aide temporairement indisponible": flag})
    assert stated.window["state"] == state


def test_where_two_dates_differ_the_data_win_and_it_is_told():
    stated = read(validity={"end": "31/12/2026"}, **{"fin de validité": "30/06/2026"})
    assert stated.window["closes_on"] == "2026-12-31"
    assert stated.contradictions == [
        "« fin de validité » vaut 30/06/2026, eligibilityData.validity.end 31/12/2026 ; 31/12/2026 est retenu."
    ]


def test_a_date_that_only_the_sheet_gives_is_taken_and_told():
    stated = read(**{"début de validité": "01/02/2026"})
    assert stated.window == {**UNSAID, "state": "unknown", "opens_on": "2026-02-01", "closes_on": None}
    assert len(stated.contradictions) == 1


@pytest.mark.parametrize("given", ["31/02/2026", "2026-12-31", "1/1/2026", "", "bientôt", 20261231, ["31/12/2026"]])
def test_a_date_that_cannot_be_read_is_refused(given):
    with pytest.raises(RowError, match=r"« eligibilityData\.validity\.end » vaut .* attendu : une date qui existe"):
        read(validity={"end": given})


def test_dates_upside_down_are_refused():
    with pytest.raises(RowError, match=r"Dates inversées : début de validité le 02/01/2026, fin le 01/01/2026"):
        read(validity={"start": "02/01/2026", "end": "01/01/2026"})


# -- staff


@pytest.mark.parametrize(
    ("company", "expected"),
    [
        ({}, {}),
        ({"minEmployees": "20"}, {"at_least": 20}),
        ({"maxEmployees": "249"}, {"at_most": 249}),
        ({"minEmployees": 1, "maxEmployees": 19}, {"at_least": 1, "at_most": 19}),
        ({"minEmployees": "0", "maxEmployees": " 49,5 "}, {"at_least": 0, "at_most": 49.5}),
        ({"minEmployees": "10", "maxEmployees": "10"}, {"at_least": 10, "at_most": 10}),
    ],
)
def test_bounds_of_the_staff_are_inside_and_may_be_texts(company, expected):
    assert read(company=company).staff == expected


@pytest.mark.parametrize("given", ["vingt", "-1", -1, "", True, "1e3", "NaN", [], "12345678901", 1.5e12])
def test_a_number_that_cannot_be_read_is_refused(given):
    with pytest.raises(RowError, match=r"« eligibilityData\.company\.maxEmployees » vaut .* attendu : un nombre"):
        read(company={"maxEmployees": given})


def test_bounds_upside_down_are_refused():
    with pytest.raises(RowError, match="Effectifs inversés : minEmployees vaut 50, maxEmployees 49"):
        read(company={"minEmployees": "50", "maxEmployees": "49"})


# -- status and places


@pytest.mark.parametrize(("given", "expected"), [(True, False), (False, None), (None, None)])
def test_micro_entrepreneurs_are_excluded_or_nothing_is_asked(given, expected):
    assert read(company={"excludeMicroentrepreneur": given}).micro_entrepreneur is expected


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        (["Hauts-de-France"], ["REG-32"]),
        (["Bouches-du-Rhône", "Landes"], ["DEP-13", "DEP-40"]),
        (["Provence-Alpes-Côte d’Azur", "PACA", "provence alpes cote d'azur"], ["REG-93"]),
        (["Région Hauts-de-France"], ["REG-32"]),
        (["Guadeloupe"], ["REG-01"]),
    ],
)
def test_regions_and_departments_are_found_however_they_are_spelt(names, codes):
    assert read(company={"allowedRegion": names}).territories == codes


@pytest.mark.parametrize("given", [["Hauts de Seine-Maritime"], [""], [], "Bretagne", [32]])
def test_a_place_that_is_unknown_is_refused_and_never_dropped(given):
    with pytest.raises(RowError, match="allowedRegion"):
        read(company={"allowedRegion": given})


def test_a_place_that_is_unknown_is_refused_even_among_known_ones():
    with pytest.raises(RowError, match='contient "Picardie", un nom inconnu'):
        read(company={"allowedRegion": ["Hauts-de-France", "Picardie"]})


@pytest.mark.parametrize("given", [["Z"], ["C", "26"], "C", [1]])
def test_a_section_that_is_none_is_refused(given):
    with pytest.raises(RowError, match="allowedNafSections"):
        read(company={"allowedNafSections": given})


def test_who_is_open_to_public_bodies_is_no_condition():
    assert read(company={"openToPublicAdministration": True}).criteria() == []


@pytest.mark.parametrize("given", [None, [], "texte"])
def test_data_that_are_no_object_are_refused(given):
    with pytest.raises(RowError, match="eligibilityData"):
        read_stated({**make_programme(), "eligibilityData": given}, PLACES, never=NEVER)


# -- rules beside the data

STAFF = {"toutes ces conditions": ["effectif >= 20", "effectif <= 249"]}
MICRO = {"toutes ces conditions": ["microentrepreneur = non"]}
PLACE = {"une de ces conditions": ["région = Hauts-de-France", "région = Landes"]}


def test_rules_that_say_the_same_add_nothing():
    company = {
        "minEmployees": "20",
        "maxEmployees": "249",
        "excludeMicroentrepreneur": True,
        "allowedRegion": ["Landes", "Hauts-de-France"],
        "allowedNafSections": ["C"],
    }
    publicodes = rules(
        "a un effectif éligible",
        "a une categorie legale eligible",
        "entreprise . est dans une zone géographique éligible",
        **{
            "a un effectif éligible": STAFF,
            "a une categorie legale eligible": MICRO,
            "est dans une zone géographique éligible": PLACE,
            "est dans un secteur d'activité ciblé": {"une de ces conditions": ["code NAF niveau 1 . est C"]},
        },
    )
    stated = read(company=company, publicodes=publicodes)
    assert stated.contradictions == []
    assert [criterion["kind"] for criterion in stated.criteria()] == [
        "headcount",
        "micro_entrepreneur",
        "in_territory",
    ]


@pytest.mark.parametrize(
    ("publicodes", "expected"),
    [
        (rules("x", x=STAFF), [{"kind": "headcount", "at_least": 20, "at_most": 249}]),
        (rules("effectif < 250"), [{"kind": "headcount", "below": 250}]),
        (rules("microentrepreneur = oui"), [{"kind": "micro_entrepreneur", "expected": True}]),
        (rules(PLACE), [{"kind": "in_territory", "any_of": ["REG-32", "DEP-40"]}]),
    ],
    ids=["staff", "strict", "required status", "places"],
)
def test_what_only_the_rules_say_is_followed_and_told(publicodes, expected):
    stated = read(publicodes=publicodes)
    assert stated.criteria() == expected
    assert stated.contradictions
    assert all("les règles sont suivies" in told for told in stated.contradictions)


@pytest.mark.parametrize(
    ("company", "publicodes", "expected"),
    [
        ({"maxEmployees": "49"}, rules("effectif <= 50"), [{"kind": "headcount", "at_most": 49}]),
        ({"maxEmployees": "49"}, rules(), [{"kind": "headcount", "at_most": 49}]),
        ({"excludeMicroentrepreneur": False}, rules("microentrepreneur = non"), []),
        ({"allowedRegion": ["Landes"]}, rules(PLACE), [{"kind": "in_territory", "any_of": ["DEP-40"]}]),
    ],
)
def test_where_data_and_rules_differ_the_data_win_and_it_is_told(company, publicodes, expected):
    stated = read(company=company, publicodes=publicodes)
    assert stated.criteria() == expected
    assert len(stated.contradictions) == 1
    assert "eligibilityData est suivi" in stated.contradictions[0]


def test_rules_that_test_no_date_of_the_file_are_told():
    stated = read(validity={"end": "31/12/2026"}, publicodes=rules(), **{"fin de validité": "31/12/2026"})
    assert stated.window["state"] == "dated"
    assert "ne testent pas « fin de validité »" in stated.contradictions[0]


def test_rules_that_test_the_dates_of_the_file_add_nothing():
    when = {
        "toutes ces conditions": [
            "dispositif . début de validité <= date du jour",
            "date du jour <= dispositif . fin de validité",
        ]
    }
    validity = {"start": "01/01/2026", "end": "31/12/2026"}
    stated = read(validity=validity, publicodes=rules("oui", when=when), **_on_the_sheet(validity))
    assert stated.contradictions == []


@pytest.mark.parametrize(
    "test",
    [
        "effectif = 20",
        "entreprise . est propriétaire de ses locaux",
        {"une de ces conditions": ["effectif >= 20", "région = Landes"]},
        {"une de ces conditions": []},
        {"aucune de ces conditions": ["effectif >= 20"]},
        {"toutes ces conditions": "effectif >= 20"},
        12,
    ],
    ids=str,
)
def test_a_rule_that_we_do_not_know_is_refused_and_never_guessed(test):
    with pytest.raises(RowError, match="Règle non comprise"):
        read(publicodes=rules(test))


def test_rules_that_name_each_other_are_refused():
    with pytest.raises(RowError, match="se citent sans fin"):
        read(publicodes=rules("x", x={"toutes ces conditions": ["x"]}))
