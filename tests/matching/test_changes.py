"""What would turn a no: every change that is proposed is made, and the verdict is computed again."""

from dataclasses import fields, replace
from datetime import date
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import (
    MET,
    NOT_MET,
    UNKNOWN,
    Change,
    Interval,
    Place,
    Profile,
    Profiles,
    Scheme,
    Turn,
    Window,
    apply_changes,
    find_change,
    parse_criterion,
)
from tests.matching.factories import DAY, FEWER, make_scheme
from tests.matching.naive_verdicts import evaluate
from tests.matching.test_properties import (
    PERIMETERS,
    aged,
    bounded,
    criteria,
    listed,
    profiles,
    to_profile,
    windows,
    yearly_windows,
)

CHANGEABLE = {"on", "spend", "project_place", "headcount"}
STAFF_CEILINGS = [10, 50, 250, 5000]


# Conditions that changes can lift, so that a random scheme often has some.
changeable = st.one_of(
    bounded().filter(lambda definition: definition["kind"] in ("spend", "headcount")),
    aged(),
    listed("in_territory", PERIMETERS).map(lambda definition: {**definition, "level": "project"}),
)


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    window = parse_criterion(
        draw(st.one_of(st.just({"kind": "window", "state": "permanent"}), windows(), yearly_windows()))
    )
    assert isinstance(window, Window)
    return make_scheme("jonction:a", *draw(st.lists(st.one_of(changeable, criteria), max_size=3)), window=window)


def typed(scheme: Scheme, profile: Profile) -> int:
    return int(evaluate(Profiles([profile]), scheme).typed[0])


def find(*definitions: dict[str, Any], window: Window | None = None, **facts: Any) -> Turn | None:
    options = {"window": window} if window else {}
    return find_change(Profile(on=DAY, **facts), make_scheme("jonction:a", *definitions, **options))


def told(turn: Turn | None) -> list[tuple[str, str, Any]]:
    assert turn is not None
    return [(change.fact, change.bound, change.value) for change in turn.changes]


@FEWER
@given(schemes(), profiles.map(to_profile))
def test_a_change_turns_the_verdict_and_no_part_of_it_does(scheme: Scheme, profile: Profile) -> None:
    turn = find_change(profile, scheme)
    if typed(scheme, profile) != NOT_MET:
        assert turn is None
        return
    assert turn is not None
    assert bool(turn.changes) is (turn.blocking is None)
    if turn.changes:
        assert typed(scheme, apply_changes(profile, turn.changes)) == turn.verdict != NOT_MET
    for n in range(len(turn.changes)):
        for some in combinations(turn.changes, n):
            assert typed(scheme, apply_changes(profile, some)) == NOT_MET


@FEWER
@given(schemes(), profiles.map(to_profile))
def test_nothing_is_changed_that_a_firm_cannot_or_should_not_change(scheme: Scheme, profile: Profile) -> None:
    turn = find_change(profile, scheme)
    if turn is None or not turn.changes:
        return
    after = apply_changes(profile, turn.changes)
    changed = {item.name for item in fields(Profile) if getattr(after, item.name) != getattr(profile, item.name)}
    assert changed <= CHANGEABLE
    assert len(turn.changes) == len({change.fact for change in turn.changes}) <= 3
    assert after.on >= profile.on
    assert after.headcount.low >= profile.headcount.low
    assert [after.headcount.high >= ceiling for ceiling in STAFF_CEILINGS] == [
        profile.headcount.high >= ceiling for ceiling in STAFF_CEILINGS
    ]


@FEWER
@given(schemes(), profiles.map(to_profile))
def test_what_stands_in_the_way_is_a_condition_that_is_not_met(scheme: Scheme, profile: Profile) -> None:
    turn = find_change(profile, scheme)
    if turn is None or turn.blocking is None:
        return
    assert turn.blocking in scheme.stated
    assert turn.blocking.evaluate(Profiles([profile]), assume=MET)[0] == NOT_MET


@pytest.mark.parametrize(
    ("definition", "spend", "expected"),
    [
        ({"kind": "spend", "at_least": 20_000}, 12_000, ("at_least", 20_000)),
        ({"kind": "spend", "above": 20_000}, 20_000, ("above", 20_000)),
        ({"kind": "spend", "at_most": 20_000}, 20_001, ("at_most", 20_000)),
        ({"kind": "spend", "below": 20_000}, 20_000, ("below", 20_000)),
        ({"kind": "not", "of": {"kind": "spend", "at_least": 20_000}}, 30_000, ("below", 20_000)),
    ],
)
def test_a_project_that_costs_too_little_or_too_much(
    definition: dict[str, Any], spend: float, expected: tuple[str, float]
) -> None:
    assert told(find(definition, spend=Interval(spend, spend))) == [("project.spend", *expected)]


def test_the_nearest_of_two_costs_is_proposed() -> None:
    either = {"kind": "any", "of": [{"kind": "spend", "at_most": 10_000}, {"kind": "spend", "at_least": 50_000}]}
    assert told(find(either, spend=Interval(12_000, 12_000))) == [("project.spend", "at_most", 10_000)]
    assert told(find(either, spend=Interval(45_000, 45_000))) == [("project.spend", "at_least", 50_000)]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(state="unknown", opens_on=date(2027, 3, 1)), date(2027, 3, 1)),
        (Window(state="dated", opens_on=date(2027, 3, 1), closes_on=date(2027, 6, 30)), date(2027, 3, 1)),
        (
            Window(state="dated", opens_on=date(2024, 3, 1), closes_on=date(2024, 6, 30), yearly=True),
            date(2027, 3, 1),
        ),
    ],
)
def test_an_opening_to_come_is_waited_for(window: Window, expected: date) -> None:
    assert told(find(window=window)) == [("on", "from", expected)]


@pytest.mark.parametrize(
    "window",
    [
        Window(state="closed"),
        Window(state="suspended"),
        Window(state="exhausted"),
        Window(state="dated", closes_on=date(2026, 11, 23)),
    ],
)
def test_what_is_over_is_over(window: Window) -> None:
    turn = find({"kind": "spend", "at_least": 20_000}, window=window, spend=Interval(1, 1))
    assert turn == Turn(blocking=window)


def test_a_firm_too_young_may_come_back_on_its_anniversary() -> None:
    turn = find({"kind": "age_months", "at_least": 12}, created_on=date(2026, 3, 14))
    assert told(turn) == [("on", "from", date(2027, 3, 14))]


def test_a_firm_too_old_will_not_be_younger() -> None:
    turn = find({"kind": "age_months", "at_most": 12}, created_on=date(2020, 3, 14))
    assert turn is not None
    assert (turn.changes, turn.verdict) == ((), NOT_MET)


@pytest.mark.parametrize(
    ("definition", "headcount", "expected"),
    [
        ({"kind": "headcount", "at_least": 5}, (3, 3), 5),
        ({"kind": "headcount", "above": 5}, (3, 3), 6),
        ({"kind": "headcount", "at_least": 15}, (10, 12), 15),
        ({"kind": "headcount", "at_least": 10}, (3, 3), None),  # another size of firm
        ({"kind": "headcount", "at_least": 60}, (45, 55), None),  # nobody knows which size it is now
        ({"kind": "headcount", "at_most": 49}, (60, 60), None),  # nobody is dismissed for an aid
        ({"kind": "headcount", "below": 11}, (11, 11), None),
    ],
)
def test_hires_stay_within_the_size_of_the_firm(
    definition: dict[str, Any], headcount: tuple[float, float], expected: float | None
) -> None:
    turn = find(definition, headcount=Interval(*headcount))
    if expected is None:
        assert turn == Turn(blocking=parse_criterion(definition))
    else:
        assert told(turn) == [("headcount", "at_least", expected)]


@pytest.mark.parametrize(
    ("definition", "facts"),
    [
        ({"kind": "project_not_started"}, {"started": True}),
        ({"kind": "legal_form", "any_of": ["57"]}, {"legal_category": "5499"}),
        ({"kind": "in_territory", "any_of": ["REG-32"]}, {"place": Place(frozenset({"REG-84"}), frozenset())}),
        ({"kind": "size_category", "to": "micro"}, {"headcount": Interval(60, 60), "group": ()}),
        ({"kind": "turnover", "at_least": 1e6}, {"turnover": Interval(1, 1)}),
        ({"kind": "holds_scheme", "any_of": ["jonction:x"]}, {"held": {"jonction:x": False}}),
    ],
)
def test_what_cannot_be_changed_is_named_instead(definition: dict[str, Any], facts: dict[str, Any]) -> None:
    low_spend = {"kind": "spend", "at_least": 20_000}
    turn = find(low_spend, definition, spend=Interval(1, 1), **facts)
    assert turn == Turn(blocking=parse_criterion(definition))


def test_a_project_may_be_done_elsewhere() -> None:
    there = {"kind": "in_territory", "any_of": ["REG-32"], "level": "project"}
    away = Place(frozenset({"REG-84"}), frozenset())
    assert told(find(there, place=away, project_place=away)) == [("project.commune", "in", "REG-32")]


def test_what_is_known_of_a_place_counts() -> None:
    both = [{"kind": "in_territory", "any_of": [code], "level": "project"} for code in ("EPCI-200067965", "REG-32")]
    away = Place(frozenset({"REG-84"}), frozenset())
    scheme = make_scheme("jonction:a", *both)
    profile = Profile(on=DAY, project_place=away)
    inside = Place(frozenset({"EPCI-200067965", "REG-32"}), frozenset())
    turn = find_change(profile, scheme, places={"EPCI-200067965": inside, "REG-32": Place(frozenset({"REG-32"}))})
    assert (told(turn), turn and turn.verdict) == ([("project.commune", "in", "EPCI-200067965")], MET)


def test_several_changes_are_all_needed() -> None:
    turn = find(
        {"kind": "spend", "at_least": 20_000},
        {"kind": "age_months", "at_least": 12},
        {"kind": "headcount", "at_least": 5},
        spend=Interval(15_000, 15_000),
        created_on=date(2026, 3, 14),
        headcount=Interval(4, 4),
    )
    assert told(turn) == [
        ("on", "from", date(2027, 3, 14)),
        ("project.spend", "at_least", 20_000),
        ("headcount", "at_least", 5),
    ]


def test_one_change_is_better_than_two_and_what_leaves_nothing_open_than_what_does() -> None:
    either = {
        "kind": "any",
        "of": [
            {"kind": "all", "of": [{"kind": "spend", "at_least": 20_000}, {"kind": "turnover", "at_most": 2e6}]},
            {"kind": "headcount", "at_least": 9},
        ],
    }
    turn = find(either, spend=Interval(19_999, 19_999), headcount=Interval(1, 1))
    assert (told(turn), turn and turn.verdict) == ([("headcount", "at_least", 9)], MET)
    turn = find(either, spend=Interval(19_999, 19_999), headcount=Interval(40, 40), turnover=Interval(3e6, 3e6))
    assert turn is None


def test_a_scheme_that_stays_undecided_is_no_longer_a_no() -> None:
    turn = find({"kind": "spend", "at_least": 20_000}, {"kind": "turnover", "at_most": 2e6}, spend=Interval(1, 1))
    assert (told(turn), turn and turn.verdict) == ([("project.spend", "at_least", 20_000)], UNKNOWN)


def test_conditions_left_to_a_person_are_given_the_benefit_of_the_doubt() -> None:
    manual = {"kind": "manual", "fact": "taxes", "sentence": "."}
    turn = find({"kind": "spend", "at_least": 20_000}, manual, spend=Interval(1, 1), answers={"taxes": False})
    assert turn is not None
    assert turn.verdict == MET


def test_a_search_takes_a_bounded_time() -> None:
    perimeters = [f"COM-{number:05}" for number in range(30_000)]
    there = {"kind": "in_territory", "any_of": perimeters, "level": "project"}
    amounts = [{"kind": "spend", "at_least": float(amount), "at_most": float(amount)} for amount in range(2, 400)]
    impossible = {"kind": "all", "of": [{"kind": "spend", "at_least": 3}, {"kind": "spend", "at_most": 2}]}
    away = Place(frozenset({"REG-84"}), frozenset())
    turn = find(there, {"kind": "any", "of": amounts}, impossible, project_place=away, spend=Interval(1, 1))
    assert turn is not None
    assert turn.changes == ()


def test_the_cost_of_a_change_is_what_it_takes() -> None:
    turn = find(window=Window(state="unknown", opens_on=date(2027, 11, 24)))
    assert turn is not None
    (change,) = turn.changes
    assert change == Change(fact="on", bound="from", value=date(2027, 11, 24), cost=pytest.approx(1.0, abs=0.01))
    assert replace(change, cost=0.0) != change
