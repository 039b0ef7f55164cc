"""What each column of the national schema says of a record: exactly that, or nothing."""

import csv
import json
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from backend.schemes.catalogue.national.conditions import ALL_SECTORS, condition_columns
from backend.schemes.catalogue.national.places import COUNTRY, places_of
from backend.schemes.catalogue.national.published import read_published
from backend.schemes.catalogue.national.rows import COLUMNS, MAX_DESCRIPTION, machine_columns, native_columns
from backend.schemes.models import Scheme
from tests.factories import DAY
from tests.schemes.people import get_scheme, make_record, publish_change

pytestmark = pytest.mark.django_db


def columns(*criteria, targeted_naf=()):
    """Return what conditions fill, without what they leave empty."""
    found = condition_columns(make_record(criteria=list(criteria), targeted_naf=list(targeted_naf)))
    return {name: value for name, value in found.items() if value not in ("", COUNTRY, ALL_SECTORS)}


def in_territory(*codes, **fields):
    return {"kind": "in_territory", "any_of": list(codes), **fields}


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        ({"kind": "headcount", "at_least": 10, "at_most": 249}, {"minimal": "10", "maximal": "249"}),
        ({"kind": "headcount", "below": 250}, {"maximal": "249"}),
        ({"kind": "headcount", "above": 10}, {"minimal": "11"}),
        ({"kind": "headcount", "below": 20, "level": "establishment"}, {}),
        ({"kind": "headcount", "below": 20, "level": "group"}, {}),
        ({"kind": "any", "of": [{"kind": "headcount", "below": 20}, {"kind": "craft_register"}]}, {}),
        ({"kind": "not", "of": {"kind": "headcount", "below": 20}}, {}),
    ],
)
def test_staff_is_told_where_a_condition_says_exactly_that(criterion, expected):
    assert columns(criterion) == {f"eligibilite_effectif_{name}": value for name, value in expected.items()}


def test_two_bounds_of_two_conditions_are_both_asked():
    found = columns({"kind": "headcount", "at_least": 3}, {"kind": "headcount", "below": 50, "at_least": 10})
    assert found == {"eligibilite_effectif_minimal": "10", "eligibilite_effectif_maximal": "49"}


@pytest.mark.parametrize(
    ("criterion", "categories"),
    [
        ({"kind": "size_category", "to": "medium"}, "MIC|PME"),
        ({"kind": "size_category", "from": "small", "to": "medium"}, "PME"),
        ({"kind": "size_category", "to": "intermediate"}, "MIC|PME|ETI"),
        ({"kind": "size_category", "from": "intermediate"}, "ETI|GE"),
        ({"kind": "size_category", "to": "micro"}, "MIC"),
        ({"kind": "size_category", "to": "small"}, None),  # half of a category
        ({"kind": "size_category", "from": "medium"}, None),
    ],
)
def test_a_category_is_told_whole_or_not(criterion, categories):
    assert columns(criterion).get("eligibilite_categorie_taille_entreprise") == categories


@pytest.mark.parametrize(("months", "years"), [(36, "3"), (12, "1"), (18, None), (0, None)])
def test_an_age_is_told_in_whole_years(months, years):
    assert columns({"kind": "age_months", "at_least": months}).get("eligibilite_annees_existence_minimal") == years


def test_a_greatest_age_has_no_column():
    assert columns({"kind": "age_months", "at_most": 60}) == {}


@pytest.mark.parametrize(
    ("criteria", "wanted", "excluded"),
    [
        ([{"kind": "legal_form", "any_of": ["54", "55", "56", "57"]}], "SA|SARL|EURL|SAS|SASU", None),
        ([{"kind": "legal_form", "any_of": ["55"]}], "SA à conseil d’administration", None),
        ([{"kind": "legal_form", "none_of": ["6540", "1"]}], None, "EI|Microentrepreneur|Société civile immobilière"),
        ([{"kind": "micro_entrepreneur", "expected": False}], None, "Microentrepreneur"),
        ([{"kind": "micro_entrepreneur"}], "Microentrepreneur", None),
    ],
)
def test_legal_forms_go_by_the_names_of_the_schema_where_they_are_as_wide(criteria, wanted, excluded):
    found = columns(*criteria)
    names = found.get("eligibilite_forme_juridique")
    assert (names and sorted(names.split("|"))) == (wanted and sorted(wanted.split("|")))
    assert found.get("eligibilite_forme_juridique_exclusions") == excluded


@pytest.mark.parametrize(
    ("criterion", "targeted", "expected"),
    [
        ({"kind": "activity", "any_of": ["C", "2562B"], "none_of": ["254"]}, [], ("C|25.62B", "25.4")),
        ({"kind": "activity", "any_of": ["C"]}, ["10", "11"], ("10|11", None)),
        ({"kind": "activity", "any_of": ["C"], "nomenclature": "naf_2025"}, [], (None, None)),
        ({"kind": "not", "of": {"kind": "activity", "any_of": ["64"]}}, [], (None, None)),
    ],
)
def test_activities_are_written_with_their_dot_and_in_the_one_nomenclature(criterion, targeted, expected):
    found = columns(criterion, targeted_naf=targeted)
    assert (found.get("ciblage_naf"), found.get("ciblage_naf_exclusions")) == expected


@pytest.mark.parametrize(
    ("criteria", "wanted", "excluded", "n_doubts"),
    [
        ([], [COUNTRY], [], 0),
        ([in_territory("REG-32", "DEP-02")], ["REG-32", "DEP-02"], [], 0),
        ([in_territory("DEP-2A")], ["REG-94"], [], 1),
        ([in_territory("COM-2A004", "COM-60159")], ["REG-94", "COM-60159"], [], 1),
        ([in_territory("ZONE-bassin-seine-normandie")], ["REG-32"], [], 1),
        ([in_territory("ZONE-afr-2022-2027")], [COUNTRY], [], 1),
        ([in_territory("ZONE-afr-2022-2027"), in_territory("DEP-60")], ["DEP-60"], [], 1),
        ([{"kind": "in_territory", "none_of": ["REG-11", "DEP-2B"]}], [COUNTRY], ["REG-11"], 1),
    ],
)
def test_a_place_that_cannot_be_written_becomes_what_is_around_it_and_is_told(criteria, wanted, excluded, n_doubts):
    found = places_of(criteria)
    assert (found.wanted, found.excluded, len(found.doubts)) == (wanted, excluded, n_doubts)


def test_a_day_is_a_moment_in_paris_and_its_last_one_for_a_closing():
    window = {"state": "dated", "opens_on": "2027-01-01", "closes_on": "2027-06-30", "recurring": None, "note": None}
    found = native_columns(make_record(window=window))
    assert (found["date_ouverture"], found["date_cloture"]) == ("2026-12-31T23:00:00Z", "2027-06-30T21:59:59Z")


def test_operators_are_json_with_their_roles():
    operators = [{"name": 'Région "Hauts", d’ici', "siren": "200053742", "roles": ["funder", "assessor"]}]
    found = json.loads(native_columns(make_record(operators=operators))["porteurs"])
    assert found == [{"nom": 'Région "Hauts", d’ici', "siren": "200053742", "roles": ["financeur", "instructeur"]}]


@pytest.mark.parametrize(
    ("regime", "links"),
    [
        ("de minimis 2023/2831", ["https://eur-lex.europa.eu/eli/reg/2023/2831/oj"]),
        ("de minimis", []),  # which of the four is not said
        ("GBER art. 25 / de minimis", ["https://eur-lex.europa.eu/eli/reg/2014/651/oj"]),
        ("un texte que personne n’a lu", []),
    ],
)
def test_a_regulation_is_named_where_it_is_known_for_certain(regime, links):
    cell = machine_columns(make_record(state_aid_regime=regime))["base_juridique"]
    assert [base["lien"] for base in json.loads(cell or "[]")] == links


@pytest.mark.parametrize(
    ("regime", "names"),
    [
        ("de minimis 2023/2831", "Règlement de minimis"),
        ("de minimis 2023/2831 (à vérifier)", "Règlement de minimis"),
        (
            "AFR SA.103603 ou GBER art. 17",
            "Régime d’aides à finalité régionale (AFR)|Règlement général d’exemption par catégorie (RGEC)",
        ),
        ("un texte que personne n’a lu", ""),
        (None, ""),
    ],
)
def test_the_regimes_of_a_scheme_stand_among_its_parent_programmes(regime, names):
    assert machine_columns(make_record(state_aid_regime=regime))["programmes_parents"] == names


# -- the files

STRANGE = {
    "name": "=cmd|' /C calc'!A0",
    "summary": 'Une aide ; « entre guillemets », "doubles",\ntrès\tlongue & accentuée : œuvre – 5 € 🏭',
    "next_step": "+33 x",
    "documents": ["-1", "@SOMME(A1)"],
}


@pytest.fixture
def written(tmp_path):
    """Export with a sheet of strange texts, by the command."""
    publish_change(get_scheme("hdf-aden"), **STRANGE)
    publish_change(get_scheme("acre"), summary="Mot " * 3000)
    path = tmp_path / "catalogue.csv"
    out = StringIO()
    call_command("export_catalogue", "national", str(path), "--sidecar", str(tmp_path / "x.json"), stdout=out)
    n_schemes = Scheme.objects.of_source(Scheme.OWN).published().count()
    assert f"{n_schemes} dispositifs, état au 24/11/2026" in out.getvalue()
    return path


def test_no_cell_is_a_formula_and_each_keeps_its_text(written):
    with written.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for row in rows for cell in row.values())
    strange = next(row for row in rows if "calc" in row["titre"])
    assert strange["titre"] == f"'{STRANGE['name']}"
    assert STRANGE["summary"] in strange["description"]
    assert max(len(row["description"]) for row in rows) <= MAX_DESCRIPTION


@pytest.mark.slow
@pytest.mark.real_data
def test_the_file_is_valid_against_the_published_schema(written, real_data):
    schema = real_data / "schema_etalab" / "build" / "dispositif-aide-professionnels" / "schema.json"
    columns = [field["name"] for field in json.loads(schema.read_text())["fields"]]
    assert columns == list(COLUMNS)
    code = "import sys; from frictionless import Schema, system, validate\n"
    code += "with system.use_context(trusted=True):\n"
    code += "    report = validate(sys.argv[2], schema=Schema.from_descriptor(sys.argv[1]))\n"
    code += "print(report.flatten(['rowNumber', 'fieldName', 'note'])); sys.exit(not report.valid)"
    done = subprocess.run([sys.executable, "-c", code, schema, written], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(CommandError, match="ne peut pas être écrit"):
        call_command("export_catalogue", "national", str(tmp_path / "nowhere" / "x.csv"))


def test_internal_remarks_and_unpublished_schemes_are_in_no_file():
    publish_change(get_scheme("hdf-aden"), notes="Secret.", corrections=["Entre nous."])
    exported = read_published(on=DAY)
    text = json.dumps([exported.rows, exported.entries], ensure_ascii=False)
    assert "Secret." not in text
    assert "Entre nous." not in text
    draft = Scheme.objects.drafts().of_source(Scheme.OWN).first()
    assert str(draft.uuid) not in text
