"""What an aid may be for one project: a range, and nothing where nothing bounds it."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import SIZES, Interval, Terms, estimate

MICRO, MEDIUM, LARGE = 0, 2, 4
BY_SIZE = {"micro": 40.0, "small": 30.0, "medium": 20.0}


@pytest.mark.parametrize(
    ("terms", "spend", "sizes", "aid"),
    [
        ({"rate_max": 40}, (100_000, 100_000), (0, 4), (0, 40_000)),
        ({"rates": BY_SIZE}, (100_000, 100_000), (MICRO, MICRO), (40_000, 40_000)),
        ({"rates": BY_SIZE}, (100_000, 200_000), (MICRO, MEDIUM), (20_000, 80_000)),
        ({"rates": BY_SIZE, "rate_max": 40}, (100_000, 100_000), (MEDIUM, LARGE), (0, 40_000)),
        ({"rates": BY_SIZE, "ceiling": 25_000}, (100_000, 100_000), (MICRO, MICRO), (25_000, 25_000)),
        ({"rates": BY_SIZE, "spend_max": 50_000}, (100_000, 200_000), (MICRO, MICRO), (20_000, 20_000)),
        ({"rates": BY_SIZE, "spend_min": 150_000}, (100_000, 200_000), (MICRO, MICRO), (0, 80_000)),
        ({"rates": BY_SIZE, "spend_min": 150_000}, (100_000, 149_999), (MICRO, MICRO), (0, 0)),
        ({"rates": BY_SIZE, "spend_min": 100_000}, (100_000, 100_000), (MICRO, MICRO), (40_000, 40_000)),
        ({"rates": BY_SIZE, "floor": 50_000}, (100_000, 200_000), (MICRO, MICRO), (0, 80_000)),
        ({"rates": BY_SIZE, "floor": 40_000}, (100_000, 100_000), (MICRO, MICRO), (40_000, 40_000)),
        ({"rate_max": 40, "ceiling": 9_000}, (100_000, inf), (0, 4), (0, 9_000)),
        ({"rate_max": 40, "spend_max": 10_000}, (-inf, 100_000), (0, 4), (0, 4_000)),
        ({"rate_max": 0}, (1, inf), (0, 4), (0, 0)),
    ],
)
def test_an_aid_is_between_what_the_least_and_the_most_would_give(terms, spend, sizes, aid):
    found = estimate(Terms(**terms), Interval(*spend), sizes)
    assert found is not None
    assert (found.aid.low, found.aid.high) == aid


@pytest.mark.parametrize(
    ("terms", "spend", "sizes"),
    [
        ({}, (100_000, 100_000), (0, 4)),
        ({"ceiling": 5_000}, (100_000, 100_000), (0, 4)),
        ({"rate_max": 40, "ceiling": 5_000}, (-inf, inf), (0, 4)),
        ({"rate_max": 40}, (100_000, inf), (0, 4)),
        ({"rates": BY_SIZE}, (100_000, 100_000), (MEDIUM, LARGE)),
        ({"rates": BY_SIZE, "floor": 40_001}, (100_000, 100_000), (MICRO, MICRO)),
    ],
    ids=["no rate", "a ceiling alone", "no spend", "no end", "a size without a rate", "under the floor"],
)
def test_nothing_is_told_where_nothing_bounds_it(terms, spend, sizes):
    assert estimate(Terms(**terms), Interval(*spend), sizes) is None


euros = st.integers(0, 10**6).map(float)
rates = st.integers(0, 100).map(float)
terms_of_any_kind = st.builds(
    Terms,
    rate_max=st.none() | st.just(100.0),
    rates=st.dictionaries(st.sampled_from(SIZES), rates),
    ceiling=st.none() | euros,
    spend_min=st.none() | euros,
    spend_max=st.none() | euros,
)


@given(terms_of_any_kind, euros, euros, st.integers(0, 4), st.integers(0, 4))
def test_what_is_given_for_any_spend_and_size_that_may_be_is_in_the_range(terms, one, other, smallest, largest):
    """Whatever the open facts turn out to be, the aid is one that was told; and knowing more never widens it."""
    spend, sizes = Interval(min(one, other), max(one, other)), (min(smallest, largest), max(smallest, largest))
    found = estimate(terms, spend, sizes)
    if found is None:
        return
    for exact in (spend.low, (spend.low + spend.high) / 2, spend.high):
        for size in range(sizes[0], sizes[1] + 1):
            known = estimate(terms, Interval(exact, exact), (size, size))
            assert known is not None
            assert found.aid.low <= known.aid.low + 1e-6
            assert known.aid.high <= found.aid.high + 1e-6
            assert terms.ceiling is None or known.aid.high <= terms.ceiling
