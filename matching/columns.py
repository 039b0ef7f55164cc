"""What the score reads of the schemes of an index, as columns by position."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matching.bits import Positions, Words, n_words, positions_of, row_of
from matching.criteria import Window
from matching.criteria.dates import SHUT
from matching.features import (
    APPLICANT,
    NEAR,
    NEAR_DAYS,
    OPEN_FACTS_FLOOR,
    SCORED,
    SHORT_NOTICE_DAYS,
    Weights,
)
from matching.outcomes import BoolArray
from matching.schemes import GUIDES, Scheme

type Floats = NDArray[np.float64]

NO_END = np.iinfo(np.int32).max
NEED, WORDS, TARGET, CERTAIN, GUIDE = map(SCORED.index, ("need", "words", "target", "certain", "guide"))


def _ordinal(day: date | None) -> int:
    return NO_END if day is None else day.toordinal()


def _opening(window: Window) -> int:
    """Return the day before which it is known to open later; 0 where it is not, or does so every year."""
    is_known = window.opens_on is not None and window.state not in SHUT and not window.yearly
    return _ordinal(window.opens_on) if is_known else 0


class Columns:
    """Columns of shape (n,), one value a scheme.

    Attributes
    ----------
    stated : ndarray of float64, shape (5, n)
        Near, applicant, verified, guide, each at its own scale; 1 where the owner aims at some activities.
    kind : ndarray of int
        Form of the support, as a number in [0, n_kinds[.
    opens_on : ndarray of int
        First day, where a scheme is known to open once; 0 where it is not.
    closes_on, preparation : ndarray of int
        Last day (``NO_END`` where none is known) and days that an application takes.
    review_by : ndarray of int
        Last day on which what was verified counts as such; ``NO_END`` where it always does.
    needs : dict of str to int
        The row of each sub-need that a scheme serves.
    weights : ndarray of float64, shape (n_needs + 1, n)
        How well a scheme serves each; the last row is of what nothing serves.
    serving : ndarray of uint64, shape (n_needs + 1, n_words)
        The schemes that serve each.
    guides : ndarray of uint64, shape (n_words,)
        The schemes that orient a firm to some degree, whatever it needs.
    orients : ndarray of bool, shape (n,)
        Those that orient rather than help.
    against : dict of str to ndarray of bool
        The schemes that go against each preference.
    """

    def __init__(self, schemes: Sequence[Scheme]) -> None:
        self.n = len(schemes)
        kinds: dict[str, int] = {}
        self.stated: Floats = np.array(
            [
                (NEAR[each.reach], APPLICANT[each.applicant], each.verified, each.guide, each.targeting is not None)
                for each in schemes
            ],
            dtype=np.float64,
        ).reshape(-1, 5).T  # fmt: skip
        self.kind = self._integers([kinds.setdefault(scheme.kind, len(kinds)) for scheme in schemes])
        self.n_kinds = len(kinds)
        self.opens_on = self._integers([_opening(scheme.window) for scheme in schemes])
        self.closes_on = self._integers([_ordinal(scheme.window.closes_on) for scheme in schemes])
        self.preparation = self._integers(
            [SHORT_NOTICE_DAYS if each.preparation_days is None else each.preparation_days for each in schemes]
        )
        self.review_by = self._integers([_ordinal(scheme.review_by) for scheme in schemes])
        self.needs, self.weights, self.serving = self._serve(schemes)
        self.guides = row_of(np.flatnonzero(self.stated[3]), self.n)
        self.has_guides = bool(self.stated[3].any())
        self.orients: BoolArray = self.stated[3] >= GUIDES
        preferences = frozenset().union(*(scheme.against for scheme in schemes))
        self.against: dict[str, BoolArray] = {
            name: np.array([name in scheme.against for scheme in schemes], bool) for name in preferences
        }
        self._alike: Words = np.zeros((len(kinds), n_words(self.n)), dtype=np.uint64)
        for kind in range(len(kinds)):
            self._alike[kind] = row_of(np.flatnonzero(self.kind == kind), self.n)

    @staticmethod
    def _integers(values: Iterable[int]) -> Positions:
        return np.array(list(values), dtype=np.intp)

    def _serve(self, schemes: Sequence[Scheme]) -> tuple[dict[str, int], Floats, Words]:
        served = defaultdict[str, list[tuple[int, float]]](list)
        for position, scheme in enumerate(schemes):
            for need, weight in scheme.needs.items():
                served[need].append((position, weight))
        weights = np.zeros((len(served) + 1, self.n))
        serving = np.zeros((len(served) + 1, n_words(self.n)), dtype=np.uint64)
        for row, several in enumerate(served.values()):
            positions = [position for position, _ in several]
            weights[row, positions] = [weight for _, weight in several]
            serving[row] = row_of(positions, self.n)
        return {need: row for row, need in enumerate(served)}, weights, serving

    def rows_of(self, needs: Iterable[str]) -> list[int]:
        """Return the rows of some sub-needs."""
        return [self.needs.get(need, len(self.needs)) for need in needs]

    def serve(self, needs: Iterable[str]) -> Words:
        """Return the schemes that serve one of some sub-needs."""
        found: Words = np.bitwise_or.reduce(self.serving[self.rows_of(needs)], axis=0)
        return found

    def go_against(self, preferences: Iterable[str], positions: Positions) -> BoolArray:
        """Tell which of some schemes go against one of some preferences."""
        found = np.zeros(len(positions), dtype=np.bool_)
        for name in preferences:
            if name in self.against:
                found |= self.against[name].take(positions)
        return found

    def best(self, needs: Sequence[str], possible: Words) -> dict[str, float]:
        """Return, of some sub-needs, the weight of the possible scheme that serves each best, where one does."""
        here = positions_of(possible, self.n)
        most = self.weights[np.ix_(self.rows_of(needs), here)].max(axis=1, initial=0.0)
        return {need: weight for need, weight in zip(needs, most.tolist(), strict=True) if weight}

    def beside(self, row: Words) -> Words:
        """Return the schemes of the same forms as some others."""
        found: Words = np.bitwise_or.reduce(self._alike[(self._alike & row).any(axis=1)], axis=0)
        return found


class Board:
    """The points that depend neither on who asks nor for what: with some weights, on a day.

    Attributes
    ----------
    points : ndarray of float64, shape (9, n)
        By ``SCORED``: that of the target where the activity is aimed at, 0 for what else depends on who asks.
    certain : ndarray of float64, shape (256,)
        By halves of an open fact.
    """

    def __init__(self, columns: Columns, weights: Weights, on: date) -> None:
        today = on.toordinal()
        left = columns.closes_on - today
        end = np.where(left < columns.preparation, -1.0, np.where(left <= NEAR_DAYS, 1.0, 0.0))
        end[columns.closes_on == NO_END] = 0.0
        near, applicant, verified, guide, targets = columns.stated
        points = {
            "near": weights.near * near,
            "target": weights.target * targets,
            "guide": weights.guide * guide,
            "deadline": weights.deadline * end,
            "verified": weights.verified * np.where(columns.review_by < today, 0.0, verified),
            "applicant": weights.applicant * applicant,
        }
        nothing = np.zeros(columns.n)
        self.points: Floats = np.array([points.get(name, nothing) for name in SCORED])
        self.certain: Floats = weights.certain * np.maximum(0.0, 1.0 - np.arange(256) * 0.5 / OPEN_FACTS_FLOOR)
