"""The evidence of our own sheets: what is quoted stands in its source, and how far the catalogue is vouched for."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from backend.common.files import read_yaml
from backend.schemes.catalogue import records
from backend.schemes.catalogue.evidence import is_record_vouched_for
from backend.schemes.catalogue.evidence_counts import evidence_counts
from backend.schemes.models import Source
from tests.conftest import REAL_DATA
from tests.factories import DAY

pytestmark = pytest.mark.django_db
PATHS = sorted((Path(__file__).parents[3] / "fixtures" / "schemes").glob("*.yaml"))
RECORDS = [records.plain(read_yaml(path)) for path in PATHS]
LEGAL_TEXTS = Path(__file__).with_name("legal_texts.yaml")
UNHELD = Path(__file__).with_name("unheld_copies.yaml")
SKIPPED = " […] "  # between two sentences quoted of one source


def quoted() -> Iterator[tuple[str, str, str]]:
    """Give each sentence that our sheets quote, with the sheet and the address of its source."""
    for record in RECORDS:
        for row in (*record["criteria"], record["amount"] or {}):
            if row.get("excerpt"):
                yield record["key"], record["sources"][row["source"] - 1]["url"], row["excerpt"]


def plain(value: Any) -> str:
    """Return what a record says without Markdown, in one line."""
    if isinstance(value, dict):
        return " / ".join(map(plain, value.values()))
    if isinstance(value, list):
        return " / ".join(map(plain, value))
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", str(value))
    return " ".join(text.replace("**", "").replace("\\", "").split())


@pytest.mark.real_data
def test_each_sentence_quoted_stands_in_the_record_it_is_quoted_from():
    programmes = json.loads((REAL_DATA / "mte" / "programs.json").read_text())
    aids = json.loads((REAL_DATA / "aides_entreprises" / "sample_aideradar_2026-09-27.json").read_text())
    rows = aids if isinstance(aids, list) else next(part for part in aids.values() if isinstance(part, list))
    texts = {f"/aides-entreprise/{one['id']}": plain(one) for one in programmes}
    texts |= {f"/aide/{one['id']}": plain(one) for one in rows}
    texts |= {one["url"]: plain(one["text"]) for one in read_yaml(LEGAL_TEXTS)}
    sentences = list(quoted())
    found = {url: next((said for end, said in texts.items() if url.endswith(end)), None) for _, url, _ in sentences}
    assert sorted(url for url, text in found.items() if text is None) == read_yaml(UNHELD)
    held = [(key, found[url], excerpt) for key, url, excerpt in sentences if found[url] is not None]
    assert len(held) > 250
    for key, text, excerpt in held:
        for part in excerpt.removesuffix(SKIPPED.rstrip()).split(SKIPPED):
            assert plain(part) in text, (key, part)


def test_a_sheet_that_says_verified_is_vouched_for_on_the_day_it_was_read():
    verified = [record for record in RECORDS if record["confidence"] == "verified"]
    assert len(verified) > 50
    assert [record["key"] for record in verified if not is_record_vouched_for(record)] == []


def test_each_source_says_who_speaks_and_only_legal_texts_and_open_catalogues_are_quoted():
    sources = [(record["key"], source) for record in RECORDS for source in record["sources"]]
    assert [key for key, source in sources if not source.get("tier")] == []
    licensed = {(source["tier"], source["licence"]) for _, source in sources if source.get("licence")}
    assert licensed == {("state", Source.Licence.OPEN), ("official", Source.Licence.LEGAL)}


def test_the_catalogue_as_a_whole_is_vouched_for_as_far_as_the_page_says():
    counts = evidence_counts(on=date(2026, 11, 29))
    assert counts.linked_pct >= 95
    assert counts.strong_pct >= 55
    assert counts.quoted_pct == 100
    assert (counts.n_unproved, counts.n_internal, counts.n_unnamed) == (0, 0, 0)
    assert evidence_counts(on=date(2028, 1, 1)).n_strong < evidence_counts(on=DAY).n_strong
