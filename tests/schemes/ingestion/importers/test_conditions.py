"""Conditions that stand only in a programme's text: typed where they are exact, left to a person otherwise."""

from datetime import date

import pytest

from backend.schemes.catalogue.codes import unknown_codes
from backend.schemes.ingestion.importers.cleaning import same_text
from backend.schemes.ingestion.importers.conditions import Conditions, read_conditions
from backend.schemes.ingestion.importers.faults import RowError
from backend.schemes.ingestion.importers.legal import read_stated
from backend.schemes.ingestion.importers.places import Places
from backend.schemes.ingestion.importers.sentences import KINDS, load_table
from backend.schemes.models import validate_criterion
from tests.schemes.ingestion.importers.made_up import SOURCE, make_programme, with_texts

NOT_STARTED = (
    "L'opération pour laquelle vous sollicitez une aide financière ne doit pas avoir commencé ou ne doit pas avoir "
    "donné lieu à des engagements fermes (sous quelque forme que ce soit : marché signé, commande signée, devis "
    "accepté…)"
)
SIZE, SECTOR, PLACE = "taille de l'entreprise", "secteur d'activité", "secteur géographique"
pytestmark = pytest.mark.django_db


def read(programme) -> Conditions:
    table = load_table(SOURCE)
    places = Places.load(table.words["places"])
    return read_conditions(programme, read_stated(programme, places, never=date(2099, 12, 31)), places, table)


def definitions(found: Conditions):
    annotations = ("source", "note", "excerpt", "from_text")
    return [{name: value for name, value in row.items() if name not in annotations} for row in found.rows]


# -- the table


def test_every_sentence_of_the_table_stands_once_and_is_well_formed():
    table = load_table(SOURCE)
    for sentence in table.known.values():
        assert sentence.kind in KINDS
        assert bool(sentence.criteria) == (sentence.kind == "criteria")
        for definition in sentence.criteria:
            validate_criterion(definition)
            assert unknown_codes(definition) == []
    assert all(key == same_text(key) for key in table.known)


# -- typed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NOT_STARTED, {"kind": "project_not_started"}),
        (NOT_STARTED.replace("'", "’") + ".", {"kind": "project_not_started"}),
        ("Au moins 3 ans d’activité", {"kind": "age_months", "at_least": 36}),
        ("Être un artisan", {"kind": "craft_register"}),
        ("À jour de ses obligations fiscales et sociales,", {"kind": "taxes_up_to_date"}),
        (
            "Sont exclues les entreprises en difficulté au sens de la définition européenne",
            {"kind": "in_difficulty", "expected": False},
        ),
        ("Donc l'effectif est supérieur à 5 personnes.", {"kind": "headcount", "above": 5}),
        (
            "Avoir un chiffre d’affaires inférieur à 50 M€ ou un total bilan inférieur à 43 M€.",
            {
                "kind": "any",
                "of": [{"kind": "turnover", "below": 50_000_000}, {"kind": "balance_sheet", "below": 43_000_000}],
            },
        ),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_sentence_that_is_exact_is_a_criterion_with_its_words(text, expected):
    found = read(with_texts(text))
    assert definitions(found) == [expected]
    assert found.rows[0]["from_text"] is True
    assert found.rows[0]["excerpt"] == text


def test_of_a_sentence_that_says_more_the_rest_is_left_to_a_person():
    found = read(with_texts("Les entreprises en difficulté ou en restructuration ne sont pas éligibles."))
    assert [definition["kind"] for definition in definitions(found)] == ["in_difficulty", "manual"]
    assert found.rows[0]["excerpt"] == found.rows[1]["excerpt"]


def test_a_sentence_that_holds_for_some_firms_asks_nothing_of_the_others():
    fields = {
        "toutes ces conditions": ["effectif >= 0", "effectif <= 49"],
        "autres critères d'éligibilité": ["Donc l'effectif est supérieur à 5 personnes."],
    }
    (definition,) = definitions(read(make_programme(**{"champs conditionnels": [fields]})))
    assert definition == {
        "kind": "any",
        "of": [
            {"kind": "not", "of": {"kind": "headcount", "at_most": 49}},
            {"kind": "headcount", "above": 5},
        ],
    }


# -- left to a person


def test_a_sentence_that_nobody_has_read_is_left_to_the_operator_with_its_words():
    found = read(with_texts("Votre toit regarde **le sud**."))
    (row,) = found.rows
    assert (row["kind"], row["ask"], row["excerpt"]) == ("manual", "operator", "Votre toit regarde le sud.")
    assert "«\u00a0Votre toit regarde le sud\u00a0»" in row["sentence"]


def test_the_answer_to_a_sentence_of_one_programme_is_never_another_s():
    one, other = (read({**with_texts("Votre toit regarde le sud."), "id": key}).rows[0] for key in ("un", "deux"))
    assert one["fact"] != other["fact"]
    again = read({**with_texts("Autre chose.", "votre toit regarde le sud"), "id": "un"}).rows[1]
    assert again["fact"] == one["fact"]


def test_a_list_is_one_condition_with_the_sentence_that_opens_it():
    found = read(with_texts("Être dans l'un de ces cas :", "être jeune", "être loin", "être grand"))
    (row,) = found.rows
    assert row["excerpt"] == "Être dans l'un de ces cas :\nêtre jeune\nêtre loin\nêtre grand"


def test_what_goes_on_with_or_is_one_condition():
    assert len(read(with_texts("être jeune,", "ou être loin,", "être grand")).rows) == 2


def test_under_a_mere_heading_each_sentence_stands_alone():
    found = read(with_texts("Pour être éligible, l'entreprise doit :", "Être un artisan", "Être loin"))
    assert [definition["kind"] for definition in definitions(found)] == ["craft_register", "manual"]


def test_what_two_sentences_say_is_asked_once_with_the_words_of_the_first():
    found = read(with_texts("Être un artisan", "Artisan"))
    assert [row["excerpt"] for row in found.rows] == ["Être un artisan"]


# -- what the steps ask

STEP = (
    "Déposez votre dossier : description du projet, devis, etc. À ce stade, votre projet ne doit pas avoir commencé !"
)


def steps(*texts):
    return {"objectifs": [{"description": text} for text in texts]}


def test_a_step_that_says_the_project_must_not_have_started_is_a_criterion_with_its_words():
    (row,) = read(make_programme(**steps("Lisez **la page**.", STEP))).rows
    assert (row["kind"], row["from_text"]) == ("project_not_started", True)
    assert row["excerpt"] == "À ce stade, votre projet ne doit pas avoir commencé !"


def test_what_conditions_and_steps_both_say_is_asked_once():
    (row,) = read({**with_texts(NOT_STARTED), **steps(STEP, STEP)}).rows
    assert row["excerpt"] == NOT_STARTED


def test_an_investment_that_must_not_be_made_yet_is_asked_since_orders_may_be_signed():
    step = "Déposez votre demande. A ce stade, votre investissement ne doit pas avoir été realisé !"
    (row,) = read(make_programme(**steps(step))).rows
    assert (row["kind"], row["fact"], row["ask"]) == ("manual", "te.investment_not_made", "firm")


@pytest.mark.parametrize("text", ["Recevez les fonds et commencez votre projet.", "Soyez un artisan prudent.", ""])
def test_what_a_step_advises_is_no_condition(text):
    assert read(make_programme(**steps(text))).rows == []


# -- no condition


@pytest.mark.parametrize(
    "text", ["Industrie", "Tous secteurs d’activité", "Hôtellerie & restauration", "Secteur tertiaire"]
)
def test_a_sector_that_is_aimed_at_is_no_condition(text):
    assert read(with_texts(text, heading=SECTOR)).rows == []


@pytest.mark.parametrize(
    "text",
    [
        "Tous secteurs d'activité hors activités libérales et agricoles",
        "Sont exclus les SCI, les agriculteurs et pêcheurs",
        "Codes NAF concernés : 56.10A | 56.21Z",
    ],
)
def test_a_sector_that_is_excluded_or_reserved_is_left_to_a_person(text):
    assert [definition["kind"] for definition in definitions(read(with_texts(text, heading=SECTOR)))] == ["manual"]


def test_sectors_that_are_excluded_by_their_codes_are_a_criterion():
    codes = "35, 41, 47.91 à 53, 64 à 70, 84 à 88, 94, 97 à 99"
    text = f"Tout secteur d’activités hors codes NAF {codes} et hors profession libérale."
    activity, rest = definitions(read(with_texts(text, heading=SECTOR)))
    assert activity["kind"] == "activity"
    assert "35" in activity["none_of"]
    assert rest["kind"] == "manual"


def test_the_european_ceiling_warns_and_is_no_condition():
    text = "Ayant perçu moins de 300 000 € d’aides dites « de minimis » sur 3 exercices fiscaux."
    found = read(with_texts(text))
    assert (found.rows, found.de_minimis) == ([], [text])


# -- words beside the data


@pytest.mark.parametrize(
    ("text", "company", "contradicts"),
    [
        ("Toutes tailles", {}, False),
        ("Toutes tailles", {"maxEmployees": "499"}, True),
        ("Moins de 250 salariés", {"maxEmployees": "249"}, False),
        ("Moins de 250 salariés", {"maxEmployees": "250"}, True),
        ("Moins de 250 salariés", {"minEmployees": "10", "maxEmployees": "249"}, True),
        ("Plus de 50 salariés", {"minEmployees": "50"}, True),
        ("Plus de 50 salariés", {"minEmployees": "51"}, True),
        ("Entre 1 et 19 salariés", {"minEmployees": "1", "maxEmployees": "19"}, False),
        ("Entre 20 et 250 salariés", {"minEmployees": "20", "maxEmployees": "249"}, True),
        ("Jusqu'à 500 salariés", {"maxEmployees": "499"}, True),
    ],
)
def test_a_size_in_words_is_compared_with_the_data_and_never_replaces_them(text, company, contradicts):
    found = read(with_texts(text, heading=SIZE, company=company))
    assert found.rows == []
    assert bool(found.contradictions) == contradicts


def test_half_a_person_between_words_and_data_is_a_nuance():
    found = read(with_texts("Moins de 250 salariés", heading=SIZE, company={"maxEmployees": "249"}))
    assert found.nuances == ["« Moins de 250 salariés », au plus 249 dans les données"]


def test_a_size_that_only_the_words_give_is_a_criterion_from_the_text():
    found = read(with_texts("moins de 20 salariés", heading=SIZE))
    assert definitions(found) == [{"kind": "headcount", "below": 20}]
    assert found.contradictions == []


def test_a_bound_that_only_the_words_give_is_added_to_the_other():
    found = read(with_texts("Entre 20 et 250 salariés", heading=SIZE, company={"maxEmployees": "249"}))
    assert definitions(found) == [{"kind": "headcount", "at_least": 20}]


@pytest.mark.parametrize(
    ("text", "company", "told"),
    [
        ("Éligible aux micro-entreprises", {}, []),
        ("Non éligible aux micro-entreprises", {"excludeMicroentrepreneur": True}, []),
        ("Éligible aux micro-entreprises", {"excludeMicroentrepreneur": True}, ["les données les excluent"]),
        ("Non éligible aux micro-entreprises", {}, ["les données les admettent"]),
        ("Éligible aux micro-entreprises", {"minEmployees": "20"}, ["au moins 20 salariés"]),
    ],
)
def test_micro_enterprises_in_words_are_compared_with_the_data(text, company, told):
    found = read(with_texts(text, heading=SIZE, company=company))
    assert len(found.contradictions) == len(told)
    for part, contradiction in zip(told, found.contradictions, strict=True):
        assert part in contradiction


@pytest.mark.parametrize(
    ("text", "regions", "from_text", "contradicts"),
    [
        ("France et territoires d’outre-mer", None, None, False),
        ("France et territoires d'outre-mer", ["Corse"], None, True),
        ("Corse, Guadeloupe", ["Guadeloupe", "Corse"], None, False),
        ("Bouches-du-Rhône, Corse", None, ["DEP-13", "REG-94"], True),
        ("Bouches-du-Rhône", ["Provence-Alpes-Côte d'Azur"], ["DEP-13"], True),
        ("Bretagne, Corse", ["Corse"], None, True),
    ],
)
def test_places_in_words_narrow_the_data_and_never_widen_them(text, regions, from_text, contradicts):
    company = {"allowedRegion": regions} if regions else {}
    found = read(with_texts(text, heading=PLACE, company=company))
    expected = [{"kind": "in_territory", "any_of": from_text}] if from_text else []
    assert definitions(found) == expected
    assert bool(found.contradictions) == contradicts


def test_a_place_in_words_that_is_no_region_is_left_to_a_person():
    found = read(with_texts("Les Alpes du Sud", heading=PLACE))
    assert [definition["kind"] for definition in definitions(found)] == ["manual"]
    assert len(found.contradictions) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"conditions d'éligibilité": ["Toutes tailles"]},
        {"conditions d'éligibilité": {SIZE: "Toutes tailles"}},
        {"conditions d'éligibilité": {SIZE: [12]}},
        {"champs conditionnels": {"url": "x"}},
        {
            "champs conditionnels": [
                {"toutes ces conditions": ["lune = pleine"], "autres critères d'éligibilité": ["x"]}
            ]
        },
    ],
    ids=str,
)
def test_conditions_of_another_shape_are_refused(changes):
    with pytest.raises(RowError):
        read(make_programme(**changes))
