"""How close a text comes to each of thousands of subjects, such as schemes.

All of it is whole numbers until the very end, so that it adds up to the same in whatever order, with compiled loops
and without, on any machine. Words that the subjects were learnt from, and terms that many of them share, have a row
each: what the word and its pieces bring to each subject. A text is then some fifty rows, instead of three hundred
terms.
"""

from collections import Counter
from collections.abc import Buffer, Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from matching.container import Arrays, Format
from matching.errors import SavedError
from matching.kernels import loaded
from matching.lexicon import BYTES, N_PLACES, PLACE, Lexicon, Rarity, occurrences, ranges, word_places
from matching.outcomes import BoolArray
from matching.text import tokens
from matching.vocabulary import BLOCK, SPARED, Vocabulary

FORMAT = Format(b"POSTINGS", 1, "postings")
MANY = 1_000  # subjects, from which a row has one byte for each, and not two: the rows of a text leave the cache
LOUDEST = 63  # what a row of bytes is multiplied by, at most
ABOVE = 2  # it holds up to half of the highest value of any row; what a few subjects have above stands beside it
HIGHEST = 255 * LOUDEST * ABOVE  # value of any row
STEPS = 202  # of how often a text says a term, damped: twice to eight times are nearly whole numbers of them
WEIGHT_STEPS = 4096  # of what a term weighs in the length of a text
TOGETHER = 512  # rows that are added at once
COMMON = 1 / 16  # of the subjects: a term of so many has a row
GREATEST = 1 << 30  # sum of a text: 32 bits hold it, with room for what was rounded
AT_ONCE = 256  # rows that are made at once
OFTEN = 1 << 16  # what is said more often counts as that
WEIGHT, ROW = 0, 1  # of a term, before where what it brings starts and ends
SCALE = 0  # of a row, before the same
NONE = np.zeros(0, np.bool_)
DAMPED = np.zeros(OFTEN, np.int64)  # by how often a term is said, in steps
DAMPED[1:] = np.rint((np.log(np.arange(1, OFTEN)) + 1.0) * STEPS)


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
    def n_blocks(self) -> int:
        """How many blocks of ``BLOCK`` subjects there are."""
        return len(self._postings.every_block)

    @property
    def cosines(self) -> NDArray[np.float64]:
        """Of shape (n_subjects,)."""
        if self._cosines is None:
            sums, scale = self.add_up(self._postings.every_block)
            self._cosines = np.clip(sums * scale, 0.0, 1.0)
        return self._cosines

    def add_up(self, wanted: BoolArray) -> tuple[NDArray[np.float64], float]:
        """Return sums of shape (n_subjects,) and what they are multiplied by: cosines, once kept within 0 and 1.

        Parameters
        ----------
        wanted : (n_blocks,) ndarray of bool
            Blocks of ``BLOCK`` subjects: the sums of others say nothing.
        """
        return self._postings.add_up(self._text, self._hidden, wanted)

    def __getitem__(self, subject: str) -> float:
        return float(self.cosines[self._postings.columns[subject]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._postings.columns)

    def __len__(self) -> int:
        return len(self._postings.columns)


class Postings:
    """What each word and each term brings to the likeness to each subject.

    Parameters
    ----------
    lexicon : Lexicon
        Of thousands of subjects: those that are asked for together beside each other, others need not be read.

    Attributes
    ----------
    columns : dict of str to int
        The place of each subject, in order.
    every_block : (n_blocks,) ndarray of bool
        All blocks of ``BLOCK`` subjects.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        n_subjects, stop_words = len(lexicon.subjects), lexicon.rarity.stop_words
        matrix = lexicon.matrix.astype(np.float64)
        sizes = np.diff(matrix.indptr)
        matrix.data *= np.repeat(lexicon.rarity.weights, sizes)
        words = sorted(lexicon.words - stop_words)
        spoken = [np.frombuffer(word_places(word), PLACE) for word in words]
        common = np.flatnonzero(sizes >= max(1.0, COMMON * n_subjects))
        starts = np.cumsum([0, *map(len, spoken), *[1] * common.size])
        held = np.concatenate([*spoken, common])
        terms = csr_array((np.ones(held.size), held, starts), shape=(len(words) + common.size, N_PLACES))
        highest = np.zeros(N_PLACES)
        np.maximum.at(highest, np.repeat(np.arange(N_PLACES), sizes), matrix.data)
        unit = (float((terms @ highest).max(initial=0.0)) or 1.0) / HIGHEST
        row_of = np.full(N_PLACES, -1, np.int32)
        row_of[common] = np.arange(len(words), starts.size - 1)
        matrix.data /= unit
        table, scales, above = _rows(terms, matrix, np.uint8 if n_subjects >= MANY else np.uint16)
        matrix.data[np.repeat(row_of >= 0, sizes)] = 0.0
        matrix.data = np.rint(matrix.data)
        beside = csr_array(vstack([above, matrix], format="csr").astype(np.int32))
        beside.eliminate_zeros()
        bounds = np.column_stack([beside.indptr[:-1], beside.indptr[1:]]).astype(np.int32)
        self._hold(
            lexicon.subjects,
            words,
            lexicon.rarity,
            unit,
            table=table,
            scales=np.column_stack([scales, bounds[: len(scales)]]),
            places=np.column_stack([row_of, bounds[len(scales) :]]),
            beside=np.column_stack([beside.indices.astype(np.int32), beside.data]),
        )

    def _hold(
        self, subjects: Iterable[str], words: Iterable[str], rarity: Rarity, unit: float,
        *, table: NDArray[np.unsignedinteger], scales: NDArray[np.int32], places: NDArray[np.int32],
        beside: NDArray[np.int32],
    ) -> None:  # fmt: skip
        """Take what was made of a lexicon, to be read only: that of a buffer is, and loops are compiled for either."""
        self.columns = {subject: column for column, subject in enumerate(subjects)}
        self._words = {word: row for row, word in enumerate(words)}
        self._rarity, self._stop_words, self._unit = rarity, rarity.stop_words, unit
        self._per_length = unit * WEIGHT_STEPS / (1 << SPARED)
        self._longest = int((GREATEST * self._per_length) ** 2)  # square of a length, for sums of 32 bits
        weights = np.rint(rarity.weights * WEIGHT_STEPS).astype(np.int32)
        self._table, self._scales, self._beside = table, scales, beside
        self._places = np.column_stack([weights, places])
        for array in (self._table, self._scales, self._beside, self._places):
            array.flags.writeable = False
        self.every_block = np.ones(-(-len(self.columns) // BLOCK), dtype=np.bool_)
        self._vocabulary = Vocabulary(weights, self._words, self._stop_words)

    @classmethod
    def open(cls, buffer: Buffer, rarity: Rarity, *, thorough: bool = False) -> "Postings":
        """Return the postings of a buffer, which is read, never written, and kept as long as they are.

        Parameters
        ----------
        buffer : bytes-like
            What :meth:`save` returned, such as a file that is mapped.
        rarity : Rarity
            That of the lexicon that they were made of.
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
        opened._hold(
            directory["subjects"], directory["words"], rarity, directory["unit"],
            **{name: arrays[directory[name]] for name in ("table", "scales", "places", "beside")},
        )  # fmt: skip
        return opened

    def save(self) -> bytearray:
        """Return the postings as one buffer.

        It says nothing of the texts that the rarity was learnt from but how rare terms of the subjects are among them:
        what any other term weighs is left to the rarity, which whoever opens the buffer has.
        """
        arrays = Arrays()
        held = {
            "table": self._table,
            "scales": self._scales,
            "places": np.ascontiguousarray(self._places[:, ROW:]),
            "beside": self._beside,
        }
        directory = {
            "subjects": list(self.columns),
            "words": list(self._words),
            "unit": self._unit,
            "rarity": _digest(self._rarity),
            **{name: arrays.add(array) for name, array in held.items()},
        }
        return FORMAT.write(directory, arrays)

    def closeness(self, text: str, hidden: Collection[int] = ()) -> Closeness:
        """Return how close a text comes to each subject; ``hidden`` are positions of words that do not count."""
        return Closeness(self, text, hidden)

    def add_up(self, text: str, hidden: Collection[int], wanted: BoolArray) -> tuple[NDArray[np.float64], float]:
        """Return what :meth:`Closeness.add_up` does."""
        if loops := loaded():
            written, shelf = text.encode("utf-8", "surrogatepass"), self._vocabulary.shelf
            sums = np.empty(len(self.columns))
            rest = (self._places, DAMPED, self._table, self._scales, self._beside, wanted, sums)
            given = np.frombuffer(written, np.uint8), _marked(hidden) if hidden else NONE
            square = loops.add_text(*given, *shelf, *rest)
            if square < 0:
                square = loops.add_text(*given, *self._vocabulary.extend(written), *rest)
            if square <= self._longest:
                return sums, self._scale(square)
        exact, square = self._add_text([word for at, word in enumerate(tokens(text)) if at not in hidden])
        times = max(1.0, sqrt(square / self._longest))
        return np.rint(exact / times), self._scale(square) * times

    def _scale(self, square: int) -> float:
        """Return what sums are multiplied by, from the square of the length of the text."""
        return self._per_length / (sqrt(square) or 1.0)

    def _add_text(self, words: Sequence[str]) -> tuple[NDArray[np.int64], int]:
        """Return what a text brings to each subject, and the square of its length: whole numbers, however great."""
        found = occurrences([words], self._stop_words).places
        places, counts = np.unique(found, return_counts=True)
        said = DAMPED[np.minimum(counts, OFTEN - 1)]
        square = np.square(said * self._places[places, WEIGHT] >> SPARED).sum()
        known = Counter(word for word in words if word in self._words)
        loud = DAMPED[np.minimum(np.fromiter(known.values(), np.intp, len(known)), OFTEN - 1)]
        spoken = [word_places(word) for word in known]
        held = np.repeat(loud, [len(each) // BYTES for each in spoken])
        in_rows = np.bincount(
            places.searchsorted(np.frombuffer(b"".join(spoken), PLACE)), weights=held, minlength=places.size
        )
        steps = said - in_rows.astype(np.int64)
        apart = steps.nonzero()[0]  # what these words do not say, or say too often
        places, steps = places[apart], steps[apart]
        common = self._places[places, ROW]
        own = common >= 0
        rows = np.concatenate([np.fromiter(map(self._words.__getitem__, known), np.int32, len(known)), common[own]])
        times = np.concatenate([loud, steps[own]])
        sums = self._add_rows(rows, times)
        bounds = np.concatenate([self._scales[rows, SCALE + 1 :], self._places[places[~own], ROW + 1 :]])
        sizes, entries = ranges(bounds[:, 0], bounds[:, 1])
        columns, values = self._beside.view(np.int64).ravel()[entries].view(np.int32).reshape(-1, 2).T  # both at once
        weights = values * np.repeat(np.concatenate([times, steps[~own]]), sizes)
        sums += np.bincount(columns, weights=weights, minlength=sums.size).astype(np.int64)
        return sums, int(square)

    def _add_rows(self, rows: NDArray[np.int32], times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add up some rows of the table, each so many times."""
        sums = np.zeros(len(self.columns), np.int64)
        times, most = times * self._scales[rows, SCALE], np.iinfo(self._table.dtype).max
        for start in range(0, rows.size, TOGETHER):
            some = slice(start, start + TOGETHER)
            kind = np.int32 if np.abs(times[some]).sum() * most < 1 << 31 else np.int64
            sums += np.einsum("i,ij->j", times[some].astype(kind), self._table[rows[some]], dtype=kind)
        return sums


def _digest(rarity: Rarity) -> str:
    """Return what tells one rarity from another."""
    found = blake2b(rarity.weights.tobytes(), digest_size=16)
    found.update(" ".join(sorted(rarity.stop_words)).encode())
    return found.hexdigest()


def _marked(positions: Collection[int]) -> NDArray[np.bool_]:
    marked = np.zeros(max(positions) + 1, np.bool_)
    marked[list(positions)] = True
    return marked


def _rows(
    terms: csr_array, matrix: csr_array, kind: type[np.unsignedinteger]
) -> tuple[NDArray[np.unsignedinteger], NDArray[np.int32], csr_array]:
    """Return what sets of terms bring to each subject: rows, what each is multiplied by, and what is above them."""
    table = np.zeros((terms.shape[0], matrix.shape[1]), kind)
    scales = np.ones(terms.shape[0], np.int32)
    above, most = [csr_array((0, matrix.shape[1]))], np.iinfo(kind).max
    for start in range(0, terms.shape[0], AT_ONCE):
        some = slice(start, start + AT_ONCE)
        exact = (terms[some] @ matrix).toarray()
        scales[some] = np.clip(np.ceil(exact.max(axis=1, initial=0.0) / most), 1, LOUDEST)
        scale = scales[some, np.newaxis]
        table[some] = np.minimum(np.rint(exact / scale), most)
        beyond = np.rint(exact - scale * np.float64(most))
        above.append(csr_array(np.where(2 * beyond > scale, beyond, 0.0)))
    return table, scales, vstack(above, format="csr")
