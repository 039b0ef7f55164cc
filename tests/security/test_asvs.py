"""The table of the ASVS names each requirement of its first two levels, and evidence that exists."""

import csv
from collections import Counter

from tests.conftest import ROOT

STATUSES = {"met", "not met", "not applicable", "operator"}


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs" / "asvs.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_requirement_of_levels_one_and_two_is_there_once():
    found = rows()
    assert Counter(row["level"] for row in found) == {"1": 70, "2": 183}  # OWASP ASVS 5.0.0
    assert len({row["requirement"] for row in found}) == len(found)


def test_each_has_evidence_or_a_reason():
    for row in rows():
        assert row["status"] in STATUSES, row
        assert row["evidence"] or row["reason"], row
        assert row["status"] == "met" or not row["evidence"], row


def test_each_evidence_is_a_test_that_exists():
    for row in rows():
        if row["evidence"]:
            path, _, test = row["evidence"].partition("::")
            assert f"def {test}(" in (ROOT / path).read_text(), row
