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
    weights : dict of int to float
        By position.
    """

    __slots__ = ("_columns", "_levels", "_row", "weights")

    def __init__(self) -> None:
        self.weights: dict[int, float] = {}
        self._row: int | None = None
        self._columns: tuple[Positions, Floats] | None = None
        self._levels: list[tuple[float, int]] | None = None

    def put(self, weights: dict[int, float]) -> None:
        """Let some positions serve it."""
        self.weights = self.weights | weights if self.weights else weights
        self._row = self._columns = self._levels = None

    def drop(self, position: int) -> None:
        """Let a position serve it no longer."""
        del self.weights[position]
        self._row = self._columns = self._levels = None

    @property
    def row(self) -> int:
        """One bit a scheme, as in :mod:`matching.index`."""
        if self._row is None:
            self._row = row_of(self.weights)
        return self._row

    def levels(self) -> list[tuple[float, int]]:
        """Return each weight that a scheme has, greatest first, with the schemes of that weight as a row of bits."""
        if self._levels is None:
            levels = defaultdict[float, list[int]](list)
            for position, weight in self.weights.items():
                levels[weight].append(position)
            self._levels = [(weight, row_of(levels[weight])) for weight in sorted(levels, reverse=True)]
        return self._levels

    def read(self) -> tuple[Positions, Floats]:
        """Return positions and weights, best first, then by position: two arrays of shape (n_served,)."""
        if self._columns is None:
            rows = sorted(self.weights.items(), key=lambda pair: (-pair[1], pair[0]))
            self._columns = (
                np.array([position for position, _ in rows], dtype=np.intp),
                np.array([weight for _, weight in rows], dtype=np.float64),
            )
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
        self.n_kinds = 0
        self._columns = {name: np.zeros(64, dtype=kind) for name, kind in _COLUMNS.items()}
        self._kinds: dict[str, int] = {}
        self._by_kind: dict[int, int] = {}
        self.guides = 0  # schemes that orient a firm, as a row of bits
        self._served: dict[str, Served] = {}
        self._nothing = Served()
        self._services: Floats | None = None
        self._needs: dict[str, int] = {}
        self._cut()

    def _cut(self) -> None:
        """Let the columns be as long as there are positions; they share the memory of what may be longer."""
        floats = (self._columns[name][: self.n] for name in ("near", "applicant", "verified", "guide", "targets"))
        self.near, self.applicant, self.verified, self.guide, self.targets = floats
        whole = (self._columns[name][: self.n] for name in ("kind", "closes_on", "preparation", "review_by"))
        self.kind, self.closes_on, self.preparation, self.review_by = whole

    def put(self, positions: Sequence[int], schemes: Sequence[Scheme]) -> None:
        """Write the rows of schemes, each at its position."""
        n = max(self.n, 1 + max(positions, default=-1))
        while n > len(self._columns["near"]):
            self._columns = {name: np.concatenate([column, column]) for name, column in self._columns.items()}
        if n > self.n:
            self.n = n
            self._cut()
        places = np.array(positions, dtype=np.intp)
        kinds = [self._kinds.setdefault(scheme.kind, len(self._kinds)) for scheme in schemes]
        self.n_kinds = len(self._kinds)
        written = {
            "near": [NEAR[scheme.reach] for scheme in schemes],
            "applicant": [APPLICANT[scheme.applicant] for scheme in schemes],
            "verified": [scheme.verified for scheme in schemes],
            "guide": [scheme.guide for scheme in schemes],
            "targets": [scheme.targeting is not None for scheme in schemes],
            "kind": kinds,
            "closes_on": [_ordinal(scheme.window.closes_on) for scheme in schemes],
            "preparation": [
                SHORT_NOTICE_DAYS if scheme.preparation_days is None else scheme.preparation_days for scheme in schemes
            ],
            "review_by": [_ordinal(scheme.review_by) for scheme in schemes],
        }
        for name, values in written.items():
            self._columns[name][places] = values
        by_kind, served = defaultdict[int, list[int]](list), defaultdict[str, dict[int, float]](dict)
        for position, scheme, kind in zip(positions, schemes, kinds, strict=True):
            by_kind[kind].append(position)
            for need, weight in scheme.needs.items():
                served[need][position] = weight
        for kind, found in by_kind.items():
            self._by_kind[kind] = self._by_kind.get(kind, 0) | row_of(found)
        self.guides |= row_of(places[np.array(written["guide"]) > 0].tolist())
        for need, weights in served.items():
            self._served.setdefault(need, Served()).put(weights)
        if self._services is not None and self._services.shape == (len(self._served) + 1, self.n):
            for need, weights in served.items():
                self._services[self._needs[need], list(weights)] = list(weights.values())

    def drop(self, position: int, scheme: Scheme) -> None:
        """Forget what a scheme serves; its row is written again before it is read."""
        self._by_kind[self._kinds[scheme.kind]] &= ~(1 << position)
        self.guides &= ~(1 << position)
        for need in scheme.needs:
            self._served[need].drop(position)
        if self._services is not None and position < self._services.shape[1]:
            self._services[:, position] = 0.0

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
                weights = self._served[need].weights
                services[place, list(weights)] = list(weights.values())
            self._needs, self._services = places, services  # once written: another thread may read them
        last = len(self._needs)
        return services, np.array([self._needs.get(need, last) for need in needs], dtype=np.intp)

    def all_serving(self) -> list[int]:
        """Return the schemes that serve each sub-need as rows of bits, in the order of ``all_services``."""
        self.all_services(())
        return [*(self._served[need].row for need in self._needs), 0]

    def beside(self, positions: int) -> int:
        """Return the schemes of the same forms as some others, as rows of bits."""
        return reduce(or_, (row for row in self._by_kind.values() if row & positions), 0)


class Board:
    """The points that depend neither on who asks nor for what: with some weights, on a day.

    Attributes
    ----------
    points : (9, n) ndarray of float64
        A row for each of ``CONTRIBUTIONS``: that of the target where the activity is aimed at, 0 for what else depends
        on who asks.
    by_scheme : (n, 9) ndarray of float64
        The same, a row a scheme.
    distinct : tuple of (n_rows, 9) ndarray of float64 and (n,) ndarray of int
        Each row of it once, few enough to be at hand whatever is asked, and the row of each scheme.
    certain : (256,) ndarray of float64
        By halves of an open fact.
    at_most : (n,) ndarray of float64
        What no scheme passes, whoever asks, beside what it has for the need and the words.
    """

    def __init__(self, columns: Columns, weights: Weights, on: date) -> None:
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
        self.distinct = _distinct(self.points)
        self.certain: Floats = weights.certain * np.maximum(0.0, 1.0 - np.arange(256) * 0.5 / OPEN_FACTS_FLOOR)
        self.at_most: Floats = self.points.sum(axis=0) + self.certain.max() + SLACK


def _distinct(points: Floats) -> tuple[Floats, Positions]:
    """Return each column once, as a row, and the row of each column."""
    groups = np.zeros(points.shape[1], dtype=np.intp)
    for values in points:
        known, numbers = np.unique(values, return_inverse=True)
        _, firsts, groups = np.unique(groups * len(known) + numbers, return_index=True, return_inverse=True)
    return np.ascontiguousarray(points[:, firsts].T), groups
