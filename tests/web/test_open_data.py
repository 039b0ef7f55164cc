"""The catalogue as files: whole, valid, under a stated licence, and not sent again to who has them."""

import csv
import json
import re
from io import BytesIO, StringIO
from pathlib import Path

import jsonschema
import pytest
from openpyxl import load_workbook

from backend.schemes.catalogue.national.rows import COLUMNS
from backend.schemes.models import Scheme
from backend.schemes.open_data.schema import sidecar_schema
from tests.schemes.people import get_scheme, publish_change
from tests.web.conftest import text_of
from tests.web.test_throttles import limit, own_counters  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).parents[2] / "docs" / "catalogue-sidecar.schema.json"
FILES = ("csv", "json", "xlsx")


def take(client, name: str, **headers):
    return client.get(f"/donnees-ouvertes/{name}/", headers=headers)


def n_published() -> int:
    return Scheme.objects.of_source(Scheme.OWN).published().count()


def test_the_page_says_the_files_the_licence_and_the_day(client, settings):
    response = client.get("/donnees-ouvertes/")
    text = text_of(response)
    assert f"Nos {n_published()} dispositifs" in text
    assert "Licence Ouverte 2.0" in text
    assert "24 novembre 2026" in text
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', response.content.decode(), re.DOTALL)
    dataset = json.loads(block[1])
    assert (dataset["@type"], dataset["dateModified"]) == ("Dataset", "2026-11-24")
    for file in dataset["distribution"]:
        path = file["contentUrl"].removeprefix(settings.PUBLIC_URL)
        assert client.get(path)["Content-Type"].startswith(file["encodingFormat"])


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_its_licence_its_day_and_is_sent_once(client, name):
    whole = take(client, name)
    assert whole.status_code == 200
    assert 'rel="license"' in whole["Link"]
    assert "2026-11-24" in whole["Content-Disposition"]
    for held in ({"If-None-Match": whole["ETag"]}, {"If-Modified-Since": whole["Last-Modified"]}):
        assert take(client, name, **held).status_code == 304
    publish_change(get_scheme("hdf-aden"), summary="Changé.")
    assert take(client, name, **{"If-None-Match": whole["ETag"]}).status_code == 200


def test_there_is_no_other_file(client):
    assert take(client, "exe").status_code == 404


def test_the_three_files_hold_the_same_schemes(client):
    rows = list(csv.DictReader(StringIO(take(client, "csv").content.decode(), newline="")))
    sidecar = json.loads(take(client, "json").content)
    sheet = load_workbook(BytesIO(take(client, "xlsx").content)).active
    lines = list(sheet.iter_rows(values_only=True))
    assert len(rows) == sidecar["count"] == len(lines) - 1 == n_published()
    assert (
        [row["id"] for row in rows] == [entry["id"] for entry in sidecar["schemes"]] == [row[0] for row in lines[1:]]
    )
    assert lines[0] == COLUMNS


def test_no_cell_of_the_workbook_is_a_formula_whatever_is_in_a_sheet(client):
    publish_change(get_scheme("hdf-aden"), name="=cmd|' /C calc'!A0", summary="@SOMME(A1)\x0b")
    sheet = load_workbook(BytesIO(take(client, "xlsx").content)).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert any(cell.value == "'=cmd|' /C calc'!A0" for cell in cells)


def test_the_sidecar_follows_its_published_schema(client):
    schema = sidecar_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(DOCS.read_text()) == schema, f"{DOCS.name} is to be written again from sidecar_schema()"
    assert client.get("/donnees-ouvertes/complement.schema.json").json() == schema
    validator = jsonschema.Draft202012Validator(schema)
    errors = validator.iter_errors(json.loads(take(client, "json").content))
    assert [f"{error.json_path}: {error.message[:200]}" for error in errors] == []


def test_the_schema_of_the_sidecar_refuses_what_is_none(client):
    sidecar = json.loads(take(client, "json").content)
    sidecar["schemes"][0]["kind"] = "gift"
    sidecar["schemes"][1]["secret"] = 1
    errors = list(jsonschema.Draft202012Validator(sidecar_schema()).iter_errors(sidecar))
    assert len(errors) == 2


def test_who_takes_too_much_waits(client, settings):
    limit(settings, download__network=1)
    take(client, "csv")
    held = take(client, "json")
    assert held.status_code == 429
    assert int(held["Retry-After"]) > 0


def test_the_dump_of_the_api_says_its_licence(client):
    body = client.get("/api/v1/schemes/dump/").json()
    assert body["licence"] == "Licence Ouverte 2.0"
    assert body["licence_url"].startswith("https://")
