"""The order of the schemes a firm can or may have: an additive score, and no two of a kind in a row.

Candidates are scored as columns, and only what is listed is described.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from matching.answering import Answering, chance_of
from matching.bits import Positions, Words, bits_at, positions_of, unpack
from matching.columns import CERTAIN, GUIDE, NEED, TARGET, WORDS, Floats
from matching.features import CLOSE, DIGITS, LISTED, OTHERS, SCORED, Weights
from matching.index import N_TOLD, TARGETED, UNTARGETED, Index, Standing
from matching.matches import Answer, Match, Parts
from matching.needs import Wish
from matching.outcomes import MET, NOT_MET, UNKNOWN, BoolArray
from matching.profile_classes import classes_of
from matching.profiles import Profile
from matching.ranker import Ranker
from matching.tables import PERHAPS, SURE
from matching.variants import hidden_by

SCALE = 10.0**DIGITS
MAX_SAID = 20_000  # combinations of verdicts and open facts of which what is said is kept


def rank(
    index: Index,
    profile: Profile,
    wish: Wish,
    weights: Weights,
    *,
    answering: Answering | None = None,
    ranker: Ranker | None = None,
    limit: int | None = None,
    standing: Standing | None = None,
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
    standing : Standing, optional
        What the rules say of the profile, where it is known.

    Returns
    -------
    Answer
        Those that are eligible or undecided by score, then the ineligible ones by key.
    """
    order = _Order(index, profile, wish, weights, answering, ranker, standing, is_whole=limit is None)
    if limit is not None:
        return Answer(order.first(limit), order.chance)
    impossible = positions_of(~order.standing.possible, index.n)
    return Answer([*order.first(index.n), *order.describe(impossible)], order.chance)


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
    order = _Order(index, profile, wish, weights, answering, ranker, None, is_whole=False)
    later = positions_of(order.standing.opens_later, index.n)
    return Answer([*order.first(index.n), *order.describe(later[order.addresses(later)])], order.chance)


class _Order:
    """The schemes of an index in order, for one profile and wish.

    Parameters
    ----------
    is_whole : bool
        Whether all that is possible is ordered; otherwise what serves nothing that was asked and is in no group that
        is listed is left out: it could not be listed, nor take points off what is.
    """

    def __init__(
        self,
        index: Index,
        profile: Profile,
        wish: Wish,
        weights: Weights,
        answering: Answering | None,
        ranker: Ranker | None,
        standing: Standing | None,
        *,
        is_whole: bool,
    ) -> None:
        self._index, self._wish, self._weights, self._ranker, self._is_whole = index, wish, weights, ranker, is_whole
        self.standing = standing or index.stand(classes_of([profile]))[0]
        self._board = index.board(weights, profile.on)
        self._hidden = hidden_by(index, self.standing.possible) if index.variants else {}
        self._needs = sorted(wish.weights)
        self._likeness = index.likeness(wish.closeness) if wish.closeness else None
        self.chance = self._chance(answering)
        self._is_answered = not wish.stated or 100.0 * self.chance >= weights.answer
        self._rows = positions_of(self._candidates(), index.n)
        self._fit, self._need = self._fit_of(self._rows)
        self._words = self._words_of(self._rows)
        self._points = weights.need * self._fit
        helped = self._points + self._words if self._likeness is not None else self._points
        self._most = helped.max(initial=0.0)

    def _chance(self, answering: Answering | None) -> float:
        """Return the chance that something possible answers."""
        wish, columns, possible = self._wish, self._index.columns, self.standing.possible
        if wish.chance is not None:
            return wish.chance
        if wish.ticked and (columns.serve(wish.ticked) & possible).any():
            return 1.0
        words = 0.0
        if self._likeness is not None:
            words = float(self._likeness[unpack(possible, self._index.n)].max(initial=0.0))
        needs = sorted({*wish.weights, *wish.likeness})
        return chance_of(wish, columns.best(needs, possible) if needs else {}, answering, words=words)

    def _candidates(self) -> Words:
        """Return the schemes that are scored."""
        possible, columns = self.standing.possible, self._index.columns
        if self._is_whole or not self._wish.stated:
            return possible
        if not self._is_answered:
            return np.zeros_like(possible)
        if self._likeness is not None:
            return possible
        found = columns.serve(self._needs) & possible
        if not columns.has_guides:
            return found
        guides = columns.guides & possible & ~found
        return found | columns.beside(guides) & possible if guides.any() else found

    # -- points

    def _fit_of(self, positions: Positions) -> tuple[Floats, Positions]:
        """Return how well schemes serve the wish, and the sub-need each serves best: the number of them for none."""
        if not self._needs:
            return np.zeros(len(positions)), np.zeros(len(positions), dtype=np.intp)
        columns = self._index.columns
        values = columns.weights[np.array(columns.rows_of(self._needs))[:, np.newaxis], positions]
        values *= np.array([[self._wish.weights[need]] for need in self._needs])
        most = np.maximum.reduce(values)
        others = np.add.reduce(values, axis=0) - most
        need = values.argmax(axis=0)
        need[most == 0.0] = len(self._needs)
        return most * (1.0 - OTHERS) + OTHERS * np.minimum(1.0, others), need

    def _words_of(self, positions: Positions) -> Floats:
        """Return the points of words: small likenesses say little."""
        if self._likeness is None:
            return np.zeros(len(positions))
        words = self._likeness.take(positions) / CLOSE
        words *= words
        found: Floats = self._weights.words * np.minimum(1.0, words)
        return found

    def _helps(self, need: Floats, words: Floats, guide: Floats) -> BoolArray:
        """Tell, by their points, which schemes answer the wish: those worth a line beside the best possible one."""
        if not (self._is_answered and self._wish.stated):
            return np.full(len(need), self._is_answered)
        helped = need + words + guide
        found: BoolArray = (helped > 0.0) & (helped >= LISTED * self._most)
        return found

    def addresses(self, positions: Positions) -> BoolArray:
        """Tell which schemes answer the wish, and are not hidden by a variant."""
        need = self._weights.need * self._fit_of(positions)[0]
        found = self._helps(need, self._words_of(positions), self._board.points[GUIDE].take(positions))
        return found & ~np.isin(positions, list(self._hidden)) if self._hidden else found

    # -- the order

    def first(self, limit: int) -> list[Match]:
        """Return the first of the candidates: of those that address the wish, unless the whole is ordered."""
        rows, standing, weights = self._rows, self.standing, self._weights
        told = bits_at(standing.told, rows)
        points = self._board.points.take(rows, axis=1)
        points[NEED], points[WORDS] = self._points, self._words
        points[TARGET] *= told[TARGETED].view(np.int8) - told[UNTARGETED].view(np.int8)
        points[CERTAIN] = self._board.certain[self._index.facts.halves @ told[N_TOLD:]]
        own = np.add.reduce(points, axis=0)  # a row after the other
        if self._ranker:
            learnt = self._ranker.corrections(dict(zip(SCORED, points, strict=True)), weights)
            points, own = np.vstack([points, learnt]), own + learnt
        addresses = self._helps(points[NEED], points[WORDS], points[GUIDE])
        group = self._need * self._index.columns.n_kinds + self._index.columns.kind.take(rows)
        if self._hidden:
            is_hidden = np.isin(rows, list(self._hidden))
            addresses &= ~is_hidden
            group[is_hidden] = -1 - np.flatnonzero(is_hidden)  # what is not shown takes no points off what is
        scores, penalties = _diversify(_rounded(own), group, weights.diversity)
        listed = np.arange(len(rows)) if self._is_whole else np.flatnonzero(addresses)
        chosen = listed[(-scores[listed]).argsort(kind="stable")[:limit]]
        names = (*SCORED, "learnt", "diversity") if self._ranker else (*SCORED, "diversity")
        shown = np.concatenate([points, penalties[np.newaxis]]).take(chosen, axis=1)
        parts = [Parts(names, shown, column) for column in range(len(chosen))]
        flags, needs = addresses[chosen], self._need[chosen]
        return self._say(rows[chosen], told.take(chosen, axis=1), flags, needs, scores[chosen].tolist(), parts)

    def describe(self, positions: Positions) -> list[Match]:
        """Return what is said of schemes that have no score, in their order."""
        if not len(positions):
            return []
        told, needs = bits_at(self.standing.told, positions), self._fit_of(positions)[1]
        nothing: list[Mapping[str, float]] = [{}] * len(positions)
        return self._say(positions, told, self.addresses(positions), needs, [None] * len(positions), nothing)

    def _say(
        self,
        positions: Positions,
        told: NDArray[np.uint8],
        addresses: BoolArray,
        needs: Positions,
        scores: Sequence[float | None],
        parts: Sequence[Mapping[str, float]],
    ) -> list[Match]:
        schemes, names, hidden = self._index.schemes, (*self._needs, ""), self._hidden
        facts = self._index.facts.names
        said = _said_of(facts)
        make = tuple.__new__  # as Match does it, but for counting what it is given
        whole, size = told.T.tobytes(), len(told)
        found = []
        columns = zip(positions.tolist(), addresses.tolist(), needs.tolist(), scores, parts, strict=True)
        for at, (position, is_listed, need, score, part) in enumerate(columns):
            key = whole[at * size : (at + 1) * size]
            fields = said.get(key)
            if fields is None:
                if len(said) >= MAX_SAID:
                    said.clear()
                fields = said[key] = _fields(facts, key)
            hiding = self._keys(hidden[position]) if position in hidden else ()
            found.append(make(Match, (schemes[position], *fields, is_listed, hiding, score, part, names[need])))
        return found

    def _keys(self, row: Words) -> tuple[str, ...]:
        return tuple(self._index.schemes[position].key for position in positions_of(row, self._index.n).tolist())


def _rounded(points: Floats) -> Floats:
    """Round to so many digits that a score is the same however it was computed."""
    result: Floats = np.rint(points * SCALE) / SCALE
    return result


def _diversify(scores: Floats, group: Positions, diversity: float) -> tuple[Floats, Floats]:
    """Take points off each scheme for every better one of its group: the same need in the same form.

    Among those, the loss grows along the list, so they stay in the order of their own scores.

    Returns
    -------
    (scores, penalties) : two ndarray of float64, shape (n_candidates,)
    """
    best_first = (-scores).argsort(kind="stable")
    few = group.astype(np.int16) if abs(group).max(initial=0) < 1 << 15 else group  # sorted in one pass
    by_group = best_first[few[best_first].argsort(kind="stable")]
    ordered, places = group[by_group], np.arange(len(group))
    is_first = np.ones(len(group), dtype=np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    n_better = places - np.maximum.accumulate(np.where(is_first, places, 0)) if len(group) else places
    penalties = np.empty(len(group))
    penalties[by_group] = _rounded(-diversity * n_better.astype(np.float64))
    return _rounded(scores + penalties), penalties


type Facts = tuple[tuple[str, int], ...]


@lru_cache(maxsize=16)
def _said_of(facts: Facts) -> dict[bytes, tuple[object, ...]]:
    """Return what is said of schemes of an index with these facts, to be added to: few different things are said."""
    return {}


def _fields(facts: Facts, told: bytes) -> tuple[object, ...]:
    """Return the fields of a match from its eligibility to whether it opens later.

    Parameters
    ----------
    facts : tuple of (str, int)
        Those that may be open, each with its half.
    told : bytes
        Ones and zeros: what a standing tells of one scheme.
    """
    possible, eligible, typed_possible, typed_eligible, aimed, others, later, *is_open = told
    opened = [*compress(facts, is_open)]
    unknown, to_confirm = (tuple(sorted(fact for fact, half in opened if half == kind)) for kind in (SURE, PERHAPS))
    return (
        MET if eligible else UNKNOWN if possible else NOT_MET,
        MET if typed_eligible else UNKNOWN if typed_possible else NOT_MET,
        MET if aimed else NOT_MET if others else UNKNOWN,
        unknown,
        to_confirm,
        later == 1,
    )
