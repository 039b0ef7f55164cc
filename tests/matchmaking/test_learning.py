"""From what the ranking learns, from how many decisions, and who takes what it learnt into use."""

import json
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from backend.matchmaking import engine
from backend.matchmaking.answers import answer
from backend.matchmaking.learning import (
    LearningError,
    adopt_ranker,
    count,
    decisions,
    is_held_out,
    learning_rules,
    missing,
    retire_ranker,
    train_ranker,
)
from backend.matchmaking.management.commands.learn_ranking import lines
from backend.matchmaking.match_codes import load_codes
from backend.matchmaking.match_input import read_line
from backend.matchmaking.models import Ranker, WeightSet
from backend.matchmaking.results import compute_result, latest_result, replay, request_of
from backend.matchmaking.scheme_events import say, undo_last
from backend.matchmaking.weights import activate_weights
from tests.factories import (
    CCLO,
    COMMUNES,
    DAY,
    decide,
    first_matches,
    make_lead,
    make_officer,
    make_submission,
    take_back,
    write_version,
)
from tests.matchmaking.rankers import NO_COMPARISON, make_ranker

pytestmark = pytest.mark.django_db
RULES = learning_rules()
FEW = replace(RULES, least={"decisions": 12, "files": 4, "officers": 2, "rarer_answer": 4}, held_out=0.5)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


def put_in_force(**points):
    lead, before = make_lead(), WeightSet.objects.in_force().get()
    weights = write_version(lead, **points)
    activate_weights(weights=weights, by=lead, instead_of=before.version)
    return weights


def places(result):
    return list(result.matches.values_list("scheme", flat=True))


# -- what is learnt from


def test_a_decision_is_worth_what_came_of_it(submission, officer):
    schemes = [match.scheme for match in first_matches(submission, 6)]
    for scheme in schemes[:5]:
        decide(submission, scheme, officer)
    decide(submission, schemes[5], officer, "not_worth_it")
    case = {"submission": submission, "officer": officer}
    outcomes = (("applied",), ("applied", "granted"), ("applied", "refused"), ("given_up",))
    for scheme, steps in zip(schemes[1:5], outcomes, strict=True):
        for step in steps:
            say(**case, state=step, scheme=scheme, on=DAY)
    kept, applied, granted, refused, given_up, useless = [decision.worth for decision in decisions()]
    assert granted > applied > kept > refused
    assert refused == given_up > useless == 0


def test_what_was_taken_back_says_nothing(submission, officer):
    scheme = first_matches(submission)[0].scheme
    decide(submission, scheme, officer)
    before = decisions()
    case = {"submission": submission, "officer": officer, "scheme": scheme, "on": DAY}
    say(**case, state="given_up")
    undo_last(**case)
    assert decisions() == before


@pytest.mark.cases(1)
@pytest.mark.parametrize("reason", ["already_has_it", "not_interested", "deadline_too_close"])
def test_a_rejection_that_says_nothing_of_the_scheme_teaches_nothing(submission, officer, reason):
    decide(submission, first_matches(submission)[0].scheme, officer, reason)
    assert decisions() == []


def test_only_the_last_decision_on_a_scheme_teaches(submission, officer):
    scheme = first_matches(submission)[0].scheme
    decide(submission, scheme, officer)
    decide(submission, scheme, officer, "not_worth_it")
    assert [decision.worth for decision in decisions()] == [0]
    take_back(submission, scheme, officer)
    assert decisions() == []


def test_a_scheme_added_by_hand_teaches_nothing_of_the_order(submission, officer):
    other = submission.results.first().matches.filter(addresses=False).exclude(eligibility="ineligible").first()
    decide(submission, other.scheme, officer)
    assert decisions() == []


def test_an_old_score_is_read_in_todays_points(submission, officer):
    scheme = first_matches(submission)[0].scheme
    decide(submission, scheme, officer)
    (before,) = decisions()
    put_in_force(need=WeightSet.objects.in_force().get().points["need"] / 2)
    (after,) = decisions()
    assert after.parts == pytest.approx({**before.parts, "need": before.parts["need"] / 2})


def test_it_is_said_how_many_decisions_are_missing(submission, officer):
    decide(submission, first_matches(submission)[0].scheme, officer)
    lines = missing(decisions(), RULES)
    assert lines[0].endswith("1 sur 200, il en manque 199")
    assert len(lines) == len(RULES.least)
    with pytest.raises(CommandError, match="il en manque 199"):
        call_command("learn_ranking", on=str(DAY))
    assert not Ranker.objects.exists()


# -- learning


def decide_on_files(n_files=8):
    """Have two officers decide on files: the last schemes of the list are kept, the first ones of little use."""
    officers = {"ARC": make_officer(), CCLO: make_officer(CCLO)}
    n_held_out = 0
    made = 0
    while made < n_files or not 1 < n_held_out < made - 1:
        epci = ("ARC", CCLO)[made % 2]
        submission = make_submission(confirmed=True, siren="", siret="", facts={"commune": COMMUNES[epci]})
        first, second, *others = first_matches(submission, 8)
        for match, reason in ((first, "not_worth_it"), (second, "not_worth_it"), (others[-1], ""), (others[-2], "")):
            decide(submission, match.scheme, officers[epci], reason)
        made += 1
        n_held_out += is_held_out(submission.pk, FEW)
    return made, n_held_out


def test_a_candidate_keeps_how_it_compares_and_changes_nothing():
    waiting = make_ranker()
    n_files, n_held_out = decide_on_files()
    submission = make_submission(confirmed=True, without=("group", "headcount", "turnover"))
    ranker = train_ranker(on=DAY, rules=FEW)
    waiting.refresh_from_db()  # it gives way to the new one
    assert (waiting.state, waiting.retired_by) == (Ranker.State.RETIRED, None)
    assert Ranker.objects.candidates().get() == ranker
    assert ranker.state == Ranker.State.CANDIDATE
    assert ranker.counts == count(decisions()) == {
        "decisions": 4 * n_files, "files": n_files, "officers": 2, "rarer_answer": 2 * n_files,
    }  # fmt: skip
    assert ranker.comparison["n_files"] == n_held_out
    assert ranker.comparison["challenger"] >= ranker.comparison["champion"]
    assert set(ranker.points) == set(engine.LEARNT_FROM)
    assert compute_result(submission=submission, on=DAY).ranker is None
    rows = {(row["kind"], row["group"]): row for row in ranker.fairness}
    assert list(rows) == [("size", "10_to_49"), ("size", ""), ("epci", "ARC"), ("epci", "CCLO")]
    assert rows["size", "10_to_49"]["n_files"] == n_files
    assert rows["size", ""]["n_files"] == 1
    assert all(row["possible"] > 0 and row["before"] > 0 and row["after"] > 0 for row in rows.values())


def test_a_file_is_held_out_or_not_for_good():
    found = [is_held_out(file, RULES) for file in range(1000)]
    assert found == [is_held_out(file, RULES) for file in range(1000)]
    assert 0.2 < sum(found) / 1000 < 0.3


# -- use


def test_once_adopted_it_orders_and_old_results_are_replayed_as_they_were(submission):
    lead = make_lead()
    before = latest_result(submission, on=DAY)
    adopt_ranker(ranker=(ranker := make_ranker()), by=lead)
    after = latest_result(submission, on=DAY)
    assert after != before
    assert (before.ranker, after.ranker) == (None, ranker)
    assert places(before) != places(after)
    assert replay(before) == replay(after) == []
    retire_ranker(ranker=ranker, by=lead)
    again = latest_result(submission, on=DAY)
    assert places(again) == places(before)
    assert replay(after) == []
    assert latest_result(submission, on=DAY) == again


def test_what_is_not_possible_stays_where_it_was(submission):
    before = latest_result(submission, on=DAY)
    make_ranker(make_lead(), near=500.0)
    after = latest_result(submission, on=DAY)
    assert after != before

    def excluded(result):
        return list(result.matches.filter(eligibility="ineligible").values_list("scheme", "rank", "score", "parts"))

    assert excluded(before) == excluded(after)
    learnt = [match.parts["learnt"] for match in after.matches.exclude(eligibility="ineligible")]
    assert 0 < max(map(abs, learnt)) <= 12


def test_without_weights_the_engine_uses_what_is_in_use(submission):
    make_ranker(make_lead())
    result = compute_result(submission=submission, on=DAY)
    (ranked,) = engine.rank([request_of(submission, on=DAY)])
    assert [item.score for item in ranked] == list(result.matches.values_list("score", flat=True))


def test_whoever_asks_from_outside_is_answered_in_the_same_order():
    make_ranker(make_lead())
    line = read_line(
        json.dumps({"commune": COMMUNES["ARC"], "needs": ["numerique.robot"]}).encode(), load_codes(), on=DAY
    )
    cards = answer(line, limit=3).cards
    assert cards
    assert all("learnt" in card.match.parts for card in cards)


def test_with_other_points_it_is_set_aside(submission):
    ranker, former = make_ranker(make_lead()), WeightSet.objects.in_force().get()
    other = put_in_force(need=50.0)
    assert latest_result(submission, on=DAY).ranker is None
    activate_weights(weights=former, by=make_lead(), instead_of=other.version)
    assert latest_result(submission, on=DAY).ranker == ranker


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"gain": -0.02}, "pas sûr"),
        ({"gain": 0.005}, "pas sûr"),
        ({"comparison": NO_COMPARISON}, "pas sûr"),
        ({"state": "retired", "retired_at": "2026-11-24T12:00Z"}, "n’attend plus"),
    ],
)
def test_what_should_not_be_adopted_is_refused(fields, said):
    with pytest.raises(LearningError, match=said):
        adopt_ranker(ranker=make_ranker(**fields), by=make_lead())


def test_a_comparison_with_what_is_no_longer_in_use_is_done_again():
    lead = make_lead()
    stale = make_ranker()
    make_ranker(lead)
    with pytest.raises(LearningError, match="relancez"):
        adopt_ranker(ranker=stale, by=lead)


def test_adopting_retires_what_was_in_use():
    lead = make_lead()
    old = make_ranker(lead)
    adopt_ranker(ranker=(new := make_ranker(champion=old)), by=lead)
    old.refresh_from_db()
    assert (old.state, Ranker.objects.adopted().get()) == (Ranker.State.RETIRED, new)


def test_only_a_person_who_may_takes_it_into_use_or_out(officer):
    ranker = make_ranker()
    with pytest.raises(PermissionDenied):
        adopt_ranker(ranker=ranker, by=officer)
    with pytest.raises(PermissionDenied):
        retire_ranker(ranker=ranker, by=officer)
    retire_ranker(ranker=ranker, by=make_lead())
    with pytest.raises(LearningError, match="déjà retirée"):
        retire_ranker(ranker=ranker, by=make_lead())


def test_what_was_learnt_is_never_rewritten():
    ranker = make_ranker()
    ranker.points = {}
    with transaction.atomic(), pytest.raises(IntegrityError, match="never rewritten"):
        ranker.save()


def test_nothing_is_adopted_by_nobody():
    with transaction.atomic(), pytest.raises(IntegrityError, match="ranker_adopted_by_a_person"):
        make_ranker(state=Ranker.State.ADOPTED)


def test_the_command_prints_how_it_compares():
    told = lines(make_ranker())
    assert told[0] == "240 avis de 3 développeurs économiques sur 60 dossiers."
    assert told[2] == (
        "nDCG@10 sur 15 dossiers mis de côté : 0.900 en service, 0.920 appris, écart +0.020 (+0.010 à +0.030)."
    )
    assert lines(make_ranker(comparison=NO_COMPARISON))[-1].endswith("ne permet de comparer.")
