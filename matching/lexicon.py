"""How people speak of each subject, learnt from sentences: what weighs for which, and how close a text comes to each.

A text becomes weights of terms: words, pairs of words, and pieces of words, which forgive a misspelling. A subject is
the damped mean of the texts that speak of it (Rocchio, 1971; tf-idf with sublinear counts, Salton and Buckley, 1988),
and their likeness a cosine. Terms have no dictionary: each falls in one of ``N_PLACES`` by a checksum (Weinberger et
al., 2009), so that any text, of whatever year, is read in the same space.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import norm

from matching.text import tokens

N_PLACES = 1 << 18
PIECES = (4, 5)  # letters of the pieces of a word, its ends marked
DAMPING = 0.5  # of the mean of a subject: a term of ten sentences weighs about three times that of one


@dataclass(frozen=True, slots=True)
class Example:
    """A text that speaks of subjects, each with a weight in ]0, 1]; ``share`` is what the text counts for."""

    text: str
    subjects: Mapping[str, float]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Bags:
    """The terms of some texts.

    Parameters
    ----------
    places : (n_terms,) ndarray of int
        Of all of them, each once, in order.
    values : (n_texts, n_terms) ndarray of float64
        What each term says of each text: of length 1 together, or 0 where a text has none.
    first : (n_occurrences,) ndarray of int
        The terms of the first text in its order, as columns of ``values``.
    positions : (n_occurrences,) ndarray of int
        The word that each of these comes from.
    """

    places: NDArray[np.int64]
    values: NDArray[np.float64]
    first: NDArray[np.intp]
    positions: NDArray[np.intp]


class Rarity:
    """What each term says of a text: the rarer among the texts learnt from, the more.

    Parameters
    ----------
    weights : (N_PLACES,) ndarray of float32
    stop_words : frozenset of str
        Stems that say nothing.
    """

    def __init__(self, weights: NDArray[np.float32], stop_words: frozenset[str]) -> None:
        self.weights = weights
        self.stop_words = stop_words

    @classmethod
    def learn(cls, texts: Iterable[str], stop_words: frozenset[str]) -> "Rarity":
        """Count in how many texts each term stands."""
        counts = np.zeros(N_PLACES, np.float32)
        n_texts = 0
        for text in texts:
            counts[list({*terms(tokens(text), stop_words)[1]})] += 1
            n_texts += 1
        return cls((np.log((1 + n_texts) / (1 + counts)) + 1).astype(np.float32), stop_words)

    def read(self, texts: Sequence[Sequence[str]]) -> Bags:
        """Return the terms of some texts, given by their words as stems; one text at least."""
        found = [terms(words, self.stop_words) for words in texts]
        sizes = [len(places) for _, places in found]
        every = np.array([place for _, places in found for place in places], np.int64)
        places, columns = np.unique(every, return_inverse=True)
        cells = columns + np.repeat(np.arange(len(found)) * places.size, sizes)
        counts = np.bincount(cells, minlength=len(found) * places.size).reshape(len(found), -1)
        values = np.where(counts > 0, np.log(np.maximum(counts, 1)) + 1.0, 0.0) * self.weights[places]
        lengths = np.sqrt(np.sum(values * values, axis=1, keepdims=True))
        return Bags(
            places,
            values / np.where(lengths > 0, lengths, 1.0),
            columns[: sizes[0]],
            np.array(found[0][0], np.intp),
        )

    def matrix(self, texts: Sequence[Sequence[str]]) -> csr_array:
        """Return what :meth:`read` says of many texts, as a matrix of shape (n_texts, N_PLACES), float32."""
        found = [terms(words, self.stop_words)[1] for words in texts]
        sizes = [len(places) for places in found]
        every = np.fromiter(chain.from_iterable(found), np.int64, sum(sizes))
        cells, counts = np.unique(np.repeat(np.arange(len(found)) * N_PLACES, sizes) + every, return_counts=True)
        rows, places = np.divmod(cells, N_PLACES)
        values = (np.log(counts) + 1.0) * self.weights[places]
        values /= np.sqrt(np.bincount(rows, weights=values * values, minlength=len(found)))[rows]
        return csr_array((values.astype(np.float32), (rows, places)), shape=(len(found), N_PLACES))


class Lexicon:
    """The terms of each subject.

    Parameters
    ----------
    subjects : sequence of str
    matrix : (N_PLACES, n_subjects) csr_array of float32
        Columns of length 1.
    rarity : Rarity
    """

    def __init__(self, subjects: Sequence[str], matrix: csr_array, rarity: Rarity) -> None:
        self.subjects = tuple(subjects)
        self.matrix = matrix
        self.rarity = rarity

    @classmethod
    def learn(cls, examples: Iterable[Example], rarity: Rarity) -> "Lexicon":
        """Return the damped mean of the examples of each subject."""
        examples = list(examples)
        subjects = sorted({subject for example in examples for subject in example.subjects})
        columns = {subject: column for column, subject in enumerate(subjects)}
        texts = rarity.matrix([tokens(example.text) for example in examples])
        spoken = [
            (columns[subject], row, weight * example.share)
            for row, example in enumerate(examples)
            for subject, weight in example.subjects.items()
        ]
        shares = csr_array(
            ([share for _, _, share in spoken], ([column for column, _, _ in spoken], [row for _, row, _ in spoken])),
            shape=(len(subjects), len(examples)),
        )
        means = (shares @ texts).power(DAMPING).tocsr()
        lengths = norm(means, axis=1)
        means.data /= np.repeat(np.where(lengths, lengths, 1.0), np.diff(means.indptr))
        return cls(subjects, csr_array(means.T.astype(np.float32)), rarity)

    def likeness(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Return how close a text, given by its words as stems, comes to each subject: cosines in [0, 1]."""
        found: NDArray[np.float32] = (self.rarity.matrix([words]) @ self.matrix).toarray()[0]
        return found


def entries(
    matrix: csr_array, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Return all that a matrix holds in some rows: how many values each, their columns, the values.

    Slicing the matrix says the same; scipy checks so much at each call that it takes longer than all the rest.
    """
    starts, ends = matrix.indptr[rows], matrix.indptr[rows + 1]
    sizes = ends - starts
    before = np.cumsum(sizes, dtype=np.int32) - sizes
    places = np.arange(sizes.sum(), dtype=np.int32) + np.repeat(starts - before, sizes)
    return sizes, matrix.indices[places], matrix.data[places]


def terms(words: Sequence[str], stop_words: frozenset[str]) -> tuple[list[int], list[int]]:
    """Return the terms of a text: the position of the word that each comes from, and its place.

    A pair counts unless both words say nothing; so do pieces of words that say something.
    """
    positions: list[int] = []
    places: list[int] = []
    previous, was_silent = "", True
    for position, word in enumerate(words):
        is_silent = word in stop_words
        own = () if is_silent else _places(word)
        if previous and not (is_silent and was_silent):
            own = (*own, _pair(previous, word))
        places += own
        positions += [position] * len(own)
        previous, was_silent = word, is_silent
    return positions, places


@lru_cache(maxsize=1 << 16)
def _places(word: str) -> tuple[int, ...]:
    """Return the places of a word and of its pieces."""
    marked = f"<{word}>" if len(word) >= PIECES[0] else ""
    pieces = (marked[start : start + size] for size in PIECES for start in range(len(marked) - size + 1))
    return (_place(word), *(_place(f"#{piece}") for piece in pieces))


@lru_cache(maxsize=1 << 16)
def _pair(one: str, other: str) -> int:
    return _place(f"{one} {other}")


def _place(term: str) -> int:
    return crc32(term.encode()) % N_PLACES
