"""What is presumed of a small firm: it changes one word, and neither a verdict, an order nor an alert."""

import pytest

from backend.matchmaking.differences import differences
from backend.matchmaking.engine.presuming import presumed_facts
from backend.matchmaking.models import Match
from backend.matchmaking.results import latest_result, replay
from backend.matchmaking.services import correct_submission
from backend.matchmaking.standing import Standing, standing
from tests.factories import DAY, link_to, make_submission, revise_scheme, rewriting
from tests.web.conftest import fill, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.alone("nothing of another firm is read: rules are tried on one")]
KEY = "acre"
OPEN = {"state": "permanent", "opens_on": None, "closes_on": None, "recurring": None, "note": None}
SME = {"kind": "size_category", "to": "medium"}
LARGE = {"kind": "size_category", "from": "intermediate"}
GE, PME = ({"category": each, "year": 2023} for each in ("GE", "PME"))


@pytest.mark.parametrize(
    ("facts", "presumes"),
    [
        ({"headcount": 12}, True),
        ({"headcount": [20, 49]}, True),
        ({"headcount": 49.5, "insee_category": PME}, True),
        ({"headcount": 12, "insee_category": {"category": "", "year": None}}, True),
        ({"headcount": 50}, False),
        ({"headcount": [10, 99]}, False),
        ({"headcount": [10, None]}, False),
        ({"headcount": None}, False),
        ({}, False),
        ({"headcount": 12, "insee_category": GE}, False),
        ({"headcount": 12, "insee_category": {"category": "ETI", "year": 2022}}, False),
        ({"headcount": 12, "group": []}, False),
        ({"headcount": 12, "group": [{"share": 60.0}]}, False),
    ],
)
def test_independence_is_presumed_only_of_who_is_surely_small(facts, presumes):
    assert presumed_facts(facts) == ({"group": []} if presumes else {})


def match_of(tmp_path, criterion, **changes):
    scheme = revise_scheme(tmp_path, KEY, window=OPEN, criteria=[criterion])
    submission = make_submission(without=("group",), **changes)
    return submission, latest_result(submission, on=DAY).matches.select_related("revision").get(scheme=scheme)


def word(match):
    return standing(match, match.revision)


def test_a_size_that_only_waits_for_the_group_is_likely_and_stays_undecided(tmp_path):
    submission, match = match_of(tmp_path, SME, facts={"headcount": 12.0})
    assert (match.eligibility, match.presumed) == (Match.Verdict.UNDECIDED, ["group"])
    assert "group" in match.unknown
    assert "group" not in match.result.facts
    assert (word(match), standing(match, match.revision, presumes=False)) == (Standing.LIKELY, Standing.TO_SPECIFY)
    assert replay(match.result) == []
    correct_submission(submission=submission, facts={"group": []}, on=DAY)
    said = submission.results.first().matches.select_related("revision").get(scheme=match.scheme)
    assert (said.eligibility, said.presumed, word(said)) == (Match.Verdict.ELIGIBLE, [], Standing.ELIGIBLE)


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("criterion", "facts"),
    [
        (LARGE, {"headcount": 12.0}),  # presumed, it would be excluded: only the firm can say
        (SME, {"headcount": 60.0}),
        (SME, {"headcount": 12.0, "insee_category": GE}),
    ],
)
def test_what_would_exclude_or_is_not_surely_small_is_not_presumed(tmp_path, criterion, facts):
    _, match = match_of(tmp_path, criterion, facts=facts)
    assert (match.presumed, word(match)) == ([], Standing.TO_SPECIFY)


def test_another_fact_that_is_open_keeps_its_word(tmp_path):
    both = {"kind": "all", "of": [SME, {"kind": "age_months", "at_most": 12}]}
    _, match = match_of(tmp_path, both, facts={"headcount": 12.0, "created_on": None})
    assert match.presumed == ["group"]
    assert word(match) == Standing.TO_SPECIFY


def test_what_is_presumed_is_no_news_and_an_older_result_replays(tmp_path):
    submission, match = match_of(tmp_path, SME, facts={"headcount": 12.0})
    after = match.result
    assert differences(after, after) == []
    with rewriting():
        Match.objects.filter(result=after).update(presumed=None)
    assert replay(after) == []
    older = latest_result(submission, on=DAY).matches.select_related("revision").get(scheme=match.scheme)
    assert word(older) == Standing.TO_SPECIFY


def test_the_page_says_what_is_presumed_and_asks_it_first(client):
    submission = make_submission(without=("group",), facts={"headcount": 12.0})
    page = client.get(f"/resultat/{link_to(submission)}/")
    assert page.context["page"].presumed == {"group"}
    assert page.context["asked"].question.name == "group"
    assert "Indépendance à confirmer" in text_of(page)


def test_before_a_name_too(client):
    small = {"headcount": "12", "headcount_band": "10,19"}
    fill(client, upto="projet", besoin={"needs": ["cyber.incident"]}, entreprise={"independent": ""}, projet=small)
    page = client.get("/demande/reponse/")
    assert page.context["page"].presumed == {"group"}
    assert page.context["asked"].question.name == "group"
    assert "Indépendance à confirmer" in text_of(page)
