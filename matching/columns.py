"""What the score reads of the schemes of an index, as columns by position; they grow and change in place."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from matching.bits import row_of
from matching.features import APPLICANT, NEAR, NEAR_DAYS, OPEN_FACTS_FLOOR, SHORT_NOTICE_DAYS, Weights
from matching.schemes import Scheme

type Floats = NDArray[np.float64]
type Positions = NDArray[np.intp]

SLACK = 1e-3  # points that additions in another order cannot make
BLOCK = 512  # schemes that are read together, so that what they are made of stays in the cache
NO_END = np.iinfo(np.int32).max
CONTRIBUTIONS = (
    "need",
    "words",
    "near",
    "target",
    "certain",
    "guide",
    "deadline",
    "verified",
    "applicant",
)  # added so
NEED, WORDS, TARGET, CERTAIN, GUIDE = map(CONTRIBUTIONS.index, ("need", "words", "target", "certain", "guide"))
_COLUMNS = {
    "alike": np.int32,
    "kind": np.int32,
    "closes_on": np.int32,
    "preparation": np.int64,
    "review_by": np.int32,
}
_NOTHING = (0.0, 0.0, 0.0, 0.0, 0.0)


def _ordinal(day: date | None) -> int:
    return NO_END if day is None else day.toordinal()


class Served:
    """The schemes that serve one sub-need, and how well.

    Attributes
    ----------
    positions : list of int
    weights : list of float
        Of each of them, in that order.
    """

    __slots__ = ("_columns", "_levels", "_row", "positions", "weights")

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.weights: list[float] = []
        self.forget()

    def forget(self) -> None:
        """Work out again what depends on the schemes, once it is asked for: some came or went."""
        self._row: int | None = None
        self._columns: tuple[Positions, Floats] | None = None
        self._levels: list[tuple[float, int]] | None = None

    def drop(self, position: int) -> None:
        """Let a position serve it no longer."""
        place = self.positions.index(position)
        del self.positions[place], self.weights[place]
        self.forget()

    @property
    def row(self) -> int:
        """One bit a scheme, as in :mod:`matching.index`."""
        if self._row is None:
            self._row = row_of(self.positions)
        return self._row

    def levels(self) -> list[tuple[float, int]]:
        """Return each weight that a scheme has, greatest first, with the schemes of that weight as a row of bits."""
        if self._levels is None:
            levels = defaultdict[float, list[int]](list)
            for position, weight in zip(self.positions, self.weights, strict=True):
                levels[weight].append(position)
            self._levels = [(weight, row_of(levels[weight])) for weight in sorted(levels, reverse=True)]
        return self._levels

    def read(self) -> tuple[Positions, Floats]:
        """Return positions and weights, best first, then by position: two arrays of shape (n_served,)."""
        if self._columns is None:
            positions, weights = np.array(self.positions, dtype=np.intp), np.array(self.weights, dtype=np.float64)
            order = np.lexsort((positions, -weights))
            self._columns = positions[order], weights[order]
        return self._columns


class Services:
    """How well every scheme serves every sub-need, at a small code for each weight that there is: they are few.

    Attributes
    ----------
    codes : ndarray of unsigned int, shape (n_needs + 1, n)
        0 where a scheme does not serve a need; the last row is of what nothing serves.
    weights : ndarray of float64, shape (n_codes,)
        Weight of each code, ascending.
    rows : dict of str to int
        The row of each need.
    """

    def __init__(self, served: Mapping[str, Served], n: int) -> None:
        known = {0.0}.union(*(each.weights for each in served.values()))
        self._codes = {weight: code for code, weight in enumerate(sorted(known))}
        self.weights: Floats = np.array(list(self._codes))
        self.rows = {need: row for row, need in enumerate(served)}
        self.codes = np.zeros((len(served) + 1, n), dtype=np.min_scalar_type(len(known) - 1))
        for need, row in self.rows.items():
            self.codes[row, served[need].positions] = [self._codes[weight] for weight in served[need].weights]

    def put(self, positions: Sequence[int], schemes: Sequence[Scheme]) -> bool:
        """Let schemes serve their needs; tell whether these, and how well they are served, were all known."""
        for position, scheme in zip(positions, schemes, strict=True):
            for need, weight in scheme.needs.items():
                if need not in self.rows or weight not in self._codes:
                    return False
                self.codes[self.rows[need], position] = self._codes[weight]
        return True

    def rows_of(self, needs: Iterable[str]) -> Positions:
        """Return the rows of some needs."""
        return np.fromiter([self.rows.get(need, len(self.rows)) for need in needs], np.intp)

    def of(self, needs: Iterable[str], positions: Positions) -> Floats:
        """Return how well some schemes serve some needs, of shape (n_needs, n_schemes)."""
        return self.weights.take(self.codes.take(self.rows_of(needs), axis=0).take(positions, axis=1))


class Columns:
    """Columns of shape (n,), one value a scheme.

    Attributes
    ----------
    alike : ndarray of int32
        What each contribution is at its own scale, whatever the day: a row of :meth:`stated`, which has few.
    kind : ndarray of int32
        Form of the support, as a number in [0, n_kinds[.
    closes_on, preparation : ndarray of int32 and of int64
        Last day (``NO_END`` where none is known) and days that an application takes.
    review_by : ndarray of int32
        Last day on which what was verified counts as such; ``NO_END`` where it always does.
    """

    def __init__(self) -> None:
        self.n = 0
        self._columns = {name: np.zeros(64, dtype=kind) for name, kind in _COLUMNS.items()}
        self._alike: dict[tuple[float, ...], int] = {_NOTHING: 0}
        self._kinds: dict[str, int] = {}
        self._rows: tuple[int, list[int]] | None = None  # what orients a firm; by form, what was of it last
        self._served: dict[str, Served] = {}
        self._nothing = Served()
        self._services: Services | None = None
        self._cut()

    @property
    def n_kinds(self) -> int:
        return len(self._kinds)

    def _cut(self) -> None:
        """Let the columns be as long as there are positions; they share the memory of what may be longer."""
        columns = (self._columns[name][: self.n] for name in _COLUMNS)
        self.alike, self.kind, self.closes_on, self.preparation, self.review_by = columns

    def stated(self) -> Floats:
        """Return what schemes can have that are alike, whatever the day: near, applicant, verified, guide, targets.

        Each is at its own scale; the last one is 1 where the owner aims at some activities. Of shape (n_rows, 5).
        """
        return np.array(list(self._alike))

    @property
    def guide(self) -> Floats:
        """How far each scheme is there to orient a firm."""
        guide: Floats = self.stated()[:, 3][self.alike]
        return guide

    def put(self, positions: Sequence[int], schemes: Sequence[Scheme]) -> None:
        """Write the rows of schemes, each at its position; :meth:`grow` made room for them."""
        alike, kinds = self._alike, self._kinds
        stated = (
            (NEAR[each.reach], APPLICANT[each.applicant], each.verified, each.guide, each.targeting is not None)
            for each in schemes
        )
        written: dict[str, list[int]] = {
            "alike": [alike.setdefault(row, len(alike)) for row in stated],
            "kind": [kinds.setdefault(scheme.kind, len(kinds)) for scheme in schemes],
            "closes_on": [_ordinal(scheme.window.closes_on) for scheme in schemes],
            "preparation": [
                SHORT_NOTICE_DAYS if scheme.preparation_days is None else scheme.preparation_days for scheme in schemes
            ],
            "review_by": [_ordinal(scheme.review_by) for scheme in schemes],
        }
        places = np.array(positions, dtype=np.intp)
        for name, values in written.items():
            self._columns[name][places] = values
        self._rows = None
        for need in set[str]().union(*(scheme.needs for scheme in schemes)):
            self._served.setdefault(need, Served()).forget()
        every = self._served
        for position, scheme in zip(positions, schemes, strict=True):
            for need, weight in scheme.needs.items():
                served = every[need]
                served.positions.append(position)
                served.weights.append(weight)
        if self._services and not self._services.put(positions, schemes):
            self._services = None  # made again, with what it lacks

    def grow(self, n: int) -> None:
        """Make room for ``n`` positions."""
        size = len(self._columns["kind"])
        if n > size:  # twice as much as there was, so that one after the other does not copy them each time
            longer = {name: np.zeros(max(n, 2 * size), dtype=kind) for name, kind in _COLUMNS.items()}
            for name, column in self._columns.items():
                longer[name][:size] = column
            self._columns = longer
        if n > self.n:
            self.n = n
            self._services = None
            self._cut()

    def drop(self, position: int, scheme: Scheme) -> None:
        """Forget what a scheme serves, and whether it orients; its row is written again before it is read."""
        self.alike[position] = 0
        self._rows = None
        for need in scheme.needs:
            self._served[need].drop(position)
        if self._services:
            self._services.codes[:, position] = 0

    @property
    def guides(self) -> int:
        """The schemes that orient a firm, as a row of bits."""
        return self._read_rows()[0]

    def _read_rows(self) -> tuple[int, list[int]]:
        if self._rows is None:
            kinds = [row_of(np.flatnonzero(self.kind == kind)) for kind in range(self.n_kinds)]
            self._rows = row_of(np.flatnonzero(self.guide)), kinds
        return self._rows

    def served(self, need: str) -> Served:
        """Return the schemes that serve a sub-need."""
        return self._served.get(need, self._nothing)

    def best(self, needs: Iterable[str], possible: int) -> dict[str, float]:
        """Return, of some sub-needs, the weight of the possible scheme that serves each best, where one does."""
        found = {}
        for need in needs:
            for weight, row in self.served(need).levels():
                if row & possible:
                    found[need] = weight
                    break
        return found

    def serving(self, needs: Iterable[str]) -> int:
        """Return the schemes that serve one of some sub-needs, as a row of bits."""
        return reduce(or_, (self.served(need).row for need in needs), 0)

    @property
    def services(self) -> Services:
        """How well every scheme serves every sub-need, made when it is first asked for."""
        if self._services is None:
            self._services = Services(self._served, self.n)
        return self._services

    def beside(self, positions: int) -> int:
        """Return the schemes of the same forms as some others, as rows of bits; free positions may be among them."""
        return reduce(or_, (row for row in self._read_rows()[1] if row & positions), 0)


class Board:
    """The points that depend neither on who asks nor for what: with some weights, on a day.

    Attributes
    ----------
    distinct : (n_rows, 9) ndarray of float64
        Points by ``CONTRIBUTIONS``, that of the target where the activity is aimed at, 0 for what else depends on who
        asks: each row that a scheme has, few enough to be at hand whatever is asked.
    at_most : (n_rows,) ndarray of float64
        What no scheme of such a row passes, whoever asks, beside what it has for the need and the words.
    marks : (n, 3) ndarray of int32
        The row of ``distinct`` that a scheme has, its form, its place by key: what is read together is stored so.
    certain : (256,) ndarray of float64
        By halves of an open fact.
    """

    def __init__(self, columns: Columns, order: Positions, weights: Weights, on: date) -> None:
        today = on.toordinal()
        left = columns.closes_on - today
        end = np.where(left < columns.preparation, -1, left <= NEAR_DAYS)
        end[columns.closes_on == NO_END] = 0
        cells, rows = np.unique((columns.alike * 3 + end + 1) * 2 + (columns.review_by < today), return_inverse=True)
        near, applicant, verified, guide, targets = columns.stated()[cells // 6].T
        points = {
            "near": weights.near * near,
            "target": weights.target * targets,
            "guide": weights.guide * guide,
            "deadline": weights.deadline * (cells // 2 % 3 - 1.0),
            "verified": weights.verified * np.where(cells % 2, 0.0, verified),
            "applicant": weights.applicant * applicant,
        }
        nothing = np.zeros(len(cells))
        self.distinct: Floats = np.column_stack([points.get(name, nothing) for name in CONTRIBUTIONS])
        self.marks = np.column_stack([rows, columns.kind, order]).astype(np.int32)
        self.certain: Floats = weights.certain * np.maximum(0.0, 1.0 - np.arange(256) * 0.5 / OPEN_FACTS_FLOOR)
        self.at_most: Floats = self.distinct.sum(axis=1) + self.certain.max() + SLACK
