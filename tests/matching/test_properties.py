"""The engine against a second reading of the rules, on random criteria and profiles; ``JONCTION_LONG=1`` for long."""

from collections.abc import Mapping
from datetime import date
from math import inf
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from matching import Interval, Place, Profile, Profiles, Window, parse_criterion
from matching.eligibility import evaluate
from matching.schemes import Scheme
from tests.matching import reference

WORDS = {1: "yes", 0: "maybe", -1: "no"}
PERIMETERS = ["REG-32", "DEP-60", "EPCI-200067965", "COM-60159", "ZONE-afr", "REG-84"]
ACTIVITIES = ["C", "25", "25.6", "25.62", "25.62B", "2562A", "25.40Z", "24", "A", "01.1", "64.2", "64"]
CATEGORIES = ["1", "10", "1000", "5", "54", "5499", "57", "5710", "92"]
AMOUNTS = [0, 1, 9, 9.9, 10, 11, 49, 50, 249, 249.9, 250, 251, 4999.5, 5000, 2e6, 10e6, 43e6, 50e6, 50e6 + 1, 1.5e9]
MANUALS = ["taxes", "member"]

days = st.dates(date(2023, 1, 1), date(2028, 12, 31))
births = st.one_of(days, st.sampled_from([date(2024, 2, 29), date(2025, 1, 31), date(2025, 8, 31)]))
ternary = st.sampled_from([True, False, None])


def subsets(codes: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(codes), unique=True, max_size=3)


@st.composite
def listed(draw: st.DrawFn, kind: str, codes: list[str]) -> dict[str, Any]:
    wanted, excluded = draw(subsets(codes)), draw(subsets(codes))
    return {"kind": kind, "any_of": wanted or ([] if excluded else [codes[0]]), "none_of": excluded}


@st.composite
def bounded(draw: st.DrawFn) -> dict[str, Any]:
    criterion: dict[str, Any] = {"kind": draw(st.sampled_from(["headcount", "turnover", "balance_sheet", "spend"]))}
    if criterion["kind"] == "headcount":
        criterion["level"] = draw(st.sampled_from(["company", "establishment", "group"]))
    low, high = sorted(draw(st.lists(st.sampled_from(AMOUNTS), min_size=2, max_size=2, unique=True)))
    sides = draw(st.sampled_from(["low", "high", "both"]))
    if sides != "high":
        criterion[draw(st.sampled_from(["at_least", "above"]))] = low
    if sides != "low":
        criterion[draw(st.sampled_from(["at_most", "below"]))] = high
    return criterion


@st.composite
def sized(draw: st.DrawFn) -> dict[str, Any]:
    first, last = sorted(draw(st.lists(st.integers(0, 4), min_size=2, max_size=2)))
    if (first, last) == (0, 4):
        last = 2
    return {"kind": "size_category", "from": reference.SIZES[first], "to": reference.SIZES[last]}


@st.composite
def aged(draw: st.DrawFn) -> dict[str, Any]:
    low, high = sorted(draw(st.lists(st.integers(0, 60), min_size=2, max_size=2)))
    bounds = draw(st.sampled_from([{"at_least": low}, {"at_most": high}, {"at_least": low, "at_most": high}]))
    return {"kind": "age_months", **bounds}


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    opens_on, closes_on = sorted(draw(st.lists(days, min_size=2, max_size=2)))
    state = draw(st.sampled_from(["permanent", "dated", "unknown", "closed", "suspended"]))
    return {
        "kind": "window",
        "state": state,
        "opens_on": draw(st.sampled_from([opens_on, None])),
        "closes_on": closes_on if state == "dated" else draw(st.sampled_from([closes_on, None])),
    }


leaves = st.one_of(
    listed("in_territory", PERIMETERS).flatmap(
        lambda criterion: st.sampled_from([criterion, {**criterion, "level": "project"}])
    ),
    listed("activity", ACTIVITIES),
    listed("legal_form", CATEGORIES),
    bounded(),
    sized(),
    aged(),
    windows(),
    st.builds(lambda expected: {"kind": "micro_entrepreneur", "expected": expected}, st.booleans()),
    st.just({"kind": "project_not_started"}),
    st.builds(lambda fact: {"kind": "manual", "fact": fact, "sentence": "."}, st.sampled_from(MANUALS)),
)
criteria = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(lambda of: {"kind": "all", "of": of}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda of: {"kind": "any", "of": of}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda of: {"kind": "not", "of": of}, parts),
    ),
    max_leaves=6,
)


@st.composite
def bands(draw: st.DrawFn) -> tuple[float | None, float | None]:
    low, high = sorted(draw(st.lists(st.sampled_from(AMOUNTS), min_size=2, max_size=2)))
    return draw(st.sampled_from([(low, high), (low, low), (None, high), (low, None), (None, None)]))


@st.composite
def places(draw: st.DrawFn) -> dict[str, Any]:
    inside = set(draw(subsets(PERIMETERS)))
    possible = draw(st.one_of(st.none(), subsets(PERIMETERS).map(set)))
    return {"inside": inside, "possible": possible if possible is None else possible - inside}


profiles = st.fixed_dictionaries(
    {
        "on": days,
        "place": places(),
        "project_place": places(),
        "naf": st.sampled_from(["", *ACTIVITIES]),
        "headcount": bands(),
        "turnover": bands(),
        "balance_sheet": bands(),
        "spend": bands(),
        "created_on": st.one_of(st.none(), births),
        "legal_category": st.sampled_from(["", *CATEGORIES]),
        "micro_entrepreneur": ternary,
        "started": ternary,
        "answers": st.dictionaries(st.sampled_from(MANUALS), st.booleans()),
    }
)


def to_profile(facts: Mapping[str, Any]) -> Profile:
    def interval(band: tuple[float | None, float | None]) -> Interval:
        return Interval(-inf if band[0] is None else band[0], inf if band[1] is None else band[1])

    def place(names: Mapping[str, Any]) -> Place:
        possible = names["possible"]
        return Place(frozenset(names["inside"]), None if possible is None else frozenset(possible))

    return Profile(
        on=facts["on"],
        **{name: interval(facts[name]) for name in ("headcount", "turnover", "balance_sheet", "spend")},
        place=place(facts["place"]),
        project_place=place(facts["project_place"]),
        activity=facts["naf"],
        **{name: facts[name] for name in ("created_on", "legal_category", "micro_entrepreneur", "started", "answers")},
    )


def outcomes(definition: dict[str, Any], *several: Mapping[str, Any]) -> list[str]:
    columns = Profiles([to_profile(facts) for facts in several])
    return [WORDS[int(value)] for value in parse_criterion(definition).evaluate(columns)]


@given(criteria, st.lists(profiles, min_size=1, max_size=4))
def test_the_engine_and_the_second_reading_agree_on_criteria(
    definition: dict[str, Any], several: list[dict[str, Any]]
) -> None:
    criterion, columns = parse_criterion(definition), Profiles([to_profile(facts) for facts in several])
    for assume, doubt in ((None, None), (1, "yes"), (-1, "no")):
        found = criterion.evaluate(columns, assume=assume)
        still_open = criterion.open_facts(columns, assume=assume)
        for row, facts in enumerate(several):
            assert WORDS[int(found[row])] == reference.outcome(definition, facts, doubt)
            assert {fact for fact, rows in still_open.items() if rows[row]} == reference.open_facts(
                definition, facts, doubt
            )


@given(
    windows(),
    st.lists(criteria, max_size=3),
    st.lists(criteria, max_size=2),
    subsets(ACTIVITIES),
    st.lists(profiles, min_size=1, max_size=3),
)
def test_the_engine_and_the_second_reading_agree_on_schemes(
    window: dict[str, Any],
    stated: list[dict[str, Any]],
    from_text: list[dict[str, Any]],
    targets: list[str],
    several: list[dict[str, Any]],
) -> None:
    opening = parse_criterion(window)
    assert isinstance(opening, Window)
    scheme = Scheme(
        key="a:a",
        window=opening,
        criteria=tuple(map(parse_criterion, stated)),
        from_text=tuple(map(parse_criterion, from_text)),
        targeted_activities=tuple(targets),
    )
    verdict = evaluate(Profiles([to_profile(facts) for facts in several]), scheme)
    words = {1: "eligible", 0: "undecided", -1: "ineligible"}
    record = {"window": window, "criteria": stated, "from_text": from_text, "targeted_naf": targets}
    for row, facts in enumerate(several):
        assert {
            "eligibility": words[int(verdict.eligibility[row])],
            "typed": words[int(verdict.typed[row])],
            "targeted": {1: "yes", 0: "unknown", -1: "no"}[int(verdict.targeted[row])],
            "unknown": sorted(fact for fact, rows in verdict.unknown.items() if rows[row]),
            "to_confirm": sorted(fact for fact, rows in verdict.to_confirm.items() if rows[row]),
        } == reference.judge(record, facts)


@given(criteria, profiles)
def test_the_contrary_of_the_contrary_is_the_same(definition: dict[str, Any], facts: dict[str, Any]) -> None:
    twice = {"kind": "not", "of": {"kind": "not", "of": definition}}
    assert outcomes(twice, facts) == outcomes(definition, facts)


@given(st.lists(criteria, min_size=1, max_size=4), profiles, st.randoms(use_true_random=False))
def test_the_order_of_the_parts_does_not_matter(
    parts: list[dict[str, Any]], facts: dict[str, Any], random: Any
) -> None:
    shuffled = random.sample(parts, len(parts))
    for kind in ("all", "any"):
        assert outcomes({"kind": kind, "of": parts}, facts) == outcomes({"kind": kind, "of": shuffled}, facts)


@given(criteria, st.lists(profiles, min_size=2, max_size=5))
def test_a_profile_gets_the_same_answer_alone_and_in_company(
    definition: dict[str, Any], several: list[dict[str, Any]]
) -> None:
    assert outcomes(definition, *several) == [outcomes(definition, facts)[0] for facts in several]


@given(criteria, profiles, profiles)
def test_learning_a_fact_only_settles_what_was_open(
    definition: dict[str, Any], facts: dict[str, Any], truth: dict[str, Any]
) -> None:
    """Whatever is unknown may turn out to be anything: a verdict that was given stands."""
    learnt = {
        name: truth[name] if value in ("", None, (None, None)) else value
        for name, value in facts.items()
        if name != "answers"
    }
    learnt["answers"] = {**truth["answers"], **facts["answers"]}
    before, after = outcomes(definition, facts)[0], outcomes(definition, learnt)[0]
    assert before in ("maybe", after)


@given(bounded(), st.lists(st.sampled_from(AMOUNTS), min_size=4, max_size=4), profiles)
def test_narrowing_an_interval_only_settles_what_was_open(
    definition: dict[str, Any], numbers: list[float], facts: dict[str, Any]
) -> None:
    lowest, low, high, highest = sorted(numbers)
    fact = definition["kind"]
    wide, narrow = {**facts, fact: (lowest, highest)}, {**facts, fact: (low, high)}
    before, after = outcomes(definition, wide)[0], outcomes(definition, narrow)[0]
    assert before in ("maybe", after)


@given(criteria, profiles)
def test_what_is_open_names_a_fact_and_what_is_settled_names_none(
    definition: dict[str, Any], facts: dict[str, Any]
) -> None:
    columns = Profiles([to_profile(facts)])
    found = parse_criterion(definition).open_facts(columns)
    is_open = any(rows[0] for rows in found.values())
    assert is_open == (outcomes(definition, facts) == ["maybe"])


@given(days, days)
def test_the_first_and_the_last_day_are_inside(one: date, other: date) -> None:
    opens_on, closes_on = sorted([one, other])
    definition = {"kind": "window", "state": "dated", "opens_on": opens_on, "closes_on": closes_on}
    window = parse_criterion(definition)
    assert window.evaluate(Profiles([Profile(on=opens_on), Profile(on=closes_on)])).tolist() == [1, 1]
