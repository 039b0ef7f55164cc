from datetime import date
from typing import Any

import pytest

import matching
from matching import (
    MET,
    NOT_MET,
    UNKNOWN,
    CriterionError,
    Interval,
    Outcome,
    Place,
    Profile,
    Profiles,
    Window,
    explain,
)
from matching import parse_criterion as parse
from tests.matching.factories import DAY, make_profiles, make_scheme
from tests.matching.naive_verdicts import Verdicts, evaluate

STAFF = {"kind": "headcount", "below": 250}
REGION = {"kind": "in_territory", "any_of": ["REG-32"]}
MANUAL = {"kind": "manual", "fact": "taxes", "sentence": "À jour."}
ELSEWHERE = Place(frozenset({"REG-84"}), frozenset())
SECTIONS = tuple("ABCDEFGHIJKLMNOPQRSTU")


def verdicts(scheme: Any, **facts: Any) -> Verdicts:
    return evaluate(make_profiles(**facts), scheme)


def names(verdict: Verdicts) -> tuple[set[str], set[str]]:
    return (
        {fact for fact, rows in verdict.unknown.items() if rows[0]},
        {fact for fact, rows in verdict.to_confirm.items() if rows[0]},
    )


def test_a_scheme_without_conditions_is_open_to_all() -> None:
    verdict = verdicts(make_scheme())
    assert (verdict.eligibility[0], verdict.typed[0]) == (MET, MET)
    assert names(verdict) == (set(), set())


def test_one_condition_not_met_settles_it_and_nothing_is_asked() -> None:
    verdict = verdicts(make_scheme("a:a", STAFF, REGION, MANUAL), place=ELSEWHERE)
    assert (verdict.eligibility[0], verdict.typed[0]) == (NOT_MET, NOT_MET)
    assert names(verdict) == (set(), set())


def test_a_closed_window_settles_it_whatever_is_unknown() -> None:
    verdict = verdicts(make_scheme("a:a", STAFF, window=Window(state="closed")))
    assert verdict.eligibility[0] == verdict.typed[0] == NOT_MET


def test_a_window_without_end_is_among_the_unknown_facts() -> None:
    verdict = verdicts(make_scheme("a:a", window=Window(state="unknown")))
    assert verdict.eligibility[0] == verdict.typed[0] == UNKNOWN
    assert names(verdict) == ({"window"}, set())


def test_a_manual_condition_is_left_out_of_the_typed_verdict_and_stays_to_confirm() -> None:
    verdict = verdicts(make_scheme("a:a", STAFF, MANUAL), headcount=Interval(10, 10))
    assert (verdict.eligibility[0], verdict.typed[0]) == (UNKNOWN, MET)
    assert names(verdict) == (set(), {"manual.operator"})


def test_a_manual_condition_is_no_unknown_fact_beside_one() -> None:
    scheme = make_scheme("a:a", {"kind": "any", "of": [STAFF, {"kind": "not", "of": MANUAL}]}, REGION, MANUAL)
    verdict = verdicts(scheme)
    assert (verdict.eligibility[0], verdict.typed[0]) == (UNKNOWN, UNKNOWN)
    assert names(verdict) == ({"commune"}, {"manual.operator"})


def test_two_conditions_on_one_fact_leave_it_open_where_either_does() -> None:
    scheme = make_scheme("a:a", STAFF, {"kind": "headcount", "at_least": 10})
    several = Profiles([Profile(on=DAY, headcount=Interval(*band)) for band in ((5, 20), (20, 300), (20, 30))])
    found = evaluate(several, scheme)
    assert found.typed.tolist() == [UNKNOWN, UNKNOWN, MET]
    assert found.unknown["headcount"].tolist() == [True, True, False]


def test_a_manual_condition_answered_no_makes_it_ineligible() -> None:
    verdict = verdicts(make_scheme("a:a", MANUAL), answers={"taxes": False})
    assert (verdict.eligibility[0], verdict.typed[0]) == (NOT_MET, MET)


@pytest.mark.parametrize("nature", ["appraisal", "undertaking"])
def test_a_no_to_what_decides_nothing_leaves_the_scheme(nature: str) -> None:
    scheme = make_scheme("a:a", {**MANUAL, "nature": nature}, STAFF)
    verdict = verdicts(scheme, headcount=Interval(10, 10), answers={"taxes": False})
    assert (verdict.eligibility[0], verdict.typed[0]) == (MET, MET)
    assert names(verdict) == (set(), set())


def test_a_condition_typed_from_free_text_counts_for_eligibility_alone() -> None:
    scheme = make_scheme("a:a", REGION, from_text=(parse(STAFF),))
    verdict = verdicts(scheme, place=Place(frozenset({"REG-32"}), frozenset()))
    assert (verdict.eligibility[0], verdict.typed[0]) == (UNKNOWN, MET)
    assert names(verdict) == (set(), {"headcount"})


def test_a_fact_that_a_stated_condition_reads_is_never_to_confirm() -> None:
    stricter = {"kind": "headcount", "below": 10}
    scheme = make_scheme("a:a", STAFF, from_text=(parse(stricter),))
    verdict = verdicts(scheme, headcount=Interval(5, 20))
    assert (verdict.eligibility[0], verdict.typed[0]) == (UNKNOWN, MET)
    assert names(verdict) == (set(), set())


@pytest.mark.parametrize(
    ("codes", "activity", "expected"),
    [
        ((), "", MET),
        (SECTIONS, "", MET),
        (SECTIONS[:20], "", UNKNOWN),
        (("C",), "25.62B", MET),
        (("C",), "01.1", NOT_MET),
        (("25",), "C", UNKNOWN),
    ],
)
def test_a_target_orders_and_never_excludes(codes: tuple[str, ...], activity: str, expected: Outcome) -> None:
    verdict = verdicts(make_scheme("a:a", targeted_activities=codes), activity=activity)
    assert verdict.targeted[0] == expected
    assert verdict.eligibility[0] == MET


def test_reasons_name_each_condition_its_outcome_and_what_is_missing() -> None:
    scheme = make_scheme("a:a", {"kind": "any", "of": [STAFF, REGION]}, MANUAL)
    alone = make_profiles(place=ELSEWHERE)
    window, either, manual = (explain(condition, alone) for condition in scheme.conditions)
    assert (window.criterion.kind, window.outcome, window.open_facts) == ("window", MET, ())
    assert (either.outcome, either.open_facts) == (UNKNOWN, ("headcount",))
    assert [(part.outcome, part.open_facts) for part in either.parts] == [(UNKNOWN, ("headcount",)), (NOT_MET, ())]
    assert (manual.outcome, manual.open_facts) == (UNKNOWN, ("manual.operator",))


@pytest.mark.parametrize(
    ("window", "place", "expected"),
    [
        (Window(state="dated", opens_on=date(2027, 1, 1), closes_on=date(2027, 2, 1)), None, True),
        (Window(state="dated", opens_on=date(2027, 1, 1), closes_on=date(2027, 2, 1)), ELSEWHERE, False),
        (Window(state="dated", opens_on=DAY, closes_on=date(2027, 2, 1)), None, False),
        (Window(state="closed", opens_on=date(2027, 1, 1)), None, False),
        (Window(state="suspended", opens_on=date(2027, 1, 1)), None, False),
        (Window(state="exhausted", opens_on=date(2027, 1, 1)), None, False),
        (Window(state="unknown"), None, False),
        # Every year: between two of its windows it opens again, inside one it is open.
        (Window(state="dated", opens_on=date(2024, 3, 1), closes_on=date(2024, 4, 30), yearly=True), None, True),
        (Window(state="dated", opens_on=date(2024, 11, 24), closes_on=date(2024, 11, 24), yearly=True), None, False),
        (Window(state="closed", opens_on=date(2024, 3, 1), closes_on=date(2024, 4, 30), yearly=True), None, False),
    ],
)
def test_a_scheme_opens_later_when_only_its_opening_is_against_it(
    window: Window, place: Place | None, expected: bool
) -> None:
    profiles = make_profiles(**({"place": place} if place else {}))
    scheme = make_scheme("a:a", REGION, window=window)
    assert evaluate(profiles, scheme).opens_later.tolist() == [expected]
    assert matching.evaluate(matching.classes_of(profiles.rows), scheme).opens_later.tolist() == [expected]


def test_days_left_count_to_the_last_day() -> None:
    assert make_scheme(window=Window(state="dated", closes_on=DAY)).days_left(DAY) == 0
    assert make_scheme().days_left(DAY) is None


def test_an_unknown_reach_is_refused() -> None:
    with pytest.raises(CriterionError, match="accepted: local"):
        make_scheme(reach="lunar")
