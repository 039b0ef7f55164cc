"""How people speak of each subject, learnt from sentences: what weighs for which, and how close a text comes to each.

A text becomes weights of terms: words, pairs of words, and pieces of words, which forgive a misspelling. A subject is
the damped mean of the texts that speak of it (Rocchio, 1971; tf-idf with sublinear counts, Salton and Buckley, 1988),
and their likeness a cosine. Terms have no dictionary: each falls in one of ``N_PLACES`` by a checksum (Weinberger et
al., 2009), so that any text, of whatever year, is read in the same space.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
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
            counts[list({place for _, place in terms(tokens(text), stop_words)})] += 1
            n_texts += 1
        return cls((np.log((1 + n_texts) / (1 + counts)) + 1).astype(np.float32), stop_words)

    def row(self, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the places of the terms of a text and their weights, of length 1 together (or none)."""
        counts = Counter(place for _, place in terms(words, self.stop_words))
        places = np.fromiter(counts.keys(), np.int64, len(counts))
        values = np.fromiter((1 + log(count) for count in counts.values()), np.float32, len(counts))
        values *= self.weights[places]
        length = float(np.linalg.norm(values))
        return places, values / length if length else values


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
        texts = _stack([rarity.row(tokens(example.text)) for example in examples])
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

    def likeness(self, texts: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """Return how close texts come to each subject.

        Parameters
        ----------
        texts : sequence of sequence of str
            The words of each text, as stems.

        Returns
        -------
        (n_texts, n_subjects) ndarray of float32
            Cosines in [0, 1].
        """
        rows = [self.rarity.row(words) for words in texts]
        every = np.unique(np.concatenate([places for places, _ in rows])) if rows else np.zeros(0, np.int64)
        spoken = np.zeros((len(rows), every.size), np.float32)
        for row, (places, values) in enumerate(rows):
            spoken[row, np.searchsorted(every, places)] = values
        found: NDArray[np.float32] = spoken @ self.matrix[every]
        return found

    def shares(self, words: Sequence[str], columns: Sequence[int]) -> NDArray[np.float32]:
        """Return what each word of a text brings to its likeness to some subjects.

        Returns
        -------
        (n_words, n_columns) ndarray of float32
            A pair counts for its second word.
        """
        places, values = self.rarity.row(words)
        brought = np.zeros((len(words), len(columns)), np.float32)
        pairs = list(terms(words, self.rarity.stop_words))
        if pairs:
            rows = {place: row for row, place in enumerate(places.tolist())}
            counts = np.bincount([rows[place] for _, place in pairs], minlength=places.size)
            each = (values / np.maximum(counts, 1))[:, None] * self.matrix[places].toarray()[:, list(columns)]
            np.add.at(brought, [position for position, _ in pairs], each[[rows[place] for _, place in pairs]])
        return brought


def _stack(rows: Sequence[tuple[NDArray[np.int64], NDArray[np.float32]]]) -> csr_array:
    """Return rows of terms as one matrix of ``N_PLACES`` columns."""
    return csr_array(
        (
            np.concatenate([values for _, values in rows] or [np.zeros(0, np.float32)]),
            np.concatenate([places for places, _ in rows] or [np.zeros(0, np.int64)]),
            np.cumsum([0, *(places.size for places, _ in rows)]),
        ),
        shape=(len(rows), N_PLACES),
    )


def terms(words: Sequence[str], stop_words: frozenset[str]) -> Iterable[tuple[int, int]]:
    """Give the terms of a text: the position of the word each comes from, and its place.

    A pair counts unless both words say nothing; so do pieces of words that say something.
    """
    previous = ""
    for position, word in enumerate(words):
        silent = word in stop_words
        if not silent:
            for place in _places(word):
                yield position, place
        if previous and not (silent and previous in stop_words):
            yield position, _place(f"{previous} {word}")
        previous = word


@lru_cache(maxsize=1 << 16)
def _places(word: str) -> tuple[int, ...]:
    """Return the places of a word and of its pieces."""
    marked = f"<{word}>" if len(word) >= PIECES[0] else ""
    pieces = (marked[start : start + size] for size in PIECES for start in range(len(marked) - size + 1))
    return (_place(word), *(_place(f"#{piece}") for piece in pieces))


def _place(term: str) -> int:
    return crc32(term.encode()) % N_PLACES
