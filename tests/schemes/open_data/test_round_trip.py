"""Our whole catalogue, to the national schema with its sidecar and back, says the same."""

import csv
import json
from contextlib import suppress
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from backend.common.spreadsheets import read_cell
from backend.schemes.catalogue.national.published import read_published
from backend.schemes.catalogue.national.rows import COLUMNS
from backend.schemes.catalogue.records import read_record
from backend.schemes.ingestion.importers.faults import RowError
from backend.schemes.ingestion.importers.files import ImportFileError
from backend.schemes.ingestion.importers.sidecar import SOURCE, read_sidecar
from backend.schemes.models import Scheme
from backend.schemes.open_data.exports import sidecar_of, write_csv
from tests.factories import DAY
from tests.schemes.people import get_scheme, publish_change

pytestmark = pytest.mark.django_db
# What is not exported, and why: editors tell it each other; a key is the identifier elsewhere.
NOT_EXPORTED = {"notes", "corrections", "key"}


def files(tmp_path):
    """Write both files, and read the CSV as anybody would: rows by the names of their columns."""
    exported = read_published(on=DAY)
    text = StringIO(newline="")
    write_csv(exported.rows, text)
    sidecar = tmp_path / "complement.json"
    sidecar.write_text(json.dumps(sidecar_of(exported), ensure_ascii=False), encoding="utf-8")
    text.seek(0)
    rows = [{name: read_cell(cell) for name, cell in row.items()} for row in csv.DictReader(text)]
    return rows, sidecar


def compared(record, ids):
    """Return what is compared of a record: other schemes by their identifier, operators by name."""
    found = {name: value for name, value in record.items() if name not in NOT_EXPORTED}
    found["relations"] = sorted(
        ({**row, "scheme": ids.get(row["scheme"], row["scheme"])} for row in record["relations"]),
        key=lambda row: (row["kind"], row["scheme"]),
    )
    found["variant_of"] = ids.get(record["variant_of"], record["variant_of"])
    found["operators"] = sorted(record["operators"], key=lambda row: row["name"])
    return found


@pytest.mark.cases(1)
@pytest.mark.parametrize("every", [12, 1])
def test_every_typed_field_of_every_scheme_comes_back(tmp_path, every):
    table, sidecar = tmp_path / "catalogue.csv", tmp_path / "complement.json"
    call_command("export_catalogue", "national", str(table), "--sidecar", str(sidecar), stdout=StringIO())
    with table.open(newline="", encoding="utf-8-sig") as file:
        heading, *rows = csv.reader(file)
    assert len(rows) >= 180
    kept = rows[::every]
    with table.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([heading, *kept])
    published = Scheme.objects.of_source(Scheme.OWN).published().select_related("current__scheme")
    schemes = list(published.filter(uuid__in=[row[heading.index("id")] for row in kept]))
    assert len(schemes) == len(kept)
    told = StringIO()
    call_command("import_schemes", SOURCE, str(table), "--sidecar", str(sidecar), stdout=told)
    assert told.getvalue().strip().endswith(f"created 0, updated 0, unchanged {len(schemes)}, rejected 0")
    imported = Scheme.objects.of_source(SOURCE).select_related("current__scheme")
    theirs = {scheme.source_key: read_record(scheme.current) for scheme in imported}
    ids = {scheme.source_key: str(scheme.uuid) for scheme in published}
    differ = []
    for scheme in schemes:
        before, after = compared(read_record(scheme.current), ids), compared(theirs[str(scheme.uuid)], ids)
        assert before.keys() == after.keys()
        differ += [(str(scheme), name, before[name], after[name]) for name in before if before[name] != after[name]]
    assert differ == []


def test_other_schemes_in_links_and_conditions_keep_their_identity(tmp_path):
    draft = Scheme.objects.drafts().of_source(Scheme.OWN).first()
    links = [
        {"kind": "follows", "scheme": key, "cap_pct": None, "note": "Après.", "source": None}
        for key in ("mediation-credit", draft.source_key)
    ]
    held = [{"kind": "holds_scheme", "any_of": ["jonction:acre"], "source": 1}]
    criteria = [{"kind": "any", "of": [*held, {"kind": "taxes_up_to_date"}]}]
    publish_change(get_scheme("hdf-aden"), relations=links, criteria=criteria)
    rows, path = files(tmp_path)
    row = next(row for row in rows if row["titre"].startswith("ADEN"))
    record = read_sidecar(path).record(row)
    led_to = [one["scheme"] for one in record["relations"]]
    assert led_to == [str(get_scheme("mediation-credit").uuid)]  # drafts are not exported
    assert record["criteria"][0]["of"][0]["any_of"] == [f"{SOURCE}:{get_scheme('acre').uuid}"]


def test_a_cell_that_somebody_changed_is_told_unless_its_column_says_all(tmp_path):
    rows, path = files(tmp_path)
    row = next(row for row in rows if row["titre"].startswith("ADEN"))
    for column, cell in (
        ("eligibilite_effectif_maximal", "49"),
        ("eligibilite_geographique", "PAYS-99100"),
        ("eligibilite_forme_juridique", "SARL"),
        ("ciblage_naf", "C"),
        ("cibles", "particuliers"),
    ):
        with pytest.raises(RowError, match=f"« {column} » vaut"):
            read_sidecar(path).record({**row, column: cell})
    changed = {
        "titre": "Autre nom",
        "url_source": "https://exemple.example/aide",
        "porteurs": '[{"nom": "Exemple", "siren": "", "roles": ["financeur"]}]',
        "date_ouverture": "2026-12-31T23:00:00Z",
        "date_cloture": "2027-06-30T21:59:59Z",
    }
    record = read_sidecar(path).record({**row, **changed})
    assert (record["name"], record["url"]) == ("Autre nom", "https://exemple.example/aide")
    assert record["operators"] == [{"name": "Exemple", "siren": None, "roles": ["funder"]}]
    assert (record["window"]["opens_on"], record["window"]["closes_on"]) == ("2027-01-01", "2027-06-30")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "n’est pas un complément"),
        ({"schemes": {}}, "n’est pas un complément"),
        ({"version": "2", "schemes": []}, 'est à la version "2"'),
        ({"version": "1", "schemes": [{}]}, "« id » ou « key » manque"),
        ({"version": "1", "schemes": [{"id": "a", "key": "b"}] * 2}, "déjà donné"),
    ],
)
def test_a_file_that_is_no_sidecar_is_refused_with_a_sentence(tmp_path, content, said):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ImportFileError, match=said):
        read_sidecar(path)


def test_an_entry_of_any_shape_is_told_of_its_row(tmp_path):
    rows, path = files(tmp_path)
    row = next(row for row in rows if row["titre"].startswith("ADEN"))
    whole = json.loads(path.read_text())
    entry = next(entry for entry in whole["schemes"] if entry["id"] == row["id"])
    for name in sorted(entry.keys() - {"id", "key", "revision", "approximations"}):
        for value in (None, 3, "x", [3], {"x": 3}):
            path.write_text(json.dumps({**whole, "schemes": [{**entry, name: value}]}))
            with suppress(RowError):  # what goes through is for the record to refuse; nothing else is raised
                read_sidecar(path).record(row)


def test_an_identifier_is_the_same_on_every_day_and_installation(tmp_path):
    rows, _path = files(tmp_path)
    later = read_published(on=date(2027, 3, 1)).rows
    assert [row["id"] for row in rows] == [row["id"] for row in later]
    assert next(row["id"] for row in rows if row["titre"].startswith("ADEN")) == "e8d586a8-2e9c-54c8-b49b-0f5d3509bddc"
    assert list(rows[0]) == list(COLUMNS)
