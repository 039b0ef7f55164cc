"""Very many firms at once, with numpy and with compiled loops, against one firm at a time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import (
    ANYWHERE,
    Crowd,
    Firms,
    Index,
    Interval,
    MatchingError,
    Place,
    Profile,
    Scheme,
    Wish,
    kernels,
    rank,
)
from matching.bits import Words
from tests.matching import naive_ranking
from tests.matching.factories import DAY, WEIGHTS, make_scheme
from tests.matching.test_index import NEEDS, ranked_schemes
from tests.matching.test_properties import days, profiles, to_profile


@pytest.fixture(params=["numpy", "loops"])
def _way(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    if request.param == "loops" and not kernels.load(str(tmp_path_factory.getbasetemp() / "loops")):
        pytest.skip("numba is not installed")
    yield
    kernels.unload()


@st.composite
def plain_wishes(draw: st.DrawFn) -> Wish:
    ticked = draw(st.frozensets(st.sampled_from(NEEDS), max_size=2))
    return Wish(dict.fromkeys(ticked, 1.0), stated=bool(ticked), ticked=ticked)


def whole(words: Words) -> int:
    return int.from_bytes(words.tobytes(), "little")


weights = st.sampled_from([WEIGHTS, replace(WEIGHTS, diversity=0), replace(WEIGHTS, certain=-3, near=-14)])


@pytest.mark.usefixtures("_way")
@given(ranked_schemes(), st.lists(profiles, min_size=1, max_size=4), days, plain_wishes(), weights, st.integers(1, 3))
def test_firms_are_told_in_company_what_they_are_told_alone(
    several: list[Scheme], firms: list[dict[str, Any]], on: Any, wish: Wish, points: Any, limit: int
) -> None:
    index = Index(several)
    known = {number: replace(to_profile(facts), on=on) for number, facts in enumerate(firms)}
    crowd = Crowd(index, Firms(known.items()), on=on)
    rows = [known[firm] for firm in crowd.ids.tolist()]
    told = [
        (whole(possible), whole(eligible))
        for chunk in crowd.verdicts()
        for possible, eligible in zip(chunk.possible, chunk.eligible, strict=True)
    ]
    standings = [index.stand(profile) for profile in rows]
    assert told == [(standing.possible, standing.eligible) for standing in standings]
    chosen = crowd.choose(wish, points, limit=limit)
    for positions, scores, profile in zip(chosen.positions.tolist(), chosen.scores.tolist(), rows, strict=True):
        found = [(index.schemes[at].key, score) for at, score in zip(positions, scores, strict=True) if at >= 0]
        matches, _ = naive_ranking.rank(profile, several, wish, points)
        first = [match for match in matches if match.addresses and match.score is not None][:limit]
        assert found == [(match.scheme.key, match.score) for match in first]


CONDITIONS = [
    {"kind": "in_territory", "any_of": ["REG-32"]},
    {"kind": "activity", "any_of": ["C"]},
    {"kind": "headcount", "below": 50},
    {"kind": "age_months", "at_least": 36},
    {"kind": "craft_register", "expected": True},
    {"kind": "manual", "fact": "taxes", "sentence": "."},
]


def some_firm(draw: Random) -> Profile:
    return Profile(
        on=DAY,
        place=draw.choice([ANYWHERE, Place(frozenset({"REG-32"}), frozenset())]),
        activity=draw.choice(["", "25.62B", "43.21A"]),
        headcount=draw.choice([Interval(), Interval(8, 8), Interval(60, 60)]),
        created_on=draw.choice([None, date(2020, 1, 31), date(2026, 1, 31)]),
        craft_register=draw.choice([None, True, False]),
    )


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("seed", range(16))
def test_the_search_stops_where_nothing_better_can_come_among_several_words_of_schemes(seed: int) -> None:
    """Of few kinds and many equal scores: what is not listed takes points off what is, and ties go by key."""
    draw = Random(seed)  # noqa: S311
    kinds, reaches = ["loan", "grant", "advice", "tax"][: draw.randint(1, 4)], ["local", "regional", "national", "eu"]
    index = Index(
        make_scheme(
            f"a:{number:03}",
            *draw.sample(CONDITIONS, draw.choice([0, 0, 1, 2])),
            needs={need: draw.choice([0.1, 0.25, 0.3, 0.5, 1.0]) for need in draw.sample(NEEDS, draw.randint(0, 2))},
            kind=draw.choice(kinds),
            reach=draw.choice(reaches),
            verified=draw.random() < 0.5,
            guide=draw.choice([0.0, 0.0, 0.0, 0.5]),
            targeted_activities=draw.choice([(), (), ("C",), ("F",)]),
            variant_of=f"a:{draw.randint(0, 9):03}" if number >= 200 and draw.random() < 0.2 else "",
        )
        for number in range(230)
    )
    firms = {number: some_firm(draw) for number in range(12)}
    crowd = Crowd(index, Firms(firms.items()), on=DAY)
    for needs in ((), (), (), ("robot",), ("energy", "robot"), ("hire", "nothing serves it")):
        wish = Wish(dict.fromkeys(needs, 1.0), stated=bool(needs), ticked=frozenset(needs))
        flat = replace(WEIGHTS, certain=draw.choice([0, -3]), near=1, diversity=1)
        points = draw.choice([WEIGHTS, replace(WEIGHTS, need=12, near=9), flat])
        limit = draw.choice([1, 3, 7, 20])
        chosen = crowd.choose(wish, points, limit=limit)
        rows = zip(crowd.ids.tolist(), chosen.positions.tolist(), chosen.scores.tolist(), strict=True)
        for firm, positions, scores in rows:
            matches = rank(index, firms[firm], wish, points).matches
            first = [match for match in matches if match.addresses and match.score is not None][:limit]
            found = [(index.schemes[at].key, score) for at, score in zip(positions, scores, strict=True) if at >= 0]
            assert found == [(match.scheme.key, match.score) for match in first]


@pytest.mark.usefixtures("_way")
def test_firms_of_some_rows_are_told_the_same_in_several_chunks() -> None:
    draw = Random(0)  # noqa: S311
    index = Index(
        make_scheme(f"a:{number}", *draw.sample(CONDITIONS, draw.choice([0, 1, 2]))) for number in range(2_000)
    )
    firms = {number: some_firm(draw) for number in range(1_500)}
    crowd = Crowd(index, Firms(firms.items()), on=DAY)
    standings = [index.stand(firms[firm]) for firm in crowd.ids.tolist()]
    for first, last in ((0, None), (0, 0), (0, 1), (600, 700), (1, 1_499), (1_499, None), (1_500, None)):
        told, n_chunks = [], 0
        for chunk in crowd.verdicts(first, last):
            assert chunk.first == first + len(told)
            told += zip(map(whole, chunk.possible), map(whole, chunk.eligible), strict=True)
            n_chunks += 1
        assert told == [(standing.possible, standing.eligible) for standing in standings[first:last]]
        assert n_chunks > 1 or len(told) < 1_000


def test_words_are_for_one_firm() -> None:
    crowd = Crowd(Index(), Firms(), on=DAY)
    with pytest.raises(MatchingError, match="ticked needs"):
        crowd.choose(Wish(stated=True, closeness={"a:a": 0.5}), WEIGHTS, limit=1)
