"""One scheme against many firms, as columns, against the evaluator: every firm, every edit, every day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import MET, NOT_MET, UNKNOWN, Firms, Interval, Place, Profile, Profiles, Scheme, kernels, percolation
from matching.eligibility import evaluate
from tests.matching.factories import DAY, make_scheme
from tests.matching.test_index import schemes
from tests.matching.test_properties import days, profiles, to_profile


@pytest.fixture(params=["over words", "some words", "loops"])
def _way(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    if request.param == "loops" and not kernels.load(str(tmp_path_factory.getbasetemp() / "loops")):
        pytest.skip("numba is not installed")
    monkeypatch.setattr(percolation, "FEW_WORDS", 0 if request.param == "some words" else 10**9)
    monkeypatch.setattr(percolation, "MAX_RECENT", 3)
    yield
    kernels.unload()


def expected(firms: dict[int, Profile], scheme: Scheme | None, on: date, *, shown: bool) -> dict[int, int]:
    if scheme is None or not firms:
        return dict.fromkeys(firms, int(NOT_MET))
    found = evaluate(Profiles([replace(profile, on=on) for profile in firms.values()]), scheme)
    whole, typed = found.eligibility.tolist(), found.typed.tolist()
    verdicts = [NOT_MET if one == NOT_MET else other for one, other in zip(whole, typed, strict=True)]
    return dict(zip(firms, verdicts if shown else whole, strict=True))


def check(found: Any, before: dict[int, int], after: dict[int, int]) -> None:
    for ids, outcome in ((found.gained, MET), (found.lost, NOT_MET), (found.undecided, UNKNOWN)):
        assert sorted(ids.tolist()) == [firm for firm in sorted(after) if after[firm] == outcome != before[firm]]


pairs = st.lists(st.tuples(st.integers(1, 9), profiles), max_size=8, unique_by=lambda pair: pair[0])
edits = st.lists(st.tuples(st.integers(1, 9), st.none() | profiles), max_size=8)


@pytest.mark.usefixtures("_way")
@given(
    pairs, edits, edits, st.none() | schemes(), st.none() | schemes(), days, days, st.booleans(), st.booleans()
)  # fmt: skip
def test_firms_come_and_go_and_schemes_change_as_the_evaluator_says(
    pairs: Any, edits: Any, later: Any, before: Scheme | None, after: Scheme | None, on: date, on_before: date,
    shown: bool, saved: bool,
) -> None:  # fmt: skip
    known = {firm: to_profile(facts) for firm, facts in pairs}
    firms = Firms(known.items())
    edit(firms, known, edits)
    if saved:
        firms.changes(before, after, on=on)  # some columns of several fields are saved too
        buffer = bytes(firms.save())
        firms = Firms.open(buffer, thorough=True)
        assert firms.save() == buffer
        edit(firms, known, later)
    assert len(firms) == len(known)
    found = firms.changes(before, after, on=on, on_before=on_before, shown=shown)
    check(found, expected(known, before, on_before, shown=shown), expected(known, after, on, shown=shown))


def edit(firms: Firms, known: dict[int, Profile], edits: Any) -> None:
    for firm, facts in edits:
        assert (firm in firms) == (firm in known)
        if facts is None:
            if firm in known:
                firms.drop(firm)
                del known[firm]
            else:
                with pytest.raises(KeyError):
                    firms.drop(firm)
        else:
            firms.put(firm, to_profile(facts))
            known[firm] = to_profile(facts)


def drawn(n: int) -> dict[int, Profile]:
    """Return firms of many places, activities, sizes and ages, some of them hardly known."""
    draw = Random(7)  # noqa: S311
    places = [
        Place(frozenset({f"COM-{number}", f"DEP-{number // 10}", f"REG-{number // 50}"}), frozenset())
        for number in range(400)
    ]
    activities = [f"{division}.{group}" for division in range(10, 40) for group in (1, 2, 3)]
    bands = [Interval(low, high) for low, high in ((0, 0), (1, 2), (3, 9), (10, 19), (20, 49), (50, 249))]
    return {
        firm: Profile(
            on=DAY,
            place=draw.choice([*places, Place()]),
            activity=draw.choice(["", *activities]),
            headcount=draw.choice([Interval(), *bands]),
            turnover=Interval(*sorted((draw.randint(0, 40) * 1e5, draw.randint(0, 40) * 1e5))),
            legal_category=draw.choice(["", "1000", "5710", "5499"]),
            created_on=draw.choice([None, date.fromordinal(DAY.toordinal() - draw.randint(0, 9_000))]),
            micro_entrepreneur=draw.choice([True, False, None]),
        )
        for firm in draw.sample(range(10**6), n)
    }


TERRITORIES = [
    ["REG-1"],
    ["DEP-3", "DEP-17", "DEP-39"],
    ["COM-1", "COM-77", "COM-399"],
    [f"COM-{n}" for n in range(0, 400, 3)],
]
CODES = [["C"], ["25", "26", "30"], [f"{division}.2" for division in range(10, 40)]]


@pytest.mark.parametrize("territory", [None, *TERRITORIES])
@pytest.mark.usefixtures("_way")
def test_thousands_of_firms_are_told_as_one_by_one(territory: list[str] | None) -> None:
    known = drawn(3_000)
    firms = Firms(known.items())
    size = {
        "kind": "all",
        "of": [{"kind": "headcount", "below": 50}, {"kind": "turnover", "above": 5e5, "at_most": 2e6}],
    }
    others = (
        {"kind": "activity", "any_of": CODES[1], "none_of": ["25.2"]},
        {"kind": "not", "of": {"kind": "activity", "any_of": CODES[2]}},
        {"kind": "any", "of": [size, {"kind": "age_months", "at_least": 36}, {"kind": "headcount", "at_least": 10}]},
        {"kind": "size_category", "to": "small"},
        {"kind": "legal_form", "any_of": ["5"], "none_of": ["54"]},
    )  # fmt: skip
    here = [] if territory is None else [{"kind": "in_territory", "any_of": territory}]
    before: Scheme | None = None
    for position, other in enumerate(others):
        after = make_scheme("a:a", *here, other, *others[position + 2 :])
        found = firms.changes(before, after, on=DAY)
        check(found, expected(known, before, DAY, shown=False), expected(known, after, DAY, shown=False))
        before = after


def test_an_id_is_given_once() -> None:
    with pytest.raises(ValueError, match="same id"):
        Firms([(1, Profile(on=DAY)), (1, Profile(on=DAY))])


def test_what_nobody_is_told_of_costs_nothing() -> None:
    firms = Firms(drawn(1_000).items())
    firms.verdicts(make_scheme("a:a", {"kind": "headcount", "below": 50}), on=DAY)
    assert firms.n_bytes / 1_000 < 32


def test_a_condition_is_read_once_a_value_however_many_firms_have_it() -> None:
    firms = Firms((firm, Profile(on=DAY, activity="25.62B")) for firm in range(100_000))
    found = firms.verdicts(make_scheme("a:a", {"kind": "activity", "any_of": ["C"]}), on=DAY)
    assert np.array_equal(np.sort(found.eligible), np.arange(100_000))
    assert not len(found.undecided)
