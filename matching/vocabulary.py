"""What a compiled loop has to know to read a text: worked out once for each chunk of it and each word, then kept.

Chunks are what stands between white space of one byte; no word goes across it. They come from whoever writes, so that
there is no end to them: an empty shelf takes the place of a full one, twice as large up to a point. A chunk is found
by a table of slots that nobody changes: whoever adds chunks writes where no slot of a shelf in use leads to, then
makes another table. Threads so read without waiting, and only those that bring something new wait for one another.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from threading import Lock
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from matching.lexicon import BYTES, PLACE, word_places
from matching.text import tokens

ROOM = np.array([1, 2, 1, 16, 32]) << 10  # of the first shelf, for chunks, their words, words, terms and letters
LARGEST = ROOM << 6  # 25,000 texts
FIRST_TERM, LAST_TERM, FIRST_LETTER, LAST_LETTER, CHECKSUM = range(5)  # of a word
FIRST_BYTE, LAST_BYTE, FIRST_WORD, LAST_WORD = range(4)  # of a chunk
COMPLEMENT = 0xFFFFFFFF  # of a checksum: what it is before and after the bytes of a text are run through
FINE = 4096  # steps of what a term weighs, in the length of a text
SPARED = 7  # last bits that the length does without: 64 bits hold that of any text
SQUARED = 256  # steps of what a term weighs on both sides
MOST = (1 << 32) - 1  # that a text brings to a word: reached by no word that anybody writes


class Shelf(NamedTuple):
    """Chunks and words by number.

    Parameters
    ----------
    slots : (n,) ndarray of int32
        The number of a chunk or -1, from the slot of its checksum on; ``n`` is a power of two.
    chunks : (n_chunks, 4) ndarray of int32
        Where the bytes of a chunk start and end among the letters, and its words among those that are said.
    said : (n_said,) ndarray of int32
        Numbers of words.
    words : (n_words, 5) ndarray of int64
        Where the terms of a word start and end (a stop word has none), where its letters do, and the running
        checksum of the word and a space: that of a pair goes on from there.
    terms : (n_terms,) ndarray of int32
        The place of each term of the words.
    letters : (n_letters,) ndarray of uint8
        In UTF-8.
    """

    slots: NDArray[np.int32]
    chunks: NDArray[np.int32]
    said: NDArray[np.int32]
    words: NDArray[np.int64]
    terms: NDArray[np.int32]
    letters: NDArray[np.uint8]


class Vocabulary:
    """The chunks that were read so far, or since a shelf was full.

    Parameters
    ----------
    stop_words : frozenset of str
    """

    def __init__(self, stop_words: frozenset[str]) -> None:
        self._stop_words = stop_words
        self._lock = Lock()
        self._clear(ROOM)

    def _clear(self, room: NDArray[np.int64]) -> None:
        """Begin another shelf, with so much room."""
        n_chunks, n_said, n_words, n_terms, n_letters = room.tolist()
        self._room, self._taken = room, np.zeros_like(room)
        self._chunks: set[bytes] = set()
        self._numbers: dict[str, int] = {}
        self.shelf = Shelf(
            slots=np.full(1 << (2 * n_chunks - 1).bit_length(), -1, np.int32),
            chunks=np.empty((n_chunks, 4), np.int32),  # pages that nothing was written to take no memory
            said=np.empty(n_said, np.int32),
            words=np.empty((n_words, 5), np.int64),
            terms=np.empty(n_terms, np.int32),
            letters=np.empty(n_letters, np.uint8),
        )

    def extend(self, text: bytes) -> Shelf:
        """Return a shelf that holds all chunks of a text in UTF-8."""
        with self._lock:
            chunks = dict.fromkeys(text.split())
            read = _read(chunk for chunk in chunks if chunk not in self._chunks)
            if (self._taken + _sizes(read) > self._room).any():
                read = _read(chunks)
                self._clear(np.maximum(np.minimum(2 * self._room, LARGEST), _sizes(read)))
            self.shelf = self.shelf._replace(slots=self._add(read))
            return self.shelf

    def _add(self, read: Mapping[bytes, Sequence[str]]) -> NDArray[np.int32]:
        """Keep some chunks, given with their words, and return the slots that lead to them too."""
        shelf, slots, start = self.shelf, self.shelf.slots.copy(), self._taken.tolist()
        n_chunks, n_said, n_words, n_terms, n_letters = start
        chunks, said, words, places, letters = [], [], [], [], bytearray()
        for chunk, spoken in read.items():
            for word in spoken:
                if word not in self._numbers:
                    self._numbers[word] = n_words
                    found = b"" if word in self._stop_words else word_places(word)
                    written, first_term, first_letter = word.encode(), n_terms, n_letters
                    n_words, n_terms, n_letters = n_words + 1, n_terms + len(found) // BYTES, n_letters + len(written)
                    checksum = crc32(written + b" ") ^ COMPLEMENT
                    words.append((first_term, n_terms, first_letter, n_letters, checksum))
                    places.append(found)
                    letters += written
            slot = crc32(chunk) % len(slots)
            while slots[slot] >= 0:
                slot = (slot + 1) % len(slots)
            slots[slot] = n_chunks
            chunks.append((n_letters, n_letters + len(chunk), n_said, n_said + len(spoken)))
            n_chunks, n_said, n_letters = n_chunks + 1, n_said + len(spoken), n_letters + len(chunk)
            said += [self._numbers[word] for word in spoken]
            letters += chunk
        self._taken = np.array([n_chunks, n_said, n_words, n_terms, n_letters])
        shelf.chunks[start[0] : n_chunks] = np.array(chunks, np.int32).reshape(-1, 4)
        shelf.said[start[1] : n_said] = said
        shelf.words[start[2] : n_words] = np.array(words, np.int64).reshape(-1, 5)
        shelf.terms[start[3] : n_terms] = np.frombuffer(b"".join(places), PLACE)
        shelf.letters[start[4] : n_letters] = np.frombuffer(letters, np.uint8)
        self._chunks.update(read)
        return slots


def _read(chunks: Iterable[bytes]) -> dict[bytes, list[str]]:
    return {chunk: tokens(chunk.decode("utf-8", "surrogatepass")) for chunk in chunks}


def _sizes(read: Mapping[bytes, Sequence[str]]) -> NDArray[np.int64]:
    """Return how much room some chunks take at most, as ``ROOM`` is told."""
    words = set(chain.from_iterable(read.values()))
    n_letters = sum(map(len, read)) + sum(len(word.encode()) for word in words)
    n_terms = sum(len(word_places(word)) // BYTES for word in words)
    return np.array([len(read), sum(map(len, read.values())), len(words), n_terms, n_letters])
