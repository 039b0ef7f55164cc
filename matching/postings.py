"""How close a text comes to each of thousands of subjects, such as schemes.

Products are kept in whole numbers, so that they add up to the same in whatever order, with compiled loops and without,
on any machine. Words that the subjects were learnt from, and terms that many of them share, have a row each: what the
word and its pieces bring to each subject. A text is then some fifty rows, instead of three hundred terms.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matching.kernels import loaded
from matching.lexicon import N_PLACES, PLACE, Bags, Lexicon, entries, word_places

HIGHEST = 4095  # of a row: twelve bits
LOUDEST = 127  # what a row is multiplied by, at most
STEPS = 128  # of how often a text says a term, damped
TOGETHER = 32  # rows that are added at once: exact in single precision where HIGHEST * LOUDEST times them is
EXACT = 1 << 24  # whole numbers under it are exact in single precision
COMMON = 1 / 16  # of the subjects: a term of so many has a row
AT_ONCE = 256  # rows that are made at once


class Closeness(Mapping[str, float]):
    """How close a text comes to each subject: cosines in [0, 1].

    Parameters
    ----------
    columns : mapping of str to int
        The place of each subject in ``cosines``, in order; the same object for every text.
    cosines : (n_subjects,) ndarray of float64
    """

    __slots__ = ("columns", "cosines")

    def __init__(self, columns: Mapping[str, int], cosines: NDArray[np.float64]) -> None:
        self.columns, self.cosines = columns, cosines

    def __getitem__(self, subject: str) -> float:
        return float(self.cosines[self.columns[subject]])

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)


class Postings:
    """What each word and each term brings to the likeness to each subject.

    Parameters
    ----------
    lexicon : Lexicon
        Of thousands of subjects.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._columns = {subject: column for column, subject in enumerate(lexicon.subjects)}
        matrix = lexicon.matrix.astype(np.float64)
        sizes = np.diff(matrix.indptr)
        matrix.data *= np.repeat(lexicon.rarity.weights, sizes)
        words = sorted(lexicon.words - lexicon.rarity.stop_words)
        spoken = [np.frombuffer(word_places(word), PLACE) for word in words]
        common = np.flatnonzero(sizes >= max(1.0, COMMON * len(self._columns)))
        starts = np.cumsum([0, *map(len, spoken), *[1] * common.size])
        held = np.concatenate([*spoken, common])
        terms = csr_array((np.ones(held.size), held, starts), shape=(len(words) + common.size, N_PLACES))
        highest = np.zeros(N_PLACES)
        np.maximum.at(highest, np.repeat(np.arange(N_PLACES), sizes), matrix.data)
        self._unit = float((terms @ highest).max(initial=1e-9)) / (HIGHEST * LOUDEST)
        self._table = np.zeros((starts.size - 1, len(self._columns)), np.uint16)
        self._times = np.ones(starts.size - 1)
        for start in range(0, starts.size - 1, AT_ONCE):
            some = slice(start, start + AT_ONCE)
            rows = (terms[some] @ matrix).toarray() / self._unit
            self._times[some] = np.maximum(1.0, np.ceil(rows.max(axis=1, initial=0.0) / HIGHEST))
            self._table[some] = np.rint(rows / self._times[some, np.newaxis])
        self._words = {word: row for row, word in enumerate(words)}
        self._row = np.full(N_PLACES, -1, np.int32)  # of a common term
        self._row[common] = np.arange(len(words), starts.size - 1)
        whole = np.rint(matrix.data / self._unit).astype(np.int32)
        whole[np.repeat(self._row >= 0, sizes)] = 0
        self._rest = csr_array((whole, matrix.indices.astype(np.int32), matrix.indptr), shape=matrix.shape)
        self._rest.eliminate_zeros()

    def closeness(self, words: Sequence[str], bags: Bags) -> Closeness:
        """Return how close a text comes to each subject.

        Parameters
        ----------
        words : sequence of str
            Its words, as stems.
        bags : Bags
            Its terms, as those of the first of several texts, read by the rarity of the lexicon.
        """
        known = {word: row for word in words if (row := self._words.get(word)) is not None}
        rows = np.fromiter(known.values(), np.int32, len(known))
        sums = self._add_rows(rows, self._times[rows])
        sums *= STEPS
        places = np.frombuffer(b"".join(map(word_places, known)), PLACE)
        in_rows = np.bincount(bags.places.searchsorted(places), minlength=bags.places.size)
        steps = np.rint((bags.said - in_rows) * STEPS)  # what these words do not say, or say too often
        apart = steps.nonzero()[0]
        rows = self._row[bags.places[apart]]
        is_common = rows >= 0
        common, others = apart[is_common], apart[~is_common]
        rows = rows[is_common]
        sums += self._add_rows(rows, self._times[rows] * steps[common])
        self._add_entries(bags.places[others], steps[others], sums)
        sums *= self._unit / STEPS / (bags.length or 1.0)
        np.maximum(sums, 0.0, out=sums)  # what is said too often was rounded otherwise in the row of a word
        return Closeness(self._columns, np.minimum(sums, 1.0, out=sums))

    def _add_rows(self, rows: NDArray[np.int32], times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up some rows of the table, each so many times."""
        sums = np.zeros(len(self._columns))
        loops = loaded()
        if loops and np.abs(times).max(initial=0.0) <= LOUDEST * STEPS:
            loops.add_rows(rows, times.astype(np.int32), self._table, sums)
            return sums
        for start in range(0, rows.size, TOGETHER):
            some = times[start : start + TOGETHER]
            precision = np.float32 if np.abs(some).sum() * HIGHEST < EXACT else np.float64
            sums += some.astype(precision) @ self._table[rows[start : start + TOGETHER]].astype(precision)
        return sums

    def _add_entries(self, places: NDArray[np.int32], times: NDArray[np.float64], sums: NDArray[np.float64]) -> None:
        """Add what terms that are not in the table bring, each so many times."""
        if loops := loaded():
            loops.add_entries(places, times, self._rest.indptr, self._rest.indices, self._rest.data, sums)
            return
        sizes, columns, weights = entries(self._rest, places)
        sums += np.bincount(columns, weights=weights * np.repeat(times, sizes), minlength=sums.size)
