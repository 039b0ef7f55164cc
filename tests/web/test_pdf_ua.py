"""The check of PDF/UA finds what it looks for, each in a document of ours from which it was taken."""

from collections.abc import Callable
from io import BytesIO

import pytest
from pypdf import PdfReader
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject

from backend.web.pdf import pdf_of
from tests.web.pdf_ua import failures

PAGE = """<html lang="fr"><title>Un document</title><h1>Un</h1><h2>Deux</h2>
<p>Voir <a href="https://a.example/">la page</a>.</p>
<table><thead><tr><th scope="col">Jour</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table></html>"""


def read() -> PdfReader:
    return PdfReader(BytesIO(pdf_of(PAGE)))


def element(reader: PdfReader, kind: str) -> DictionaryObject:
    """Return the first element of a kind."""
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]["/K"]]
    while waiting:
        node = waiting.pop(0)
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            waiting[:0] = node
        elif isinstance(node, dict):
            if node.get("/S") == kind:
                return node
            waiting.insert(0, node.get("/K", []))
    raise AssertionError(kind)


def rename(kind: str, to: str) -> Callable[[PdfReader], None]:
    return lambda reader: element(reader, kind).update({NameObject("/S"): NameObject(to)})


def take(*keys: str) -> Callable[[PdfReader], None]:
    """Take an entry out of the catalogue, by its path."""

    def change(reader: PdfReader) -> None:
        node = reader.trailer["/Root"]
        for key in keys[:-1]:
            node = node[key]
        del node[keys[-1]]

    return change


def take_of_link(reader: PdfReader) -> None:
    (link,) = reader.pages[0]["/Annots"]
    link.get_object()[NameObject("/Contents")] = TextStringObject("")


def take_font(reader: PdfReader) -> None:
    font = next(iter(reader.pages[0]["/Resources"]["/Font"].values())).get_object()
    del font["/ToUnicode"]


def suspect(reader: PdfReader) -> None:
    reader.trailer["/Root"]["/MarkInfo"][NameObject("/Suspects")] = BooleanObject(True)


def fill_in(reader: PdfReader) -> None:
    reader.trailer["/Root"][NameObject("/AcroForm")] = DictionaryObject()


def test_a_document_of_ours_has_no_failure():
    assert failures(read()) == []


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("change", "found"),
    [
        (suspect, "01"),
        (take("/StructTreeRoot"), "01"),
        (rename("/P", "/Paragraphe"), "02"),
        (take("/Metadata"), "06"),
        (take("/ViewerPreferences", "/DisplayDocTitle"), "07"),
        (rename("/TR", "/Div"), "09"),
        (take("/Lang"), "11"),
        (rename("/P", "/Figure"), "13"),
        (rename("/H1", "/P"), "14"),
        (rename("/H2", "/H3"), "14"),
        (rename("/TD", "/TH"), "15"),
        (fill_in, "24"),
        (take_of_link, "28"),
        (take_font, "31"),
    ],
)
def test_what_is_taken_from_it_is_missed(change, found):
    reader = read()
    change(reader)
    assert found in {failure[:2] for failure in failures(reader)}
