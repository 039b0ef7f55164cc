"""Which of a few subjects a text and its clauses speak of, and which words say so: all of them heard at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.lexicon import N_PLACES, Bags, Lexicon, ranges

MANY = 12  # subjects that share a term, from which its row is kept whole


@dataclass(frozen=True, slots=True)
class Heard:
    """How close some texts come to each subject.

    Parameters
    ----------
    likeness : (n_texts, n_subjects) ndarray of float64
        Cosines in [0, 1].
    bags : Bags
    known : (n_terms, n_subjects) ndarray of float64
        The terms of the texts as the subjects know them.
    """

    likeness: NDArray[np.float64]
    bags: Bags
    known: NDArray[np.float64]

    def shares(self, owners: NDArray[np.intp], n_owners: int, columns: Sequence[int]) -> Iterator[NDArray[np.float64]]:
        """Return what each word as written brings to the likeness of the first text to some subjects, one by one.

        Parameters
        ----------
        owners : (n_words,) ndarray of int
            The number, under ``n_owners``, of each word of the text. A pair counts for its second word.
        n_owners : int
        columns : sequence of int

        Returns
        -------
        iterator of (n_owners,) ndarray of float64
        """
        first = self.bags.first
        each = self.bags.values[0] / np.maximum(np.bincount(first, minlength=self.bags.places.size), 1)
        owner = owners[self.bags.positions]
        for column in columns:
            yield np.bincount(owner, weights=(each * self.known[:, column])[first], minlength=n_owners)


class Hearing:
    """Hears the subjects of a lexicon.

    Terms of many subjects, which most of a text is made of, are kept in a table too: it is faster to gather.

    Parameters
    ----------
    lexicon : Lexicon
        Of tens of subjects.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.subjects = lexicon.subjects
        self._matrix = lexicon.matrix
        sizes = np.diff(lexicon.matrix.indptr)
        places = np.flatnonzero(sizes >= MANY)
        self._row = np.zeros(N_PLACES, np.int32)  # of a term in the table; the first one is of all the others
        self._row[places] = np.arange(1, places.size + 1)
        self._table = np.zeros((places.size + 1, len(self.subjects)), np.float32)
        self._table[1:] = self._matrix[places].toarray()

    def hear(self, bags: Bags) -> Heard:
        """Return how close some texts come to each subject, their terms read by the rarity of the lexicon."""
        rows = self._row[bags.places]
        known = self._table[rows].astype(np.float64)
        others = np.flatnonzero(rows == 0)
        starts = self._matrix.indptr
        sizes, held = ranges(starts[bags.places[others]], starts[bags.places[others] + 1])
        known[np.repeat(others, sizes), self._matrix.indices[held]] = self._matrix.data[held]
        return Heard(bags.values @ known, bags, known)
