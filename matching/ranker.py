"""What decisions teach of the order: points learnt from pairs of schemes of one file, kept near those of the rules.

The learnt points never make a place worse when a contribution grows, and move a scheme by a bounded number of points.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matching.features import SCORED, Weights

LEARNT_FROM = SCORED
DIGITS = 6  # of a correction: few enough to be the same on any machine
LEAST_CHANCE = 0.03  # log-odds of a point of the rules, at least: people who decide at random teach little

type Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranker:
    """Points learnt, and how far they may move a scheme.

    Parameters
    ----------
    points : mapping of str to float
        Points of each contribution at its best, as people who decide seem to give them; at least 0.
    means : mapping of str to float
        Mean share of each contribution among the schemes decided upon, where nothing is corrected.
    bound : float
        Points that a correction reaches at most, either way.
    """

    points: Mapping[str, float]
    means: Mapping[str, float]
    bound: float

    def corrections(self, parts: Mapping[str, Matrix], weights: Weights) -> Matrix:
        """Return the points to add to each scheme, between ``-bound`` and ``bound``; shape (n_schemes,).

        Within the bound, a score becomes what the learnt points make of it; past it, the rules order as before. So a
        scheme with more of a contribution, all else equal, never loses a place by it.

        Parameters
        ----------
        parts : mapping of str to ndarray of shape (n_schemes,)
            The contributions of each, in points; ``nan`` where it is not known.
        weights : Weights
        """
        moved: Matrix = np.zeros(len(parts["need"]))
        for name in LEARNT_FROM:
            points = getattr(weights, name)
            if points:
                moved += np.nan_to_num(parts[name] / points - self.means.get(name, 0.0)) * (
                    self.points.get(name, points) - points
                )
        clipped: Matrix = np.clip(moved, -self.bound, self.bound)
        return np.rint(clipped * 10.0**DIGITS) / 10.0**DIGITS


def columns_of(parts: Sequence[Mapping[str, float]]) -> dict[str, Matrix]:
    """Return contributions as columns of shape (n_schemes,), ``nan`` where one is not named."""
    return {name: np.array([each.get(name, np.nan) for each in parts], float) for name in LEARNT_FROM}


def shares_of(parts: Sequence[Mapping[str, float]], weights: Weights) -> Matrix:
    """Return how much of each contribution each scheme has, whatever the points it counts for.

    Returns
    -------
    ndarray, shape (n_schemes, n_contributions)
        1 for a contribution at its best; ``nan`` where it counted for nothing and nobody can tell.
    """
    columns = columns_of(parts)
    rows: Matrix = np.stack([columns[name] / (getattr(weights, name) or np.nan) for name in LEARNT_FROM], axis=1)
    return rows


def fit_ranker(
    shares: ArrayLike, worth: ArrayLike, files: ArrayLike, weights: Weights, *, strength: float, bound: float
) -> Ranker:
    """Learn points from decisions.

    A logistic regression on the pairs of one file where one scheme was worth more than the other (Bradley and Terry,
    1952), with coefficients of 0 at least, and a penalty on what differs from a multiple of the rules' own points: few
    decisions, or decisions that disagree, leave the rules as they are. A file counts as much as it has decisions.

    Parameters
    ----------
    shares : (n, k) array_like
        From :func:`shares_of`, over all decisions.
    worth : (n,) array_like
        What came of each decision: more is better.
    files : (n,) array_like of int
        Whose decision it is: only schemes of one file are compared.
    weights : Weights
        The rules' own points.
    strength : float
        Of the penalty; over 0.
    bound : float
        Points that a correction reaches at most.
    """
    from scipy.optimize import minimize  # slow to load, and only those who train need it
    from scipy.special import expit

    rows = np.asarray(shares, float)
    told = ~np.isnan(rows)
    means = np.where(told, rows, 0.0).sum(axis=0) / np.maximum(told.sum(axis=0), 1)
    better, worse, counts = _pairs(np.asarray(worth, float), np.asarray(files))
    centred = np.nan_to_num(rows - means)
    apart = centred[better] - centred[worse]
    rules = np.array([getattr(weights, name) for name in LEARNT_FROM], float)
    length = float(np.linalg.norm(rules)) or 1.0
    direction = rules / length

    def loss(unknowns: Matrix) -> tuple[float, Matrix]:
        scale, coefficients = unknowns[0], unknowns[1:]
        margins = apart @ coefficients
        away = coefficients - scale * direction
        slopes = apart.T @ (-counts * expit(-margins)) + strength * away
        total = float(counts @ np.logaddexp(0.0, -margins) + strength / 2.0 * away @ away)
        return total, np.concatenate([[-strength * direction @ away], slopes])

    least = LEAST_CHANCE * length
    start = np.concatenate([[least], least * direction])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(least, None), *[(0.0, None)] * len(rules)]).x
    points = found[1:] * length / found[0]
    return Ranker(points=_by_name(points), means=_by_name(means), bound=bound)


def _pairs(worth: Matrix, files: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], Matrix]:
    """Return the better and the worse of each pair that tells them apart, and how much the pair counts."""
    found = []
    for file in np.unique(files):
        rows = np.flatnonzero(files == file)
        better, worse = np.nonzero(worth[rows][:, None] > worth[rows][None, :])
        found.append((rows[better], rows[worse], np.full(better.size, (rows.size - 1) / max(better.size, 1))))
    better, worse, counts = (np.concatenate(columns) for columns in zip(*found, strict=True))
    return better, worse, counts


def _by_name(values: Matrix) -> dict[str, float]:
    return {name: round(float(value), DIGITS) for name, value in zip(LEARNT_FROM, values, strict=True)}
