"""Our own export that comes back: each row is known by its identifier, follows its sheet, and is no second one."""

import csv
from io import StringIO

import pytest
from django.core.management import call_command

from backend.schemes.catalogue.national.published import read_published
from backend.schemes.catalogue.national.rows import COLUMNS
from backend.schemes.ingestion.changes.following import Comparison
from backend.schemes.ingestion.importers.national_schema import SOURCE
from backend.schemes.models import Counterpart, Proposal, Revision, Scheme, SourceChange
from tests.factories import DAY
from tests.schemes.people import get_scheme, publish_change

pytestmark = pytest.mark.django_db
KEPT = ("hdf-aden", "mediation-credit", "cci-oise")


def rows_of(*keys: str) -> list[dict[str, str]]:
    uuids = {str(get_scheme(key).uuid) for key in keys}
    return [dict(row) for row in read_published(on=DAY).rows if row["id"] in uuids]


def bring(tmp_path, rows, **options) -> str:
    path, out = tmp_path / "catalogue.csv", StringIO()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    call_command("import_schemes", SOURCE, str(path), dated=DAY.isoformat(), stdout=out, **options)
    return out.getvalue()


def test_rows_that_nobody_touched_are_our_sheets_and_nothing_waits(tmp_path):
    before, rows = Revision.objects.filter(scheme__source=Scheme.OWN).count(), rows_of(*KEPT)
    bring(tmp_path, rows, dry_run=True)  # a trial links nothing
    assert not Counterpart.objects.filter(imported__source=SOURCE).exists()
    assert not Scheme.objects.of_source(SOURCE).exists()
    said = bring(tmp_path, rows)
    assert "created 0, updated 0, unchanged 3, rejected 0" in said
    links = Counterpart.objects.in_force().filter(imported__source=SOURCE).select_related("ours", "imported")
    assert {link.ours.source_key for link in links} == set(KEPT)
    assert all(link.imported.source_key == str(link.ours.uuid) for link in links)
    assert not SourceChange.objects.described().waiting().filter(source=SOURCE).exists()
    assert Revision.objects.filter(scheme__source=Scheme.OWN).count() == before
    assert not Proposal.objects.open().exists()


def test_what_somebody_changed_in_the_file_is_asked_beside_our_sheet(tmp_path):
    rows = rows_of(*KEPT)
    for row in rows:
        if row["id"] == str(get_scheme("cci-oise").uuid):
            row["titre"] = "Accompagnement de la CCI"
    assert "created 0, updated 1, unchanged 2, rejected 0" in bring(tmp_path, rows)
    changed = Counterpart.objects.changed().get(imported__source=SOURCE)
    assert changed.ours == get_scheme("cci-oise")
    (change,) = Comparison(changed).pending
    assert (change.label, change.after) == ("Nom", ("Accompagnement de la CCI",))
    assert "unchanged 3" in bring(tmp_path, rows)
    assert Scheme.objects.of_source(SOURCE).count() == len(KEPT)


@pytest.mark.slow
def test_a_sheet_that_changed_since_its_export_asks_what_the_file_says_of_it(tmp_path):
    rows = rows_of("cci-oise")
    publish_change(get_scheme("cci-oise"), name="Un nouveau nom")
    assert "updated 1" in bring(tmp_path, rows)
    (change,) = Comparison(Counterpart.objects.changed().get()).pending
    assert change.label == "Nom"


def test_an_identifier_that_is_not_ours_is_a_record_like_any_other(tmp_path):
    (row,) = rows_of("cci-oise")
    archived = get_scheme("hdf-aden")
    Scheme.objects.filter(pk=archived.pk).update(state=Scheme.State.ARCHIVED)
    rows = [{**row, "id": one} for one in ("3f2b8e7c-0000-4000-8000-000000000001", str(archived.uuid), "une-cle")]
    assert "created 3, updated 0" in bring(tmp_path, rows)
    assert not Counterpart.objects.filter(imported__source=SOURCE).exists()
