"""Loops over the classes of firms, that numba compiles: what they settle, joined row by row."""

from typing import Any

import numpy as np
from numba import njit

from matching.set_loops import Words


@njit(cache=True, nogil=True)
def join(places: Any, which: int, classes: Any, rows: Words, found: Words) -> None:
    """Write the schemes that one of some classes holds in a row."""
    first = classes[places[0], which]
    for word in range(len(found)):
        found[word] = rows[first, word]
    for table in range(1, len(places)):
        row = classes[places[table], which]
        if row:
            for word in range(len(found)):
                found[word] |= rows[row, word]


@njit(cache=True, nogil=True)
def gather(places: Any, starts: Any, facts: Any, opened: Any) -> int:
    """Write what classes leave open, by fact, and return how many."""
    n = 0
    for table in range(len(places)):
        for entry in range(starts[places[table]], starts[places[table] + 1]):
            slot = n
            while slot and opened[slot - 1, 0] > facts[entry, 0]:
                for cell in range(3):
                    opened[slot, cell] = opened[slot - 1, cell]
                slot -= 1
            for cell in range(3):
                opened[slot, cell] = facts[entry, cell]
            n += 1
    return n


@njit(cache=True, nogil=True)
def count_open(opened: Any, n_facts: int, rows: Words, word: int, low: np.uint64) -> int:
    """Return how many halves of facts a scheme, one bit of a word, leaves open; of a fact the first entry counts."""
    halves, counted = np.int64(0), np.int64(-1)
    for fact in range(n_facts):  # without a branch: which facts are open cannot be foreseen
        is_open = np.int64((rows[opened[fact, 1], word] & low) != 0)
        halves += opened[fact, 2] * is_open * (opened[fact, 0] != counted)
        counted += (opened[fact, 0] - counted) * is_open
    return int(halves)


@njit(cache=True, nogil=True)
def hide(parents: Any, variants: Words, possible: Words, hidden: Words) -> None:
    """Write the parents of which a variant is possible."""
    hidden[:] = 0
    for parent in range(len(parents)):
        for word in range(len(possible)):
            if variants[parent, word] & possible[word]:
                at = parents[parent]
                hidden[at // 64] |= np.uint64(1) << np.uint64(at % 64)
                break


@njit(cache=True, nogil=True)
def judge_many(places: Any, rows: Words, found: Words) -> None:
    """Write, firm by firm, what none of its rows holds; ``places`` of rows has one or more for each firm.

    Four are read at once, so that most firms are written once.
    """
    n_words, last = rows.shape[1], places.shape[1] - 1
    second, third, fourth = min(1, last), min(2, last), min(3, last)
    for firm in range(len(places)):
        one, two, three, four = places[firm, 0], places[firm, second], places[firm, third], places[firm, fourth]
        for word in range(n_words):
            found[firm, word] = ~(rows[one, word] | rows[two, word] | rows[three, word] | rows[four, word])
        for table in range(4, last + 1):
            row = places[firm, table]
            for word in range(n_words):
                found[firm, word] &= ~rows[row, word]
