"""All compiled loops: only :mod:`matching.kernels` imports them, where numba is installed.

They say what the rest of the engine says with numpy, with the same additions in the same order.
"""

from typing import Any

import numpy as np
from numba import njit

from matching.best_loops import answer as answer
from matching.class_loops import judge_many as judge_many
from matching.crowd_loops import choose_sorted as choose_sorted
from matching.set_loops import count as count
from matching.set_loops import list_ids as list_ids
from matching.set_loops import narrow as narrow

MOST_ROWS = 32  # of twelve bits, each times fourteen bits, that 32 bits hold together


@njit(cache=True, nogil=True)
def add_rows(rows: Any, times: Any, table: Any, sums: Any) -> None:
    """Add some rows of a table, each so many times; four at a time, as many as 32 bits hold."""
    together, n = np.empty(sums.size, np.int32), len(rows)
    for start in range(0, n, MOST_ROWS):
        together[:] = 0
        end = min(n, start + MOST_ROWS)
        for at in range(start, end - 3, 4):
            first, second = table[rows[at]], table[rows[at + 1]]
            third, fourth = table[rows[at + 2]], table[rows[at + 3]]
            one, two, three, four = times[at], times[at + 1], times[at + 2], times[at + 3]
            for column in range(sums.size):
                together[column] += (
                    np.int32(first[column]) * one
                    + np.int32(second[column]) * two
                    + np.int32(third[column]) * three
                    + np.int32(fourth[column]) * four
                )
        for at in range(end - (end - start) % 4, end):
            row, one = table[rows[at]], times[at]
            for column in range(sums.size):
                together[column] += np.int32(row[column]) * one
        for column in range(sums.size):
            sums[column] += together[column]


@njit(cache=True, nogil=True)
def add_entries(places: Any, times: Any, starts: Any, columns: Any, weights: Any, sums: Any) -> None:
    """Add what a matrix holds in some rows, each so many times."""
    for row in range(len(places)):
        for entry in range(starts[places[row]], starts[places[row] + 1]):
            sums[columns[entry]] += weights[entry] * times[row]
