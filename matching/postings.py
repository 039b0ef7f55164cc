"""How close a text comes to each of thousands of subjects, such as schemes.

A text is read as terms; each term leads to the words and to the pairs of words that are said of subjects
(:mod:`matching.sayings`). All of it is whole numbers until the very end, so that it adds up to the same in whatever
order, on any machine.
"""

from collections.abc import Buffer, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from hashlib import blake2b
from math import sqrt

import numpy as np
import scipy  # its parts are loaded when first used: a start without words does not wait for them
from numpy.typing import NDArray

from matching.container import Arrays, Format
from matching.errors import SavedError
from matching.lexicon import Example, Rarity, occurrences, ranges
from matching.sayings import LOUDEST, Sayings
from matching.text import tokens

FORMAT = Format(b"POSTINGS", 2, "postings")
FINE = 4096  # steps of what a term weighs, in the length of a text
SPARED = 7  # last bits that the length does without: 64 bits hold that of any text
SQUARED = 256  # steps of what a term weighs on both sides
MOST = (1 << 32) - 1  # that a text brings to a word: reached by no word that anybody writes
STEPS = 202  # of how often a text says a term, damped: twice to eight times are nearly whole numbers of them
OFTEN = 1 << 16  # what is said more often counts as that
DAMPED = np.zeros(OFTEN, np.int64)  # by how often a term is said, in steps
DAMPED[1:] = np.rint((np.log(np.arange(1, OFTEN)) + 1.0) * STEPS)
PER_LENGTH = FINE / (1 << SPARED) / SQUARED  # of a text, in such steps


class Closeness(Mapping[str, float]):
    """How close a text comes to each subject: cosines in [0, 1], worked out when they are asked for.

    Parameters
    ----------
    postings : Postings
    text : str
    hidden : collection of int
        Positions of words that do not count.
    """

    __slots__ = ("_cosines", "_hidden", "_postings", "_text")

    def __init__(self, postings: "Postings", text: str, hidden: Collection[int]) -> None:
        self._postings, self._text, self._hidden = postings, text, hidden
        self._cosines: NDArray[np.float64] | None = None

    @property
    def columns(self) -> Mapping[str, int]:
        """The place of each subject, in order; the same object for every text."""
        return self._postings.columns

    @property
    def cosines(self) -> NDArray[np.float64]:
        """Of shape (n_subjects,)."""
        if self._cosines is None:
            self._cosines = self._postings.cosines(self._text, self._hidden)
        return self._cosines

    def __getitem__(self, subject: str) -> float:
        return float(self.cosines[self._postings.columns[subject]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._postings.columns)

    def __len__(self) -> int:
        return len(self._postings.columns)


class Postings:
    """Which words and subjects each term leads to, and which words each subject is recognised by.

    Parameters
    ----------
    sayings : Sayings
    rarity : Rarity
        That they were learnt with.

    Attributes
    ----------
    columns : dict of str to int
        The place of each subject, in order.
    """

    def __init__(self, sayings: Sayings, rarity: Rarity) -> None:
        by_word, n_words = sayings.by_word, sayings.terms.shape[0]
        leading = scipy.sparse.vstack([sayings.terms, sayings.by_pair]).tocsc()
        self._hold(
            sayings.subjects,
            n_words,
            rarity,
            starts=leading.indptr.astype(np.uint32),
            holders=leading.indices.astype(_holding(leading.shape[0])),
            times=np.minimum(leading.data, LOUDEST).astype(np.uint8),
            firsts=by_word.indptr.astype(np.int32),
            words=by_word.indices.astype(_holding(n_words)),
            shares=by_word.data.astype(np.uint8),
            scales=1.0 / np.where(sayings.lengths > 0.0, sayings.lengths, np.inf),
        )

    def _hold(
        self, subjects: Iterable[str], n_words: int, rarity: Rarity, *, starts: NDArray[np.uint32],
        holders: NDArray[np.unsignedinteger], times: NDArray[np.uint8], firsts: NDArray[np.int32],
        words: NDArray[np.unsignedinteger], shares: NDArray[np.uint8], scales: NDArray[np.float64],
    ) -> None:  # fmt: skip
        """Take what was made of sayings, to be read only.

        Parameters
        ----------
        starts : (N_PLACES + 1,) ndarray
            Where what each term leads to starts.
        holders : (n_led_to,) ndarray
            Words by their number, subjects after them: the term is a pair that is said of those.
        times : (n_led_to,) ndarray
            How often the term stands in the word, or how much the pair is said of the subject.
        firsts : (n_subjects + 1,) ndarray
            Where the words of each subject start.
        words : (n_said,) ndarray
        shares : (n_said,) ndarray
            How much each is said of the subject.
        scales : (n_subjects,) ndarray
            What sums are multiplied by.
        """
        self.columns = {subject: column for column, subject in enumerate(subjects)}
        self._rarity, self._n_words = rarity, n_words
        self._starts, self._holders, self._times = starts, holders, times
        self._firsts, self._words, self._shares, self._scales = firsts, words, shares, scales
        for array in (starts, holders, times, firsts, words, shares, scales):
            array.flags.writeable = False

    @classmethod
    def learn(cls, examples: Iterable[Example], rarity: Rarity) -> "Postings":
        """Return what some texts say of the subjects that they speak of, in the order in which these come."""
        return cls(Sayings.learn(examples, rarity), rarity)

    @classmethod
    def open(cls, buffer: Buffer, rarity: Rarity, *, thorough: bool = False) -> "Postings":
        """Return the postings of a buffer, which is read, never written, and kept as long as they are.

        Parameters
        ----------
        buffer : bytes-like
            What :meth:`save` returned, such as a file that is mapped.
        rarity : Rarity
            That with which they were learnt.
        thorough : bool
            Check all of it, which reads all of it, and not only the head.

        Raises
        ------
        SavedError
            Where these are no saved postings, or of another version, of another rarity, cut short or changed.
        """
        directory, arrays = FORMAT.read(buffer, thorough=thorough)
        if directory["rarity"] != _digest(rarity):
            raise SavedError("Postings saved with another rarity; accepted: the one that is given.", reason="rarity")
        opened = cls.__new__(cls)
        held = {name: arrays[reference] for name, reference in directory["arrays"].items()}
        opened._hold(directory["subjects"], directory["n_words"], rarity, **held)
        return opened

    def save(self) -> bytearray:
        """Return the postings as one buffer.

        It says nothing of the texts that the rarity was learnt from: what a term weighs is left to the rarity, which
        whoever opens the buffer has.
        """
        arrays = Arrays()
        held = {
            "starts": self._starts, "holders": self._holders, "times": self._times, "firsts": self._firsts,
            "words": self._words, "shares": self._shares, "scales": self._scales,
        }  # fmt: skip
        directory = {
            "subjects": list(self.columns),
            "n_words": self._n_words,
            "rarity": _digest(self._rarity),
            "arrays": {name: arrays.add(array) for name, array in held.items()},
        }
        return FORMAT.write(directory, arrays)

    def closeness(self, text: str, hidden: Collection[int] = ()) -> Closeness:
        """Return how close a text comes to each subject; ``hidden`` are positions of words that do not count."""
        return Closeness(self, text, hidden)

    def cosines(self, text: str, hidden: Collection[int] = ()) -> NDArray[np.float64]:
        """Return how close a text comes to each subject, of shape (n_subjects,).

        Whole numbers until the end, though floats: they are far from those that a float has no room for.
        """
        words = [word for at, word in enumerate(tokens(text)) if at not in hidden]
        places, counts = np.unique(occurrences([words], self._rarity.stop_words).places, return_counts=True)
        often = DAMPED[np.minimum(counts, OFTEN - 1)]
        weights = self._rarity.weights[places].astype(np.float64)
        square = int(np.square(often * np.rint(weights * FINE).astype(np.int64) >> SPARED).sum())
        sizes, led = ranges(self._starts[places], self._starts[places + 1])
        times = np.repeat(often * np.rint(weights * weights * SQUARED), sizes) * self._times[led]
        brought = np.bincount(self._holders[led], weights=times, minlength=self._n_words + len(self.columns))
        heard = np.minimum(brought[: self._n_words], MOST)
        sums = (brought[self._n_words :] + self._by_word @ heard) * self._scales
        found: NDArray[np.float64] = np.clip(sums * (PER_LENGTH / (sqrt(square) or 1.0)), 0.0, 1.0)
        return found

    @cached_property
    def _by_word(self) -> "scipy.sparse.csr_array":
        """How much each word is said of each subject, as numpy multiplies it: of shape (n_subjects, n_words)."""
        held = self._shares.astype(np.float64), self._words.astype(np.int32), self._firsts
        return scipy.sparse.csr_array(held, shape=(len(self.columns), self._n_words))


def _holding(n: int) -> type[np.unsignedinteger]:
    """Return what holds a number below ``n``: two bytes if it can be."""
    return np.uint16 if n <= 1 << 16 else np.uint32


def _digest(rarity: Rarity) -> str:
    """Return what tells one rarity from another."""
    found = blake2b(rarity.weights.tobytes(), digest_size=16)
    found.update(" ".join(sorted(rarity.stop_words)).encode())
    return found.hexdigest()
