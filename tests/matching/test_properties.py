"""The engine against a second reading of the rules, on random criteria and profiles; ``JONCTION_LONG=1`` for long."""

from collections.abc import Mapping
from datetime import date, timedelta
from math import inf
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from matching import (
    ByClass,
    Correspondence,
    Figures,
    Index,
    Interval,
    Place,
    Profile,
    Profiles,
    Related,
    Window,
    Wish,
    classes_of,
    evaluate,
    explain,
    parse_criterion,
)
from matching.schemes import Scheme
from tests.matching import naive_verdicts, reference
from tests.matching.factories import FEWER, WEIGHTS, rank_one

WORDS = {1: "yes", 0: "maybe", -1: "no"}
PERIMETERS = ["REG-32", "DEP-60", "EPCI-200067965", "COM-60159", "ZONE-afr", "REG-84"]
ACTIVITIES = ["C", "25", "25.6", "25.62", "25.62B", "2562A", "25.40Z", "24", "A", "01.1", "64.2", "64.20Z", "64"]
CATEGORIES = ["1", "10", "1000", "5", "54", "5499", "57", "5710", "92"]
AMOUNTS = [0, 1, 9, 9.9, 10, 11, 49, 50, 249, 249.9, 250, 251, 4999.5, 5000, 2e6, 10e6, 43e6, 50e6, 50e6 + 1, 1.5e9]
ACTIVITIES_2025 = ["J", "K", "58", "62.1", "62.10Y", "6020A", "58.11Y", "25", "C"]
# Invented: one to one, one to several and several to one.
LINKS = [("25.62B", "62.10Y"), ("2562A", "62.10Y"), ("25.40Z", "6020A"), ("25.40Z", "62.10Y"), ("64.20Z", "58.11Y")]
MANUALS = ["taxes", "member"]
SCHEMES = ["jonction:a", "jonction:b", "other:a"]
HORIZONS = ["soon", "later"]
SPENDS = ["equipment", "works", "wages"]
HOLDERS = ["company", "public_body", "exempt_investor"]

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
    elif criterion["kind"] != "spend":
        criterion["level"] = draw(st.sampled_from(["company", "group"]))
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
    bounds = draw(
        st.sampled_from(
            [{"at_least": low}, {"at_most": high}, {"below": high}, {"at_least": low, "at_most": high}]
            + ([{"at_least": low, "below": high}] if low < high else [])
        )
    )
    return {"kind": "age_months", **bounds}


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    opens_on, closes_on = sorted(draw(st.lists(days, min_size=2, max_size=2)))
    state = draw(st.sampled_from(["permanent", "dated", "unknown", "closed", "suspended", "exhausted"]))
    return {
        "kind": "window",
        "state": state,
        "opens_on": draw(st.sampled_from([opens_on, None])),
        "closes_on": closes_on if state == "dated" else draw(st.sampled_from([closes_on, None])),
        **(draw(sightings()) if state == "unknown" else {}),
    }


@st.composite
def sightings(draw: st.DrawFn) -> dict[str, Any]:
    seen_on, seen_until = sorted(draw(st.lists(days, min_size=2, max_size=2)))
    return draw(st.sampled_from([{}, {"seen_on": seen_on}, {"seen_on": seen_on, "seen_until": seen_until}]))


@st.composite
def yearly_windows(draw: st.DrawFn) -> dict[str, Any]:
    opens_on = draw(st.one_of(days, st.sampled_from([date(2024, 2, 29), date(2024, 3, 1)])))
    lasting = draw(st.one_of(st.integers(0, 364), st.sampled_from([0, 1, 364])))
    state = draw(st.sampled_from(["dated", "unknown", "permanent", "suspended"]))
    closes_on = min(opens_on + timedelta(lasting), reference.anniversary(opens_on, 12) - timedelta(1))
    return {"kind": "window", "state": state, "opens_on": opens_on, "closes_on": closes_on, "yearly": True}


leaves = st.one_of(
    listed("in_territory", PERIMETERS).flatmap(
        lambda criterion: st.sampled_from([criterion, {**criterion, "level": "project"}])
    ),
    listed("activity", ACTIVITIES),
    listed("activity", ACTIVITIES_2025).map(lambda criterion: {**criterion, "nomenclature": "naf_2025"}),
    listed("legal_form", CATEGORIES),
    listed("tenure", ["owner", "tenant"]),
    listed("horizon", HORIZONS),
    listed("spend_kind", SPENDS),
    listed("holds_scheme", SCHEMES).filter(lambda found: not set(found["any_of"]) & set(found["none_of"])),
    bounded(),
    sized(),
    aged(),
    windows(),
    yearly_windows(),
    st.builds(
        lambda kind, expected: {"kind": kind, "expected": expected}, st.sampled_from(reference.STATES), st.booleans()
    ),
    st.just({"kind": "project_not_started"}),
    st.just({"kind": "autonomous"}),
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
told = st.builds(
    lambda fact, nature: {"kind": "manual", "fact": fact, "sentence": ".", "nature": nature},
    st.sampled_from(MANUALS), st.sampled_from(["appraisal", "undertaking"]),
)  # fmt: skip
# What may stand at the top of a scheme: under "any" and "not" stand conditions only.
rows = st.one_of(
    criteria,
    criteria,
    told,
    st.lists(st.one_of(criteria, told), min_size=1, max_size=3).map(lambda of: {"kind": "all", "of": of}),
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


def years() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({figure: bands() for figure in reference.FIGURES})


@st.composite
def groups(draw: st.DrawFn) -> list[dict[str, Any]] | None:
    if draw(st.booleans()):
        return draw(st.sampled_from([None, []]))
    return [
        {
            "share": draw(st.sampled_from([0, 12.5, 24.99, 25, 40, 50, 50.01, 100])),
            "control": draw(st.sampled_from([False, False, True])),
            "holder": draw(st.sampled_from(HOLDERS)),
            **draw(years()),
        }
        for _ in range(draw(st.integers(1, 2)))
    ]


profiles = st.fixed_dictionaries(
    {
        "on": days,
        "place": places(),
        "project_place": places(),
        "naf": st.sampled_from(["", *ACTIVITIES]),
        "naf_2025": st.sampled_from(["", *ACTIVITIES_2025]),
        "links": st.sampled_from([[], LINKS, LINKS[:1]]),
        "group": groups(),
        "previous_years": st.lists(years(), max_size=2),
        "headcount": bands(),
        "turnover": bands(),
        "balance_sheet": bands(),
        "spend": bands(),
        "created_on": st.one_of(st.none(), births),
        "legal_category": st.sampled_from(["", *CATEGORIES]),
        **dict.fromkeys(reference.STATES, ternary),
        "started": ternary,
        "tenure": st.sampled_from(["", "owner", "tenant"]),
        "horizon": st.sampled_from(["", *HORIZONS]),
        "spend_kind": st.one_of(st.none(), st.frozensets(st.sampled_from(SPENDS))),
        "held": st.dictionaries(st.sampled_from(SCHEMES), st.booleans()),
        "answers": st.dictionaries(st.sampled_from(MANUALS), st.booleans()),
    }
)


def to_profile(facts: Mapping[str, Any]) -> Profile:
    def interval(band: tuple[float | None, float | None]) -> Interval:
        return Interval(-inf if band[0] is None else band[0], inf if band[1] is None else band[1])

    def place(names: Mapping[str, Any]) -> Place:
        possible = names["possible"]
        return Place(frozenset(names["inside"]), None if possible is None else frozenset(possible))

    def figures(year: Mapping[str, Any]) -> Figures:
        return Figures(**{figure: interval(year[figure]) for figure in reference.FIGURES})

    def related(other: Mapping[str, Any]) -> Related:
        return Related(**{name: other[name] for name in ("share", "control", "holder")}, figures=figures(other))

    group = facts["group"]
    return Profile(
        on=facts["on"],
        group=None if group is None else tuple(map(related, group)),
        previous_years=tuple(map(figures, facts["previous_years"])),
        activity_2025=facts["naf_2025"],
        possible_activities=Correspondence(facts["links"]).of(facts["naf_2025"], "naf_2025"),
        possible_activities_2025=Correspondence(facts["links"]).of(facts["naf"], "naf_rev2"),
        spend_kinds=facts["spend_kind"],
        **{name: facts[name] for name in (*reference.STATES, "tenure", "horizon", "held")},
        **{name: interval(facts[name]) for name in ("headcount", "turnover", "balance_sheet", "spend")},
        place=place(facts["place"]),
        project_place=place(facts["project_place"]),
        activity=facts["naf"],
        **{name: facts[name] for name in ("created_on", "legal_category", "started", "answers")},
    )


def outcomes(definition: dict[str, Any], *several: Mapping[str, Any]) -> list[str]:
    columns = Profiles([to_profile(facts) for facts in several])
    return [WORDS[int(value)] for value in parse_criterion(definition).evaluate(columns)]


@given(rows, st.lists(profiles, min_size=1, max_size=4))
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
    st.lists(rows, max_size=3),
    st.lists(rows, max_size=2),
    subsets(ACTIVITIES),
    subsets(ACTIVITIES_2025),
    st.lists(profiles, min_size=1, max_size=3),
)
def test_the_engine_and_the_second_reading_agree_on_schemes(
    window: dict[str, Any],
    stated: list[dict[str, Any]],
    from_text: list[dict[str, Any]],
    targets: list[str],
    new_targets: list[str],
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
        targeted_activities_2025=tuple(new_targets),
    )
    asked = [to_profile(facts) for facts in several]
    verdict, found = naive_verdicts.evaluate(Profiles(asked), scheme), evaluate(classes_of(asked), scheme)
    ranked = [rank_one(Index([scheme]), profile, Wish(), WEIGHTS).matches[0] for profile in asked]
    words = {1: "eligible", 0: "undecided", -1: "ineligible"}
    record = {"window": window, "criteria": stated, "from_text": from_text}
    record |= {"targeted_naf": targets, "targeted_naf_2025": new_targets}
    for row, facts in enumerate(several):
        assert {
            "eligibility": words[int(verdict.eligibility[row])],
            "typed": words[int(verdict.typed[row])],
            "targeted": {1: "yes", 0: "unknown", -1: "no"}[int(verdict.targeted[row])],
            "unknown": sorted(fact for fact, rows in verdict.unknown.items() if rows[row]),
            "to_confirm": sorted(fact for fact, rows in verdict.to_confirm.items() if rows[row]),
        } == reference.judge(record, facts)
        match = ranked[row]
        assert {
            "eligibility": words[match.eligibility],
            "typed": words[match.typed],
            "targeted": {1: "yes", 0: "unknown", -1: "no"}[match.targeted],
            "unknown": list(match.unknown),
            "to_confirm": list(match.to_confirm),
        } == reference.judge(record, facts)
    assert found.eligibility.tolist() == verdict.eligibility.tolist()
    assert found.typed.tolist() == verdict.typed.tolist()


@FEWER
@given(criteria, profiles)
def test_the_contrary_of_the_contrary_is_the_same(definition: dict[str, Any], facts: dict[str, Any]) -> None:
    twice = {"kind": "not", "of": {"kind": "not", "of": definition}}
    assert outcomes(twice, facts) == outcomes(definition, facts)


@FEWER
@given(st.lists(criteria, min_size=1, max_size=4), profiles, st.randoms(use_true_random=False))
def test_the_order_of_the_parts_does_not_matter(
    parts: list[dict[str, Any]], facts: dict[str, Any], random: Any
) -> None:
    shuffled = random.sample(parts, len(parts))
    for kind in ("all", "any"):
        assert outcomes({"kind": kind, "of": parts}, facts) == outcomes({"kind": kind, "of": shuffled}, facts)


@FEWER
@given(rows, st.lists(profiles, min_size=2, max_size=5))
def test_a_profile_gets_the_same_answer_alone_and_in_company(
    definition: dict[str, Any], several: list[dict[str, Any]]
) -> None:
    assert outcomes(definition, *several) == [outcomes(definition, facts)[0] for facts in several]


@FEWER
@given(rows, profiles, profiles)
def test_learning_a_fact_only_settles_what_was_open(
    definition: dict[str, Any], facts: dict[str, Any], truth: dict[str, Any]
) -> None:
    """Whatever is unknown may turn out to be anything: a verdict that was given stands."""
    before, after = outcomes(definition, facts)[0], outcomes(definition, learn(facts, truth))[0]
    assert before in ("maybe", after)


# Earlier years are left out: where none is known the last one stands, as for an enterprise that has closed no other.
def learn(facts: Mapping[str, Any], truth: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what is not known."""
    learnt = {name: truth[name] if value in ("", None, (None, None)) else value for name, value in facts.items()}
    return {**learnt, **{name: {**truth[name], **facts[name]} for name in ("answers", "held")}}


# Which values of a profile stand behind each name that a criterion gives to what it reads.
BEHIND = {
    "commune": ["place", "project_place"],
    "project.spend": ["spend"],
    "project.spend_kinds": ["spend_kind"],
    "project.tenure": ["tenure"],
    "project.horizon": ["horizon"],
    "project.started": ["started"],
    "schemes": ["held"],
    **{f"manual.{who}": ["answers"] for who in ("firm", "officer", "operator")},
    "window": ["on"],
    # A code of one nomenclature says what the other one may be.
    "naf": ["naf", "naf_2025", "links"],
    "naf_2025": ["naf", "naf_2025", "links"],
}


@FEWER
@given(rows, profiles, profiles)
def test_a_fact_changes_only_the_criteria_that_read_it(
    definition: dict[str, Any], facts: dict[str, Any], others: dict[str, Any]
) -> None:
    criterion = parse_criterion(definition)
    read = {name for fact in criterion.facts for name in BEHIND.get(fact, [fact])}
    if "created_on" in read:
        read.add("on")
    unread = {name: value for name, value in others.items() if name not in read}
    assert outcomes(definition, {**facts, **unread}) == outcomes(definition, facts)


@FEWER
@given(criteria, criteria, profiles)
def test_what_is_excluded_wins_over_everything(
    definition: dict[str, Any], excluded: dict[str, Any], facts: dict[str, Any]
) -> None:
    both = {"kind": "all", "of": [definition, {"kind": "not", "of": excluded}]}
    if outcomes(excluded, facts) == ["yes"]:
        assert outcomes(both, facts) == ["no"]


@FEWER
@given(
    st.one_of(
        listed("activity", ACTIVITIES), listed("legal_form", CATEGORIES), listed("in_territory", PERIMETERS),
        listed("tenure", ["owner", "tenant"]), listed("spend_kind", SPENDS),
    ),
    profiles,
)  # fmt: skip
def test_an_exclusion_of_a_list_wins(definition: dict[str, Any], facts: dict[str, Any]) -> None:
    excluded = {**definition, "any_of": definition["none_of"], "none_of": []}
    if definition["none_of"] and outcomes(excluded, facts) == ["yes"]:
        assert outcomes(definition, facts) == ["no"]


@FEWER
@given(
    criteria,
    st.sampled_from([*reference.FIGURES, "spend"]),
    st.lists(st.sampled_from(AMOUNTS), min_size=4, max_size=4),
    profiles,
)
def test_narrowing_an_interval_only_settles_what_was_open(
    definition: dict[str, Any], fact: str, numbers: list[float], facts: dict[str, Any]
) -> None:
    lowest, low, high, highest = sorted(numbers)
    wide, narrow = {**facts, fact: (lowest, highest)}, {**facts, fact: (low, high)}
    before, after = outcomes(definition, wide)[0], outcomes(definition, narrow)[0]
    assert before in ("maybe", after)


@FEWER
@given(rows, profiles)
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


@FEWER
@given(rows, st.lists(profiles, min_size=2, max_size=8))
def test_what_is_kept_by_class_is_what_each_profile_would_be_told(
    definition: dict[str, Any], several: list[dict[str, Any]]
) -> None:
    criterion, kept = parse_criterion(definition), ByClass(explain)
    for facts in several:
        alone = Profiles([to_profile(facts)])
        assert kept(criterion, alone) == explain(criterion, alone)
