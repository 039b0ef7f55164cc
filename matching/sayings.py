"""What thousands of subjects, such as schemes, are recognised by: what is said of each, learnt from texts.

A saying is a word or a pair of words. A subject is the damped mean of what is said of it (Rocchio, 1971), in the space
of terms of :mod:`matching.lexicon`. A pair is a term; a word is itself and its pieces, which need not be kept for each
subject: they follow from its words.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import scipy  # its parts are loaded when first used: a start without words does not wait for them
from numpy.typing import NDArray

from matching.checksums import pair_checksums
from matching.lexicon import BYTES, DAMPING, N_PLACES, PLACE, Example, Rarity, ranges, word_places
from matching.text import tokens

LOUDEST = 255  # what is said most of a subject; the rest in proportion


@dataclass(frozen=True, slots=True)
class Sayings:
    """What is said of each subject.

    Parameters
    ----------
    subjects : tuple of str
        In the order in which they come.
    terms : (n_words, N_PLACES) csr_array of float64
        How often each term stands in each word.
    by_word : (n_subjects, n_words) csr_array of float64
        How much each word is said of each subject: whole numbers up to ``LOUDEST``.
    by_pair : (n_subjects, N_PLACES) csr_array of float64
        The same of each pair, by its place.
    lengths : (n_subjects,) ndarray of float64
        Of each subject in the space of terms. Pairs are measured apart: where one of them falls in the place of a
        piece, which is rare, it counts beside it.
    """

    subjects: tuple[str, ...]
    terms: "scipy.sparse.csr_array"
    by_word: "scipy.sparse.csr_array"
    by_pair: "scipy.sparse.csr_array"
    lengths: NDArray[np.float64]

    @classmethod
    def learn(cls, examples: Iterable[Example], rarity: Rarity) -> "Sayings":
        """Return what some texts say of the subjects that they speak of."""
        examples = list(examples)
        words, texts = _read([example.text for example in examples], rarity.stop_words)
        terms, squares = _terms(words, rarity.stop_words), np.square(rarity.weights, dtype=np.float64)
        lengths = np.sqrt(texts.power(2) @ np.concatenate([terms.power(2) @ squares, squares]))
        subjects, said = _mean(examples, texts, np.where(lengths > 0.0, lengths, 1.0))
        by_word, by_pair = _split(_rounded(said), len(words))
        known = by_word @ _weighed(terms, rarity)
        np.square(known.data, out=known.data)
        return cls(subjects, terms, by_word, by_pair, np.sqrt(known.sum(axis=1) + by_pair.power(2) @ squares))


def _numbers[Key: Hashable]() -> defaultdict[Key, int]:
    """Return what gives each key a number when it comes first, in their order."""
    found: defaultdict[Key, int] = defaultdict()
    found.default_factory = found.__len__
    return found


def _read(texts: Sequence[str], stop_words: frozenset[str]) -> tuple[tuple[str, ...], "scipy.sparse.csr_array"]:
    """Return the words of some texts, and how much each text says each word and each pair: of shape (n_texts, …).

    Of what says nothing, there is nothing: a stop word, or a pair of them.
    """
    chunks: defaultdict[str, int] = _numbers()  # no word goes across white space, and most chunks come again
    numbers: defaultdict[str, int] = _numbers()
    written = [text.split() for text in texts]
    rows = np.repeat(np.arange(len(texts)), [*map(len, written)])
    found = np.fromiter(map(chunks.__getitem__, chain.from_iterable(written)), np.intp, rows.size)
    stems = [[numbers[word] for word in tokens(chunk)] for chunk in chunks]
    ends = np.cumsum([0, *map(len, stems)])
    sizes, places = ranges(ends[found], ends[found + 1])
    spoken, rows = np.fromiter(chain.from_iterable(stems), np.intp, int(ends[-1]))[places], np.repeat(rows, sizes)
    words = tuple(numbers)
    is_loud = np.array([word not in stop_words for word in words], np.bool_)[spoken]
    is_pair = (rows[1:] == rows[:-1]) & (is_loud[1:] | is_loud[:-1])
    pairs = pair_checksums(words, spoken[:-1][is_pair], spoken[1:][is_pair]) % N_PLACES
    owners = np.concatenate([rows[is_loud], rows[1:][is_pair]])
    columns = np.concatenate([spoken[is_loud], len(words) + pairs.astype(np.intp)])
    counts = scipy.sparse.csr_array(
        (np.ones(owners.size), (owners, columns)), shape=(len(texts), len(words) + N_PLACES)
    )
    counts.data = np.log(counts.data) + 1.0
    return words, counts


def _mean(
    examples: Sequence[Example], texts: "scipy.sparse.csr_array", lengths: NDArray[np.float64]
) -> tuple[tuple[str, ...], "scipy.sparse.csr_array"]:
    """Return the subjects of some texts, and the damped mean of those of each, which count whatever their length."""
    numbers: defaultdict[str, int] = _numbers()
    spoken = [
        (numbers[subject], row, weight * example.share)
        for row, example in enumerate(examples)
        for subject, weight in example.subjects.items()
    ]
    subjects, rows, shares = map(np.array, zip(*spoken, strict=True)) if spoken else np.zeros((3, 0), np.intp)
    mean = (
        scipy.sparse.csr_array((shares / lengths[rows], (subjects, rows)), shape=(len(numbers), len(examples))) @ texts
    )
    mean.data **= DAMPING
    return tuple(numbers), mean


def _rounded(said: "scipy.sparse.csr_array") -> "scipy.sparse.csr_array":
    """Return how much is said of each subject in proportion to what is said most of it, ``LOUDEST``."""
    owners = np.repeat(np.arange(said.shape[0]), np.diff(said.indptr))
    loudest = np.zeros(said.shape[0])
    np.maximum.at(loudest, owners, said.data)
    return scipy.sparse.csr_array(
        (np.rint(said.data * LOUDEST / loudest[owners]), said.indices, said.indptr), shape=said.shape
    )


def _split(
    matrix: "scipy.sparse.csr_array", n_first: int
) -> tuple["scipy.sparse.csr_array", "scipy.sparse.csr_array"]:
    """Return the first columns of a matrix, and the others."""
    is_first = matrix.indices < n_first
    starts = np.concatenate([[0], np.cumsum(is_first)])[matrix.indptr]
    return (
        scipy.sparse.csr_array(
            (matrix.data[is_first], matrix.indices[is_first], starts), shape=(matrix.shape[0], n_first)
        ),
        scipy.sparse.csr_array(
            (matrix.data[~is_first], matrix.indices[~is_first] - n_first, matrix.indptr - starts),
            shape=(matrix.shape[0], matrix.shape[1] - n_first),
        ),
    )


def _terms(words: Sequence[str], stop_words: frozenset[str]) -> "scipy.sparse.csr_array":
    """Return how often each term stands in some words: a stop word has none."""
    places = [b"" if word in stop_words else word_places(word) for word in words]
    starts = np.cumsum([0, *(len(each) // BYTES for each in places)])
    found = scipy.sparse.csr_array(
        (np.ones(starts[-1]), np.frombuffer(b"".join(places), PLACE), starts), shape=(len(words), N_PLACES)
    )
    found.sum_duplicates()
    return found


def _weighed(terms: "scipy.sparse.csr_array", rarity: Rarity) -> "scipy.sparse.csr_array":
    """Return what the terms of words weigh, without the places that no word has: the rest stays in the cache."""
    used, columns = np.unique(terms.indices, return_inverse=True)
    weights = terms.data * rarity.weights[terms.indices].astype(np.float64)
    return scipy.sparse.csr_array((weights, columns, terms.indptr), shape=(terms.shape[0], used.size))
