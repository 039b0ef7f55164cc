"""What a compiled loop has to know of the words of a text: worked out once a word, then kept under a number.

Words come from whoever writes, so that there is no end to them: a shelf of words is of one size, and a new one takes
its place when it is full. A shelf only ever gains words, and one that was replaced stays as it was: threads read
without waiting, and only those that bring new words wait for one another.
"""

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from matching.lexicon import PLACE, word_places

N_WORDS = 1 << 15  # of a shelf; 25,000 texts have fewer
PER_WORD = 16  # terms, and letters, that a shelf has room for, a word
FIRST_TERM, LAST_TERM, FIRST_LETTER, LAST_LETTER, ROW, CHECKSUM = range(6)
SPARED = 7  # last bits of what a term says that the length of a text does without: 64 bits hold that of any
COMPLEMENT = 0xFFFFFFFF  # of a checksum: what it is before and after the bytes of a text are run through


class Shelf:
    """Words by number.

    Parameters
    ----------
    n_words, n_terms, n_letters : int
        What it has room for.

    Attributes
    ----------
    numbers : dict of str to int
    words : (n_words, 6) ndarray of int64
        By number: where the terms of a word start and end (a stop word has none), where its letters do, its row in a
        table or -1, and the running checksum of the word and a space: that of a pair goes on from there.
    terms : (n_terms, 2) ndarray of int32
        The place of each term of the words, and what it weighs.
    letters : (n_letters,) ndarray of uint8
        In UTF-8.
    """

    __slots__ = ("_n_letters", "_n_terms", "letters", "numbers", "terms", "words")

    def __init__(self, n_words: int, n_terms: int, n_letters: int) -> None:
        self.numbers: dict[str, int] = {}
        self.words = np.empty((n_words, 6), np.int64)  # pages that nothing was written to take no memory
        self.terms = np.empty((n_terms, 2), np.int32)
        self.letters = np.empty(n_letters, np.uint8)
        self._n_terms = self._n_letters = 0

    def has_room(self, n_words: int, n_terms: int, n_letters: int) -> bool:
        return (
            len(self.numbers) + n_words <= len(self.words)
            and self._n_terms + n_terms <= len(self.terms)
            and self._n_letters + n_letters <= len(self.letters)
        )

    def add(self, word: str, places: NDArray[np.int32], weights: NDArray[np.int32], row: int) -> None:
        """Keep a word: nobody knows its number before all of it is there."""
        letters = word.encode()
        first, last = self._n_terms, self._n_terms + len(places)
        start, end = self._n_letters, self._n_letters + len(letters)
        self.terms[first:last, 0] = places
        self.terms[first:last, 1] = weights
        self.letters[start:end] = np.frombuffer(letters, np.uint8)
        self.words[len(self.numbers)] = first, last, start, end, row, crc32(letters + b" ") ^ COMPLEMENT
        self._n_terms, self._n_letters = last, end
        self.numbers[word] = len(self.numbers)

    def find(self, words: Sequence[str]) -> NDArray[np.int32]:
        """Return the numbers of some words; ``KeyError`` where there is one that it does not hold."""
        return np.fromiter(map(self.numbers.__getitem__, words), np.int32, len(words))


class Vocabulary:
    """The words that were read so far, or since there were too many.

    Parameters
    ----------
    weights : (N_PLACES,) ndarray of int32
        What each term weighs.
    rows : mapping of str to int
        The row that a table has for some words.
    stop_words : frozenset of str
    """

    def __init__(self, weights: NDArray[np.int32], rows: Mapping[str, int], stop_words: frozenset[str]) -> None:
        self._weights, self._rows, self._stop_words = weights, rows, stop_words
        self._lock = Lock()
        self._shelf = Shelf(N_WORDS, PER_WORD * N_WORDS, PER_WORD * N_WORDS)

    def read(self, words: Sequence[str]) -> tuple[NDArray[np.int32], Shelf]:
        """Return the numbers of some words, and the shelf that they are of."""
        shelf = self._shelf
        try:
            return shelf.find(words), shelf
        except KeyError:
            shelf = self._extended(dict.fromkeys(words))
            return shelf.find(words), shelf

    def _extended(self, words: Iterable[str]) -> Shelf:
        """Return a shelf that holds some words, each given once."""
        with self._lock:
            shelf = self._shelf
            places = self._places(word for word in words if word not in shelf.numbers)
            if not shelf.has_room(*_size(places)):
                places = self._places(words)
                n_words, n_terms, n_letters = _size(places)
                most = PER_WORD * N_WORDS
                shelf = Shelf(max(N_WORDS, n_words), max(most, n_terms), max(most, n_letters))
            for word, found in places.items():
                shelf.add(word, found, self._weights[found], self._rows.get(word, -1))
            self._shelf = shelf
        return shelf

    def _places(self, words: Iterable[str]) -> dict[str, NDArray[np.int32]]:
        return {word: np.frombuffer(b"" if word in self._stop_words else word_places(word), PLACE) for word in words}


def _size(places: Mapping[str, NDArray[np.int32]]) -> tuple[int, int, int]:
    """Return how many words there are, how many terms, and how many letters."""
    return len(places), sum(map(len, places.values())), sum(len(word.encode()) for word in places)
