"""How good an order is, and how honest its silences: measures over judged requests. Numbers in, numbers out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RELEVANT = 1.5  # mean grade of two readers, 0 to 3, from which a scheme is one that the firm should see


def ndcg(grades: ArrayLike, all_grades: ArrayLike, k: int) -> float:
    """Return the normalised discounted cumulative gain of a list at ``k``.

    Järvelin and Kekäläinen (2002) with the exponential gain 2^grade - 1 (Burges et al., 2005); 0 where nothing could
    be gained.

    Parameters
    ----------
    grades : (n,) array_like
        Grade of each item shown, in the order shown.
    all_grades : (m,) array_like
        Grades of everything that could have been shown, in any order: they make the best list.
    k : int
        Items of the list that count.
    """
    best = _dcg(np.sort(np.asarray(all_grades, float))[::-1], k)
    return _dcg(np.asarray(grades, float), k) / best if best else 0.0


def _dcg(grades: NDArray[np.float64], k: int) -> float:
    grades = grades[:k]
    return float(np.sum((2.0**grades - 1.0) / np.log2(np.arange(2, grades.size + 2))))


def recall(grades: ArrayLike, all_grades: ArrayLike, k: int) -> float:
    """Return the share of the relevant items that stand in the first ``k``; of ``k`` at most, since no more fit."""
    n_relevant = int(np.sum(np.asarray(all_grades, float) >= RELEVANT))
    found = int(np.sum(np.asarray(grades, float)[:k] >= RELEVANT))
    return found / min(n_relevant, k) if n_relevant else 0.0


def reciprocal_rank(grades: ArrayLike) -> float:
    """Return one over the rank of the first relevant item; 0 where there is none."""
    relevant = np.flatnonzero(np.asarray(grades, float) >= RELEVANT)
    return 1.0 / (int(relevant[0]) + 1) if relevant.size else 0.0


def exposure(shown: ArrayLike) -> float:
    """Return how much some items of a list are seen: the sum of 1 / log2(rank + 1) (Singh and Joachims, 2018).

    Parameters
    ----------
    shown : (n,) array_like of bool
        Whether each item counts, in the order of the list.
    """
    return float(np.sum(1.0 / np.log2(np.flatnonzero(shown) + 2)))


def paired_interval(
    differences: ArrayLike, *, n_samples: int = 10_000, seed: int = 20261124
) -> tuple[float, float, float]:
    """Return the mean of paired differences and its 95 % interval by bootstrap over the pairs (Efron, 1979).

    The seed is fixed: the same differences give the same interval on any machine.
    """
    values = np.asarray(differences, float)
    draws = np.random.default_rng(seed).integers(0, values.size, (n_samples, values.size))
    low, high = np.quantile(values[draws].mean(axis=1), (0.025, 0.975))
    return float(values.mean()), float(low), float(high)


def agreement(one: ArrayLike, other: ArrayLike, *, n_grades: int = 4) -> float:
    """Return the agreement of two readers beyond chance: Cohen's kappa (1968) with quadratic weights; ``nan`` if moot.

    Parameters
    ----------
    one, other : (n,) array_like of int
        Grades in ``range(n_grades)`` of the same items.
    """
    table = np.zeros((n_grades, n_grades))
    np.add.at(table, (np.asarray(one, int), np.asarray(other, int)), 1.0)
    grid = np.arange(n_grades)
    distance = (grid[:, None] - grid[None, :]) ** 2.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(table.sum(), 1.0)
    chance = float(np.sum(distance * expected))
    return 1.0 - float(np.sum(distance * table)) / chance if chance else float("nan")


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far stated chances are from what happened: of each bin, and over all (Brier 1950; expected error)."""

    brier: float
    error: float
    bins: tuple[tuple[float, float, int], ...]  # mean chance stated, share that happened, count


def calibration(chances: ArrayLike, happened: ArrayLike, *, n_bins: int = 5) -> Calibration:
    """Compare chances stated, in [0, 1], with what happened, 0 or 1, in bins of equal width."""
    stated, truth = np.asarray(chances, float), np.asarray(happened, float)
    places = np.minimum((stated * n_bins).astype(int), n_bins - 1)
    bins = tuple(
        (float(stated[places == place].mean()), float(truth[places == place].mean()), int(np.sum(places == place)))
        for place in range(n_bins)
        if np.any(places == place)
    )
    error = sum(abs(said - seen) * count for said, seen, count in bins) / max(stated.size, 1)
    return Calibration(float(np.mean((stated - truth) ** 2)), float(error), bins)


@dataclass(frozen=True, slots=True)
class Silences:
    """Answers given where nothing fits, and silences where something does, as shares."""

    false_alerts: float
    false_silences: float
    n_hopeless: int
    n_needs: int

    @property
    def mean(self) -> float:
        """Return the mean of both errors."""
        return (self.false_alerts + self.false_silences) / 2


def silences(answered: Sequence[bool], fits: Sequence[bool]) -> Silences:
    """Count both errors over requests: whether each was answered, and whether something fits it."""
    spoke, truth = np.asarray(answered, bool), np.asarray(fits, bool)
    n_needs, n_hopeless = int(truth.sum()), int((~truth).sum())
    return Silences(
        false_alerts=float((spoke & ~truth).sum()) / max(n_hopeless, 1),
        false_silences=float((~spoke & truth).sum()) / max(n_needs, 1),
        n_hopeless=n_hopeless,
        n_needs=n_needs,
    )


def best_threshold(scores: ArrayLike, fits: ArrayLike) -> float:
    """Return the least score to answer from that makes the mean of both errors smallest; ties go to the lowest."""
    values, truth = np.asarray(scores, float), np.asarray(fits, bool)
    candidates = np.unique(np.concatenate([values, [np.inf]]))
    errors = [silences(list(values >= threshold), list(truth)).mean for threshold in candidates]
    return float(candidates[int(np.argmin(errors))])
