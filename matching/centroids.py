"""How close a text comes to what is said of each scheme: the cosine to the damped mean of its texts (Rocchio, 1971).

Beside the model of sub-needs it adds 0.05 in nDCG@10 on the tuning half of the judged requests; one logistic
regression a scheme adds half of that, with 7 to 20 texts for each.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from matching.language import Example, Heard, Language
from matching.terms import N_PLACES, Floats, StemRows, damped, terms_of_all
from matching.text import tokens

DAMPING = 0.5  # of the mean: a term of ten sentences weighs about three times that of one
MAX_BYTES = 8 << 20  # of what stems say of subjects: 4,000 stems with 250 of these
KEPT = 1024  # means of each language: a subject of which the same is said again is not read again

type Said = tuple[tuple[str, float], ...]  # texts, and what each counts for
type Mean = tuple[NDArray[np.int32], NDArray[np.float32]]  # places of terms, and their values


class Closeness(Mapping[str, float]):
    """How close a text comes to each subject.

    Parameters
    ----------
    columns : mapping of str to int
        The place of each subject, in order; the same object for every text.
    cosines : (n_subjects,) ndarray of float64
    """

    __slots__ = ("columns", "cosines")

    def __init__(self, columns: Mapping[str, int], cosines: Floats) -> None:
        self.columns, self.cosines = columns, cosines

    def __getitem__(self, subject: str) -> float:
        return float(self.cosines[self.columns[subject]])

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)


class Centroids:
    """The mean text of each subject, in the space of terms of a language.

    Parameters
    ----------
    subjects : sequence of str
    starts : (N_PLACES + 1,) ndarray of int
        Where the entries of each term begin.
    owners : (n_entries,) ndarray of int
        The subject of each entry.
    values : (n_entries,) ndarray of float32
        How much it says the term; of length 1 by subject.
    rarity : (N_PLACES,) ndarray of float32
        Of the language.
    """

    def __init__(
        self,
        subjects: Sequence[str],
        starts: NDArray[np.intp],
        owners: NDArray[np.intp],
        values: NDArray[np.float32],
        rarity: NDArray[np.float32],
    ) -> None:
        self.columns = {subject: column for column, subject in enumerate(subjects)}
        self._starts, self._owners, self._values, self._rarity = starts, owners, values, rarity
        self._of_stems = StemRows(self._spread, len(subjects), n_kept=MAX_BYTES // (8 * max(1, len(subjects))))

    @classmethod
    def learn(cls, examples: Iterable[Example], language: Language) -> "Centroids":
        """Return the damped mean of the texts of each subject, which count whatever their length."""
        said: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
        for example in examples:
            for subject, weight in example.subjects.items():
                said[subject].append((example.text, weight * example.share))
        subjects = sorted(said)
        # A subject at a time: the terms of all texts together take 60 MB, which the process would keep.
        mean = _mean_in(language)
        means = [mean(tuple(said[subject])) for subject in subjects]
        places = np.concatenate([each for each, _ in means] or [np.zeros(0, np.int32)])
        values = np.concatenate([each for _, each in means] or [np.zeros(0, np.float32)])
        owners = np.arange(len(means)).repeat(np.array([len(each) for each, _ in means], np.intp))
        order = places.argsort(kind="stable")
        starts = places[order].searchsorted(np.arange(N_PLACES + 1))
        return cls(subjects, starts, owners[order], values[order], language.rarity)

    def closeness(self, heard: Heard, n_texts: int) -> list[Closeness]:
        """Return how close each of the first so many texts comes to each subject."""
        terms, repeated = heard.terms.first(n_texts), heard.repeated.first(n_texts)
        said = terms.sums(self._of_stems.of(terms.spelt), repeated, self._spread)
        cosines = np.minimum(said / heard.lengths[:n_texts, np.newaxis], 1.0)
        return [Closeness(self.columns, row) for row in cosines]

    def _spread(self, places: NDArray[np.int32], factors: Floats, sizes: NDArray[np.intp]) -> Floats:
        """Return what groups of terms say of each subject: (n_groups, n_subjects)."""
        n, starts = len(self.columns), self._starts
        begins, n_entries = starts[places], starts[places + 1] - starts[places]
        held = (begins - (np.cumsum(n_entries) - n_entries)).repeat(n_entries)
        held += np.arange(len(held))
        cells = (np.arange(len(sizes)) * n).repeat(sizes).repeat(n_entries)
        cells += self._owners[held]
        weights = (self._rarity[places] * factors).repeat(n_entries)
        weights *= self._values[held]
        found: Floats = np.bincount(cells, weights=weights, minlength=len(sizes) * n)
        return found.reshape(len(sizes), n)


def _mean_in(language: Language) -> Callable[[Said], Mean]:
    """Return what gives the damped mean of texts in a language, and keeps it as long as the language."""
    return _means.setdefault(language, lru_cache(maxsize=KEPT)(partial(_mean, language.rarity)))


_means: WeakKeyDictionary[Language, Callable[[Said], Mean]] = WeakKeyDictionary()


def _mean(rarity: NDArray[np.float32], said: Said) -> Mean:
    """Return the damped mean of texts, each of length 1 times its share."""
    texts, shares = zip(*said, strict=True)
    owners, places, times = terms_of_all([tokens(text) for text in texts]).counted()
    values = damped(times) * rarity[places]
    lengths = np.sqrt(np.bincount(owners, weights=values**2, minlength=len(texts)))
    values *= (np.array(shares) / np.where(lengths, lengths, 1.0))[owners]
    used, entries = np.unique(places, return_inverse=True)
    mean = np.bincount(entries, weights=values, minlength=used.size) ** DAMPING
    return used.astype(np.int32), (mean / (np.linalg.norm(mean) or 1.0)).astype(np.float32)
