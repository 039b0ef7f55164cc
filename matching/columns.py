"""What the score reads of the schemes of an index, as columns by position; they grow and change in place."""

from collections.abc import Iterable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matching.features import APPLICANT, NEAR, SHORT_NOTICE_DAYS
from matching.outcomes import BoolArray
from matching.schemes import Scheme

type Floats = NDArray[np.float64]
type Positions = NDArray[np.intp]

NO_END = np.iinfo(np.int64).max
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
    """The schemes that serve one sub-need, and how well: two columns, best first, then by position."""

    __slots__ = ("_weights", "columns")

    def __init__(self) -> None:
        self._weights: dict[int, float] = {}
        self.columns: tuple[Positions, Floats] | None = None

    def put(self, position: int, weight: float) -> None:
        self._weights[position] = weight
        self.columns = None

    def drop(self, position: int) -> None:
        del self._weights[position]
        self.columns = None

    def read(self) -> tuple[Positions, Floats]:
        """Return positions and weights, each of shape (n_served,)."""
        if self.columns is None:
            rows = sorted(self._weights.items(), key=lambda pair: (-pair[1], pair[0]))
            self.columns = (
                np.array([position for position, _ in rows], dtype=np.intp),
                np.array([weight for _, weight in rows], dtype=np.float64),
            )
        return self.columns


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
        self._served: dict[str, Served] = {}
        self._nothing = Served()
        self._cut()

    def _cut(self) -> None:
        """Let the columns be as long as there are positions; they share the memory of what may be longer."""
        floats = (self._columns[name][: self.n] for name in ("near", "applicant", "verified", "guide", "targets"))
        self.near, self.applicant, self.verified, self.guide, self.targets = floats
        whole = (self._columns[name][: self.n] for name in ("kind", "closes_on", "preparation", "review_by"))
        self.kind, self.closes_on, self.preparation, self.review_by = whole

    def put(self, position: int, scheme: Scheme) -> None:
        """Write the row of a scheme."""
        if position >= len(self._columns["near"]):
            self._columns = {name: np.concatenate([column, column]) for name, column in self._columns.items()}
        if position >= self.n:
            self.n = position + 1
            self._cut()
        kind = self._kinds.setdefault(scheme.kind, len(self._kinds))
        self.n_kinds = len(self._kinds)
        row = (
            ("near", NEAR[scheme.reach]),
            ("applicant", APPLICANT[scheme.applicant]),
            ("verified", float(scheme.verified)),
            ("guide", scheme.guide),
            ("targets", float(scheme.targeting is not None)),
            ("kind", kind),
            ("closes_on", _ordinal(scheme.window.closes_on)),
            ("preparation", SHORT_NOTICE_DAYS if scheme.preparation_days is None else scheme.preparation_days),
            ("review_by", _ordinal(scheme.review_by)),
        )
        for name, value in row:
            self._columns[name][position] = value
        for need, weight in scheme.needs.items():
            self._served.setdefault(need, Served()).put(position, weight)

    def drop(self, position: int, scheme: Scheme) -> None:
        """Forget what a scheme serves; its row is written again before it is read."""
        for need in scheme.needs:
            self._served[need].drop(position)

    def served(self, need: str) -> tuple[Positions, Floats]:
        """Return the schemes that serve a sub-need, best first."""
        return self._served.get(need, self._nothing).read()

    def best(self, needs: Iterable[str], possible: BoolArray) -> dict[str, float]:
        """Return, of some sub-needs, the weight of the possible scheme that serves each best, where one does."""
        found = {}
        for need in needs:
            rows, weights = self.served(need)
            among = possible[rows]
            if among.any():
                found[need] = float(weights[among.argmax()])
        return found
