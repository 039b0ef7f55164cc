"""Sets of rows as bits, 64 to a word or in one whole number, the first row in the lowest bit."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from matching.outcomes import BoolArray, OutcomeArray

type Words = NDArray[np.uint64]
type Rows = NDArray[np.intp]

WORD = 64
BLOCK = 1 << 15  # rows
FEW_POSITIONS = 8  # that are put into a whole number one by one
FEW_RUNS = 8  # that are filled one by one
EVERY = 0xFFFF_FFFF_FFFF_FFFF
PLACE_BITS = 20  # of a scheme among all others, in a number that holds its score too


@dataclass(frozen=True, slots=True)
class Among:
    """The words that are looked at.

    Parameters
    ----------
    first, last : int
        From the one to the other, which is outside.
    some : ndarray of int, optional
        These of them only, ascending.
    """

    first: int
    last: int
    some: Rows | None = None

    @property
    def n(self) -> int:
        return self.last - self.first if self.some is None else len(self.some)


def n_words(n: int) -> int:
    """Return how many words hold ``n`` rows."""
    return -(-n // WORD)


def pack(flags: BoolArray) -> Words:
    """Return flags of shape (n,) as words; what is past the last row is 0."""
    found = np.zeros(n_words(len(flags)), dtype=np.uint64)
    packed = np.packbits(flags, bitorder="little")
    found.view(np.uint8)[: len(packed)] = packed
    return found


def row_of(positions: Collection[int] | Rows) -> int:
    """Return positions as a whole number, one bit each: written once, however many they are.

    >>> row_of([0, 3]), row_of(range(70)) == (1 << 70) - 1
    (9, True)
    """
    if len(positions) <= FEW_POSITIONS:
        return reduce(lambda row, position: row | 1 << int(position), positions, 0)
    places = positions if isinstance(positions, np.ndarray) else np.fromiter(positions, np.intp, len(positions))
    flags = np.zeros(places.max() + 1, dtype=np.bool_)
    flags[places] = True
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def pack_blocks(test: Callable[[int, int], BoolArray], n: int) -> Words:
    """Return ``n`` flags as words, from what tells those of a block of rows: blocks stay in the cache."""
    found = np.zeros(n_words(n), dtype=np.uint64)
    packed = found.view(np.uint8)
    for start in range(0, n, BLOCK):
        part = np.packbits(test(start, min(n, start + BLOCK)), bitorder="little")
        packed[start // 8 : start // 8 + len(part)] = part
    return found


def rows_of(words: Words) -> Rows:
    """Return the rows of a set, ascending.

    >>> rows_of(pack(np.array([False, True, True]))).tolist()
    [1, 2]
    """
    filled = np.flatnonzero(words)
    if 4 * len(filled) > 3 * len(words):
        return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little").view(np.bool_))
    bits = np.unpackbits(words[filled].view(np.uint8), bitorder="little").view(np.bool_)
    found = np.flatnonzero(bits)
    rows: Rows = (filled << 6)[found >> 6] + (found & 63)
    return rows


def runs_of(outcomes: OutcomeArray) -> tuple[Rows, OutcomeArray]:
    """Return where runs of one outcome start, and the outcome of each.

    >>> [each.tolist() for each in runs_of(np.array([1, 1, 0, -1, -1], np.int8))]
    [[0, 2, 3], [1, 0, -1]]
    """
    edges = (outcomes[1:] != outcomes[:-1]).nonzero()[0]
    starts = np.zeros(len(edges) + 1, dtype=np.intp)
    np.add(edges, 1, out=starts[1:])
    return starts, outcomes[starts]


def fill(words: Words, start: int, stop: int) -> None:
    """Add the rows from ``start`` to ``stop``, the latter outside."""
    low, high = start >> 6, (stop - 1) >> 6
    head, tail = EVERY << (start & 63) & EVERY, EVERY >> (63 - ((stop - 1) & 63))
    if low == high:
        words[low] |= np.uint64(head & tail)
        return
    words[low] |= np.uint64(head)
    words[low + 1 : high] = EVERY
    words[high] |= np.uint64(tail)


def spans(starts: Rows, ends: Rows, first: int, last: int) -> Words:
    """Return runs of rows as a set, over the words from ``first`` to ``last``; ends are outside, runs ascend.

    >>> spans(np.array([1, 66]), np.array([3, 67]), 0, 2).tolist()
    [6, 4]
    """
    found = np.zeros(last - first, dtype=np.uint64)
    if len(starts) > FEW_RUNS:
        is_any = starts < ends
        starts, ends = starts[is_any], ends[is_any]
        lows, highs = starts // WORD - first, (ends - 1) // WORD - first
        heads = np.uint64(EVERY) << (starts % WORD).astype(np.uint64)
        tails = np.uint64(EVERY) >> ((-ends) % WORD).astype(np.uint64)
        is_short = lows == highs
        np.bitwise_or.at(found, lows, np.where(is_short, heads & tails, heads))
        np.bitwise_or.at(found, highs[~is_short], tails[~is_short])
        starts, ends = (lows + 1) * WORD, highs * WORD  # the whole words between
        is_long = starts < ends
        starts, ends, first = starts[is_long], ends[is_long], 0
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if start < end:
            fill(found, start - first * WORD, end - first * WORD)
    return found
