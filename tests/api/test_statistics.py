"""The published tables by the API: the same cells as on the page, in the CSV and in the note, and no number beside."""

import csv
from io import StringIO

import pytest

from backend.schemes.open_data.licence import LICENCE
from backend.steering.mailing import send_notes
from backend.steering.models import FileFact, PublishedMonth
from backend.steering.published import as_rows, first_day, publish, published
from tests.factories import ARC, CCLO, DAY, as_sent, make_recipient
from tests.steering.rows import count_file
from tests.steering.test_mailing import sent
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PATH = "/api/v1/statistics/"


def publish_files():
    for epci in (ARC,) * 6 + (CCLO,) * 2:
        count_file(epci, filed_on=DAY)
    assert publish(on=first_day(DAY)) == 1


def said(cell):
    return (
        str(cell["files"])
        if cell["hidden"] is None
        else {"few": "moins de 5", "kept_back": "non publié"}[cell["hidden"]]
    )


def test_nothing_is_said_before_a_month_is_published(client):
    body = client.get(PATH).json()
    assert (body["until"], body["tables"], body["licence"]) == (None, [], LICENCE)
    assert set(body["definitions"]) == {"demande", "besoin", "taille", "nombres"}


def test_page_file_api_and_note_say_the_same_cells_and_no_other_number(client):
    publish_files()
    make_recipient(confirmed=True)
    send_notes(on=first_day(DAY))
    note = as_sent(sent().get()).text
    body, page = client.get(PATH).json(), text_of(client.get("/statistiques/"))
    assert body["until"] == "2026-11-30"
    for table in body["tables"]:
        cells = [(cell["epci"], cell["column"], said(cell)) for cell in table["cells"]]
        assert cells == list(as_rows(published().table(table["name"])))
        _head, *rows = csv.reader(
            StringIO(client.get(f"/statistiques/{table['name']}.csv").content.decode()), delimiter=";"
        )
        assert [tuple(row) for row in rows] == cells
        for _epci, column, shown in cells:
            assert f"{column} {shown}" in page
            assert f"- {column} : {shown}" in note
    numbers = {cell["files"] for table in body["tables"] for cell in table["cells"]} - {None}
    assert numbers == {5}  # of six; the two others are not told


def test_nothing_moves_before_the_next_month_and_who_has_it_gets_nothing_again(client):
    publish_files()
    first = client.get(PATH)
    FileFact.objects.all().delete()
    assert client.get(PATH).content == first.content
    assert client.get(PATH, headers={"if-none-match": first["ETag"]}).status_code == 304
    PublishedMonth.objects.all().delete()
    assert client.get(PATH, headers={"if-none-match": first["ETag"]}).status_code == 200
