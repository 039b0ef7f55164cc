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


def test_the_page_says_the_licence_and_the_day(client):
    text = text_of(client.get("/donnees-ouvertes/"))
    assert f"Nos {n_published()} dispositifs" in text
    assert "Licence Ouverte 2.0" in text
    assert "24 novembre 2026" in text


@pytest.mark.cases(1)
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_held_is_not_sent_again(client, name):
    whole = take(client, name)
    for held in ({"If-None-Match": whole["ETag"]}, {"If-Modified-Since": whole["Last-Modified"]}):
        assert take(client, name, **held).status_code == 304
    publish_change(get_scheme("hdf-aden"), summary="Changé.")
    assert take(client, name, **{"If-None-Match": whole["ETag"]}).status_code == 200


def test_there_is_no_other_file(client):
    assert take(client, "exe").status_code == 404


def test_the_three_files_hold_the_same_schemes_under_their_licence(client, settings):
    publish_change(get_scheme("hdf-aden"), name="=cmd|' /C calc'!A0", summary="@SOMME(A1)\x0b")
    page = client.get("/donnees-ouvertes/").content.decode()
    dataset = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])
    assert (dataset["@type"], dataset["dateModified"]) == ("Dataset", "2026-11-24")
    distribution = dataset["distribution"]
    told = {file["contentUrl"].removeprefix(settings.PUBLIC_URL): file["encodingFormat"] for file in distribution}
    files = {name: take(client, name) for name in FILES}
    for file in files.values():
        assert file.status_code == 200
        assert 'rel="license"' in file["Link"]
        assert "2026-11-24" in file["Content-Disposition"]
        assert file["Content-Type"].startswith(told.pop(file.request["PATH_INFO"]))
    for path, kind in told.items():
        assert client.get(path)["Content-Type"].startswith(kind)
    rows = list(csv.DictReader(StringIO(files["csv"].content.decode(), newline="")))
    sidecar = json.loads(files["json"].content)
    sheet = load_workbook(BytesIO(files["xlsx"].content)).active
    lines = list(sheet.iter_rows(values_only=True))
    assert len(rows) == sidecar["count"] == len(lines) - 1 == n_published()
    assert (
        [row["id"] for row in rows] == [entry["id"] for entry in sidecar["schemes"]] == [row[0] for row in lines[1:]]
    )
    assert lines[0] == COLUMNS
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}  # no formula, whatever is in a sheet
    assert any(cell.value == "'=cmd|' /C calc'!A0" for cell in cells)


def test_the_sidecar_follows_its_published_schema(client):
    schema = sidecar_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(DOCS.read_text()) == schema, f"{DOCS.name} is to be written again from sidecar_schema()"
    assert client.get("/donnees-ouvertes/complement.schema.json").json() == schema
    validator = jsonschema.Draft202012Validator(schema)
    sidecar = json.loads(take(client, "json").content)
    errors = validator.iter_errors(sidecar)
    assert [f"{error.json_path}: {error.message[:200]}" for error in errors] == []
    sidecar["schemes"] = sidecar["schemes"][:2]
    sidecar["schemes"][0]["kind"] = "gift"
    sidecar["schemes"][1]["secret"] = 1
    assert len(list(validator.iter_errors(sidecar))) == 2  # it refuses what is none


@pytest.mark.slow
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
