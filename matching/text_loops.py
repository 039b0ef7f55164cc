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

EIGHT = 8  # rows that are read at once
SPACE, TAB, RETURN = b" \t\r"  # what is between chunks: a space, and what is from a tabulation to a return
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
    n_words = len(numbers)
    if n_words and numbers[0] < 0:
        return -1
    sums = np.zeros(len(written), np.int32)
    for number in numbers:
        most += 2 + words[number, LAST_TERM] - words[number, FIRST_TERM]
    size = 64
    while size < 4 * most:
        size *= 2
    slots, keys = np.full(size, -1, np.int32), np.empty(most, np.int32)
    counts, in_rows, weights = np.zeros(most, np.int64), np.zeros(most, np.int64), np.empty(most, np.int64)
    rows, steps = np.empty(most + EIGHT, np.int32), np.empty(most, np.int64)
    known, owned = np.empty(n_words, np.int32), np.empty(most, np.int32)
    n = n_rows = n_owned = 0
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
                owned[n_owned] = found
                n_owned += 1
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
    n_owned = 0
    for each in range(n_rows):
        steps[each] = damped[min(counts[known[each]], len(damped) - 1)]
        word = keys[known[each]] - N_PLACES
        for _ in range(words[word, LAST_TERM] - words[word, FIRST_TERM]):
            in_rows[owned[n_owned]] += steps[each]
            n_owned += 1
    square = 0
    for each in range(n):
        place = keys[each]
        if place >= N_PLACES:
            continue
        often = damped[min(counts[each], len(damped) - 1)]
        value = often * weights[each] >> SPARED
        square += value * value
        apart = often - in_rows[each]
        if not apart:
            continue
        if places[place, 1] >= 0:
            rows[n_rows], steps[n_rows] = places[place, 1], apart
            n_rows += 1
        else:
            for entry in range(places[place, 2], places[place, 3]):
                sums[beside[entry, 0]] += beside[entry, 1] * apart
    times, n = np.empty(n_rows + EIGHT, np.int16), 0
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
    while n % EIGHT:
        rows[n], times[n] = 0, 0
        n += 1
    block = 0
    while block < len(wanted):
        if not wanted[block]:
            block += 1
            continue
        start = block * BLOCK
        while block < len(wanted) and wanted[block]:
            block += 1
        end = min(block * BLOCK, len(sums))
        _add_rows(rows, times, n, table, start, end, sums[start:end])
        written[start:end] = sums[start:end]
    return square
