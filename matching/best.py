"""The best few schemes of an order, without scoring what cannot be among them nor describing what is not shown.

What is left out serves nothing that was asked and is of no kin of what is listed, or could not have as many points as
the last one listed; the others are scored as :mod:`matching.ranking` scores all of them, in the same order of
additions, so that every figure is the same.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from itertools import compress, count
from math import inf

import numpy as np
from numpy.typing import NDArray

from matching.answering import Answering, chance_of
from matching.columns import CERTAIN, CONTRIBUTIONS, GUIDE, NEED, TARGET, WORDS, Columns, Floats, Positions
from matching.features import CLOSE, DIGITS, KIND, LISTED, ORDER, OTHERS, ROW, Weights
from matching.index import Index, Standing
from matching.matches import Answer, Match, Parts
from matching.needs import Wish
from matching.outcomes import MET, NOT_MET, UNKNOWN
from matching.profiles import Profile
from matching.ranker import Ranker
from matching.settled import Row
from matching.variants import hidden_by

SCALE = 10.0**DIGITS
PARTS = (*CONTRIBUTIONS, "diversity")
N_TOLD = 5  # of a scheme, before the facts that it leaves open: what is read by :func:`_say`
ENOUGH = 16  # times as many schemes as are listed are scored first, of those that may come first
SURE, PERHAPS = 2, 1  # halves of an open fact: of the typed verdict, of the verdict only
MAX_SAID = 10_000  # combinations of verdicts and open facts whose fields are kept


def rounded(points: Floats) -> Floats:
    """Round to so many digits that a score is the same however it was computed."""
    result: Floats = np.rint(points * SCALE) / SCALE
    return result


def chance_among(columns: Columns, possible: Row, wish: Wish, answering: Answering | None, *, words: float) -> float:
    """Return the chance that something possible answers.

    Parameters
    ----------
    columns : Columns
    possible : int
        Schemes as a row of bits.
    wish : Wish
    answering : Answering, optional
    words : float
        How close the words come to what is said of the closest possible scheme.
    """
    if wish.chance is not None:
        return wish.chance
    if any(columns.served(need).row & possible for need in wish.ticked):
        return 1.0
    return chance_of(
        wish, columns.best({*wish.weights, *wish.ticked, *wish.likeness}, possible), answering, words=words
    )


def best(
    index: Index,
    profile: Profile,
    wish: Wish,
    weights: Weights,
    *,
    answering: Answering | None,
    ranker: Ranker | None,
    limit: int,
) -> Answer:
    """Return the first schemes that address a wish, as :func:`matching.ranking.rank` does."""
    standing, columns = index.stand(profile), index.columns
    possible = standing.possible
    likeness = index.likeness(wish.closeness) if wish.closeness else None
    flags = index.flags(possible) if likeness is not None else None
    words = float(likeness[flags].max(initial=0.0)) if likeness is not None else 0.0
    chance = chance_among(columns, possible, wish, answering, words=words)
    if wish.stated and 100.0 * chance < weights.answer:
        return Answer([], chance)
    among = possible
    if wish.stated and likeness is None:
        among &= columns.serving(wish.weights)
        if guides := columns.guides & possible & ~among:
            among |= columns.beside(guides) & possible
    rows = np.flatnonzero(index.flags(among))
    scoring = _Scoring(index, standing, profile, wish, weights, ranker, likeness, rows)
    if likeness is not None and len(rows) > ENOUGH * limit:
        rows, least = scoring.promising(ENOUGH * limit)
        matches = scoring.first(rows, limit)
        if len(matches) == limit and (matches[-1].score or 0.0) >= least:
            return Answer(matches, chance)
    return Answer(scoring.first(scoring.rows, limit), chance)


class _Scoring:
    """Scores the possible schemes of one profile for one wish.

    Parameters
    ----------
    rows : (n_rows,) ndarray of int
        Positions of those that are of interest: the others serve nothing and are of no kin of what is listed.
    """

    def __init__(
        self,
        index: Index,
        standing: Standing,
        profile: Profile,
        wish: Wish,
        weights: Weights,
        ranker: Ranker | None,
        likeness: Floats | None,
        rows: Positions,
    ) -> None:
        self.rows = rows
        self._index, self._standing, self._weights, self._ranker = index, standing, weights, ranker
        self._board = index.board(weights, profile.on)
        self._needs, self._is_stated = sorted(wish.weights), wish.stated
        self._said = np.zeros(index.columns.n) if likeness is None else weights.words * _close(likeness)
        self._fit = np.zeros(index.columns.n)
        self._need = np.full(index.columns.n, len(self._needs), dtype=np.intp)
        serving = np.flatnonzero(index.flags(index.columns.serving(self._needs) & standing.possible))
        self._fit[serving], self._need[serving] = fit_of(index.columns, self._needs, wish, serving)
        self._stated = weights.need * self._fit + self._said
        self._most = self._stated[rows].max(initial=0.0)

    def promising(self, n: int) -> tuple[Positions, float]:
        """Return so many schemes or some more, and points that no other reaches."""
        at_most = self._stated[self.rows] + self._board.at_most[self._board.marks[self.rows, ROW]]
        if self._ranker:
            at_most += self._ranker.bound
        least = np.partition(at_most, len(at_most) - n)[len(at_most) - n]
        return self.rows[at_most >= least], float(least)

    def first(self, rows: Positions, limit: int) -> list[Match]:
        """Return the first of some schemes that address the wish."""
        index, standing, board, weights = self._index, self._standing, self._board, self._weights
        told = index.bits(
            (
                standing.eligible, standing.typed_eligible, standing.opens_later, standing.targeted,
                standing.untargeted, *standing.unknown.values(), *standing.to_confirm.values(),
            ),
            rows,
        )  # fmt: skip
        need = self._need[rows]
        marks = board.marks.take(rows, axis=0).T
        points = board.distinct.T.take(marks[ROW], axis=1)
        points[NEED], points[WORDS] = weights.need * self._fit[rows], self._said[rows]
        points[TARGET] *= told[3].view(np.int8) - told[4].view(np.int8)
        facts = (*((fact, SURE) for fact in standing.unknown), *((fact, PERHAPS) for fact in standing.to_confirm))
        halves = np.array([kind for _, kind in facts], dtype=np.uint8) @ told[N_TOLD:]
        points[CERTAIN] = board.certain[halves]
        own = reduce(np.add, points)
        if self._ranker:
            learnt = self._ranker.corrections(dict(zip(CONTRIBUTIONS, points, strict=False)), weights)
            points, own = np.vstack([points, learnt]), own + learnt
        raw = rounded(own)
        kin = (need * index.columns.n_kinds + marks[KIND]).tolist()
        listed = self._listed(points) if self._is_stated else [True] * len(rows)
        if index.variants and (hidden := hidden_by(index, standing.possible)):
            for place in np.flatnonzero(np.isin(rows, list(hidden))).tolist():
                listed[place] = False
                kin[place] = -1 - place  # what is not shown takes no points off what is
        order = marks[ORDER]
        by_score = np.lexsort((order, -raw)).tolist()
        found = _first(by_score, raw.tolist(), kin, listed, order.tolist(), weights.diversity, limit)
        places = np.array([place for _, _, place, _ in found], dtype=np.intp)
        said = _say_all(facts, told.take(places, axis=1).T)
        return _describe(
            index, [*self._needs, ""], rows.take(places).tolist(), [-minus for minus, *_ in found], said, count(),
            (*CONTRIBUTIONS, "learnt", "diversity") if self._ranker else PARTS,
            np.vstack([points.take(places, axis=1), [[penalty for *_, penalty in found]]]), need.take(places).tolist(),
        )  # fmt: skip

    def _listed(self, points: Floats) -> list[bool]:
        """Tell which schemes answer a wish: those worth a line beside the best possible one."""
        helped = points[NEED] + points[WORDS] + points[GUIDE]
        flags: list[bool] = ((helped > 0.0) & (helped >= LISTED * self._most)).tolist()
        return flags


def _close(likeness: Floats) -> Floats:
    """Return how close words come, where small likenesses say little."""
    words = likeness / CLOSE
    words *= words
    return np.minimum(words, 1.0, out=words)


def fit_of(columns: Columns, needs: Sequence[str], wish: Wish, rows: Positions) -> tuple[Floats, Positions]:
    """Return how well schemes serve a wish, and the sub-need that each serves best: the number of them for none."""
    if not needs:
        return np.zeros(len(rows)), np.zeros(len(rows), dtype=np.intp)
    values = columns.services.of(needs, rows)
    values *= np.array([[wish.weights[need]] for need in needs])
    most = values.max(axis=0)
    others = reduce(np.add, values) - most
    need = values.argmax(axis=0)
    need[most == 0.0] = len(needs)
    return most * (1.0 - OTHERS) + OTHERS * np.minimum(1.0, others), need


def _first(
    ordered: Sequence[int],
    raw: Sequence[float],
    kin: Sequence[int],
    listed: Sequence[bool],
    order: Sequence[int],
    diversity: float,
    limit: int,
) -> list[tuple[float, int, int, float]]:
    """Return the first of those listed after diversity: minus the score, rank by key, place, penalty.

    They are looked at by their own score: none can come before what has more than its own score already.
    """
    found: list[tuple[float, int, int, float]] = []
    n_better: dict[int, int] = {}
    least = -inf
    for place in ordered:
        points = raw[place]
        if points < least:
            break
        kind = kin[place]
        n = n_better.get(kind, 0)
        n_better[kind] = n + 1
        if listed[place] and points - diversity * n > least - 2.0 / SCALE:  # rounding may make up for so much
            penalty = round(-diversity * n * SCALE) / SCALE
            insort(found, (-(round((points + penalty) * SCALE) / SCALE), order[place], place, penalty))
            if len(found) >= limit:
                least = -found[limit - 1][0]
    return found[:limit]


def _describe(
    index: Index,
    needs: Sequence[str],
    positions: Sequence[int],
    scores: Sequence[float],
    said: Sequence[tuple[object, ...]],
    said_of: Iterable[int],
    names: Sequence[str],
    points: Floats,
    served: Sequence[int],
) -> list[Match]:
    """Say what the rules and the wish say of the schemes that were chosen.

    ``said`` is what :func:`_say_all` says, and ``said_of`` which of that is said of each.
    """
    schemes = index.schemes
    make = tuple.__new__  # as Match does it, but for counting what it is given
    found = zip(count(), positions, said_of, scores, served, strict=False)
    return [
        make(Match, (schemes[at], *said[row], score, Parts(names, points, column), needs[need]))
        for column, at, row, score, need in found
    ]


def _say_all(facts: tuple[tuple[str, int], ...], told: NDArray[np.uint8]) -> list[tuple[object, ...]]:
    """Return what :func:`_say` says of each row, of which the first cells are read."""
    whole, size, last = told.tobytes(), told.shape[1], N_TOLD + len(facts)
    return [_say(facts, whole[start : start + last]) for start in range(0, len(whole), size)]


@lru_cache(maxsize=MAX_SAID)
def _say(facts: tuple[tuple[str, int], ...], told: bytes) -> tuple[object, ...]:
    """Return the fields of a match from its eligibility to what hides it.

    Parameters
    ----------
    facts : tuple of (str, int)
        Those that may be open, each with its halves.
    told : bytes
        Ones and zeros: whether it is eligible, typed so, opens later, is aimed at, at others; each fact is open.
    """
    sure, typed, later, is_aimed, is_not, *is_open = told
    opened = [*compress(facts, is_open)]
    unknown, to_confirm = ({fact for fact, halves in opened if halves == kind} for kind in (SURE, PERHAPS))
    return (
        MET if sure else UNKNOWN,
        MET if typed else UNKNOWN,
        MET if is_aimed else NOT_MET if is_not else UNKNOWN,
        tuple(sorted(unknown)),
        tuple(sorted(to_confirm)),
        later == 1,
        True,
        (),
    )
