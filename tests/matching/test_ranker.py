"""What decisions teach: near the rules, never against a contribution, within a bound, and never of a no."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import (
    CONTRIBUTIONS,
    LEARNT_FROM,
    NOT_MET,
    Index,
    Match,
    Place,
    Profile,
    Ranker,
    Wish,
    columns_of,
    exposure,
    fit_ranker,
    shares_of,
)
from tests.matching.factories import DAY, WEIGHTS, make_scheme, rank_one

REGION = {"kind": "in_territory", "any_of": ["REG-32"]}
ROBOT = Wish({"robot": 1.0}, stated=True)
LOCAL_FIRST = {**{name: getattr(WEIGHTS, name) for name in LEARNT_FROM}, "near": 60.0}
SHARES = st.lists(st.floats(-1, 1), min_size=len(LEARNT_FROM), max_size=len(LEARNT_FROM))


def make_ranker(bound: float = 12, points: dict[str, float] | None = None, **fields: Any) -> Ranker:
    return Ranker(points=points or LOCAL_FIRST, means=dict.fromkeys(LEARNT_FROM, 0.5), bound=bound, **fields)


def parts_of(row: Any) -> dict[str, float]:
    return {name: share * getattr(WEIGHTS, name) for name, share in zip(LEARNT_FROM, row, strict=True)}


def decisions(points: dict[str, float], *, n_files: int = 80, seed: int = 1, noise: float = 5.0) -> dict[str, Any]:
    """Draw files of six schemes, each worth what some points make of it, give or take."""
    draw = np.random.default_rng(seed)
    rows = draw.random((n_files * 6, len(LEARNT_FROM)))
    worth = rows @ np.array([points[name] for name in LEARNT_FROM]) + draw.normal(0, noise, len(rows))
    return {"shares": rows, "worth": worth > np.median(worth), "files": np.repeat(np.arange(n_files), 6)}


def fit(found: dict[str, Any], *, strength: float = 5.0) -> Ranker:
    return fit_ranker(**found, weights=WEIGHTS, strength=strength, bound=12)


def rules() -> dict[str, float]:
    return {name: getattr(WEIGHTS, name) for name in LEARNT_FROM}


@given(SHARES, SHARES, st.floats(0, 100))
def test_more_of_a_contribution_never_costs_a_place(less: list[float], more: list[float], bound: float) -> None:
    low, high = np.minimum(less, more), np.maximum(less, more)
    ranker = make_ranker(bound, points={**rules(), "near": 80.0, "need": 0.0, "certain": 3.0})
    parts = [parts_of(low), parts_of(high)]
    corrections = ranker.corrections(columns_of(parts), WEIGHTS)
    lower, higher = (sum(each.values()) + points for each, points in zip(parts, corrections, strict=True))
    assert lower <= higher + 1e-5


@given(st.lists(SHARES, max_size=4), st.floats(0, 30))
def test_a_correction_stays_within_its_bound(rows: list[list[float]], bound: float) -> None:
    corrections = make_ranker(bound).corrections(columns_of([parts_of(row) for row in rows]), WEIGHTS)
    assert len(corrections) == len(rows)
    assert all(abs(points) <= bound + 1e-6 for points in corrections)


def test_the_rules_own_points_correct_nothing() -> None:
    ranker = make_ranker(points=rules())
    assert ranker.corrections(columns_of([parts_of(np.ones(len(LEARNT_FROM)))]), WEIGHTS) == [0.0]


def test_what_counts_for_nothing_says_nothing() -> None:
    silent = replace(WEIGHTS, near=0)
    row = {**parts_of(np.full(len(LEARNT_FROM), 0.5)), "near": 0.0}
    assert np.isnan(shares_of([row], silent)[0, LEARNT_FROM.index("near")])
    assert make_ranker().corrections(columns_of([row]), silent) == [0.0]


def test_a_contribution_that_was_not_learnt_counts_as_in_the_rules() -> None:
    others = {name: points for name, points in rules().items() if name != "near"}
    assert make_ranker(points=others).corrections(columns_of([parts_of(np.ones(len(LEARNT_FROM)))]), WEIGHTS) == [0.0]


def test_what_people_value_more_than_the_rules_is_learnt() -> None:
    learnt = fit(decisions(LOCAL_FIRST)).points
    assert learnt["near"] > 2 * WEIGHTS.near
    assert all(points >= 0 for points in learnt.values())


def test_a_strong_penalty_leaves_the_rules() -> None:
    learnt = fit(decisions(LOCAL_FIRST), strength=1e6).points
    assert learnt == pytest.approx(rules(), rel=0.05)


def test_people_who_agree_with_the_rules_change_little() -> None:
    found = decisions(rules(), n_files=200)
    corrections = fit(found).corrections(columns_of([parts_of(row) for row in found["shares"]]), WEIGHTS)
    assert np.abs(corrections).mean() < 2.5


def test_a_contribution_that_people_hold_against_a_scheme_counts_for_nothing() -> None:
    assert fit(decisions({**rules(), "certain": -60.0})).points["certain"] == pytest.approx(0, abs=1)


def test_files_whose_decisions_are_all_alike_teach_nothing() -> None:
    found = {**decisions(LOCAL_FIRST), "worth": np.ones(480)}
    assert fit(found).points == pytest.approx(rules(), rel=0.01)


def test_the_order_of_the_decisions_does_not_matter() -> None:
    found = decisions(LOCAL_FIRST)
    turned = {name: np.asarray(values)[::-1] for name, values in found.items()}
    assert fit(turned).points == pytest.approx(fit(found).points, abs=1e-2)


def ranked(ranker: Ranker | None) -> list[Match]:
    schemes = [
        make_scheme(
            f"s:{number:02}",
            *([REGION] if number % 3 == 0 else []),
            needs={"robot": 0.4 + number % 4 / 10},
            kind=("loan", "grant")[number % 2],
            reach=("local", "regional", "national")[number % 3],
        )
        for number in range(30)
    ]
    elsewhere = Place(frozenset({"REG-84"}), frozenset())
    answer = rank_one(Index(schemes), Profile(on=DAY, place=elsewhere), ROBOT, WEIGHTS, ranker=ranker)
    return answer.matches


def test_an_ineligible_scheme_never_moves() -> None:
    before, after = ranked(None), ranked(make_ranker(bound=1000))
    assert [match for match in before if match.eligibility == NOT_MET] == [
        match for match in after if match.eligibility == NOT_MET
    ]
    assert [match.scheme.key for match in before] != [match.scheme.key for match in after]
    assert sorted(match.scheme.key for match in before[:20]) == sorted(match.scheme.key for match in after[:20])


def test_a_learnt_score_is_the_sum_of_its_parts() -> None:
    for match in ranked(make_ranker()):
        if match.eligibility != NOT_MET:
            assert match.score == pytest.approx(sum(match.parts.values()))
            assert "learnt" in match.parts
            assert set(match.parts) <= {*CONTRIBUTIONS, "learnt"}


def test_points_that_change_nothing_leave_the_order() -> None:
    before, after = ranked(None), ranked(make_ranker(points=rules()))
    assert [match.scheme.key for match in before] == [match.scheme.key for match in after]


@pytest.mark.parametrize(
    ("shown", "expected"), [([], 0), ([True], 1), ([False, True], 0.63093), ([True, False, True], 1.5)]
)
def test_what_is_seen_falls_with_its_rank(shown: list[bool], expected: float) -> None:
    assert exposure(shown) == pytest.approx(expected, abs=1e-5)
