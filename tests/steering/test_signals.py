"""Sentences beside the published tables, of one month and of the next: no small cell can be told from all of them."""

from random import Random

import numpy as np
import pytest
from scipy.optimize import linprog

from backend.steering.disclosure import LEAST, LEAST_FILES, Hidden, bounds, kept_back, may_be_said, most_of_need, shown

N_EPCIS, N_SIZES, N_NEEDS = 3, 3, 2
PER_EPCI = N_SIZES + N_NEEDS
PER_MONTH = N_EPCIS * PER_EPCI


def drawn(random):
    """Draw the files of each intercommunality by size and by need; the last need may be of all of them."""
    found = []
    for _ in range(N_EPCIS):
        sizes = [random.choice((0, 1, 4, 7, 12, 23)) for _ in range(N_SIZES)]
        found.append((sizes, [random.randint(0, sum(sizes)), sum(sizes)]))
    return found


def grown(random, month):
    """Return the same a month later: files were filed since."""
    later = []
    for sizes, (need, _all) in month:
        added = [random.choice((0, 0, 1, 6)) for _ in sizes]
        sizes = [size + more for size, more in zip(sizes, added, strict=True)]
        later.append((sizes, [need + random.randint(0, sum(added)), sum(sizes)]))
    return later


def said_of(month):
    """Return what is published of a month: its cells, and the sentences that the rule would let be said."""
    cells = [(tuple(map(shown, needs)), tuple(map(shown, sizes))) for sizes, needs in month]
    cells = [(kept_back(needs, sizes), sizes) for needs, sizes in cells]
    sentences = []  # how many files, and the places of the cells that hold them
    for need in range(N_NEEDS):
        n = sum(needs[need] for _sizes, needs in month)
        beside = [(needs[need], most_of_need(needs[need], sizes)) for needs, sizes in cells]
        sentences.append((n, [epci * PER_EPCI + N_SIZES + need for epci in range(N_EPCIS)], beside))
    for epcis in (range(N_EPCIS), *([epci] for epci in range(N_EPCIS))):
        places = [epci * PER_EPCI + size for epci in epcis for size in range(N_SIZES)]
        n = sum(sum(month[epci][0]) for epci in epcis)
        sentences.append((n, places, [(size, bounds(size)[1]) for epci in epcis for size in cells[epci][1]]))
    return cells, [(n, places, beside) for n, places, beside in sentences if n >= LEAST_FILES]


def told(months, *, by_rule):
    """Return what a linear program finds of each small cell of some months, of all that is published of them.

    Files by size add up to all, of which no need has more; a month has what the one before had; a sentence is of so
    many files at least as its number can stand for.
    """
    known, rows, limits = [], [], []
    small = []
    width = PER_MONTH * len(months)

    def at_most_none(**terms):
        row = np.zeros(width)
        for place, weight in terms["row"]:
            row[place] += weight
        rows.append(row)
        limits.append(terms["limit"])

    for nth, month in enumerate(months):
        start = nth * PER_MONTH
        cells, sentences = said_of(month)
        for epci, (needs, sizes) in enumerate(cells):
            own = start + epci * PER_EPCI
            for place, cell in enumerate((*sizes, *needs)):
                known.append((0, None) if cell is Hidden.KEPT_BACK else bounds(cell))
                small += [own + place] if cell is Hidden.FEW else []
            for need in range(N_NEEDS):
                of_sizes = [(own + size, -1) for size in range(N_SIZES)]
                at_most_none(row=[(own + N_SIZES + need, 1), *of_sizes], limit=0)
        for n, places, beside in sentences:
            if not by_rule or may_be_said(n, beside):
                at_most_none(
                    row=[(start + place, -1) for place in places], limit=-max(LEAST_FILES, bounds(shown(n))[0])
                )
        if nth:
            for place in range(PER_MONTH):
                at_most_none(row=[(start - PER_MONTH + place, 1), (start + place, -1)], limit=0)
    found = set()
    for place in small:
        cost = np.zeros(width)
        cost[place] = 1
        ends = []
        for sign in (1, -1):
            done = linprog(sign * cost, A_ub=np.array(rows), b_ub=limits, bounds=known)
            assert done.success
            ends.append(round(sign * done.fun))
        found.add(tuple(ends))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("first_seed", [0, 100, 200])
def test_no_small_number_is_told_by_sentences_beside_two_months_of_tables(first_seed):
    n_told = n_said = 0
    for seed in range(first_seed, first_seed + 25):
        random = Random(seed)  # noqa: S311
        month = drawn(random)
        months = [month, grown(random, month)]
        assert told(months, by_rule=True) <= {(0, LEAST - 1)}, seed
        n_told += not told(months, by_rule=False) <= {(0, LEAST - 1)}
        n_said += sum(may_be_said(n, beside) for each in months for n, _places, beside in said_of(each)[1])
    assert n_told > 0  # without the rule, some would be
    assert n_said > 0  # with it, something is said


def test_a_sentence_is_kept_back_where_a_small_cell_would_have_to_fill_it():
    few = (Hidden.FEW, LEAST - 1)
    assert may_be_said(10, [(10, 12), few])
    assert may_be_said(13, [(10, 12), few, few])
    assert not may_be_said(15, [(10, 12), few])  # 13 at least, of which 12 at most are elsewhere
    assert not may_be_said(10, [few, few, few])
    assert may_be_said(10, [few, few, few, few])
    assert may_be_said(40, [(35, 37), (5, 7)])
