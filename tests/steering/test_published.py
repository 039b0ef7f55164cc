"""What is published: counted as said, rounded, and such that no small number can be told from all of it."""

from datetime import date
from random import Random

import numpy as np
import pytest
from scipy.optimize import linprog

from backend.companies.size_bands import SIZE_LABELS
from backend.privacy.erasing import erase_submission
from backend.steering.disclosure import LEAST, Hidden, bounds, kept_back, most_without, shown
from backend.steering.facts import make_facts
from backend.steering.models import FileFact
from backend.steering.published import as_rows, first_day, publish, published
from backend.territories.models import ServedEpci
from tests.factories import ARC, CCLO, DAY, make_submission
from tests.steering.rows import FAMILIES, count_file

FEW, KEPT_BACK = Hidden.FEW, Hidden.KEPT_BACK


@pytest.mark.parametrize(
    ("n", "cell"), [(0, FEW), (4, FEW), (5, 5), (7, 5), (8, 10), (12, 10), (13, 15), (23, 25), (1002, 1000)]
)
def test_small_numbers_are_not_said_and_the_others_rounded(n, cell):
    assert shown(n) == cell
    least, most = bounds(shown(n))
    assert least <= n <= most


def may_be(cell, sizes):
    """Return what a need may be of which a cell is said, for a reader who knows the rule by which one is hidden."""
    if cell is not KEPT_BACK:
        return bounds(cell)
    hidden = [
        n for n in range(sum(bounds(size)[1] for size in sizes) + 1) if bounds(shown(n))[1] >= most_without(sizes)
    ]
    return min(hidden), max(hidden)


def told(needs, sizes):
    """Return the least and the most that a linear program finds for each small cell, of all that is published.

    Files of each size add up to all files, and no need has more files than there are.
    """
    known = [*map(bounds, sizes), *(may_be(cell, sizes) for cell in needs)]
    less = np.zeros((len(needs), len(known)))
    less[:, : len(sizes)] = -1
    less[np.arange(len(needs)), len(sizes) + np.arange(len(needs))] = 1
    found = []
    for place, cell in enumerate((*sizes, *needs)):
        if cell is not FEW:
            continue
        cost = np.zeros(len(known))
        cost[place] = 1
        ends = []
        for sign in (1, -1):
            done = linprog(sign * cost, A_ub=less, b_ub=np.zeros(len(needs)), bounds=known)
            assert done.success
            ends.append(sign * done.fun)
        found.append(tuple(round(end) for end in ends))
    return found


def drawn(seed):
    """Draw counts of an intercommunality: of any size, or all but one such that rounding hides the least."""
    random = Random(seed)  # noqa: S311
    sizes = [random.choice((0, 1, 2, 4, 6, 9, 30) if seed % 2 else (7, 12, 22)) for _ in range(random.randint(1, 5))]
    sizes.append(random.choice((0, 3, 4)))
    n = sum(sizes)
    needs = [random.choice((0, 3, n // 2, n, n)) for _ in range(6)]
    return tuple(map(shown, needs)), tuple(map(shown, sizes))


@pytest.mark.slow
def test_no_small_number_is_told_by_all_that_is_published():
    n_told = 0
    for seed in range(120):
        needs, sizes = drawn(seed)
        safe = kept_back(needs, sizes)
        assert set(told(safe, sizes)) <= {(0, LEAST - 1)}, seed
        n_told += not set(told(needs, sizes)) <= {(0, LEAST - 1)}
    assert n_told > 0  # without the rule, some would be


def test_a_need_of_which_nothing_small_can_be_told_stays():
    assert kept_back((100, FEW), (60, 40, 5)) == (100, FEW)  # no size is small
    assert kept_back((90, FEW), (100, FEW)) == (90, FEW)
    assert kept_back((105, 100, 95), (100, FEW)) == (KEPT_BACK, KEPT_BACK, 95)


@pytest.mark.parametrize("others", [(12, 22), (7, 12, 22, 7), (22,)])
def test_a_hidden_need_does_not_say_that_the_small_size_is_not_0(others):
    seen = set()
    for few in range(LEAST):
        n = sum(others) + few
        sizes = tuple(map(shown, (*others, few)))
        safe = kept_back((shown(n),), sizes)
        assert told(safe, sizes) == [(0, LEAST - 1)]
        seen |= {sizes}
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("on", "first"),
    [(DAY, date(2026, 12, 1)), (date(2026, 12, 31), date(2027, 1, 1)), (date(2027, 1, 1), date(2027, 2, 1))],
)
def test_the_first_of_next_month_is_said(on, first):
    assert first_day(on) == first


@pytest.mark.django_db
def test_files_are_counted_once_confirmed_up_to_the_end_of_last_month():
    september = {"filed_on": date(2026, 9, 30)}
    erased, *_others = [count_file(ARC, **september) for _ in range(6)]
    for _ in range(5):
        count_file(ARC, filed_on=date(2026, 11, 1))  # of this month
    for n, needs in ((4, FAMILIES), (7, ("numerique",))):
        for _ in range(n):
            count_file(CCLO, needs=needs, **september)
    count_file(ARC, confirmed=False, **september)
    assert published() is None
    assert publish(on=DAY) == 1
    before = published()
    assert before.until == date(2026, 10, 31)
    said = {
        (epci, column): cell for name in ("besoins", "tailles") for epci, column, cell in as_rows(before.table(name))
    }
    names = dict(ServedEpci.objects.values_list("short_name", "usual_name"))
    arc, cclo = names[ARC], names[CCLO]
    small = SIZE_LABELS["10_to_49"]
    assert (said[arc, small], said[cclo, small]) == ("5", "10")
    needs = {epci: [told for (place, _need), told in said.items() if place == epci] for epci in (arc, cclo)}
    assert sorted(needs[arc])[:4] == ["5", "5", "5", FEW]  # two needs, and the size
    assert "10" in needs[cclo]
    assert set(said.values()) <= {"5", "10", FEW, KEPT_BACK}
    erase_submission(submission=erased.submission)
    corrected = FileFact.objects.filter(filed_on=date(2026, 9, 30), epci__short_name=ARC)[:2]
    FileFact.objects.filter(pk__in=corrected.values("pk")).update(size="large", needs=["energie"])
    assert publish(on=DAY) == 0
    assert published() == before  # nothing moves before next month
    later = date(2026, 12, 1)
    assert publish(on=later) == 1
    assert published().until == date(2026, 11, 30)
    assert published() != before


@pytest.mark.django_db
def test_nothing_is_published_before_a_month_with_a_file_is_over():
    make_facts([make_submission(confirmed=True).pk])
    assert publish(on=DAY) == 0
    assert published() is None
