"""What we write for firms is measured: short sentences, explained acronyms, and a grid of the RGAA that is true."""

import csv

import pytest

from scripts.texts import FEW, pages, read
from tests.conftest import ROOT

# Criteria of each theme of the RGAA 4.1, and of all.
N_CRITERIA = {1: 9, 2: 2, 3: 3, 4: 13, 5: 8, 6: 2, 7: 5, 8: 10, 9: 4, 10: 14, 11: 13, 12: 11, 13: 12}
N_ALL = 106


def test_sentences_of_our_pages_are_short_and_acronyms_explained():
    found = list(pages())
    assert sum(len(page.sentences) for page in found) > 400
    assert {page.name: page.words for page in found if page.is_long} == {}
    assert {page.name: page.acronyms for page in found if page.acronyms} == {}


@pytest.mark.parametrize(
    ("template", "sentences", "acronyms"),
    [
        ("<p>Un mot.</p><p>{{ name }} en a deux. Pas un titre</p>", ["Un mot.", "x en a deux."], set()),
        ("<p>{% if a %}Oui, {{ b }}.{% else %}Non.{% endif %}</p>", ["Oui, x ."], set()),
        ("{# XYZ. #}<p>Demandez au SGAR.</p>", ["Demandez au SGAR."], {"SGAR"}),
        ("<p>Le secrétariat (SGAR) répond.</p><p>Le SGAR aussi.</p>", None, set()),
        ("<p>Le règlement, dit RGPD, vaut.</p>", None, set()),
    ],
)
def test_a_template_is_read_as_its_reader_does(template, sentences, acronyms):
    page = read("page.html", template)
    assert sentences is None or list(page.sentences) == sentences
    assert page.acronyms == acronyms


def test_a_page_of_long_sentences_is_found():
    long = f"<p>{'mot ' * 30}fin.</p>"
    assert read("page.html", long).words == 31
    assert read("page.html", long * FEW).is_long
    assert not read("page.html", f"{long}<p>Court.</p><p>Bref.</p>").is_long


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs" / "rgaa.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_criterion_of_the_rgaa_is_there_once_in_order():
    expected = [f"{theme}.{number}" for theme, n in N_CRITERIA.items() for number in range(1, n + 1)]
    assert [row["criterion"] for row in rows()] == expected
    assert len(expected) == N_ALL


def test_each_criterion_has_evidence_that_exists_or_a_reason_and_no_verdict():
    for row in rows():
        assert row["applicable"] in ("yes", "no"), row
        assert row["evidence"] or row["reason"], row
        assert row["applicable"] == "yes" or not row["evidence"], row
        assert "conform" not in row["reason"], row  # a self-audit does not say so
        if row["evidence"]:
            path, _, test = row["evidence"].partition("::")
            assert f"def {test}(" in (ROOT / path).read_text(), row
