"""One word for a firm: each word where it holds, and where it gives way."""

from datetime import timedelta

import pytest
import yaml

from backend.matchmaking.models import Match
from backend.matchmaking.results import latest_result
from backend.matchmaking.standing import Standing, standing
from backend.schemes.catalogue.loading import load_catalogue
from tests.conftest import ROOT
from tests.factories import DAY, make_submission

pytestmark = pytest.mark.django_db
KEY = "acre"
NEXT_DAY = DAY + timedelta(days=1)
LOCAL = {"kind": "in_territory", "any_of": ["REG-32"]}
ELSEWHERE = {"kind": "in_territory", "any_of": ["REG-53"]}
TURNOVER = {"kind": "turnover", "at_most": 5_000_000}
OPEN = {"state": "permanent", "opens_on": None, "closes_on": None, "recurring": None, "note": None}
UNKNOWN = {**OPEN, "state": "unknown"}
LATER = {
    **OPEN,
    "state": "dated",
    "opens_on": NEXT_DAY + timedelta(days=9),
    "closes_on": NEXT_DAY + timedelta(days=20),
}
SHUT = {**OPEN, "state": "closed"}


def asks(who, **more):
    return {"kind": "manual", "fact": f"essai.{who}", "sentence": "Une condition.", "ask": who, **more}


WORDS = [  # the window, the conditions, the word
    (OPEN, [LOCAL], "eligible"),
    (OPEN, [], "likely"),
    (OPEN, [LOCAL, asks("operator")], "likely"),
    (OPEN, [LOCAL, asks("officer")], "likely"),
    (OPEN, [LOCAL, asks("operator"), asks("firm")], "to_specify"),
    (OPEN, [LOCAL, asks("firm", nature="undertaking")], "eligible"),
    (OPEN, [asks("firm", nature="undertaking"), asks("officer", nature="appraisal")], "likely"),
    (OPEN, [TURNOVER], "to_specify"),
    (UNKNOWN, [LOCAL], "dates"),
    (UNKNOWN, [], "dates"),
    (UNKNOWN, [LOCAL, asks("operator")], "dates"),
    (UNKNOWN, [LOCAL, asks("firm")], "to_specify"),
    (UNKNOWN, [TURNOVER], "to_specify"),
    (LATER, [LOCAL], "later"),
    (LATER, [TURNOVER, asks("firm")], "later"),
    (LATER, [ELSEWHERE], "ineligible"),
    (SHUT, [LOCAL], "ineligible"),
    (OPEN, [ELSEWHERE, TURNOVER], "ineligible"),
    # What another alternative settles is asked of nobody.
    (OPEN, [{"kind": "any", "of": [LOCAL, asks("firm")]}], "eligible"),
    (OPEN, [{"kind": "any", "of": [ELSEWHERE, asks("firm")]}], "to_specify"),
]


def test_the_first_word_that_holds(tmp_path):
    like = yaml.safe_load((ROOT / "fixtures" / "schemes" / f"{KEY}.yaml").read_text())
    for n, (window, criteria, _) in enumerate(WORDS):
        record = {**like, "key": f"essai-{n}", "window": window, "criteria": criteria}
        (tmp_path / f"essai-{n}.yaml").write_text(yaml.safe_dump(record, allow_unicode=True))
    load_catalogue(tmp_path)
    matches = latest_result(make_submission(without=("turnover",)), on=NEXT_DAY).matches
    for n, (window, criteria, word) in enumerate(WORDS):
        match = matches.select_related("revision").get(scheme__source_key=f"essai-{n}")
        assert standing(match, match.revision) == word, (window, criteria)


def test_eligible_is_said_only_where_nothing_is_open():
    matches = latest_result(make_submission(), on=DAY).matches.select_related("revision")
    words = {match.scheme_id: standing(match, match.revision) for match in matches}
    for match in matches:
        nothing_open = not match.unknown and not match.to_confirm
        assert (words[match.scheme_id] == Standing.ELIGIBLE) == (
            match.eligibility == Match.Verdict.ELIGIBLE
            and nothing_open
            and any(row.definition.get("nature") is None for row in match.revision.criteria.all())
        )
    assert set(words.values()) > {Standing.ELIGIBLE, Standing.TO_SPECIFY, Standing.INELIGIBLE}
