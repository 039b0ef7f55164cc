"""How people speak of each subject, learnt from sentences: what weighs for which, and how close a text comes to each.

A text becomes weights of terms: words, pairs of words, and pieces of words, which forgive a misspelling. A subject is
the damped mean of the texts that speak of it (Rocchio, 1971; tf-idf with sublinear counts, Salton and Buckley, 1988),
and their likeness a cosine. Terms have no dictionary: each falls in one of ``N_PLACES`` by a checksum (Weinberger et
al., 2009), so that any text, of whatever year, is read in the same space.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress, count, pairwise, starmap
from operator import or_
from typing import NamedTuple
from zlib import crc32

import numpy as np
import scipy  # its parts are loaded when first used: a start without words does not wait for them
from numpy.typing import NDArray

from matching.text import tokens

N_PLACES = 1 << 18
PLACE = np.dtype("<i4")
BYTES = PLACE.itemsize
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

    places: NDArray[np.int32]
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
        self.weights.flags.writeable = False
        self.stop_words = stop_words

    @classmethod
    def learn(cls, texts: Iterable[str], stop_words: frozenset[str]) -> "Rarity":
        """Count in how many texts each term stands."""
        several = [tokens(text) for text in texts]
        cells = np.unique(occurrences(several, stop_words).cells())
        counts = np.bincount(cells % N_PLACES, minlength=N_PLACES).astype(np.float32)
        return cls((np.log((1 + len(several)) / (1 + counts)) + 1).astype(np.float32), stop_words)

    def read(self, texts: Sequence[Sequence[str]]) -> Bags:
        """Return the terms of some texts, given by their words as stems; one text at least."""
        found = occurrences(texts, self.stop_words)
        ordered = np.sort(found.places)
        is_first = np.ones(ordered.size, np.bool_)
        np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
        places = ordered[is_first]
        columns = places.searchsorted(found.places)
        cells = found.texts * places.size + columns
        counts = np.bincount(cells, minlength=len(texts) * places.size).reshape(len(texts), -1)
        damped = np.zeros(counts.max(initial=0) + 1)  # by how often a term is said
        damped[1:] = np.log(np.arange(1, damped.size)) + 1.0
        values = damped[counts] * self.weights[places]
        lengths = np.sqrt(np.einsum("ij,ij->i", values, values))
        values /= np.where(lengths > 0, lengths, 1.0)[:, np.newaxis]
        n_first = int(found.texts.searchsorted(1))
        return Bags(places, values, columns[:n_first], found.positions[:n_first])

    def matrix(self, texts: Sequence[Sequence[str]]) -> "scipy.sparse.csr_array":
        """Return what :meth:`read` says of many texts, as a matrix of shape (n_texts, N_PLACES), float32."""
        found = occurrences(texts, self.stop_words)
        cells, counts = np.unique(found.cells(), return_counts=True)
        rows, places = np.divmod(cells, N_PLACES)
        values = (np.log(counts) + 1.0) * self.weights[places]
        values /= np.sqrt(np.bincount(rows, weights=values * values, minlength=len(texts)))[rows]
        return scipy.sparse.csr_array((values.astype(np.float32), (rows, places)), shape=(len(texts), N_PLACES))


class Lexicon:
    """The terms of each subject.

    Parameters
    ----------
    subjects : sequence of str
    matrix : (N_PLACES, n_subjects) csr_array of float32
        Columns of length 1.
    rarity : Rarity
    """

    def __init__(self, subjects: Sequence[str], matrix: "scipy.sparse.csr_array", rarity: Rarity) -> None:
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
        shares = scipy.sparse.csr_array(
            ([share for _, _, share in spoken], ([column for column, _, _ in spoken], [row for _, row, _ in spoken])),
            shape=(len(subjects), len(examples)),
        )
        means = (shares @ texts).power(DAMPING).tocsr()
        lengths = scipy.sparse.linalg.norm(means, axis=1)
        means.data /= np.repeat(np.where(lengths, lengths, 1.0), np.diff(means.indptr))
        return cls(subjects, scipy.sparse.csr_array(means.T.astype(np.float32)), rarity)


def ranges(starts: NDArray[np.integer], ends: NDArray[np.integer]) -> tuple[NDArray[np.integer], NDArray[np.int32]]:
    """Return how long some ranges are, and all that is in them, one after another.

    With those of the rows of a matrix this gathers what it holds in some of them. Slicing the matrix says the same;
    scipy checks so much at each call that it takes longer than all the rest.
    """
    sizes = ends - starts
    before = np.cumsum(sizes, dtype=np.int32) - sizes
    return sizes, np.arange(sizes.sum(), dtype=np.int32) + np.repeat(starts - before, sizes)


class Occurrences(NamedTuple):
    """The terms of some texts, as they come: arrays of shape (n_occurrences,)."""

    texts: NDArray[np.intp]
    positions: NDArray[np.intp]  # of the word that each comes from, in its text
    places: NDArray[np.int32]

    def cells(self) -> NDArray[np.intp]:
        """Return text and place as one number: ``N_PLACES`` times the text, and the place."""
        cells: NDArray[np.intp] = self.texts * N_PLACES + self.places
        return cells


def occurrences(texts: Sequence[Sequence[str]], stop_words: frozenset[str]) -> Occurrences:
    """Return the terms of some texts, given by their words as stems.

    A pair counts unless both words say nothing; so do pieces of words that say something.
    """
    found: list[bytes] = []
    positions: list[int] = []
    ends = [0]
    for words in texts:  # without a loop over words: this is most of what reading a text takes
        is_loud = [word not in stop_words for word in words]
        found += map(word_places, compress(words, is_loud))
        positions += compress(count(), is_loud)
        is_pair = list(map(or_, is_loud, is_loud[1:]))
        found += starmap(_pair, compress(pairwise(words), is_pair))
        positions += compress(count(1), is_pair)
        ends.append(len(found))
    sizes = np.fromiter(map(len, found), np.intp, len(found)) // BYTES
    numbers = np.repeat(np.arange(len(texts)), np.diff(ends))
    return Occurrences(
        np.repeat(numbers, sizes),
        np.repeat(np.array(positions, np.intp), sizes),
        np.frombuffer(b"".join(found), PLACE),
    )


@lru_cache(maxsize=1 << 16)
def word_places(word: str) -> bytes:
    """Return the places of a word and of its pieces, one after another as numbers of four bytes."""
    marked = f"<{word}>" if len(word) >= PIECES[0] else ""
    pieces = (marked[start : start + size] for size in PIECES for start in range(len(marked) - size + 1))
    return _place(word) + b"".join(_place(f"#{piece}") for piece in pieces)


@lru_cache(maxsize=1 << 16)
def _pair(one: str, other: str) -> bytes:
    return _place(f"{one} {other}")


def _place(term: str) -> bytes:
    return (crc32(term.encode()) % N_PLACES).to_bytes(BYTES, "little")
