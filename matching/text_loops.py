"""The loop that numba compiles for texts: it says what :mod:`matching.postings` says with numpy, in whole numbers."""

from typing import Any

import numpy as np
from numba import njit

from matching.lexicon import N_PLACES
from matching.vocabulary import (
    CHECKSUM,
    COMPLEMENT,
    FINE,
    FIRST_BYTE,
    FIRST_LETTER,
    FIRST_TERM,
    FIRST_WORD,
    LAST_BYTE,
    LAST_LETTER,
    LAST_TERM,
    LAST_WORD,
    MOST,
    SPARED,
    SQUARED,
)

SPACE, TAB, RETURN = b" \t\r"  # what is between chunks: a space, and what is from a tabulation to a return
STEP = np.uint64(1)


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
            slot = slot + STEP & last
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
        slot = slot + STEP & last
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
def _count(numbers: Any, words: Any, terms: Any, letters: Any, places: Any, counts: Any) -> int:
    """Write the places of the terms of some words, and how often each comes; return how many there are."""
    size = 64
    while size < 4 * len(places):
        size *= 2
    slots, n, was_loud = np.full(size, -1, np.int32), 0, True
    for at in range(len(numbers)):
        number = numbers[at]
        for term in range(words[number, FIRST_TERM], words[number, LAST_TERM]):
            found = _find(terms[term], slots, places, n)
            counts[found] += 1
            n += found == n
        is_loud = words[number, FIRST_TERM] < words[number, LAST_TERM]
        if at and (is_loud or was_loud):
            found = _find(_pair(numbers[at - 1], number, words, letters), slots, places, n)
            counts[found] += 1
            n += found == n
        was_loud = is_loud
    return n


@njit(cache=True, nogil=True)
def add_text(
    text: Any, hidden: Any, slots: Any, chunks: Any, said: Any, words: Any, terms: Any, letters: Any, weights: Any,
    damped: Any, starts: Any, holders: Any, times: Any, firsts: Any, spoken: Any, shares: Any, scales: Any,
    n_words: int, wanted: Any, written: Any,
) -> int:  # fmt: skip
    """Write what a text brings to subjects, and return the square of its length; -1 where a chunk has no number yet.

    Parameters
    ----------
    text : (n_bytes,) ndarray of uint8
        In UTF-8.
    hidden : (n,) ndarray of bool
        Whether each of the first words of the text does not count.
    slots, chunks, said, words, terms, letters
        A shelf.
    weights : (N_PLACES,) ndarray of float32
        What each term weighs.
    damped : (n,) ndarray of int64
        By how often a term is said.
    starts, holders, times, firsts, spoken, shares, scales
        Postings.
    n_words : int
        Of those said of subjects.
    wanted : (n_wanted,) ndarray of int32
        Subjects: what the others are given says nothing.
    written : (n_subjects,) ndarray of float64
    """
    numbers, most = _read(text, hidden, slots, chunks, said, letters), 0
    if len(numbers) and numbers[0] < 0:
        return -1
    for number in numbers:
        most += 1 + words[number, LAST_TERM] - words[number, FIRST_TERM]
    places, counts, square = np.empty(most, np.int32), np.zeros(most, np.int64), 0
    brought = np.zeros(n_words + len(written), np.int64)
    for each in range(_count(numbers, words, terms, letters, places, counts)):
        place = places[each]
        often, weight = damped[min(counts[each], len(damped) - 1)], np.float64(weights[place])
        value = often * np.int64(np.rint(weight * FINE)) >> SPARED
        square += value * value
        value = often * np.int64(np.rint(weight * weight * SQUARED))
        for led in range(starts[place], starts[place + 1]):
            brought[holders[led]] += value * times[led]
    heard = np.empty(n_words, np.uint32)
    for word in range(n_words):
        heard[word] = min(brought[word], MOST)
    for subject in wanted:
        total, first, last = np.uint64(brought[n_words + subject]), firsts[subject], firsts[subject + 1]
        own, much = spoken[first:last], shares[first:last]
        for each in range(len(own)):
            total += np.uint64(heard[own[each]]) * np.uint64(much[each])
        written[subject] = np.float64(total) * scales[subject]
    return square
