"""The loop that numba compiles for texts: it says what :mod:`matching.postings` says with numpy, in whole numbers."""

from typing import Any

import numpy as np
from numba import njit

from matching.lexicon import N_PLACES
from matching.vocabulary import CHECKSUM, COMPLEMENT, FIRST_LETTER, FIRST_TERM, LAST_LETTER, LAST_TERM, ROW, SPARED

LEAST, MOST = -(1 << 15), (1 << 15) - 1


def _checksums() -> Any:
    """Return what each byte does to a checksum (CRC-32 of ISO 3309, as that of zlib)."""
    found = np.arange(256, dtype=np.int64)
    for _ in range(8):
        found = np.where(found & 1, found >> 1 ^ 0xEDB88320, found >> 1)
    return found


BY_BYTE = _checksums()


@njit(cache=True, nogil=True)
def _find(key: int, slots: Any, keys: Any, n: int) -> int:
    """Return which of ``n`` keys one is, in a table of slots that is searched from its own on; a new one is added."""
    last = np.uint64(len(slots) - 1)
    slot = np.uint64(key) & last
    while slots[slot] >= 0:
        if keys[np.uint64(slots[slot])] == key:
            return int(slots[slot])
        slot = slot + np.uint64(1) & last
    slots[slot], keys[n] = n, key
    return n


@njit(cache=True, nogil=True)
def _add_rows(rows: Any, times: Any, n: int, table: Any, sums: Any) -> None:
    """Add some rows of a table, each so many times: eight at once, so that as many are fetched at the same time."""
    for at in range(0, n - 7, 8):
        first, second, third, fourth = table[rows[at]], table[rows[at + 1]], table[rows[at + 2]], table[rows[at + 3]]
        fifth, sixth, seventh, last = (
            table[rows[at + 4]],
            table[rows[at + 5]],
            table[rows[at + 6]],
            table[rows[at + 7]],
        )
        one, two, three, four = times[at], times[at + 1], times[at + 2], times[at + 3]
        five, six, seven, eight = times[at + 4], times[at + 5], times[at + 6], times[at + 7]
        for column in range(len(sums)):
            sums[column] += (
                np.int32(first[column]) * one
                + np.int32(second[column]) * two
                + np.int32(third[column]) * three
                + np.int32(fourth[column]) * four
                + np.int32(fifth[column]) * five
                + np.int32(sixth[column]) * six
                + np.int32(seventh[column]) * seven
                + np.int32(last[column]) * eight
            )
    for at in range(n - n % 8, n):
        row, one = table[rows[at]], times[at]
        for column in range(len(sums)):
            sums[column] += np.int32(row[column]) * one


@njit(cache=True, nogil=True)
def add_text(
    numbers: Any, words: Any, terms: Any, letters: Any, places: Any, damped: Any, table: Any, scales: Any, beside: Any,
    sums: Any,
) -> int:  # fmt: skip
    """Write what a text brings to each subject, and return the square of its length, both in whole numbers.

    Sums are right where they fit in 32 bits, whatever they were on their way there.

    Parameters
    ----------
    numbers : (n_words,) ndarray of int32
    words, terms, letters
        Of the shelf that the numbers are of.
    places : (N_PLACES, 4) ndarray of int32
        What a term weighs, its row or -1, where what it brings to subjects starts and ends if it has none.
    damped : (n,) ndarray of int64
        By how often a term is said.
    table : (n_rows, n_subjects) ndarray of uint8 or uint16
    scales : (n_rows, 3) ndarray of int32
        What a row is multiplied by, where what it cannot hold starts and ends.
    beside : (n, 2) ndarray of int32
        What stands in no row: the subject, and how much.
    sums : (n_subjects,) ndarray of int32
    """
    n_words, most = len(numbers), 0
    for number in numbers:
        most += 2 + words[number, LAST_TERM] - words[number, FIRST_TERM]
    size = 64
    while size < 4 * most:
        size *= 2
    slots, keys = np.full(size, -1, np.int32), np.empty(most, np.int32)
    counts, in_rows, weights = np.zeros(most, np.int64), np.zeros(most, np.int64), np.empty(most, np.int64)
    rows, steps = np.empty(most, np.int32), np.empty(most, np.int64)
    known, said_in = np.empty(n_words, np.int32), np.empty(most, np.int32)
    n = n_rows = n_said = 0
    was_loud = True
    for at in range(n_words):
        number = numbers[at]
        start, end, row = words[number, FIRST_TERM], words[number, LAST_TERM], words[number, ROW]
        is_first = False
        if row >= 0:
            found = _find(N_PLACES + number, slots, keys, n)  # the word itself, beside the terms
            counts[found] += 1
            if found == n:
                n, is_first = n + 1, True
                rows[n_rows], known[n_rows] = row, found
                n_rows += 1
        for term in range(start, end):
            found = _find(terms[term, 0], slots, keys, n)
            counts[found] += 1
            if found == n:
                n += 1
                weights[found] = terms[term, 1]
            if is_first:
                said_in[n_said] = found
                n_said += 1
        is_loud = start < end
        if at and (is_loud or was_loud):
            state = words[numbers[at - 1], CHECKSUM]
            for letter in range(words[number, FIRST_LETTER], words[number, LAST_LETTER]):
                state = BY_BYTE[(state ^ letters[letter]) & 255] ^ state >> 8
            place = (state ^ COMPLEMENT) & (N_PLACES - 1)
            found = _find(place, slots, keys, n)
            if found == n:
                n += 1
                weights[found] = places[place, 0]
            counts[found] += 1
        was_loud = is_loud
    n_said = 0
    for each in range(n_rows):
        steps[each] = damped[min(counts[known[each]], len(damped) - 1)]
        word = keys[known[each]] - N_PLACES
        for _ in range(words[word, LAST_TERM] - words[word, FIRST_TERM]):
            in_rows[said_in[n_said]] += steps[each]
            n_said += 1
    sums[:] = 0
    square = 0
    for each in range(n):
        place = keys[each]
        if place >= N_PLACES:
            continue
        said = damped[min(counts[each], len(damped) - 1)]
        value = said * weights[each] >> SPARED
        square += value * value
        apart = said - in_rows[each]
        if not apart:
            continue
        if places[place, 1] >= 0:
            rows[n_rows], steps[n_rows] = places[place, 1], apart
            n_rows += 1
        else:
            for entry in range(places[place, 2], places[place, 3]):
                sums[beside[entry, 0]] += beside[entry, 1] * apart
    times = np.empty(n_rows, np.int16)
    n = 0
    for each in range(n_rows):
        row, apart = rows[each], steps[each]
        for entry in range(scales[row, 1], scales[row, 2]):
            sums[beside[entry, 0]] += beside[entry, 1] * apart
        apart *= scales[row, 0]
        if LEAST <= apart <= MOST:
            rows[n], times[n] = row, apart
            n += 1
        else:
            for column in range(len(sums)):
                sums[column] += table[row, column] * apart
    _add_rows(rows, times, n, table, sums)
    return square
