"""The terms of a text: its words, pairs of them, and pieces of words, which forgive a misspelling.

Terms have no dictionary: each falls in one of ``N_PLACES`` by a hash (Weinberger et al., 2009), as scikit-learn's
``HashingVectorizer`` does it, so that no word of a firm is kept and any text is read in the same space.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain, count, pairwise
from typing import NamedTuple

import mmh3
import numpy as np
from numpy.typing import NDArray

from matching.text import tokens

N_PLACES = 1 << 17
PIECES = (4, 5)  # letters of the pieces of a word, its ends marked

MANY = 64  # sums, from which they are made a row of each at a time

type Floats = NDArray[np.float64]
# From terms, what each counts for and how many each group has: what those of a group say of k things, (n_groups, k).
type Spread = Callable[[NDArray[np.int32], Floats, NDArray[np.intp]], Floats]


def terms_of(text: str) -> list[str]:
    """Return the terms of a text, for scikit-learn.

    >>> terms_of("un tour")
    ['un', 'tour', '#<un>', '#<tou', '#tour', '#our>', '#<tour', '#tour>', 'un tour']
    """
    words = tokens(text)
    return [*words, *(piece for word in words for piece in _pieces(word)), *map(" ".join, pairwise(words))]


class Terms(NamedTuple):
    """The terms of some texts, by the stems that these have in common: each is read once.

    Parameters
    ----------
    spelt : tuple of str
        The stems, each once.
    places, n_places : (n_terms,) ndarray of int32, (n_stems,) ndarray of int
        The terms of each stem and of its pieces, one stem after another; how many each has.
    stems, n_words : (n_all_words,) ndarray of int, (n_texts,) ndarray of int
        The stem of each word, one text after another; how many words each has.
    pairs : (n_pairs,) ndarray of int32
        The terms of each two words that follow each other in a text.
    """

    spelt: tuple[str, ...]
    places: NDArray[np.int32]
    n_places: NDArray[np.intp]
    stems: NDArray[np.intp]
    n_words: NDArray[np.intp]
    pairs: NDArray[np.int32]

    @property
    def n_pairs(self) -> NDArray[np.intp]:
        """Return how many pairs each text has."""
        return np.maximum(self.n_words - 1, 0)

    @property
    def owners(self) -> NDArray[np.intp]:
        """Return the text of each word."""
        return np.arange(len(self.n_words)).repeat(self.n_words)

    def first(self, n_texts: int) -> "Terms":
        """Return the terms of the first so many texts."""
        n_words = self.n_words[:n_texts]
        n_pairs = self.n_pairs[:n_texts].sum()
        return self._replace(stems=self.stems[: n_words.sum()], n_words=n_words, pairs=self.pairs[:n_pairs])

    def occurrences(self) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return the terms of the texts, those of words, then pairs: the word that each comes from, and its place.

        A pair comes from its second word.
        """
        sizes, starts = self.n_places[self.stems], np.cumsum(self.n_places) - self.n_places
        number = np.arange(len(self.stems)).repeat(sizes)
        held = np.arange(len(number)) + (starts[self.stems] - (np.cumsum(sizes) - sizes))[number]
        owners = self.owners
        second = np.flatnonzero(owners[1:] == owners[:-1]) + 1
        return np.concatenate([number, second]), np.concatenate([self.places[held], self.pairs])

    def counted(self) -> "Counts":
        """Return how often each text says each of its terms."""
        number, places = self.occurrences()
        cells, times = np.unique(self.owners[number] * N_PLACES + places, return_counts=True)
        owners, found = np.divmod(cells, N_PLACES)
        return Counts(owners, found.astype(np.int32), times)

    def sums(self, of_stems: Floats, repeated: "Counts", spread: Spread) -> Floats:
        """Return what texts say of k things, of shape (n_texts, k): sums over their terms, repeated ones damped."""
        n_repeated = np.bincount(repeated.owners, minlength=len(self.n_words))
        found = added(of_stems, self.n_words, self.stems)
        found += spread(self.pairs, np.ones(len(self.pairs)), self.n_pairs)
        found += spread(repeated.places, damped(repeated.times) - repeated.times, n_repeated)
        return found

    def by_word(self, of_stems: Floats, repeated: "Counts", spread: Spread) -> Floats:
        """Return what each word of texts says of k things, of shape (n_words, k): what :meth:`sums` adds up."""
        number, places = self.occurrences()
        cells, known = self.owners[number] * N_PLACES + places, repeated.owners * N_PLACES + repeated.places
        at = known.searchsorted(cells)
        again = np.append(known, -1)[at] == cells
        times, words = repeated.times[at[again]], number[again]
        n_again = np.bincount(words, minlength=len(self.stems))
        by_word = words.argsort(kind="stable")
        found = of_stems[self.stems]
        found[number[len(number) - len(self.pairs) :]] += spread(
            self.pairs, np.ones(len(self.pairs)), np.ones(len(self.pairs), np.intp)
        )
        found += spread(places[again][by_word], (damped(times) / times - 1.0)[by_word], n_again)
        return found


class Counts(NamedTuple):
    """How often texts say terms: arrays of shape (n,), by text, then by term."""

    owners: NDArray[np.intp]
    places: NDArray[np.int32]
    times: NDArray[np.intp]

    def first(self, n_texts: int) -> "Counts":
        """Return those of the first so many texts."""
        n = self.owners.searchsorted(n_texts)
        return Counts(self.owners[:n], self.places[:n], self.times[:n])

    def several(self) -> "Counts":
        """Return those that are said more than once."""
        again = self.times > 1
        return Counts(self.owners[again], self.places[again], self.times[again])


class StemRows:
    """What stems say of k things: read once while they come back, as most of what is written does.

    Parameters
    ----------
    spread : callable
    n_things : int
    n_kept : int
        Stems of which it is kept: past these, all are forgotten and read again.
    """

    def __init__(self, spread: Spread, n_things: int, *, n_kept: int) -> None:
        self._spread, self._n_things, self._n_kept = spread, n_things, n_kept
        self._kept: dict[str, Floats] = {}

    def of(self, stems: Sequence[str]) -> Floats:
        """Return what each of some stems says: of shape (n_stems, n_things)."""
        kept = self._kept
        unread = [stem for stem in stems if stem not in kept]
        if unread and len(kept) + len(unread) > self._n_kept:
            kept = self._kept = {}  # another one: who reads at the same time goes on with what it holds
            unread = [*stems]
        if unread:
            places = [*map(places_of_stem, unread)]
            several = np.concatenate(places)
            rows = self._spread(several, np.ones(len(several)), np.array([*map(len, places)], np.intp))
            kept.update(zip(unread, rows, strict=True))
        return np.array([kept[stem] for stem in stems]).reshape(-1, self._n_things)


def damped(times: NDArray[np.intp]) -> Floats:
    """Return what a term that is said so many times counts for (Salton and Buckley, 1988)."""
    found: Floats = np.log(times) + 1.0
    return found


def summed(groups: NDArray[np.intp], rows: Floats, n_groups: int) -> Floats:
    """Return the sums of rows of shape (n, k) by the group of each, in their order: of shape (n_groups, k)."""
    k = rows.shape[1]
    cells = groups[:, np.newaxis] * k + np.arange(k)
    found: Floats = np.bincount(cells.ravel(), weights=rows.ravel(), minlength=n_groups * k)
    return found.reshape(n_groups, k)


def added(rows: Floats, sizes: NDArray[np.intp], chosen: NDArray[np.intp] | None = None) -> Floats:
    """Return the sums of rows of shape (n, k), so many of them for each, or of those ``chosen``: (n_sums, k).

    Many are made by adding the first rows of all, then the second ones: the same to the last bit, six times faster.
    """
    n, k = len(sizes), rows.shape[1]
    if n < MANY:
        return summed(np.arange(n).repeat(sizes), rows if chosen is None else rows[chosen], n)
    order = (-sizes).argsort(kind="stable")
    starts, longest = (np.cumsum(sizes) - sizes)[order], -sizes[order]
    sums = np.zeros((n, k))
    for place in range(-int(longest[0])):
        held = starts[: longest.searchsorted(-place)] + place
        sums[: len(held)] += rows[held if chosen is None else chosen[held]]
    found = np.empty((n, k))
    found[order] = sums
    return found


def terms_of_all(texts: Sequence[Sequence[str]]) -> Terms:
    """Return the terms of some texts given by their stems: those of :func:`terms_of`."""
    number: defaultdict[str, int] = defaultdict(count().__next__)
    stems = np.fromiter(map(number.__getitem__, chain.from_iterable(texts)), np.intp)
    of_stems = [*map(places_of_stem, number)]
    pairs = [_place_of_pair(one, other) for said in texts for one, other in pairwise(said)]
    return Terms(
        tuple(number),
        np.concatenate(of_stems) if of_stems else np.zeros(0, np.int32),
        np.array([*map(len, of_stems)], np.intp),
        stems,
        np.array([*map(len, texts)], np.intp),
        np.array(pairs, np.int32),
    )


def _pieces(word: str) -> Iterable[str]:
    marked = f"<{word}>"
    return (f"#{marked[start : start + size]}" for size in PIECES for start in range(len(marked) - size + 1))


@lru_cache(maxsize=1 << 16)
def places_of_stem(word: str) -> NDArray[np.int32]:
    """Return the terms of a stem and of its pieces."""
    return np.fromiter(map(_place, (word, *_pieces(word))), np.int32)


@lru_cache(maxsize=1 << 12)  # those of a text, which is read several times: pairs hardly come back in another
def _place_of_pair(one: str, other: str) -> int:
    return _place(f"{one} {other}")


def _place(term: str) -> int:
    """Place a term by MurmurHash3, x86, 32 bits, seed 0 (Appleby, 2011).

    That of scikit-learn comes with all of scipy.stats: a second and 60 MB of each process, for this one function.
    """
    return abs(mmh3.hash(term)) % N_PLACES
