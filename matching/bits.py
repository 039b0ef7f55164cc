"""Sets of rows as bits, 64 to a word, the first row in the lowest bit."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from matching.outcomes import BoolArray

type Words = NDArray[np.uint64]
type Rows = NDArray[np.intp]

WORD = 64
BLOCK = 1 << 15  # rows
FEW_RUNS = 200  # that are filled one by one
EVERY = 0xFFFF_FFFF_FFFF_FFFF


def n_words(n: int) -> int:
    """Return how many words hold ``n`` rows."""
    return -(-n // WORD)


def pack(flags: BoolArray) -> Words:
    """Return flags of shape (n,) as words; what is past the last row is 0."""
    found = np.zeros(n_words(len(flags)), dtype=np.uint64)
    packed = np.packbits(flags, bitorder="little")
    found.view(np.uint8)[: len(packed)] = packed
    return found


def pack_blocks(test: Callable[[int, int], BoolArray], n: int) -> Words:
    """Return ``n`` flags as words, from what tells those of a block of rows: blocks stay in the cache."""
    found = np.zeros(n_words(n), dtype=np.uint64)
    packed = found.view(np.uint8)
    for start in range(0, n, BLOCK):
        part = np.packbits(test(start, min(n, start + BLOCK)), bitorder="little")
        packed[start // 8 : start // 8 + len(part)] = part
    return found


def gather(rows: Rows, first: int, last: int) -> Words:
    """Return ascending rows as a set, over the words from ``first`` to ``last``, the latter outside.

    >>> gather(np.array([1, 3, 64]), 0, 2).tolist()
    [10, 1]
    """
    found = np.zeros(last - first, dtype=np.uint64)
    if len(rows):
        words = rows >> 6
        starts = np.concatenate([[0], np.flatnonzero(words[1:] != words[:-1]) + 1])
        found[words[starts] - first] = np.add.reduceat(np.uint64(1) << (rows & 63).astype(np.uint64), starts)
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


def runs_of(flags: BoolArray) -> tuple[Rows, Rows]:
    """Return where runs of true flags start, and where they end, outside.

    >>> [edges.tolist() for edges in runs_of(np.array([True, False, True, True]))]
    [[0, 2], [1, 4]]
    """
    edges = np.flatnonzero(flags[1:] != flags[:-1]) + 1
    if not len(flags):
        return edges, edges
    bounds = [*([0] if flags[0] else []), *edges.tolist(), *([len(flags)] if flags[-1] else [])]
    return np.array(bounds[::2], dtype=np.intp), np.array(bounds[1::2], dtype=np.intp)


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
    """Return runs of rows as a set, over the words from ``first`` to ``last``; ends are outside.

    >>> spans(np.array([1, 66]), np.array([3, 67]), 0, 2).tolist()
    [6, 4]
    """
    if len(starts) <= FEW_RUNS:
        found = np.zeros(last - first, dtype=np.uint64)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if start < end:
                fill(found, start - first * WORD, end - first * WORD)
        return found
    turns = np.zeros((last - first) * WORD + 1, dtype=np.int8)
    np.add.at(turns, starts - first * WORD, 1)
    np.add.at(turns, ends - first * WORD, -1)
    return pack(np.cumsum(turns[:-1], dtype=np.int8).view(np.bool_))
