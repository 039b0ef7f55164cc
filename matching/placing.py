"""Places in a list, once each scheme has its points: diversity, where the list stops, and a place for each need.

Positions are those of candidates in one array; where it holds several lists, ``owner`` tells whose each candidate is.
"""

from collections.abc import Sequence

import numpy as np

from matching.bits import Positions
from matching.columns import Floats
from matching.features import DIGITS, N_COVERED, N_FIRST, N_OF_EACH
from matching.outcomes import BoolArray

SCALE = 10.0**DIGITS


def diversify(scores: Floats, group: Positions, diversity: float) -> tuple[Floats, Floats]:
    """Take points off each scheme for every better one of its group: the same need in the same form.

    Among those, the loss grows along the list, so they stay in the order of their own scores.

    Returns
    -------
    (scores, penalties) : two ndarray of float64, shape (n_candidates,)
    """
    best_first = by_score(np.arange(len(scores)), scores)
    penalties = np.empty(len(group))
    n_better = _n_before(group[best_first]).astype(np.float64)
    penalties[best_first] = rounded(-diversity * n_better)
    return rounded(scores + penalties), penalties


def trailing(ordered: Positions, need: Positions, serves: BoolArray, is_enough: BoolArray) -> Positions:
    """Return what comes after the first of a list, helps too little, and is not among the first of its need.

    Words may be close to many schemes; what serves a box that was ticked is an answer to it however many there are.

    Parameters
    ----------
    ordered : ndarray of int
        The list, best first.
    need : ndarray of int
        By candidate, the sub-need that it serves best.
    serves, is_enough : ndarray of bool
        By candidate, whether it serves a need at all, and whether it helps enough to be listed.
    """
    is_late = (_n_before(need[ordered]) >= N_OF_EACH) | ~serves[ordered]
    return ordered[N_FIRST:][(is_late & ~is_enough[ordered])[N_FIRST:]]


def with_each_need(
    ordered: Positions, wanted: Sequence[int], need: Positions, helps: BoolArray, against: BoolArray
) -> Positions:
    """Put the best scheme of each need among the first that help: none of several needs waits behind another.

    Parameters
    ----------
    ordered : ndarray of int
        A list, best first.
    wanted : sequence of int
        The likeliest of the sure needs, ``N_COVERED`` at most: a doubtful one lifts nothing.
    need : ndarray of int
        By candidate, the sub-need that it serves best.
    helps, against : ndarray of bool
        By candidate, whether it is listed and does more than orient, and whether it goes against the wish or the
        trade: that is never lifted.
    """
    if len(wanted) < 2:
        return ordered
    every = ordered.tolist()
    helping = [at for at in every if helps[at]]
    best: dict[int, int] = {}
    for at in helping:
        if not against[at]:
            best.setdefault(int(need[at]), at)
    first, must = helping[:N_COVERED], {best[each] for each in wanted if each in best}
    if must.issubset(first):
        return ordered
    late = [at for at in helping if at in must and at not in first]
    dropped = [at for at in first if at not in must][N_COVERED - len(must) :]
    end = every.index(first[-1]) + 1
    head = [at for at in every[:end] if at not in dropped]
    return np.array([*head, *late, *dropped, *(at for at in every[end:] if at not in late)], dtype=ordered.dtype)


def with_made_for(
    ordered: Positions, made_for: Sequence[Positions], addresses: BoolArray, against: BoolArray, scores: Floats
) -> tuple[Positions, list[int]]:
    """Put among the first of a list, at their end, a scheme as good as any for each need that has none there.

    Parameters
    ----------
    ordered : ndarray of int
        A list, best first.
    made_for : sequence of ndarray of int
        By need, the candidates that serve it as well as any does; ``N_COVERED`` needs at most.
    addresses, against : ndarray of bool
        By candidate, whether it is listed, and whether it goes against the wish or the trade: then it stays where its
        points put it.
    scores : ndarray of float64
        By candidate.

    Returns
    -------
    (ordered, late) : ndarray of int, and list of int
        ``late`` are those that were put there, to be listed if they were not.
    """
    every = ordered.tolist()
    first = [at for at in every if addresses[at]][:N_FIRST]
    kept, late = set(), dict[int, None]()
    for tied in made_for:
        as_well = {*tied.tolist()}
        here = [at for at in first if at in as_well]
        if here:
            kept.add(here[0])
        else:
            late[int(tied[scores[tied].argmax()])] = None
    if not late or not first:
        return ordered, []
    n_dropped = max(0, len(first) + len(late) - N_FIRST)
    dropped = [at for at in first if at not in kept][-n_dropped:] if n_dropped else []
    staying = [at for at in first if at not in dropped and not against[at]]
    end = every.index(staying[-1]) + 1 if staying else every.index(first[0])
    behind = [at for at in dropped if not against[at]]
    moved = {*late, *behind}
    head, rest = ([at for at in part if at not in moved] for part in (every[:end], every[end:]))
    return np.array([*head, *late, *behind, *rest], dtype=ordered.dtype), [*late]


def by_score(positions: Positions, scores: Floats) -> Positions:
    """Return positions, the best score first, equal ones as they stand."""
    return positions[(-scores[positions]).argsort(kind="stable")]


def by_owner(positions: Positions, owner: Positions, n: int) -> list[Positions]:
    """Return the positions of each of ``n`` owners, in their order."""
    if n == 1:
        return [positions]
    of_each = positions[owner[positions].argsort(kind="stable")]
    return np.split(of_each, owner[of_each].searchsorted(np.arange(1, n)))


def rounded(points: Floats) -> Floats:
    """Round to so many digits that a score is the same however it was computed."""
    result: Floats = np.rint(points * SCALE) / SCALE
    return result


def _n_before(group: Positions) -> Positions:
    """Return how many of the same group stand before each, of an array in order."""
    by_group, places = group.argsort(kind="stable"), np.arange(len(group))
    ordered, starts = group[by_group], places.copy()
    starts[1:][ordered[1:] == ordered[:-1]] = 0
    found = np.empty(len(group), np.intp)
    found[by_group] = places - np.maximum.accumulate(starts)
    return found
