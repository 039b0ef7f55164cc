"""The loop that numba compiles for texts: it says what :mod:`matching.postings` says with numpy, in whole numbers."""

from typing import Any

import numpy as np
from numba import njit

from matching.lexicon import N_PLACES
from matching.vocabulary import (
    BLOCK,
    CHECKSUM,
    COMPLEMENT,
    FIRST_BYTE,
    FIRST_LETTER,
    FIRST_TERM,
    FIRST_WORD,
    LAST_BYTE,
    LAST_LETTER,
    LAST_TERM,
    LAST_WORD,
    ROW,
    SPARED,
)

SPACE, TAB, RETURN = b" \t\r"  # what is between chunks: a space, and what is from a tabulation to a return
EIGHT = 8  # rows that are read at once
LEAST, MOST = -(1 << 15), (1 << 15) - 1


def _checksums() -> Any:
    """Return what each byte does to a checksum (CRC-32 of ISO 3309, as that of zlib)."""
    found = np.arange(256, dtype=np.int64)
    for _ in range(8):
        found = np.where(found & 1, found >> 1 ^ 0xEDB88320, found >> 1)
    return found


BY_BYTE = _checksums()


@njit(cache=True, nogil=True)
def _find_chunks(text: Any, slots: Any, chunks: Any, letters: Any, found: Any) -> int:
    """Write the numbers of the chunks of a text, and return how many there are: -1 where one of them has none."""
    last, n, at, size = np.uint64(len(slots) - 1), 0, 0, len(text)
    while True:
        while at < size and (text[at] == SPACE or TAB <= text[at] <= RETURN):
            at += 1
        if at == size:
            return n
        start, state = at, np.int64(COMPLEMENT)
        while at < size and not (text[at] == SPACE or TAB <= text[at] <= RETURN):
            state = BY_BYTE[(state ^ text[at]) & 255] ^ state >> 8
            at += 1
        slot = np.uint64(state ^ COMPLEMENT) & last
        while True:
            chunk = slots[slot]
            if chunk < 0:
                return -1
            first = chunks[chunk, FIRST_BYTE]
            if chunks[chunk, LAST_BYTE] - first == at - start:
                same = 0
                while same < at - start and letters[first + same] == text[start + same]:
                    same += 1
                if same == at - start:
                    break
            slot = slot + np.uint64(1) & last
        found[n] = chunk
        n += 1


@njit(cache=True, nogil=True)
def _read(text: Any, hidden: Any, slots: Any, chunks: Any, said: Any, letters: Any) -> Any:
    """Return the numbers of the words of a text that are not hidden; of one word, -1, where a chunk has no number."""
    found = np.empty(len(text) // 2 + 1, np.int32)
    n_chunks, n = _find_chunks(text, slots, chunks, letters, found), 0
    if n_chunks < 0:
        return np.full(1, -1, np.int32)
    for each in range(n_chunks):
        n += chunks[found[each], LAST_WORD] - chunks[found[each], FIRST_WORD]
    numbers, at, n = np.empty(n, np.int32), 0, 0
    for each in range(n_chunks):
        for word in range(chunks[found[each], FIRST_WORD], chunks[found[each], LAST_WORD]):
            if at >= len(hidden) or not hidden[at]:
                numbers[n] = said[word]
                n += 1
            at += 1
    return numbers[:n]


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
def _pair(one: int, other: int, words: Any, letters: Any) -> int:
    """Return the place of a pair of words: the checksum of both and a space between."""
    state = words[one, CHECKSUM]
    for letter in range(words[other, FIRST_LETTER], words[other, LAST_LETTER]):
        state = BY_BYTE[(state ^ letters[letter]) & 255] ^ state >> 8
    return int((state ^ COMPLEMENT) & (N_PLACES - 1))


@njit(cache=True, nogil=True)
def _count(numbers: Any, words: Any, terms: Any, letters: Any, places: Any, keys: Any, counts: Any, weights: Any,
           known: Any, owned: Any) -> tuple[int, int]:  # fmt: skip
    """Write the terms of some words, and return how many there are, and how many of the words have a row.

    These are among the terms, as ``N_PLACES`` and their number: ``known`` says which they are, ``owned`` which are the
    terms of the first of them, of the second and so on.
    """
    size = 64
    while size < 4 * len(keys):
        size *= 2
    slots, n, n_known, n_owned, was_loud = np.full(size, -1, np.int32), 0, 0, 0, True
    for at in range(len(numbers)):
        number, is_first = numbers[at], False
        if words[number, ROW] >= 0:
            found = _find(N_PLACES + number, slots, keys, n)
            counts[found] += 1
            if found == n:
                n, is_first = n + 1, True
                known[n_known] = found
                n_known += 1
        for term in range(words[number, FIRST_TERM], words[number, LAST_TERM]):
            found = _find(terms[term, 0], slots, keys, n)
            counts[found] += 1
            if found == n:
                n += 1
                weights[found] = terms[term, 1]
            if is_first:
                owned[n_owned] = found
                n_owned += 1
        is_loud = words[number, FIRST_TERM] < words[number, LAST_TERM]
        if at and (is_loud or was_loud):
            place = _pair(numbers[at - 1], number, words, letters)
            found = _find(place, slots, keys, n)
            counts[found] += 1
            if found == n:
                n += 1
                weights[found] = places[place, 0]
        was_loud = is_loud
    return n, n_known


@njit(cache=True, nogil=True)
def _add_entries(start: int, end: int, times: int, beside: Any, sums: Any) -> None:
    for entry in range(start, end):
        sums[beside[entry, 0]] += beside[entry, 1] * times


@njit(cache=True, nogil=True)
def _add_rows(rows: Any, times: Any, n: int, table: Any, start: int, end: int, sums: Any) -> None:
    """Add some columns of rows of a table, each so many times: eight rows at once, whose number divides ``n``."""
    for at in range(0, n, EIGHT):
        first, second = table[rows[at]][start:end], table[rows[at + 1]][start:end]
        third, fourth = table[rows[at + 2]][start:end], table[rows[at + 3]][start:end]
        fifth, sixth = table[rows[at + 4]][start:end], table[rows[at + 5]][start:end]
        seventh, last = table[rows[at + 6]][start:end], table[rows[at + 7]][start:end]
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


@njit(cache=True, nogil=True)
def add_text(
    text: Any, hidden: Any, slots: Any, chunks: Any, said: Any, words: Any, terms: Any, letters: Any, places: Any,
    damped: Any, table: Any, scales: Any, beside: Any, wanted: Any, written: Any,
) -> int:  # fmt: skip
    """Write what a text brings to subjects, and return the square of its length, both in whole numbers.

    It is -1 where a chunk of the text has no number yet.
    Sums are right where they fit in 32 bits, whatever they were on their way there.

    Parameters
    ----------
    text : (n_bytes,) ndarray of uint8
        In UTF-8.
    hidden : (n,) ndarray of bool
        Whether each of the first words of the text does not count.
    slots, chunks, said, words, terms, letters
        A shelf.
    places : (N_PLACES, 4) ndarray of int32
        What a term weighs, its row or -1, where what it brings to subjects starts and ends if it has none.
    damped : (n,) ndarray of int64
        By how often a term is said.
    table : (n_rows, n_subjects) ndarray of uint8 or uint16
    scales : (n_rows, 3) ndarray of int32
        What a row is multiplied by, where what it cannot hold starts and ends.
    beside : (n, 2) ndarray of int32
        What stands in no row: the subject, and how much.
    wanted : (n_blocks,) ndarray of bool
        Blocks of subjects, which stand beside each other in memory: the others may be left out.
    written : (n_subjects,) ndarray of float64
        The sums.
    """
    numbers, most = _read(text, hidden, slots, chunks, said, letters), 0
    if len(numbers) and numbers[0] < 0:
        return -1
    for number in numbers:
        most += 2 + words[number, LAST_TERM] - words[number, FIRST_TERM]
    keys, known, owned = np.empty(most, np.int32), np.empty(len(numbers), np.int32), np.empty(most, np.int32)
    often, in_rows, weights = np.zeros(most, np.int64), np.zeros(most, np.int64), np.empty(most, np.int64)
    n, n_rows = _count(numbers, words, terms, letters, places, keys, often, weights, known, owned)
    for each in range(n):
        often[each] = damped[min(often[each], len(damped) - 1)]
    rows, steps, n_owned = np.empty(most + EIGHT, np.int32), np.empty(most, np.int64), 0
    for each in range(n_rows):
        number = keys[known[each]] - N_PLACES
        rows[each], steps[each] = words[number, ROW], often[known[each]]
        for _ in range(words[number, LAST_TERM] - words[number, FIRST_TERM]):
            in_rows[owned[n_owned]] += steps[each]
            n_owned += 1
    sums, square = np.zeros(len(written), np.int32), 0
    for each in range(n):
        place, apart = keys[each], often[each] - in_rows[each]
        if place >= N_PLACES:
            continue
        value = often[each] * weights[each] >> SPARED
        square += value * value
        if apart and places[place, 1] >= 0:
            rows[n_rows], steps[n_rows] = places[place, 1], apart
            n_rows += 1
        elif apart:
            _add_entries(places[place, 2], places[place, 3], apart, beside, sums)
    times, n = np.empty(n_rows + EIGHT, np.int16), 0
    for each in range(n_rows):
        row = rows[each]
        _add_entries(scales[row, 1], scales[row, 2], steps[each], beside, sums)
        scaled = steps[each] * scales[row, 0]
        if LEAST <= scaled <= MOST:
            rows[n], times[n] = row, scaled
            n += 1
        else:
            for column in range(len(sums)):
                sums[column] += table[row, column] * scaled
    while n % EIGHT:
        rows[n], times[n] = 0, 0
        n += 1
    end = 0
    for start in range(len(wanted)):
        if start < end or not wanted[start]:
            continue
        end = start
        while end < len(wanted) and wanted[end]:
            end += 1
        first, last = start * BLOCK, min(end * BLOCK, len(sums))
        _add_rows(rows, times, n, table, first, last, sums[first:last])
        written[first:last] = sums[first:last]
    return square
