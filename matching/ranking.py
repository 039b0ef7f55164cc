"""The order of the schemes a firm can or may have: an additive score, and no two of a kind in a row.

Candidates are scored as columns, and only what is listed is described.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import accumulate, batched, chain, compress, islice, repeat
from math import inf, nextafter

import numpy as np
from numpy.typing import NDArray

from matching.bits import Positions, Words, bits_at, positions_of
from matching.columns import CERTAIN, GUIDE, NEED, TARGET, WORDS, Floats
from matching.features import CLOSE, HEARD, LISTED, LISTED_AFTER, LOSSES, N_COVERED, OTHERS, SCORED, Weights
from matching.index import N_TOLD, TARGETED, UNTARGETED, Index, Standing
from matching.matches import Answer, Match, Parts
from matching.nomenclatures import activity_path
from matching.outcomes import MET, NOT_MET, UNKNOWN, BoolArray
from matching.placing import by_owner, by_score, diversify, rounded, trailing, with_each_need, with_made_for
from matching.profile_classes import classes_of
from matching.profiles import Profile
from matching.ranker import Ranker
from matching.replies import SERVES, Reply, decide
from matching.schemes import Scheme
from matching.tables import PERHAPS, SURE
from matching.variants import hidden_by
from matching.wishes import Wish

SOMETHING = nextafter(0.0, inf)  # points: the least that is not nothing
BLOCK = 1 << 15  # schemes that are ordered at once, of several profiles
MAX_SAID = 20_000  # combinations of verdicts and open facts of which what is said is kept


def rank(
    index: Index,
    profiles: Sequence[Profile],
    wishes: Sequence[Wish],
    weights: Weights,
    *,
    ranker: Ranker | None = None,
    limit: int | None = None,
) -> list[Answer]:
    """Rank the schemes of an index for each profile.

    Parameters
    ----------
    index : Index
        In whatever order its schemes came: it does not change the result.
    profiles : sequence of Profile
    wishes : sequence of Wish
        One for each.
    weights : Weights
    ranker : Ranker, optional
        What was learnt: it adds the part ``learnt`` to the schemes that are possible, and never touches the others.
    limit : int, optional
        Return the first so many of those that address the wish, instead of all schemes.

    Returns
    -------
    list of Answer
        For each profile, those that are eligible or undecided by score, then the ineligible ones by key.
    """
    found: list[Answer] = []
    standings = index.stand(classes_of(profiles))
    belied = _belied(index, profiles, wishes, standings, weights)
    orders = (
        _Order(index, profile.on, wish, weights, ranker, standing, belied.get(at), is_whole=limit is None)
        for at, (profile, wish, standing) in enumerate(zip(profiles, wishes, standings, strict=True))
    )
    for some in batched(orders, max(1, BLOCK // max(index.n, 1)), strict=False):
        for order, matches in zip(some, _first(some, index.n if limit is None else limit), strict=True):
            if limit is None:
                matches += order.describe(positions_of(~order.standing.possible, index.n))
            found.append(Answer(matches, order.decision))
    return found


def rank_listed(
    index: Index,
    profile: Profile,
    wish: Wish,
    weights: Weights,
    *,
    ranker: Ranker | None = None,
) -> Answer:
    """Rank the schemes that address a wish: those that are possible by score, then those that open later by key.

    Parameters are those of :func:`rank`, which says the same of them, in the same order, among all others.
    """
    (standing,) = index.stand(classes_of([profile]))
    belied = _belied(index, [profile], [wish], [standing], weights)
    order = _Order(index, profile.on, wish, weights, ranker, standing, belied.get(0), is_whole=False)
    later = positions_of(standing.opens_later, index.n)
    (matches,) = _first([order], index.n)
    return Answer([*matches, *order.describe(later[order.addresses(later)])], order.decision)


def _belied(
    index: Index,
    profiles: Sequence[Profile],
    wishes: Sequence[Wish],
    standings: Iterable[Standing],
    weights: Weights,
) -> dict[int, Words]:
    """Return, by place, the possible schemes that the trade of a text could not have; where no activity is known."""
    spoken = {
        at: replace(profile, possible_activities=frozenset(map(activity_path, wish.spoken_activities)))
        for at, (profile, wish) in enumerate(zip(profiles, wishes, strict=True))
        if wish.spoken_activities and weights.trade and not (profile.activity or profile.activity_2025)
    }
    if not spoken:
        return {}
    would_be = zip(spoken, index.stand(classes_of([*spoken.values()])), strict=True)
    stand = [*standings]
    return {at: stand[at].possible & ~then.possible for at, then in would_be}


class _Order:
    """The schemes of an index to be ordered, for one profile and wish.

    Parameters
    ----------
    belied : ndarray of uint64, shape (n_words,), optional
        The schemes that the activity of which the text speaks could not have.
    is_whole : bool
        Whether all that is possible is ordered; otherwise what serves nothing that was asked and is in no group that
        is listed is left out: it could not be listed, nor take points off what is.

    Attributes
    ----------
    rows : ndarray of int, shape (n_candidates,)
        The schemes that are scored.
    points : ndarray of float64, shape (n_scored, n_candidates)
        By ``SCORED``: all but those that depend on what the rules tell of them.
    need : ndarray of int, shape (n_candidates,)
        The sub-need that each serves best, as a position in ``names``: the last one for none.
    against, off_trade : ndarray of bool, shape (n_candidates,)
        Whether each goes against a preference of the wish, and whether it is belied.
    """

    def __init__(
        self,
        index: Index,
        on: date,
        wish: Wish,
        weights: Weights,
        ranker: Ranker | None,
        standing: Standing,
        belied: Words | None,
        *,
        is_whole: bool,
    ) -> None:
        self.index, self.weights, self.ranker, self.is_whole = index, weights, ranker, is_whole
        self._wish, self.standing = wish, standing
        self.board = index.board(weights, on)
        self.hidden = hidden_by(index, standing.possible) if index.variants else {}
        self.decision = decide(wish, weights, index.columns, standing)
        self._needs = sorted(self.decision.asked)
        self._need_weights = np.array([[wish.weights[need]] for need in self._needs])
        self.names = (*self._needs, "")
        self._likeness = index.likeness(wish.closeness) if any(wish.closeness.values()) else None
        self.is_cut = self._likeness is not None and wish.stated
        self._is_answered = self.decision.reply is not Reply.NOTHING
        self.rows = positions_of(self._candidates(), index.n)
        fit, self.need = self._fit_of(self.rows)
        self.points = self.board.points.take(self.rows, axis=1)
        self.points[NEED], self.points[WORDS] = weights.need * fit, self._words_of(self.rows)
        heard = weights.sure if wish.ticked else min(HEARD, weights.sure)  # who ticks boxes has left the others
        self.likeliest, self.heard = self._from(weights.sure), self._from(heard)
        self.against = index.columns.go_against(wish.preferences, self.rows)
        self.off_trade = np.zeros(len(self.rows), dtype=np.bool_)
        if belied is not None:
            self.off_trade = np.isin(self.rows, positions_of(belied, index.n))
        self.best = self._best()
        self.least = self._least() if wish.stated else -inf

    def _from(self, percent: float) -> list[int]:
        """Return the likeliest of the needs from a probability on, the heaviest first, as positions in ``names``."""
        likely = (at for at, need in enumerate(self._needs) if self._wish.percent(need) >= percent)
        return sorted(likely, key=lambda at: (-self._wish.weights[self._needs[at]], self._needs[at]))[:N_COVERED]

    def _best(self) -> float:
        """Return the points of need and words of the best answer.

        What is lowered is no measure of the others, unless nothing else helps.
        """
        helps = self.points[NEED] + self.points[WORDS]
        return float(helps[~(self.against | self.off_trade)].max(initial=0.0) or helps.max(initial=0.0))

    def _least(self) -> float:
        """Return the points of need, words and guide that are worth a line beside the best of need and words."""
        return max(LISTED * self.best, SOMETHING) if self._is_answered else inf

    def _candidates(self) -> Words:
        """Return the schemes that are scored."""
        possible, columns = self.standing.possible, self.index.columns
        if self.is_whole or not self._wish.stated:
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
        columns = self.index.columns
        values = columns.weights[np.array(columns.rows_of(self._needs))[:, np.newaxis], positions]
        values *= self._need_weights
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
        found: Floats = self.weights.words * np.minimum(1.0, words)
        return found

    def addresses(self, positions: Positions) -> BoolArray:
        """Tell which schemes answer the wish, and are not hidden by a variant."""
        helped = self.weights.need * self._fit_of(positions)[0] + self._words_of(positions)
        found: BoolArray = helped + self.board.points[GUIDE].take(positions) >= self.least
        return found & ~self.is_hidden(positions)

    def made_for(self, start: int) -> list[Positions]:
        """Return, by need that was heard where there are several, the candidates that serve it as well as any.

        As positions counted from ``start``; none of a need that no scheme is an answer to.
        """
        if len(self.heard) < 2 or not self._is_answered:
            return []
        columns = self.index.columns
        fits = ~(self.against | self.off_trade | self.is_hidden(self.rows) | columns.orients.take(self.rows))
        wanted = columns.rows_of(self._needs[at] for at in self.heard)
        weights = columns.weights[np.array(wanted)[:, np.newaxis], self.rows] * fits
        best = weights.max(axis=1, initial=0.0).tolist()
        return [start + np.flatnonzero(row == most) for row, most in zip(weights, best, strict=True) if most >= SERVES]

    def is_hidden(self, positions: Positions) -> BoolArray:
        """Tell which schemes are hidden by a variant."""
        return np.isin(positions, list(self.hidden)) if self.hidden else np.zeros(len(positions), dtype=np.bool_)

    def describe(self, positions: Positions) -> list[Match]:
        """Return what is said of schemes that have no score, in their order."""
        told, needs = bits_at(self.standing.told, positions), self._fit_of(positions)[1]
        nothing: list[Mapping[str, float]] = [{}] * len(positions)
        flags = self.addresses(positions)
        whose, nobody = repeat(self, len(positions)), [None] * len(positions)
        return _say(whose, self.index, positions, told, flags, needs, nobody, nothing)


# -- the order, of several wishes at once: ``owner`` tells whose each candidate is


def _first(orders: Sequence[_Order], limit: int) -> list[list[Match]]:
    """Return the first of the candidates of each: of those that address the wish, unless the whole is ordered."""
    one = orders[0]
    index, weights, board, ranker = one.index, one.weights, one.board, one.ranker
    sizes = [len(order.rows) for order in orders]
    owner, rows = np.arange(len(orders)).repeat(sizes), np.concatenate([order.rows for order in orders])
    several = np.concatenate([order.standing.told for order in orders], axis=1)
    told = bits_at(several, rows + owner * (64 * several.shape[1] // len(orders)))
    points = np.concatenate([order.points for order in orders], axis=1)
    points[TARGET] *= told[TARGETED].view(np.int8) - told[UNTARGETED].view(np.int8)
    points[CERTAIN] = board.certain[index.facts.halves @ told[N_TOLD:]]
    own = np.add.reduce(points, axis=0)  # a row after the other
    if ranker:
        learnt = ranker.corrections(dict(zip(SCORED, points, strict=True)), weights)
        points, own = np.vstack([points, learnt]), own + learnt
    against, off_trade = (
        np.concatenate([getattr(order, name) for order in orders]) for name in ("against", "off_trade")
    )
    asks = told[N_TOLD:][index.facts.is_firms].any(axis=0)
    losses = np.stack([-weights.preference * against, -weights.trade * off_trade, -weights.asks * asks])
    own = own + np.add.reduce(losses, axis=0)
    addresses = points[NEED] + points[WORDS] + points[GUIDE] >= np.repeat([order.least for order in orders], sizes)
    need = np.concatenate([order.need for order in orders])
    n_needs = max(len(order.names) for order in orders)
    group = (owner * n_needs + need) * index.columns.n_kinds + index.columns.kind.take(rows)
    if index.variants:
        is_hidden = np.concatenate([order.is_hidden(order.rows) for order in orders])
        addresses &= ~is_hidden
        group[is_hidden] = -1 - np.flatnonzero(is_hidden)  # what is not shown takes no points off what is
    scores, penalties = diversify(rounded(own), group, weights.diversity)
    serves, helped = points[NEED] > 0.0, points[NEED] + points[WORDS]
    enough = helped >= LISTED_AFTER * np.repeat([order.best for order in orders], sizes)
    ordered = by_owner(by_score(np.flatnonzero(addresses), scores), owner, len(orders))
    for order, each in zip(orders, ordered, strict=True):
        if order.is_cut:
            addresses[trailing(each, need, serves, enough)] = False
    helps = addresses & ~index.columns.orients.take(rows)
    listed = np.arange(len(rows)) if one.is_whole else np.flatnonzero(addresses)
    lowered = against | off_trade
    best = []
    lists = by_owner(by_score(listed, scores), owner, len(orders))
    for order, each, start in zip(orders, lists, accumulate(sizes, initial=0), strict=False):
        in_order = with_each_need(each, order.likeliest, need, helps, lowered)
        in_order, late = with_made_for(in_order, order.made_for(start), addresses, lowered, scores)
        addresses[late] = True
        best.append(in_order[:limit])
    chosen = np.concatenate(best)
    names = (*SCORED, "learnt", *LOSSES) if ranker else (*SCORED, *LOSSES)
    shown = np.concatenate([points, losses, penalties[np.newaxis]]).take(chosen, axis=1)
    parts = [Parts(names, shown, column) for column in range(len(chosen))]
    flags, needs, totals = addresses[chosen], need[chosen], scores[chosen].tolist()
    whose = chain.from_iterable(repeat(order, len(each)) for order, each in zip(orders, best, strict=True))
    found = iter(_say(whose, index, rows[chosen], told.take(chosen, axis=1), flags, needs, totals, parts))
    return [[*islice(found, len(each))] for each in best]


def _say(
    whose: Iterable[_Order],
    index: Index,
    positions: Positions,
    told: NDArray[np.uint8],
    addresses: BoolArray,
    needs: Positions,
    scores: Sequence[float | None],
    parts: Sequence[Mapping[str, float]],
) -> list[Match]:
    """Describe schemes, of shape (n,); ``told`` is of shape (n_rows, n)."""
    schemes, facts = index.schemes, index.facts.names
    said = _said_of(facts)
    make = tuple.__new__  # as Match does it, but for counting what it is given
    whole, size = told.T.tobytes(), len(told)
    found = []
    columns = zip(whose, positions.tolist(), addresses.tolist(), needs.tolist(), scores, parts, strict=True)
    for at, (order, position, is_listed, need, score, part) in enumerate(columns):
        key = whole[at * size : (at + 1) * size]
        fields = said.get(key)
        if fields is None:
            if len(said) >= MAX_SAID:
                said.clear()
            fields = said[key] = _fields(facts, key)
        hiding = _keys(schemes, order.hidden[position]) if position in order.hidden else ()
        found.append(make(Match, (schemes[position], *fields, is_listed, hiding, score, part, order.names[need])))
    return found


def _keys(schemes: Sequence[Scheme], row: Words) -> tuple[str, ...]:
    return tuple(schemes[position].key for position in positions_of(row, len(schemes)).tolist())


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
