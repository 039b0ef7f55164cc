"""The real files of the national schema, and the State site's export in it, twice; skipped where they are absent."""

import json
from collections import Counter
from datetime import date
from operator import eq

import pytest

from backend.schemes.ingestion.importers import national_schema, transition_ecologique_csv
from backend.schemes.models import Revision
from tests.schemes.ingestion.importers.rows import import_file, last_line

pytestmark = [pytest.mark.django_db, pytest.mark.real_data]
N_EXPORTED = 190


@pytest.mark.parametrize("name", ["dispositif-aide", "dispositif-aide-professionnels"])
def test_the_example_of_each_schema_is_read_twice(real_data, name):
    path = real_data / "schema_etalab" / "build" / name / "exemple.csv"
    assert last_line(import_file(national_schema.SOURCE, path)) == "created 1, updated 0, unchanged 0, rejected 0"
    assert last_line(import_file(national_schema.SOURCE, path)) == "created 0, updated 0, unchanged 1, rejected 0"
    revision = Revision.objects.get(scheme__source=national_schema.SOURCE)
    assert {role.operator.siren for role in revision.roles.all()} == {"385290309", "320252489"}
    assert revision.criteria.filter(from_text=True).count() == 6
    (place,) = revision.criteria.filter(definition__kind="in_territory")
    assert place.definition["none_of"] == ["REG-84", "DEP-01", "COM-83141"]


@pytest.mark.slow
@pytest.mark.parametrize("source", [transition_ecologique_csv.SOURCE, national_schema.SOURCE])
def test_the_export_of_the_state_s_site_is_read_twice(real_data, source):
    path = real_data / "mte" / "data_gouv_export.csv"
    first = import_file(source, path, dated="2025-10-06")
    assert last_line(first) == f"created {N_EXPORTED}, updated 0, unchanged 0, rejected 0"
    assert last_line(import_file(source, path)) == f"created 0, updated 0, unchanged {N_EXPORTED}, rejected 0"


@pytest.mark.slow
def test_the_export_says_what_the_site_s_own_file_says_but_for_days_it_turns_round(real_data):
    """Days and status are compared with ``programs.json``, by title: another reading of both files."""
    mte = real_data / "mte"
    source = transition_ecologique_csv.SOURCE
    import_file(source, mte / "data_gouv_export.csv")
    revisions = Revision.objects.filter(scheme__source=source)
    programmes = json.loads((mte / "programs.json").read_text())
    titles = Counter([programme["titre"] for programme in programmes] + [row.name for row in revisions])
    by_title = {programme["titre"]: programme for programme in programmes if titles[programme["titre"]] == 2}
    pairs = [(row, by_title[row.name]) for row in revisions if row.name in by_title]
    found = Counter(how_days_compare(row.opens_on, programme) for row, programme in pairs)
    assert len(pairs) > 150
    assert found["turned round"] > 10  # a fault of the export: each is told as doubtful
    assert found["lost"] >= 10
    assert found["other"] < 5  # changed in the eight months in between
    turned = [row for row, programme in pairs if how_days_compare(row.opens_on, programme) == "turned round"]
    assert all("L’export inverse des jours et des mois" in row.notes for row in turned)
    excluded = [
        bool(programme["eligibilityData"]["company"].get("excludeMicroentrepreneur")) for _, programme in pairs
    ]
    read = [row.criteria.filter(definition__kind="micro_entrepreneur").exists() for row, _ in pairs]
    assert sum(map(eq, excluded, read)) / len(pairs) > 0.95


def how_days_compare(day, programme):
    start = programme["eligibilityData"].get("validity", {}).get("start")
    other = date(*map(int, reversed(start.split("/")))) if start else None
    if day == other:
        return "same"
    if day and other and (day.year, day.day, day.month) == (other.year, other.month, other.day):
        return "turned round"
    return "lost" if day is None and other.day > 12 else "other"


@pytest.mark.slow
def test_no_day_of_the_export_is_the_one_before(real_data):
    source = transition_ecologique_csv.SOURCE
    import_file(source, real_data / "mte" / "data_gouv_export.csv")
    opened = Revision.objects.filter(scheme__source=source, opens_on__isnull=False)
    assert opened.count() == 73
    assert opened.filter(opens_on=date(2023, 1, 1)).count() == 49
    assert not opened.filter(opens_on__month=12, opens_on__day=31).exists()
    assert Revision.objects.filter(scheme__source=source, window_state="dated").count() == 12


@pytest.mark.slow
def test_nobody_s_address_is_kept_of_the_export(real_data):
    source = transition_ecologique_csv.SOURCE
    import_file(source, real_data / "mte" / "data_gouv_export.csv")
    for revision in Revision.objects.filter(scheme__source=source).prefetch_related("criteria"):
        texts = [revision.summary, revision.next_step, revision.contact_url, revision.notes, revision.amount_text]
        texts += [row.excerpt for row in revision.criteria.all()]
        assert not [text for text in texts if "@" in text], revision.name
