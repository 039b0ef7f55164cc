"""Several threads that ask one index, as those of a process of the site do, from its first question on."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random
from threading import Barrier

import pytest

from matching import Answer, Index, Interval, Place, Profile, Wish, parse_criterion, rank_listed
from tests.matching.factories import DAY, WEIGHTS, make_scheme

N_THREADS, N_ROUNDS = 6, 12
ACTIVITIES = ["", "10.71A", "25.62B", "26.11Z", "28.11Z", "62.01Z"]
NEEDS = [f"need.{number}" for number in range(30)]


@pytest.fixture(autouse=True)
def _other_threads_come_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def make_index(draw: Random) -> Index:
    bounds = ({"kind": "headcount", "below": 10 * draw.randint(1, 30)} for _ in range(200))
    conditions = [
        *bounds,
        *({"kind": "activity", "any_of": [path]} for path in ("C", "25", "26.11Z", "J", "10.7")),
        *({"kind": "in_territory", "any_of": [f"DEP-{number:02}"]} for number in range(1, 20)),
        {"kind": "age_months", "at_least": 36},
    ]
    return Index(
        make_scheme(
            f"a:{number:03}",
            *draw.sample(conditions, 2),
            needs={need: draw.choice([0.3, 1.0]) for need in draw.sample(NEEDS, 5)},
            kind=draw.choice(["grant", "loan"]),
            window=parse_criterion(
                {"kind": "window", "state": "dated", "closes_on": str(date(2027, 1, 1) + timedelta(number % 50))}
            ),
            variant_of=f"a:{number - 1:03}" if number % 40 == 1 else "",
        )
        for number in range(300)
    )


def make_question(draw: Random) -> tuple[Profile, Wish]:
    staff = draw.randint(1, 300)
    profile = Profile(
        on=DAY + timedelta(draw.randint(0, 60)),  # the points of a day are kept for the last one asked
        activity=draw.choice(ACTIVITIES),
        headcount=Interval(staff, staff + draw.choice([0, 20])),
        place=Place(frozenset({f"DEP-{draw.randint(1, 20):02}"}), frozenset()),
        created_on=draw.choice([None, date(2020, 1, 31)]),
    )
    needs = dict.fromkeys(draw.sample(NEEDS, 3), 1.0)
    return profile, Wish(needs, stated=True, ticked=frozenset(needs))


def ask(index: Index, questions: list[tuple[Profile, Wish]]) -> list[Answer]:
    return [rank_listed(index, profile, wish, WEIGHTS) for profile, wish in questions]


@pytest.mark.slow
def test_threads_that_ask_at_once_are_answered_as_one_alone() -> None:
    draw = Random(3)  # noqa: S311
    start = Barrier(N_THREADS)

    def wait_and_ask(index: Index, questions: list[tuple[Profile, Wish]]) -> list[Answer]:
        start.wait()
        return ask(index, questions)

    with ThreadPoolExecutor(N_THREADS) as threads:
        for seed in range(N_ROUNDS):
            several = [[make_question(draw) for _ in range(25)] for _ in range(N_THREADS)]
            shared = make_index(Random(seed))  # noqa: S311
            found = [threads.submit(wait_and_ask, shared, questions) for questions in several]
            alone = make_index(Random(seed))  # noqa: S311
            assert [each.result() for each in found] == [ask(alone, questions) for questions in several]
