"""Columns over firms: each distinct value of what conditions read is kept once, and a small code a firm.

Codes follow the natural order of the values, so that what a condition accepts is a few runs of codes. A ladder of sets
of bits (the firms whose code is below some rung) turns an end of a run into one operation on words.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.bits import EVERY, WORD, Rows, Words, n_words, pack_blocks, runs_of, spans
from matching.facts import Interval, Place
from matching.outcomes import BoolArray
from matching.profiles import Profile, Profiles

type Codes = NDArray[np.unsignedinteger[Any]]
type Value = tuple[Any, ...]

FEW = 32  # values, up to which a ladder has a rung for each
N_RUNGS = 8  # of a ladder over more values, where firms are spread evenly
MANY_EDGES = 48  # of runs of codes, from which looking each firm up is cheaper
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
    is_sorted : bool
        Whether the codes of the firms never fall: then no ladder is needed.
    """

    def __init__(self, names: tuple[str, ...], values: list[Value], codes: Codes, *, is_sorted: bool = False) -> None:
        self.names, self.values, self.codes = names, values, codes
        self.starts: Rows | None = np.searchsorted(codes, np.arange(len(values) + 1)) if is_sorted else None
        self._profiles: dict[date, Profiles] = {}
        self._ladder: Ladder | None = None

    @property
    def n_bytes(self) -> int:
        """What the firms take here: codes and ladder; values are few."""
        return 0 if len(self.values) < 2 else self.codes.nbytes + (self._ladder.nbytes if self._ladder else 0)

    def profiles(self, on: date) -> Profiles:
        """Return one profile a value, on a day."""
        if on not in self._profiles:
            if len(self._profiles) >= MAX_DAYS:
                del self._profiles[next(iter(self._profiles))]
            rows = [Profile(on=on, **dict(zip(self.names, value, strict=True))) for value in self.values]
            self._profiles[on] = Profiles(rows)
        return self._profiles[on]

    def words(self, accepted: BoolArray, first: int, last: int) -> Words:
        """Return the firms whose code is accepted, among those of some words; past the last firm, anything.

        Parameters
        ----------
        accepted : ndarray of bool, shape (n_values,)
        first, last : int
            Words, the last one outside.
        """
        edges = np.flatnonzero(accepted[1:] != accepted[:-1]) + 1
        if not len(edges):
            return np.full(last - first, EVERY if accepted[0] else 0, dtype=np.uint64)
        if len(edges) > MANY_EDGES:
            among = self.codes[first * WORD : last * WORD]
            return pack_blocks(lambda start, stop: accepted.take(among[start:stop]), len(among))
        if self.starts is not None:
            bounds = np.clip(self.starts, first * WORD, last * WORD)
            starts, ends = runs_of(accepted)
            return spans(bounds[starts], bounds[ends], first, last)
        if self._ladder is None:
            self._ladder = Ladder(self.codes, len(self.values))
        return self._ladder.words(self.codes, bool(accepted[0]), edges.tolist(), first, last)


class Ladder:
    """For some codes, the firms whose code is below each.

    Parameters
    ----------
    codes : ndarray of unsigned int, shape (n,)
    n_values : int
    """

    def __init__(self, codes: Codes, n_values: int) -> None:
        counts = np.bincount(codes, minlength=n_values)
        self._below = np.concatenate([[0], np.cumsum(counts)])
        if n_values <= FEW:
            rungs = np.arange(1, n_values)
        else:  # where the share of firms below passes a step; a value that many firms have has a rung on each side
            steps = self._below * N_RUNGS // max(len(codes), 1)
            wide = np.flatnonzero(counts * N_RUNGS > len(codes))
            rungs = np.unique(np.concatenate([np.flatnonzero(np.diff(steps)) + 1, wide, wide + 1]))
            rungs = rungs[(rungs > 0) & (rungs < n_values)]
        self._rungs = [0, *rungs.tolist(), n_values]
        self._words = np.array([_between(codes, [(0, int(rung))]) for rung in rungs], np.uint64).reshape(
            -1, n_words(len(codes))
        )

    @property
    def nbytes(self) -> int:
        return self._words.nbytes

    def words(self, codes: Codes, starts_in: bool, edges: Sequence[int], first: int, last: int) -> Words:
        """Return the firms of some words whose code lies in runs: ``edges`` are where runs start and end, in turn.

        Each edge turns over the firms above it.
        """
        found = np.zeros(last - first, dtype=np.uint64)
        is_in, apart = starts_in, []
        for edge in edges:
            place, is_in = self._nearest(edge), not is_in
            if 0 < place < len(self._rungs) - 1:
                found ^= self._words[place - 1, first:last]
            elif place:
                np.invert(found, out=found)
            rung = self._rungs[place]
            if rung != edge:
                apart.append((min(rung, edge), max(rung, edge)))
        if is_in:  # what lies above the last edge: all but what lies below the edges in turn
            np.invert(found, out=found)
        if apart:
            found ^= _between(codes[first * WORD : last * WORD], apart)
        return found

    def _nearest(self, code: int) -> int:
        """Return the place of the rung with the fewest firms between it and a code."""
        after = int(np.searchsorted(self._rungs, code))
        below, rungs = self._below, self._rungs
        return after if below[rungs[after]] - below[code] < below[code] - below[rungs[after - 1]] else after - 1


def _between(codes: Codes, runs: Sequence[tuple[int, int]]) -> Words:
    """Return the firms whose code lies in an odd number of runs of codes, each from one code to another, outside."""
    lows, widths = [codes.dtype.type(low) for low, _ in runs], [codes.dtype.type(high - low) for low, high in runs]

    def test(start: int, stop: int) -> BoolArray:
        block = codes[start:stop]
        return reduce(np.bitwise_xor, (block - low < width for low, width in zip(lows, widths, strict=True)))

    return pack_blocks(test, len(codes))


def key_of(value: Value) -> Hashable:
    """Return what tells values apart: what a mapping holds, in no order."""
    return tuple([frozenset(part.items()) if isinstance(part, Mapping) else part for part in value])


def narrowed(codes: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers in as few bytes as hold them."""
    low, high = (int(codes.min()), int(codes.max())) if len(codes) else (0, 0)
    if low < 0:
        return codes.astype(np.int32 if low >= -(2**31) and high < 2**31 else np.int64)
    return codes.astype(np.min_scalar_type(high))


def in_order(names: tuple[str, ...], values: Sequence[Value], codes: NDArray[Any]) -> Column:
    """Return a column whose codes follow the natural order of its values; those that no firm has are left out."""
    used = np.flatnonzero(np.bincount(codes, minlength=len(values))).tolist()
    weigh = _hierarchy([values[code] for code in used])
    order = sorted(used, key=lambda code: [weigh(part) for part in values[code]])
    ranks = np.zeros(len(values), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return Column(names, [values[code] for code in order], narrowed(ranks)[codes])


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
