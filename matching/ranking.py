"""The order of the schemes a firm can or may have: an additive score, and no two of a kind in a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add

import numpy as np

from matching.answering import Answering
from matching.best import best, chance_among, rounded
from matching.columns import NO_END, Columns, Floats, Positions
from matching.features import CLOSE, LISTED, NEAR_DAYS, OPEN_FACTS_FLOOR, OTHERS, Weights
from matching.index import Index, Standing
from matching.matches import Answer, Match
from matching.needs import Wish
from matching.outcomes import MET, NOT_MET, UNKNOWN, BoolArray, Outcome
from matching.profiles import Profile
from matching.ranker import Ranker
from matching.settled import Row
from matching.variants import hidden_by


def rank(
    index: Index,
    profile: Profile,
    wish: Wish,
    weights: Weights,
    *,
    answering: Answering | None = None,
    ranker: Ranker | None = None,
    limit: int | None = None,
) -> Answer:
    """Rank the schemes of an index for one profile.

    Parameters
    ----------
    index : Index
        In whatever order its schemes came: it does not change the result.
    profile : Profile
    wish : Wish
    weights : Weights
    answering : Answering, optional
        Tells whether anything answers words. Without it, whatever serves what was understood does.
    ranker : Ranker, optional
        What was learnt: it adds the part ``learnt`` to the schemes that are possible, and never touches the others.
    limit : int, optional
        Return the first so many of those that address the wish, instead of all schemes.

    Returns
    -------
    Answer
        Those that are eligible or undecided by score, then the ineligible ones by key.
    """
    if limit is not None:
        return best(index, profile, wish, weights, answering=answering, ranker=ranker, limit=limit)
    standing = index.stand(profile)
    possible = index.flags(standing.possible)
    rows, order = np.flatnonzero(possible), index.order
    fits = fit(index, wish)
    words = float(fits.likeness[possible].max(initial=0.0))
    chance = chance_among(index.columns, standing.possible, wish, answering, words=words)
    hidden = hidden_by(index, standing.possible)
    addresses = _addresses(index, possible, fits, wish, weights, chance)
    addresses[list(hidden)] = False
    parts = _contributions(index, standing, rows, fits, profile.on, weights)
    if ranker:
        parts["learnt"] = ranker.corrections(parts, weights)
    kin = fits.need[rows] * index.columns.n_kinds + index.columns.kind[rows]
    kin = _apart(kin, rows, hidden)
    scores, penalties = _diversify(rounded(total(parts)), kin, order[rows], weights)
    best_first = np.lexsort((order[rows], -scores))
    parts["diversity"] = penalties
    columns = zip(*(column[best_first].tolist() for column in (rows, scores, *parts.values())), strict=True)
    describe = _Describer(index, standing, fits, addresses, hidden)
    matches = []
    for position, score, *points in columns:
        named = dict(zip(parts, points, strict=True))
        if not named["diversity"]:
            del named["diversity"]
        matches.append(describe(position, score=score, parts=named))
    by_key = sorted(index.positions.items())
    matches += [describe(position, score=None, parts={}) for _, position in by_key if not possible[position]]
    return Answer(matches, chance)


def rank_listed(
    index: Index,
    profile: Profile,
    wish: Wish,
    weights: Weights,
    *,
    answering: Answering | None = None,
    ranker: Ranker | None = None,
) -> Answer:
    """Rank the schemes that address a wish: those that are possible by score, then those that open later by key.

    Parameters are those of :func:`rank`, which says the same of them, in the same order, among all others.
    """
    limit = _listed_at_most(index, wish)
    found = best(index, profile, wish, weights, answering=answering, ranker=ranker, limit=limit)
    if not index.opening(profile.on) or (wish.stated and 100.0 * found.chance < weights.answer):
        return found
    standing = index.stand(profile)
    if not standing.opens_later:
        return found
    possible, fits = index.flags(standing.possible), fit(index, wish)
    hidden = hidden_by(index, standing.possible)
    addresses = _addresses(index, possible, fits, wish, weights, found.chance)
    addresses[list(hidden)] = False
    describe = _Describer(index, standing, fits, addresses, hidden)
    positions = np.flatnonzero(index.flags(standing.opens_later) & addresses).tolist()
    by_key = sorted(positions, key=lambda position: index.schemes[position].key)
    return Answer([*found.matches, *(describe(at, score=None, parts={}) for at in by_key)], found.chance)


def _listed_at_most(index: Index, wish: Wish) -> int:
    """Return how many schemes a list can hold, one at least: without words, those that serve a need, or orient."""
    columns = index.columns
    if not wish.stated or wish.closeness:
        return max(1, columns.n)
    return max(1, (columns.serving(wish.weights) | columns.guides).bit_count())


def total(parts: Mapping[str, Floats]) -> Floats:
    """Add contributions up, in the order in which they are named."""
    return reduce(add, parts.values())


@dataclass(frozen=True, slots=True)
class Fits:
    """How well each scheme serves the sub-needs of a wish, and its words; columns of shape (n_positions,).

    Parameters
    ----------
    served : ndarray of float64
        In [0, 1].
    need : ndarray of int
        The sub-need it serves best, as a place in ``needs``; the last one is none.
    likeness : ndarray of float64
        How close the words come to what is said of it: a cosine in [0, 1].
    words : ndarray of float64
        The same, where small likenesses say little.
    needs : tuple of str
    """

    served: Floats
    need: Positions
    likeness: Floats
    words: Floats
    needs: tuple[str, ...]


def fit(index: Index, wish: Wish) -> Fits:
    """Return how well schemes serve a wish. One that states nothing is served by every scheme alike."""
    columns, needs = index.columns, tuple(sorted(wish.weights))
    best, sums, need = np.zeros(columns.n), np.zeros(columns.n), np.full(columns.n, len(needs), dtype=np.intp)
    for place, name in enumerate(needs):
        rows, weights = columns.served(name).read()
        values = weights * wish.weights[name]
        sums[rows] += values
        better = (values > best[rows]) | (need[rows] == len(needs))
        need[rows[better]] = place
        best[rows[better]] = values[better]
    likeness = index.likeness(wish.closeness)
    words = likeness / CLOSE
    return Fits(
        served=best * (1.0 - OTHERS) + OTHERS * np.minimum(1.0, sums - best),
        need=need,
        likeness=likeness,
        words=np.minimum(1.0, words * words),
        needs=(*needs, ""),
    )


def _addresses(
    index: Index, possible: BoolArray, fits: Fits, wish: Wish, weights: Weights, chance: float
) -> BoolArray:
    """Tell which schemes answer a wish: those worth a line beside the best possible one; shape (n_positions,)."""
    if not wish.stated:
        return np.ones(index.columns.n, dtype=np.bool_)
    if 100.0 * chance < weights.answer:
        return np.zeros(index.columns.n, dtype=np.bool_)
    points = weights.need * fits.served + weights.words * fits.words
    helped = points + weights.guide * index.columns.guide
    addresses: BoolArray = (helped > 0.0) & (helped >= LISTED * points[possible].max(initial=0.0))
    return addresses


def _contributions(
    index: Index, standing: Standing, rows: Positions, fits: Fits, on: date, weights: Weights
) -> dict[str, Floats]:
    """Return the points of possible schemes by contribution but ``diversity``; columns of shape (n_possible,)."""
    columns = index.columns
    near, applicant, verified, guide, targets = columns.stated()[columns.alike[rows]].T
    targeted = index.flags(standing.targeted)[rows].astype(np.float64) - index.flags(standing.untargeted)[rows]
    return {
        "need": weights.need * fits.served[rows],
        "words": weights.words * fits.words[rows],
        "near": weights.near * near,
        "target": weights.target * (targeted * targets),
        "certain": weights.certain * _certain(index, standing, rows),
        "guide": weights.guide * guide,
        "deadline": weights.deadline * _deadline(columns, rows, on),
        "verified": weights.verified * np.where(columns.review_by[rows] < on.toordinal(), 0.0, verified),
        "applicant": weights.applicant * applicant,
    }


def _certain(index: Index, standing: Standing, rows: Positions) -> Floats:
    """Return 1 where nothing is left to ask, less for each open fact, and least for those of the typed verdict."""
    doubts = np.zeros(index.columns.n)
    for row in standing.unknown.values():
        doubts += index.flags(row)
    for row in standing.to_confirm.values():
        doubts += index.flags(row) * 0.5
    certain: Floats = np.maximum(0.0, 1.0 - doubts[rows] / OPEN_FACTS_FLOOR)
    return certain


def _deadline(columns: Columns, rows: Positions, on: date) -> Floats:
    """Return -1 when an application can no longer be ready, 1 when the end is near but feasible, else 0."""
    closes_on = columns.closes_on[rows]
    left = closes_on - on.toordinal()
    found = np.where(left < columns.preparation[rows], -1.0, np.where(left <= NEAR_DAYS, 1.0, 0.0))
    return np.where(closes_on == NO_END, 0.0, found)


def _apart(kin: Positions, rows: Positions, hidden: Mapping[int, Row]) -> Positions:
    """Make each hidden scheme the only one of its kin: what is not shown takes no points off what is."""
    if not hidden:
        return kin
    apart: Positions = np.where(np.isin(rows, list(hidden)), kin.max(initial=0) + 1 + rows, kin)
    return apart


def _diversify(scores: Floats, kin: Positions, order: Positions, weights: Weights) -> tuple[Floats, Floats]:
    """Take points off each scheme for every better one of its kin: the same need in the same form.

    Among those, the loss grows along the list, so they stay in the order of their own scores.

    Returns
    -------
    (scores, penalties) : two ndarray of float64, shape (n_possible,)
    """
    best_first = np.lexsort((order, -scores, kin))
    ordered = kin[best_first]
    is_first = np.ones(len(ordered), dtype=np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(is_first)
    n_better = np.arange(len(ordered)) - np.repeat(starts, np.diff([*starts, len(ordered)]))
    penalties = np.zeros(len(ordered))
    penalties[best_first] = rounded(-weights.diversity * n_better.astype(np.float64))
    return rounded(scores + penalties), penalties


class _Describer:
    """Says of a position what the rules and the wish say of its scheme."""

    def __init__(
        self, index: Index, standing: Standing, fits: Fits, addresses: BoolArray, hidden: Mapping[int, Row]
    ) -> None:
        self._index, self._standing, self._fits, self._addresses = index, standing, fits, addresses
        self._hidden_by = {position: self._keys(row) for position, row in hidden.items()}

    def _keys(self, row: Row) -> tuple[str, ...]:
        positions = np.flatnonzero(self._index.flags(row)).tolist()
        return tuple(sorted(self._index.schemes[position].key for position in positions))

    def __call__(self, position: int, *, score: float | None, parts: Mapping[str, float]) -> Match:
        standing, bit = self._standing, 1 << position
        scheme = self._index.schemes[position]
        return Match(
            scheme=scheme,
            eligibility=_outcome(bit, standing.eligible, standing.possible),
            typed=_outcome(bit, standing.typed_eligible, standing.typed_possible),
            targeted=_outcome(bit, standing.targeted, ~standing.untargeted),
            unknown=_facts(standing.unknown, bit),
            to_confirm=_facts(standing.to_confirm, bit),
            opens_later=bool(standing.opens_later & bit),
            addresses=bool(self._addresses[position]),
            hidden_by=self._hidden_by.get(position, ()),
            score=score,
            parts=parts,
            need=self._fits.needs[self._fits.need[position]],
        )


def _outcome(bit: Row, met: Row, possible: Row) -> Outcome:
    return MET if bit & met else UNKNOWN if bit & possible else NOT_MET


def _facts(rows: Mapping[str, Row], bit: Row) -> tuple[str, ...]:
    return tuple(sorted([fact for fact, row in rows.items() if row & bit]))
