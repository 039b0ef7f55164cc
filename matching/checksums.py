"""Checksums of pairs of words, thousands at once, from those of the words."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

N_BYTES = 4  # of a checksum


def pair_checksums(words: Sequence[str], ones: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.uint32]:
    """Return the CRC-32 of two words with a space between, for some pairs of numbers of words; shape (n_pairs,).

    That of a text and what follows it is that of the text, moved on by as many bytes as follow, plus that of what
    follows, as ``crc32_combine`` of zlib has it: moving on is linear in the bits.
    """
    written = [word.encode() for word in words]
    before = np.array([crc32(word + b" ") for word in written], np.uint32)
    after = np.array([crc32(word) for word in written], np.uint32)
    sizes, which = np.unique(np.array([len(word) for word in written], np.intp), return_inverse=True)
    moves = np.array([_moves(size) for size in sizes.tolist()], np.uint32).reshape(-1, N_BYTES, 256)
    state, by, found = before[ones], which[others], after[others]
    for byte in range(N_BYTES):
        found ^= moves[by, byte, state >> np.uint32(8 * byte) & np.uint32(255)]
    return found


def _moves(size: int) -> NDArray[np.uint32]:
    """Return what so many bytes make of a checksum, for each of its bytes and each value of it: to be added up."""
    zeros, values = bytes(size), np.arange(256)
    found = np.zeros((N_BYTES, 256), np.uint32)
    for bit in range(8 * N_BYTES):
        moved = crc32(zeros, 1 << bit) ^ crc32(zeros)
        found[bit // 8] ^= np.where(values >> bit % 8 & 1, moved, 0).astype(np.uint32)
    return found
