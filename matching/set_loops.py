"""Loops over sets of rows that numba compiles: they say what :mod:`matching.dictionary` says with numpy."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from matching.bits import EVERY

type Words = NDArray[np.uint64]

SLICE_BLOCK = 256  # words


@intrinsic
def lowest(typing: Any, word: Any) -> Any:
    """Return the place of the lowest bit of a word."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@intrinsic
def ones(typing: Any, word: Any) -> Any:
    """Return how many bits of a word are set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@njit(cache=True, nogil=True)
def count(words: Words) -> np.uint64:
    """Return how many rows a set has."""
    n = np.uint64(0)
    for word in range(len(words)):
        n += ones(words[word])
    return n


@njit(cache=True, nogil=True)
def list_ids(words: Words, ids: Any, found: Any) -> None:
    """Write the ids of the rows of a set; places are unsigned, so that none counts from the end."""
    n, one, size = np.uint64(0), np.uint64(1), np.uint64(64)
    for word in range(len(words)):
        bits, start = words[word], np.uint64(word) * size
        if bits == EVERY:
            for place in range(size):
                found[n + place] = ids[start + place]
            n += size
            continue
        while bits:
            found[n] = ids[start + lowest(bits)]
            bits &= bits - one
            n += one


@njit(cache=True, nogil=True)
def narrow(bits: Words, first: int, starts: Any, told: Any, sets: Words) -> None:
    """Keep in sets of firms those of which a condition may be met, and is met if there are two sets.

    Each end of a run of codes turns over the firms below it. Blocks of words stay in the cache.
    """
    n_sets, n = sets.shape
    n_bits, n_runs = len(bits), len(starts)
    below, kept = np.empty(SLICE_BLOCK, np.uint64), np.empty((n_sets, SLICE_BLOCK), np.uint64)
    for start in range(0, n, SLICE_BLOCK):
        size = min(SLICE_BLOCK, n - start)
        for floor in range(n_sets):
            kept[floor, :size] = np.uint64(EVERY) if told[n_runs - 1] >= floor else np.uint64(0)
        for run in range(1, n_runs):
            edge, bit = starts[run], 0
            while not edge >> bit & 1:
                bit += 1
            lacking = bits[bit, first + start : first + start + size]
            for word in range(size):
                below[word] = lacking[word]
            for higher in range(bit + 1, n_bits):
                lacking = bits[higher, first + start : first + start + size]
                if edge >> higher & 1:
                    for word in range(size):
                        below[word] |= lacking[word]
                else:
                    for word in range(size):
                        below[word] &= lacking[word]
            for floor in range(n_sets):
                if (told[run - 1] >= floor) != (told[run] >= floor):
                    words = kept[floor]
                    for word in range(size):
                        words[word] ^= below[word]
        for floor in range(n_sets):
            words, wanted = sets[floor, start : start + size], kept[floor]
            for word in range(size):
                words[word] &= wanted[word]
