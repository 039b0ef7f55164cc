"""What the score reads of the schemes of an index, as columns by position; they grow and change in place."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
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
NO_END = np.iinfo(np.int64).max
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
    "near": np.float64,
    "applicant": np.float64,
    "verified": np.float64,
    "guide": np.float64,
    "targets": np.float64,
    "kind": np.int64,
    "closes_on": np.int64,
    "preparation": np.int64,
    "review_by": np.int64,
}


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


class Columns:
    """Columns of shape (n,), one value a scheme.

    Attributes
    ----------
    near, applicant, verified, guide, targets : ndarray of float64
        What each contribution is at its own scale; ``targets`` is 1 where the owner aims at some activities.
    kind : ndarray of int
        Form of the support, as a number in [0, n_kinds[.
    closes_on, preparation : ndarray of int64
        Last day (``NO_END`` where none is known) and days that an application takes.
    review_by : ndarray of int64
        Last day on which what was verified counts as such; ``NO_END`` where it always does.
    """

    def __init__(self) -> None:
        self.n = 0
        self._columns = {name: np.zeros(64, dtype=kind) for name, kind in _COLUMNS.items()}
        self._kinds: dict[str, int] = {}
        self._rows: tuple[int, list[int]] | None = None  # what orients a firm; by form, what was of it last
        self._served: dict[str, Served] = {}
        self._nothing = Served()
        self._services: Floats | None = None
        self._needs: dict[str, int] = {}
        self._cut()

    @property
    def n_kinds(self) -> int:
        return len(self._kinds)

    def _cut(self) -> None:
        """Let the columns be as long as there are positions; they share the memory of what may be longer."""
        floats = (self._columns[name][: self.n] for name in ("near", "applicant", "verified", "guide", "targets"))
        self.near, self.applicant, self.verified, self.guide, self.targets = floats
        whole = (self._columns[name][: self.n] for name in ("kind", "closes_on", "preparation", "review_by"))
        self.kind, self.closes_on, self.preparation, self.review_by = whole

    def put(self, positions: Sequence[int], schemes: Sequence[Scheme]) -> None:
        """Write the rows of schemes, each at its position; :meth:`grow` made room for them."""
        kinds = self._kinds
        written: dict[str, list[float]] = {
            "near": [NEAR[scheme.reach] for scheme in schemes],
            "applicant": [APPLICANT[scheme.applicant] for scheme in schemes],
            "verified": [scheme.verified for scheme in schemes],
            "guide": [scheme.guide for scheme in schemes],
            "targets": [scheme.targeting is not None for scheme in schemes],
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
        services = self._services if self._services is not None and self._services.shape[1] == self.n else None
        for position, scheme in zip(positions, schemes, strict=True):
            for need, weight in scheme.needs.items():
                served = self._served.get(need)
                if served is None:  # the table of services lacks a row: it is made again
                    served, services = self._served.setdefault(need, Served()), None
                served.positions.append(position)
                served.weights.append(weight)
                if services is not None:
                    services[self._needs[need], position] = weight
        for need in {need for scheme in schemes for need in scheme.needs}:
            self._served[need].forget()

    def grow(self, n: int) -> None:
        """Make room for ``n`` positions."""
        size = len(self._columns["near"])
        if n > size:  # twice as much as there was, so that one after the other does not copy them each time
            longer = {name: np.zeros(max(n, 2 * size), dtype=kind) for name, kind in _COLUMNS.items()}
            for name, column in self._columns.items():
                longer[name][:size] = column
            self._columns = longer
        if n > self.n:
            self.n = n
            self._cut()

    def drop(self, position: int, scheme: Scheme) -> None:
        """Forget what a scheme serves, and whether it orients; its row is written again before it is read."""
        self.guide[position] = 0.0
        self._rows = None
        for need in scheme.needs:
            self._served[need].drop(position)
        if self._services is not None and position < self._services.shape[1]:
            self._services[:, position] = 0.0

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

    def services(self, needs: Iterable[str], positions: Positions) -> Floats:
        """Return how well some schemes serve some sub-needs, of shape (n_needs, n_schemes); 0 where they do not."""
        every, places = self.all_services(needs)
        found: Floats = every[places[:, np.newaxis], positions]
        return found

    def all_services(self, needs: Iterable[str]) -> tuple[Floats, Positions]:
        """Return how well every scheme serves every sub-need, and which rows are of some of these."""
        services = self._services
        if services is None or services.shape != (len(self._served) + 1, self.n):
            services = np.zeros((len(self._served) + 1, self.n))  # the last row is of what nothing serves
            places = {need: place for place, need in enumerate(self._served)}
            for need, place in places.items():
                served = self._served[need]
                services[place, served.positions] = served.weights
            self._needs, self._services = places, services  # once written: another thread may read them
        last = len(self._needs)
        return services, np.fromiter([self._needs.get(need, last) for need in needs], np.intp)

    def all_serving(self) -> list[int]:
        """Return the schemes that serve each sub-need as rows of bits, in the order of ``all_services``."""
        self.all_services(())
        return [*(self._served[need].row for need in self._needs), 0]

    def beside(self, positions: int) -> int:
        """Return the schemes of the same forms as some others, as rows of bits; free positions may be among them."""
        return reduce(or_, (row for row in self._read_rows()[1] if row & positions), 0)


class Board:
    """The points that depend neither on who asks nor for what: with some weights, on a day.

    Attributes
    ----------
    points : (9, n) ndarray of float64
        A row for each of ``CONTRIBUTIONS``: that of the target where the activity is aimed at, 0 for what else depends
        on who asks.
    by_scheme : (n, 9) ndarray of float64
        The same, a row a scheme.
    distinct : (n_rows, 9) ndarray of float64
        Each row of it once: few enough to be at hand whatever is asked.
    marks : (n, 3) ndarray of int32
        The row of ``distinct`` that a scheme has, its form, its place by key: what is read together is stored so.
    certain : (256,) ndarray of float64
        By halves of an open fact.
    at_most : (n,) ndarray of float64
        What no scheme passes, whoever asks, beside what it has for the need and the words.
    """

    def __init__(self, columns: Columns, order: Positions, weights: Weights, on: date) -> None:
        today = on.toordinal()
        left = columns.closes_on - today
        end = np.where(left < columns.preparation, -1.0, np.where(left <= NEAR_DAYS, 1.0, 0.0))
        points = {
            "near": weights.near * columns.near,
            "target": weights.target * columns.targets,
            "guide": weights.guide * columns.guide,
            "deadline": weights.deadline * np.where(columns.closes_on == NO_END, 0.0, end),
            "verified": weights.verified * np.where(columns.review_by < today, 0.0, columns.verified),
            "applicant": weights.applicant * columns.applicant,
        }
        self.nothing: Floats = np.zeros(columns.n)
        self.points: Floats = np.array([points.get(name, self.nothing) for name in CONTRIBUTIONS])
        self.by_scheme: Floats = np.ascontiguousarray(self.points.T)
        self.distinct, rows = _distinct(self.points)
        self.marks = np.column_stack([rows, columns.kind, order]).astype(np.int32)
        self.certain: Floats = weights.certain * np.maximum(0.0, 1.0 - np.arange(256) * 0.5 / OPEN_FACTS_FLOOR)
        self.at_most: Floats = self.points.sum(axis=0) + self.certain.max() + SLACK


def _distinct(points: Floats) -> tuple[Floats, Positions]:
    """Return each column once, as a row, and the row of each column."""
    groups = np.zeros(points.shape[1], dtype=np.intp)
    for values in points:
        known, numbers = np.unique(values, return_inverse=True)
        _, firsts, groups = np.unique(groups * len(known) + numbers, return_index=True, return_inverse=True)
    return np.ascontiguousarray(points[:, firsts].T), groups
