"""Records are found wherever their file puts them, one at a time, and the file is gone through whole before."""

import json
import tracemalloc

import pytest

from backend.schemes.ingestion.importers.envelopes import MAX_DEPTH, records_under
from backend.schemes.ingestion.importers.files import CHUNK, ImportFileError

RECORDS = [{"id": 1, "n": 1.5, "t": "é", "l": [None, True, {"data": [2]}]}, {"id": 2}]
open_records = records_under("data", "aides", alone="id")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fiches.json"


def read(path, content):
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode())
    return list(open_records(path))


def refusal(path, content):
    with pytest.raises(ImportFileError) as caught:
        read(path, content)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        RECORDS,
        {"data": RECORDS},
        {"count": 2, "aides": RECORDS, "next": None},
        {"aides": [{"id": 3}], "data": RECORDS},  # the first name that a source gives, wherever it stands
        b"\xef\xbb\xbf" + json.dumps(RECORDS).encode(),
    ],
    ids=["list", "data", "aides", "both", "mark"],
)
def test_records_are_what_python_reads_of_them(path, content):
    assert read(path, content) == RECORDS


def test_a_list_may_be_empty(path):
    assert read(path, []) == read(path, {"data": []}) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (RECORDS[0], "il n’y a qu’une fiche"),
        ({"count": 2, "next": "https://exemple.example/?page=2", "data": RECORDS}, "une page en suit une autre"),
        ({"count": 110, "next": None, "data": RECORDS}, "2 fiches sur les 110 qu’il annonce"),
        ({"data": RECORDS, "count": 3}, "2 fiches sur les 3 qu’il annonce"),
    ],
)
def test_a_file_that_does_not_hold_all_of_its_source_says_so_first(path, content, told):
    notice, *records = read(path, content)
    assert notice.is_partial
    assert f"({told})" in notice.text
    assert records == RECORDS[: len(records)]


@pytest.mark.parametrize("count", [2, 1, None, "beaucoup"])
def test_a_file_that_holds_what_it_announces_is_whole(path, count):
    assert read(path, {"count": count, "next": "", "data": RECORDS}) == RECORDS


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"autre": [], "x": 1}, 'contient un objet ("autre", "x") ; attendu : une liste de fiches, ou un objet avec'),
        ({}, "contient un objet vide"),
        (3, "contient 3"),
        ({"data": {"id": 1}}, "« data » qui n’est pas une liste"),
        (b'[{"id": 1}, {"id": 2}, {"i', "incomplet ou mal formé après la fiche 2."),
        (b'{"data": [{"id": 1}, {"id"', "incomplet ou mal formé après la fiche 1."),
        (b'[{"id": 1}] []', "incomplet ou mal formé"),
        (b'[{"id": NaN}]', "incomplet ou mal formé dès le début."),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), f"plus de {MAX_DEPTH} niveaux"),
    ],
)
def test_another_shape_and_a_file_cut_short_are_refused_with_a_sentence(path, content, told):
    assert told in refusal(path, content)


def test_the_byte_that_is_not_utf_8_is_named_wherever_it_stands(path):
    before = b'["' + b"a" * (CHUNK - 3) + "é".encode()  # a character across two chunks
    assert f"n’est pas en UTF-8 (octet {len(before) + 1})" in refusal(path, before + b'\xff"]')
    assert f"n’est pas en UTF-8 (octet {CHUNK})" in refusal(path, before[:-1] + b'b"]')


def test_a_long_file_takes_no_more_memory_than_a_short_one(path):
    path.write_text(json.dumps([{"id": number, "text": "é" * 1000} for number in range(3000)]), encoding="utf-8")
    assert path.stat().st_size > 15_000_000
    tracemalloc.start()
    try:
        assert sum(1 for _ in open_records(path)) == 3000
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
