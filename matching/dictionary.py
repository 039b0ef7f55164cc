"""Columns over firms: each distinct value of what conditions read is kept once, and a small code a firm.

Codes follow the natural order of the values, so that what a condition accepts is a few runs of codes. Each bit of the
codes is a set of firms too (a bit-sliced index): the firms below the end of a run are one operation a bit, on words.

References
----------
P. O'Neil and D. Quass, "Improved query performance with variant indexes", SIGMOD 1997.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.bits import EVERY, WORD, Among, Rows, Words, n_words, pack_blocks, runs_of, spans
from matching.facts import Interval, Place
from matching.kernels import loaded
from matching.outcomes import MET, UNKNOWN, BoolArray, OutcomeArray
from matching.profiles import Profile, Profiles

type Codes = NDArray[np.unsignedinteger[Any]]
type Value = tuple[Any, ...]

MANY_RUNS = 48  # of codes, from which looking each firm up is cheaper
FLOORS = (UNKNOWN, MET)  # the least outcome of each set: what may be, what is
MAX_DAYS = 2  # for which profiles are kept: one before and one after


class Column:
    """One value a firm of some fields of its profile.

    Parameters
    ----------
    names : tuple of str
        Fields, in the order of a value.
    values : list of tuple
        Each once.
    codes : ndarray of unsigned int, shape (n,)
        The position of each firm's value.
    slices : Slices, optional
        The codes bit by bit, where that is known already.

    Attributes
    ----------
    starts : ndarray of int, shape (n_values + 1,), or None
        Where the firms of each value start, if their codes never fall: then a run of codes is one of firms.
    """

    def __init__(
        self, names: tuple[str, ...], values: list[Value], codes: Codes, slices: "Slices | None" = None
    ) -> None:
        self.names, self.values, self.codes = names, values, codes
        self.starts: Rows | None = None
        self._profiles: dict[date, Profiles] = {}
        self._slices = slices

    @property
    def n_bytes(self) -> int:
        """What the firms take here: codes and their bits; values are few."""
        return 0 if len(self.values) < 2 else self.codes.nbytes + (self._slices.bits.nbytes if self._slices else 0)

    @property
    def slices(self) -> "Slices":
        """The codes bit by bit, made when they are first asked for."""
        if self._slices is None:
            self._slices = sliced(self.codes, len(self.values))
        return self._slices

    def profiles(self, on: date) -> Profiles:
        """Return one profile a value, on a day."""
        if on not in self._profiles:
            if len(self._profiles) >= MAX_DAYS:
                del self._profiles[next(iter(self._profiles))]
            rows = [Profile(on=on, **dict(zip(self.names, value, strict=True))) for value in self.values]
            self._profiles[on] = Profiles(rows)
        return self._profiles[on]

    def narrow(self, outcomes: OutcomeArray, among: Among, sets: Words) -> None:
        """Keep the firms of which a condition may be met in one set, and those of which it is in another one.

        Parameters
        ----------
        outcomes : ndarray of int8, shape (n_values,)
            What it says of each value.
        among : Among
        sets : ndarray of uint64, shape (1 or 2, among.n)
            What may be, and what is if that is wanted; written over. Past the last firm nothing is added.
        """
        starts, told = runs_of(outcomes)
        if 1 < len(starts) <= MANY_RUNS and self.starts is None:
            self.slices.narrow(starts, told, among, sets)
            return
        for words, floor in zip(sets, FLOORS, strict=False):
            if len(starts) == 1:
                words &= np.uint64(EVERY if told[0] >= floor else 0)
            elif self.starts is not None:
                bounds = np.clip(self.starts[[*starts, -1]], among.first * WORD, among.last * WORD)
                words &= self._runs(bounds, told >= floor, among)
            else:
                words &= self._looked_up(outcomes >= floor, among)

    def _runs(self, bounds: Rows, accepted: BoolArray, among: Among) -> Words:
        words = spans(bounds[:-1][accepted], bounds[1:][accepted], among.first, among.last)
        return words if among.some is None else words[among.some - among.first]

    def _looked_up(self, accepted: BoolArray, among: Among) -> Words:
        if among.some is None:
            codes = self.codes[among.first * WORD : among.last * WORD]
        else:
            rows = (among.some[:, np.newaxis] * WORD + np.arange(WORD)).ravel()
            codes = self.codes.take(rows, mode="clip")
        return pack_blocks(lambda start, stop: accepted.take(codes[start:stop]), len(codes))


class Slices:
    """A bit-sliced index: for each bit of some codes, the firms whose code lacks it.

    Parameters
    ----------
    bits : ndarray of uint64, shape (n_bits, n_words)
        The lowest bit first; never written again.
    """

    def __init__(self, bits: Words) -> None:
        bits.setflags(write=False)
        self.bits = bits

    def narrow(self, starts: Rows, told: OutcomeArray, among: Among, sets: Words) -> None:
        """Keep in sets of firms those of which as much is told as each wants.

        Parameters
        ----------
        starts : ndarray of int, shape (n_runs,)
            Codes at which runs of one outcome start, the first one 0.
        told : ndarray of int8, shape (n_runs,)
            The outcome of each.
        among : Among
        sets : ndarray of uint64, shape (1 or 2, among.n)
            What may be, and what is; written over.
        """
        if among.some is None:
            bits, first = self.bits, among.first
        else:
            bits, first = self.bits.take(among.some, axis=1), 0
            bits.setflags(write=False)  # loops are compiled for arrays that nobody writes
        loops = loaded()
        if loops:
            loops.narrow(bits, first, starts, told, sets)
            return
        kept = np.zeros_like(sets)
        for words, floor in zip(kept, FLOORS, strict=False):
            if told[-1] >= floor:
                words[:] = EVERY
        for run, edge in enumerate(starts[1:].tolist()):
            below = _below(edge, bits[:, first : first + among.n])
            for words, floor in zip(kept, FLOORS, strict=False):
                if (told[run] >= floor) != (told[run + 1] >= floor):
                    words ^= below
        sets &= kept


def sliced(codes: Codes, n_values: int) -> Slices:
    """Return codes bit by bit."""
    bits = np.zeros(((n_values - 1).bit_length(), n_words(len(codes))), dtype=np.uint64)
    for place, words in enumerate(bits):
        words[:] = pack_blocks(partial(_lack, codes, 1 << place), len(codes))
    return Slices(bits)


def _lack(codes: Codes, bit: int, start: int, stop: int) -> BoolArray:
    """Return which of some codes lack a bit."""
    found: BoolArray = (codes[start:stop] & bit) == 0
    return found


def _below(edge: int, bits: Words) -> Words:
    """Return the firms whose code is below another one, which is not 0."""
    lowest = (edge & -edge).bit_length() - 1
    found: Words = bits[lowest].copy()
    for place in range(lowest + 1, len(bits)):
        if edge >> place & 1:
            found |= bits[place]
        else:
            found &= bits[place]
    return found


def key_of(value: Value) -> Hashable:
    """Return what tells values apart: what a mapping holds, in no order."""
    return tuple([frozenset(part.items()) if isinstance(part, Mapping) else part for part in value])


def in_order(names: tuple[str, ...], values: Sequence[Value], codes: NDArray[Any]) -> Column:
    """Return a column whose codes follow the natural order of its values; those that no firm has are left out."""
    used = np.flatnonzero(np.bincount(codes, minlength=len(values))).tolist()
    weigh = _hierarchy([values[code] for code in used])
    order = sorted(used, key=lambda code: [weigh(part) for part in values[code]])
    ranks = np.zeros(len(values), dtype=np.min_scalar_type(max(len(order) - 1, 0)))
    ranks[order] = np.arange(len(order))
    return Column(names, [values[code] for code in order], ranks[codes])


def merged(one: Column, rows: Rows, other: Column) -> Column:
    """Return a column of some firms of one column and then of all of another one of the same fields."""
    positions = {key_of(value): code for code, value in enumerate(one.values)}
    values = list(one.values)
    for value in other.values:
        if positions.setdefault(key_of(value), len(values)) == len(values):
            values.append(value)
    later = np.array([positions[key_of(value)] for value in other.values], dtype=np.int64)
    return in_order(one.names, values, np.concatenate([one.codes[rows].astype(np.int64), later[other.codes]]))


def join(columns: Sequence[Column]) -> Column:
    """Return a column of the fields of several: the combinations of values that firms have."""
    names = tuple(name for column in columns for name in column.names)
    varied = [column for column in columns if len(column.values) > 1] or columns[:1]
    if len(varied) == 1:  # all others are the same of all firms: nothing but the values differs
        one = varied[0]
        values = [
            tuple(part for column in columns for part in (value if column is one else column.values[0]))
            for value in one.values
        ]
        return Column(names, values, one.codes, one.slices)
    codes, values = np.zeros(len(columns[0].codes), np.int64), [()]
    for column in columns:
        pairs, codes = np.unique(codes * len(column.values) + column.codes, return_inverse=True)
        rows = [divmod(pair, len(column.values)) for pair in pairs.tolist()]
        values = [(*values[before], *column.values[code]) for before, code in rows]
    return in_order(names, values, codes)


def _hierarchy(values: Sequence[Value]) -> Callable[[Any], Any]:
    """Return what orders values: codes by letters, numbers by bounds, places by what holds most others first."""
    counts: dict[str, int] = {}
    for value in values:
        for part in value:
            for code in part.inside if isinstance(part, Place) else ():
                counts[code] = counts.get(code, 0) + 1

    def weigh(part: Any) -> tuple[Any, ...]:
        match part:
            case None:
                return (0,)
            case Place():
                return (1, sorted((-counts[code], code) for code in part.inside), repr(sorted(part.possible or ())))
            case Interval():
                return (1, part.low, part.high)
            case str() | bool() | date():
                return (1, part)
            case _:
                return (1, repr(part))

    return weigh
