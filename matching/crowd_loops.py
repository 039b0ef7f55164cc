"""The best schemes of very many firms, that numba compiles: what :mod:`matching.best` says of each with numpy."""

from typing import Any

import numpy as np
from numba import njit

from matching.class_loops import count_open, gather, hide, join
from matching.features import DIGITS
from matching.set_loops import Words, lowest

SCALE = 10.0**DIGITS
CHECK_EVERY = 8  # schemes that are kept: whether any that follows can still be among the first


@njit(cache=True, nogil=True)
def _find_next(
    each: int, after: Any, raw: Any, listed: Any, diversity: float, cursor: Any, rank: Any, value: Any
) -> bool:
    """Let the cursor of a list be on a scheme that is listed, write its score, and tell whether there is one."""
    at = cursor[each]
    while at >= 0 and not listed[at]:
        at = after[at]
        rank[each] += 1
    cursor[each] = at
    if at < 0:
        return False
    penalty = np.rint(-diversity * rank[each] * SCALE) / SCALE
    value[each] = np.rint((raw[at] + penalty) * SCALE) / SCALE
    return True


@njit(cache=True, nogil=True)
def _merge(
    kins: Any, n_kins: int, heads: Any, after: Any, raw: Any, listed: Any, diversity: float, cursor: Any, rank: Any,
    value: Any, positions: Any, scores: Any,
) -> int:  # fmt: skip
    """Write the best of several lists, each of one kin, best first; a place in its list takes points off each."""
    n_found, n_left, limit = 0, 0, len(positions)
    for each in range(n_kins):
        cursor[n_left], rank[n_left] = heads[kins[each]], 0
        n_left += _find_next(n_left, after, raw, listed, diversity, cursor, rank, value)
    while n_left and n_found < limit:
        chosen = 0
        for each in range(1, n_left):
            if value[each] > value[chosen] or (
                value[each] == value[chosen] and listed[cursor[each]] < listed[cursor[chosen]]
            ):
                chosen = each
        at = cursor[chosen]
        positions[n_found], scores[n_found] = at, value[chosen]
        n_found += 1
        cursor[chosen] = after[at]
        rank[chosen] += 1
        if not _find_next(chosen, after, raw, listed, diversity, cursor, rank, value):
            n_left -= 1
            cursor[chosen], rank[chosen], value[chosen] = cursor[n_left], rank[n_left], value[n_left]
    return n_found


@njit(cache=True, nogil=True)
def _close_kins(
    kins: Any, n_kins: int, heads: Any, after: Any, raw: Any, at_most: Any, diversity: float, highest: float,
    least: float, is_done: Any,
) -> int:  # fmt: skip
    """Mark the kins that have so many at ``highest`` that one more cannot reach ``least``; return how many.

    Of two with the same score the one that came first goes first, if it came with the same ``at_most``: those are by
    key.
    """
    n_done = 0
    for each in range(n_kins):
        if not is_done[kins[each]] and diversity > 0.0:
            at, points = heads[kins[each]], highest
            while at >= 0 and points >= least and (raw[at] > highest or raw[at] == highest == at_most[at]):
                at, points = after[at], points - diversity
            is_done[kins[each]] = points < least
        n_done += is_done[kins[each]]
    return n_done


@njit(cache=True, nogil=True)
def _part(
    opened: Any, n_facts: int, rows: Words, certain: Any, at_least: Any, possible: Words, unsure: Words
) -> float:
    """Move schemes with an open fact to ``unsure``, and return what they are sure to lose, less what rounding brings.

    Where it changes no score they stay: of the same score, what has the lower place comes first.
    """
    unsure[:] = 0
    halves = 255
    for fact in range(n_facts):
        halves = min(halves, opened[fact, 2])
    if not n_facts or certain[0] == certain[halves]:
        return 0.0
    lost: float = max(0.0, at_least[0] - at_least[halves] - 2.0 / SCALE)
    for fact in range(n_facts):
        row = rows[opened[fact, 1]]
        for word in range(len(unsure)):
            unsure[word] |= row[word]
    for word in range(len(unsure)):
        unsure[word] &= possible[word]
        possible[word] &= ~unsure[word]
    return lost


@njit(cache=True, nogil=True)
def choose_sorted(
    places: Any, targets: Any, classes: Any, rows: Words, starts: Any, facts: Any, live: Words, parents: Any,
    variants: Words, points: Any, at_most: Any, told: Any, by_told: Any, certain: Any, at_least: Any, diversity: float,
    kin: Any, n_kin: int, order: Any, stated: bool, share: float, positions: Any, scores: Any, counts: Any,
    opened: Any,
) -> None:  # fmt: skip
    """Write the first schemes of each firm, where schemes come by the most that their score can be, highest first.

    Those that leave a fact open wait until what they lose by it is what the others lack. ``at_least`` tells, by halves
    of an open fact, the most points for so many or more.

    Once enough are found, what follows cannot be among them; what is found later never brings the last one down.
    """
    n_words, n, limit = rows.shape[1], len(at_most), positions.shape[1]
    hidden, possible, unsure = np.zeros(n_words, np.uint64), np.empty(n_words, np.uint64), np.empty(n_words, np.uint64)
    heads, tails = np.full(n_kin, -1, np.int64), np.full(n_kin, -1, np.int64)
    after, before, raw, listed = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n), np.zeros(n, np.int64)
    is_done, value = np.zeros(n_kin, np.bool_), np.empty(n_kin)
    kins, cursor, rank = np.empty(n_kin, np.int64), np.empty(n_kin, np.int64), np.empty(n_kin, np.int64)
    for firm in range(len(places)):
        n_facts, n_kins, n_kept, n_found = gather(places[firm], starts, facts, opened), 0, 0, 0
        target, most, least = classes[targets[firm]], 0.0, -np.inf
        join(places[firm], 0, classes, rows, possible)
        for word in range(n_words):
            possible[word] = live[word] & ~possible[word]
        if stated:
            for at in by_told:
                if possible[at // 64] >> np.uint64(at % 64) & np.uint64(1):
                    most = told[at]
                    break
            if most == 0.0:
                counts[firm] = 0
                continue
        if len(parents):
            hide(parents, variants, possible, hidden)
            for word in range(n_words):
                possible[word] &= ~hidden[word]
        lost = _part(opened, n_facts, rows, certain, at_least, possible, unsure)
        next_check, n_merged, one, other = limit, -1, 0, 0
        while True:
            while one < n_words and not possible[one]:
                one += 1
            while other < n_words and not unsure[other]:
                other += 1
            if one == n_words and other == n_words:
                break
            highest = at_most[one * 64] if one < n_words else -np.inf
            if other < n_words and at_most[other * 64] - lost > highest:
                word, bits, highest, n_read = other, unsure[other], at_most[other * 64] - lost, n_facts
                other += 1
            else:
                word, bits, n_read = one, possible[one], 0
                one += 1
            if n_kept >= next_check:
                n_found = _merge(
                    kins, n_kins, heads, after, raw, listed, diversity, cursor, rank, value, positions[firm],
                    scores[firm],
                )  # fmt: skip
                n_merged, next_check = n_kept, n_kept + CHECK_EVERY
                if n_found == limit and highest < scores[firm, limit - 1]:
                    break
                if n_found == limit and not stated:  # what is not listed would still bring the last one down
                    least = scores[firm, limit - 1]
                    n_done = _close_kins(
                        kins, n_kins, heads, after, raw, at_most, diversity, highest, least, is_done
                    )  # fmt: skip
                    if n_done == n_kin:
                        break
            if highest < least:
                break
            while bits:
                place = lowest(bits)
                low = np.uint64(1) << place
                bits ^= low
                at = word * 64 + np.int64(place)
                mine = kin[at]
                if is_done[mine]:
                    continue
                doubt = count_open(opened, n_read, rows, word, low)
                aim = 0.0 if rows[target[1], word] & low else 1.0
                aim -= 1.0 if rows[target[0], word] & low else 0.0
                total = points[at, 0] + points[at, 1]
                total += points[at, 2]
                total += points[at, 3] * aim
                total += certain[min(doubt, 255)]
                total += points[at, 5]
                total += points[at, 6]
                total += points[at, 7]
                total += points[at, 8]
                total = np.rint(total * SCALE) / SCALE
                if total < least:  # neither it nor what it takes points off can be among the first
                    continue
                raw[at] = total
                helped = told[at] + points[at, 5]
                is_listed = not stated or (helped > 0.0 and helped >= share * most)
                listed[at] = order[at] + 1 if is_listed else 0
                n_kept += 1
                if heads[mine] < 0:
                    kins[n_kins] = mine
                    n_kins += 1
                    heads[mine] = tails[mine] = at
                    before[at] = after[at] = -1
                    continue
                behind = tails[mine]
                while behind >= 0 and (
                    raw[behind] < raw[at] or (raw[behind] == raw[at] and order[behind] > order[at])
                ):
                    behind = before[behind]
                following = heads[mine] if behind < 0 else after[behind]
                before[at], after[at] = behind, following
                if behind < 0:
                    heads[mine] = at
                else:
                    after[behind] = at
                if following < 0:
                    tails[mine] = at
                else:
                    before[following] = at
        if n_kept != n_merged:
            n_found = _merge(
                kins, n_kins, heads, after, raw, listed, diversity, cursor, rank, value, positions[firm], scores[firm]
            )
        counts[firm] = n_found
        for each in range(n_kins):
            heads[kins[each]] = tails[kins[each]] = -1
            is_done[kins[each]] = False
