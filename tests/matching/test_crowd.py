"""Very many firms at once, with numpy and with compiled loops, against one firm at a time."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import Crowd, Firms, Index, MatchingError, Scheme, Wish, kernels
from tests.matching import naive_ranking
from tests.matching.factories import DAY, WEIGHTS
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
        (int.from_bytes(possible.tobytes(), "little"), int.from_bytes(eligible.tobytes(), "little"))
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


def test_words_are_for_one_firm() -> None:
    crowd = Crowd(Index(), Firms(), on=DAY)
    with pytest.raises(MatchingError, match="ticked needs"):
        crowd.choose(Wish(stated=True, closeness={"a:a": 0.5}), WEIGHTS, limit=1)
