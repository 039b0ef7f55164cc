"""Aids as the API of Aides-territoires gives them: every trap of its real answers, on invented ones."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from backend.schemes.catalogue.records import normalise, read_record
from backend.schemes.ingestion.importers.aides_territoires import SOURCE, Reader
from backend.schemes.ingestion.importers.faults import RowError
from backend.schemes.models import Scheme

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)


def make_aid(**changes):
    """Make an aid with every key of the API."""
    return {
        "id": 4321,
        "slug": "0a1b-aide-dessai",
        "url": "/aides/0a1b-aide-dessai/",
        "name": "Aide d’essai",
        "name_initial": None,
        "short_title": None,
        "financers": ["ADEME"],
        "financers_full": [],
        "instructors": [],
        "instructors_full": [],
        "programs": [],
        "description": "<p>Une aide <strong>inventée</strong>.</p>",
        "eligibility": None,
        "perimeter": "France",
        "perimeter_scale": "Pays",
        "mobilization_steps": [],
        "origin_url": "https://exemple.example/aide",
        "categories": [],
        "is_call_for_project": None,
        "application_url": None,
        "targeted_audiences": ["Entreprise privée"],
        "aid_types": ["Subvention"],
        "aid_types_full": [],
        "is_charged": False,
        "destinations": [],
        "start_date": None,
        "predeposit_date": None,
        "submission_deadline": None,
        "subvention_rate_lower_bound": None,
        "subvention_rate_upper_bound": None,
        "subvention_comment": None,
        "loan_amount": None,
        "recoverable_advance_amount": None,
        "contact": None,
        "recurrence": "Permanente",
        "project_examples": None,
        "import_data_url": None,
        "import_data_mention": None,
        "import_share_licence": None,
        "date_created": None,
        "date_updated": "2024-01-31T10:00:00+01:00",
        "project_references": [],
        "european_aid": None,
        "is_live": True,
        **changes,
    }


def read(**changes):
    return Reader().read(make_aid(**changes), on=DAY)


def record(**changes):
    return read(**changes).record


def run(path, content, **options):
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    output = StringIO()
    call_command("import_schemes", SOURCE, path, dated="2026-11-24", stdout=output, **options)
    return output.getvalue()


def last_line(output):
    return output.rstrip("\n").split("\n")[-1]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "aids.json"


# -- the file


ENVELOPE = {"count": 1, "previous": None, "next": None, "results": [make_aid()]}


@pytest.mark.cases(1)
@pytest.mark.parametrize("content", [ENVELOPE, [make_aid()], make_aid()], ids=["envelope", "list", "alone"])
def test_the_answer_of_a_list_a_bare_list_and_one_aid_are_read(path, content):
    assert last_line(run(path, content)) == "created 1, updated 0, unchanged 0, rejected 0"
    assert last_line(run(path, content)) == "created 0, updated 0, unchanged 1, rejected 0"
    scheme = Scheme.objects.of_source(SOURCE).get()
    assert (scheme.source_key, scheme.state) == ("4321", Scheme.State.DRAFT)
    assert normalise(read_record(scheme.current)) == read_record(scheme.current)


def test_one_page_of_several_says_nothing_of_the_aids_of_the_others(path):
    run(path, [make_aid(), make_aid(id=2)])
    assert "Absentes du fichier, gardées (1) : 2" in run(path, [make_aid()], yes=True)
    output = run(path, {**ENVELOPE, "next": "https://exemple.example/api/aids/?page=2"})
    assert "une page en suit une autre" in output
    assert "Absentes du fichier" not in output


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{{"id": 1, "name": "x"}', "n’est pas du JSON : il est incomplet ou mal formé dès le début."),
        (
            {"type": "about:blank", "title": "Not Found", "status": 404},
            "attendu : une liste de fiches, ou un objet avec « results »",
        ),
        ({"results": {"a": 1}}, "contient « results » qui n’est pas une liste ; attendu : une liste de fiches"),
        ("12", "contient 12"),
    ],
)
def test_a_file_of_another_shape_is_refused_with_a_sentence_and_changes_nothing(path, content, told):
    with pytest.raises(CommandError) as caught:
        run(path, content)
    assert told in str(caught.value)
    assert not Scheme.objects.of_source(SOURCE).exists()


def test_every_aid_is_counted_and_each_refusal_has_its_reason(path):
    aids = [
        make_aid(),
        make_aid(id=1, targeted_audiences=["Communes", "EPCI à fiscalité propre"]),
        make_aid(id=2, submission_deadline="bientôt"),
        make_aid(id="4321"),
        "texte",
    ]
    output = run(path, aids)
    assert last_line(output) == "created 1, updated 0, unchanged 0, rejected 4"
    assert "fiche 2 (1) : Pas pour les entreprises : « targeted_audiences » vaut" in output
    assert 'fiche 3 (2) : « submission_deadline » vaut "bientôt" ; attendu : une date' in output
    assert "fiche 4 (4321) : « id » vaut" in output
    assert "déjà donné à la fiche 1" in output
    assert 'fiche 5 : La fiche est "texte"' in output


@pytest.mark.parametrize("key", [0, -1, None, True, "", "a1", 1.5, {"id": 1}])
def test_an_aid_without_a_number_is_refused(key):
    with pytest.raises(RowError, match="« id » vaut"):
        record(id=key)


# -- for whom


@pytest.mark.parametrize("label", ["Entreprise privée", "Entreprises privées", "private-sector"])
def test_an_aid_for_firms_goes_in_and_says_for_whom_else_it_is(label):
    found = record(targeted_audiences=["Communes", label])
    assert "Ouverte aussi à\u00a0: Communes" in found["notes"]
    assert found["criteria"] == []


@pytest.mark.parametrize("labels", [["Agriculteur"], ["Associations", "Particuliers"], ["Commune"]])
def test_an_aid_for_others_only_is_refused(labels):
    with pytest.raises(RowError, match="Pas pour les entreprises"):
        record(targeted_audiences=labels)


def test_an_audience_that_nobody_knows_is_refused_as_such():
    with pytest.raises(RowError, match='contient "Artisans", un public inconnu'):
        record(targeted_audiences=["Artisans"])


@pytest.mark.parametrize("labels", [[], None])
def test_an_aid_that_does_not_say_for_whom_is_left_to_a_person_rather_than_open(labels):
    (row,) = record(targeted_audiences=labels)["criteria"]
    assert (row["kind"], row["fact"]) == ("manual", "at.4321.audience")


# -- what it is


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["Subvention"], "grant"),
        (["Prêt"], "loan"),
        (["Avance récupérable"], "repayable_advance"),
        (["Ingénierie technique", "Ingénierie financière"], "advisory"),
        (["Subvention", "Prêt"], "mixed"),
        (["Autre aide financière"], None),
        ([], None),
    ],
)
def test_its_types_say_its_form_or_nothing_does(labels, kind):
    assert record(aid_types=labels)["kind"] == kind


def test_a_type_that_nobody_knows_is_told():
    found = read(aid_types=["Cadeau"])
    assert (found.record["kind"], found.nuances) == (None, ("Forme d’aide inconnue : « Cadeau »",))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"subvention_rate_upper_bound": 70}, ("Taux de 70\u00a0% au plus", 70.0, None)),
        (
            {"subvention_rate_lower_bound": 20, "subvention_rate_upper_bound": "50"},
            ("Taux de 20\u00a0% à 50\u00a0%", 50.0, None),
        ),
        ({"subvention_rate_lower_bound": 30}, ("Taux de 30\u00a0% au moins", None, None)),
        ({"subvention_rate_upper_bound": 0}, (None, None, None)),
        ({"aid_types": ["Prêt"], "loan_amount": 50000}, ("Prêt de 50\u00a0000\u00a0€ au plus", None, 50000.0)),
        (
            {"aid_types": ["Avance récupérable"], "recoverable_advance_amount": 1000},
            ("Avance récupérable de 1\u00a0000\u00a0€ au plus", None, 1000.0),
        ),
        # a loan beside a grant is no ceiling of the whole
        (
            {"aid_types": ["Prêt", "Subvention"], "loan_amount": 50000},
            ("Prêt de 50\u00a0000\u00a0€ au plus", None, None),
        ),
        ({"subvention_comment": "<p>Au cas par cas</p>"}, ("Au cas par cas", None, None)),
        ({"is_charged": True}, ("Service payant", None, None)),
    ],
)
def test_rates_and_amounts_are_numbers_where_they_are_those_of_the_whole_aid(changes, expected):
    amount = record(**changes)["amount"]
    assert (amount["text"], amount["rate_max_pct"], amount["ceiling_eur"]) == expected


@pytest.mark.parametrize("rates", [(0, 120), (60, 40)])
def test_rates_that_cannot_be_are_told_and_left_out(rates):
    found = read(subvention_rate_lower_bound=rates[0], subvention_rate_upper_bound=rates[1])
    assert found.record["amount"]["rate_max_pct"] is None
    assert "aucun n’est repris" in found.contradictions[0]


@pytest.mark.parametrize("rate", ["beaucoup", -5, [50], True])
def test_a_rate_that_is_no_number_refuses_the_aid(rate):
    with pytest.raises(RowError, match="« subvention_rate_upper_bound » vaut"):
        record(subvention_rate_upper_bound=rate)


# -- when


@pytest.mark.parametrize(
    ("changes", "state", "recurring"),
    [
        ({"recurrence": "Permanente"}, "permanent", None),
        ({"recurrence": "Ponctuelle"}, "unknown", False),
        ({"recurrence": None}, "unknown", None),
        ({"recurrence": "Récurrente", "submission_deadline": "2023-05-31"}, "dated", True),
        ({"recurrence": "ongoing", "is_live": False}, "unknown", None),
    ],
)
def test_its_window_follows_recurrence_and_dates(changes, state, recurring):
    window = record(**changes)["window"]
    assert (window["state"], window["recurring"]) == (state, recurring)


def test_the_day_of_a_first_deposit_and_of_the_last_change_are_noted_in_paris():
    found = record(predeposit_date="2026-03-01", date_updated="2025-12-31T23:30:00Z")
    assert found["window"]["note"] == "Pré-dépôt le 01/03/2026 au plus tard."
    assert "Mise à jour sur le site le 01/01/2026." in found["notes"]


# -- texts and addresses


def test_markup_becomes_text_and_every_condition_is_quoted():
    found = record(
        description='<div style="color: var(--body-bg)">Un\r\n  texte&nbsp;<em>net</em></div><script>x()</script>',
        eligibility="<p>Être utile :</p><ul>\n <li>\n  <p>sobre,</p></li>\n <li>local.</li></ul><p>Avoir un site.</p>",
    )
    assert found["summary"] == "Un texte net"
    assert [row["excerpt"] for row in found["criteria"]] == ["Être utile :\n- sobre,\n- local.", "Avoir un site."]
    assert all(row["from_text"] and row["kind"] == "manual" for row in found["criteria"])
    assert len({row["fact"] for row in found["criteria"]}) == 2


@pytest.mark.parametrize(
    ("changes", "url", "page"),
    [
        ({}, "https://exemple.example/aide", "https://aides-territoires.beta.gouv.fr/aides/0a1b-aide-dessai/"),
        ({"origin_url": "exemple"}, *["https://aides-territoires.beta.gouv.fr/aides/0a1b-aide-dessai/"] * 2),
        ({"origin_url": "", "url": None}, *["https://aides-territoires.beta.gouv.fr/aides/0a1b-aide-dessai/"] * 2),
        ({"url": None, "slug": None}, *["https://exemple.example/aide"] * 2),
        ({"url": None, "slug": None, "origin_url": None}, None, None),
    ],
)
def test_the_owner_s_page_is_preferred_where_it_is_an_address(changes, url, page):
    found = record(**changes)
    assert (found["url"], found["sources"][0]["url"]) == (url, page)


def test_a_contact_is_a_page_and_the_operator_and_nobody_s_name():
    contact = (
        '<p>Direction de l’eau, Jeanne Dupont, 03 44 00 00 00, <a href="mailto:j.dupont@exemple.example">j.dupont</a>'
        ' ou <a href="https://exemple.example/contact">le formulaire</a></p>'
    )
    found = record(contact=contact, instructors=["DREAL"])
    assert found["contact"] == {"name": "ADEME", "url": "https://exemple.example/contact"}
    assert "Dupont" not in json.dumps(found, default=str)
    assert found["operators"] == [
        {"name": "ADEME", "siren": None, "roles": ["funder"]},
        {"name": "DREAL", "siren": None, "roles": ["assessor"]},
    ]


def test_an_operator_cut_at_its_comma_is_one_again():
    found = record(financers=["Ministère de l’Économie", " des Finances (MEFR)", "ADEME"])
    assert [row["name"] for row in found["operators"]] == ["Ministère de l’Économie, des Finances (MEFR)", "ADEME"]


def test_categories_become_labels_in_one_writing():
    found = read(categories=["Énergies / Déchets / Réseaux de chaleur", "Thème|Catégorie"])
    assert found.labels == ("category:Énergies / Déchets / Réseaux de chaleur", "category:Thème / Catégorie")


def test_what_is_doubtful_is_told_to_officers():
    found = read(
        origin_url="https://exemple.example/aides/20220114/essai",
        description="Aide de 500 0000 €, règlement de minimis 1407/2013.",
    )
    assert len(found.contradictions) == 3
    assert all(f"À vérifier\u00a0: {line}" in found.record["notes"] for line in found.contradictions)


def test_a_title_that_is_too_long_is_kept_whole_beside():
    title = "mot " * 80
    found = record(name=title)
    assert len(found["name"]) <= 200
    assert f"Titre complet\u00a0: {title.strip()}" in found["notes"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"description": "", "origin_url": "", "url": None, "slug": None}, "ni texte ni adresse utilisable"),
        ({"description": "Lorem ipsum dolor sit amet."}, "Fiche d’essai"),
        ({"name": " "}, "« name » vaut"),
        ({"financers": "ADEME"}, "« financers » vaut"),
        ({"start_date": "2026-02-01", "submission_deadline": "2026-01-01"}, "Dates inversées"),
    ],
)
def test_an_aid_that_says_nothing_usable_is_refused(changes, told):
    with pytest.raises(RowError, match=told):
        record(**changes)


def test_an_aid_with_few_keys_is_not_known_in_all_the_others():
    found = Reader().read({"id": "156168", "name": "Essai", "description": "very nice"}, on=DAY).record
    assert (found["kind"], found["level"], found["window"]["state"], found["operators"]) == (None, None, "unknown", [])
    assert [row["fact"] for row in found["criteria"]] == ["at.156168.place", "at.156168.audience"]
