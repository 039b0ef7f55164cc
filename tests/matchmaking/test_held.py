"""What a firm and its officers said that it has is a fact for the engine, of every file of the firm."""

import pytest

from backend.matchmaking.held import held_schemes
from backend.matchmaking.results import latest_result, replay
from backend.matchmaking.scheme_events import say, undo_last
from tests.factories import DAY, decide, first_matches, make_officer, make_submission, take_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def scheme(submission):
    return first_matches(submission)[0].scheme


def had(submission):
    return [name for name, value in latest_result(submission, on=DAY).facts.items() if name.startswith("scheme:")]


def test_nothing_is_known_at_first(submission):
    assert held_schemes(submission) == {}
    assert had(submission) == []


def test_a_scheme_that_the_firm_already_has_is_a_fact_until_it_is_taken_back(submission, officer, scheme):
    decide(submission, scheme, officer, "already_has_it")
    assert held_schemes(submission) == {f"scheme:jonction:{scheme.source_key}": True}
    assert had(submission) == [f"scheme:{scheme.key}"]
    take_back(submission, scheme, officer)
    assert held_schemes(submission) == {}
    assert had(submission) == []


@pytest.mark.parametrize("reason", ["", "not_interested", "asked_and_refused", "not_worth_it"])
def test_no_other_decision_says_that_it_has_it(submission, officer, scheme, reason):
    decide(submission, scheme, officer, reason)
    assert held_schemes(submission) == {}


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("steps", "is_held"),
    [
        (["applied"], False),
        (["applied", "granted"], True),
        (["applied", "refused"], False),
        (["applied", "refused", "applied", "granted"], True),
        (["applied", "given_up"], False),
    ],
)
def test_what_was_granted_in_the_end_is_had(submission, officer, scheme, steps, is_held):
    for step in steps:
        say(submission=submission, officer=officer, state=step, scheme=scheme, on=DAY)
    assert bool(held_schemes(submission)) is is_held


def test_a_step_recorded_by_mistake_says_nothing(submission, officer, scheme):
    case = {"submission": submission, "officer": officer, "scheme": scheme, "on": DAY}
    for state in ("applied", "granted"):
        say(**case, state=state)
    assert had(submission) == [f"scheme:{scheme.key}"]
    undo_last(**case)
    assert had(submission) == []


def test_what_the_firm_says_that_it_has_is_a_fact_until_undone_or_settled(submission, officer, scheme):
    case = {"submission": submission, "scheme": scheme, "on": DAY}
    say(**case, state="has_it")
    assert had(submission) == [f"scheme:{scheme.key}"]
    undo_last(**case)
    assert had(submission) == []
    say(**case, state="has_it")
    decide(submission, scheme, officer)
    assert had(submission) == []
    decide(submission, scheme, officer, "already_has_it")
    assert had(submission) == [f"scheme:{scheme.key}"]


def test_it_is_known_in_every_file_of_the_firm_and_in_no_other(submission, officer, scheme):
    again, other = make_submission(confirmed=True), make_submission(confirmed=True, siret="", siren="")
    before = latest_result(again, on=DAY)
    decide(submission, scheme, officer, "already_has_it")
    assert held_schemes(again) == held_schemes(submission) != {}
    assert latest_result(again, on=DAY) != before
    assert held_schemes(other) == {}


def test_a_result_is_computed_once_with_what_is_known(submission, officer, scheme):
    decide(submission, scheme, officer, "already_has_it")
    result = latest_result(submission, on=DAY)
    assert latest_result(submission, on=DAY) == result
    assert replay(result) == []
