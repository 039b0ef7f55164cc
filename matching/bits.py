"""Rows of bits: one bit a position, 64 to a word, the first position in the lowest bit."""

import numpy as np
from numpy.typing import NDArray

from matching.outcomes import BoolArray

type Words = NDArray[np.uint64]
type Positions = NDArray[np.intp]

WORD = np.dtype("<u8")


def n_words(n: int) -> int:
    """Return how many words hold ``n`` positions; one at least."""
    return max(1, -(-n // 64))


def pack(flags: BoolArray) -> Words:
    """Return flags of shape (…, n) as words of shape (…, n_words); what is past the last position is 0.

    >>> pack(np.array([True, False, True])).tolist()
    [5]
    """
    found = np.zeros((*flags.shape[:-1], n_words(flags.shape[-1])), dtype=WORD)
    packed = np.packbits(flags, axis=-1, bitorder="little")
    found.view(np.uint8)[..., : packed.shape[-1]] = packed
    return found


def row_of(positions: Positions | list[int], n: int) -> Words:
    """Return some of ``n`` positions as a row.

    >>> row_of([0, 65], 66).tolist()
    [1, 2]
    """
    flags = np.zeros(n, dtype=np.bool_)
    flags[positions] = True
    return pack(flags)


def unpack(words: Words, n: int) -> BoolArray:
    """Return words of shape (…, n_words) as flags of shape (…, n)."""
    return np.unpackbits(words.view(np.uint8), axis=-1, count=n, bitorder="little").view(np.bool_)


def positions_of(row: Words, n: int) -> Positions:
    """Return the positions of a row, ascending.

    >>> positions_of(row_of([3, 64], 70), 70).tolist()
    [3, 64]
    """
    return np.flatnonzero(unpack(row, n))


def bits_at(rows: Words, positions: Positions) -> NDArray[np.uint8]:
    """Return what rows of shape (n_rows, n_words) say of some positions: ones and zeros, (n_rows, n_positions)."""
    found = rows.view(np.uint8).take(positions >> 3, axis=1)
    found >>= (positions & 7).astype(np.uint8)
    found &= 1
    return found
