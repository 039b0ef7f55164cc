"""Loops that numba compiles: only :mod:`matching.kernels` imports them, where numba is installed.

They say what :mod:`matching.best` and :mod:`matching.crowd` say with numpy, with the same additions in the same order.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from matching.features import DIGITS, LISTED, OTHERS
from matching.set_loops import count, lowest
from matching.set_loops import list_ids as list_ids  # the module of the loops has them all
from matching.set_loops import narrow as narrow
from matching.text_loops import add_text as add_text

type Words = NDArray[np.uint64]

SCALE = 10.0**DIGITS
ORDER_BITS = 20  # of a key: what a score lacks, in its last digit, then the place by key
BIAS = 1 << 42
CHECK_EVERY = 8  # schemes that are kept: whether any that follows can still be among the first
MAX_SCHEMES = 1 << ORDER_BITS


@njit(cache=True, nogil=True)
def _fit(services: Any, needs: Any, asked: Any, at: int) -> tuple[float, int]:
    """Return how well a scheme serves what is asked, and the need it serves best: the number of them for none."""
    best, total, need = 0.0, 0.0, len(needs)
    for each in range(len(needs)):
        value = services[needs[each], at] * asked[each]
        total += value
        if value > best:
            best, need = value, each
    return best * (1.0 - OTHERS) + OTHERS * min(1.0, total - best), need


@njit(cache=True, nogil=True)
def _sink(heap: Any, root: int, n: int) -> None:
    while True:
        child = 2 * root + 1
        if child >= n:
            return
        if child + 1 < n and heap[child + 1] < heap[child]:
            child += 1
        if heap[root] <= heap[child]:
            return
        heap[root], heap[child] = heap[child], heap[root]
        root = child


@njit(cache=True, nogil=True)
def choose(
    possible: Words, hidden: Words, rows: Words, opened: Any, n_facts: int, aimed: Words, others: Words,
    points: Any, said: Any, certain: Any, services: Any, needs: Any, asked: Any, weight: float, diversity: float,
    kind: Any, n_kinds: int, order: Any, by_order: Any, stated: bool, heap: Any, seen: Any,
    positions: Any, scores: Any, penalties: Any,
) -> int:  # fmt: skip
    """Write the first schemes of one firm, and return how many: -1 where none serves what was asked."""
    n_needs, n_found, limit, n_words = len(needs), 0, len(positions), len(possible)
    n, most = 0, 0.0
    for word in range(n_words):
        bits = possible[word]
        while bits:
            place = lowest(bits)
            low = np.uint64(1) << place
            bits ^= low
            at = word * 64 + np.int64(place)
            fit, _ = _fit(services, needs, asked, at)
            doubt, counted = 0, -1
            for fact in range(n_facts):
                if opened[fact, 0] != counted and rows[opened[fact, 1], word] & low:
                    doubt += opened[fact, 2]
                    counted = opened[fact, 0]
            aim = (1.0 if aimed[word] & low else 0.0) - (1.0 if others[word] & low else 0.0)
            served = weight * fit
            told = served + said[at]
            if told > most:
                most = told
            if hidden[word] & low:
                continue
            whole = told + points[at, 2]
            whole += points[at, 3] * aim
            whole += certain[min(doubt, 255)]
            whole += points[at, 5]
            whole += points[at, 6]
            whole += points[at, 7]
            whole += points[at, 8]
            heap[n] = (np.int64(BIAS) - np.int64(np.rint(whole * SCALE)) << ORDER_BITS) | order[at]
            n += 1
    if stated and most == 0.0:  # nothing answers
        return -1
    for root in range(n // 2 - 1, -1, -1):
        _sink(heap, root, n)
    seen[: (n_needs + 1) * n_kinds] = 0
    while n:
        key = heap[0]
        n -= 1
        heap[0] = heap[n]
        _sink(heap, 0, n)
        at = by_order[key & ((1 << ORDER_BITS) - 1)]
        raw = np.float64(np.int64(BIAS) - (key >> ORDER_BITS)) / SCALE
        if n_found == limit and raw < scores[limit - 1]:
            break
        fit, need = _fit(services, needs, asked, at)
        kin = need * n_kinds + kind[at]
        n_better = seen[kin]
        seen[kin] += 1
        if stated:
            helped = weight * fit + said[at] + points[at, 5]
            if not (helped > 0.0 and helped >= LISTED * most):
                continue
        penalty = np.rint(-diversity * n_better * SCALE) / SCALE
        score = np.rint((raw + penalty) * SCALE) / SCALE
        slot = n_found
        while slot and (
            score > scores[slot - 1] or (score == scores[slot - 1] and order[at] < order[positions[slot - 1]])
        ):
            slot -= 1
        if slot == limit:
            continue
        n_found = min(limit, n_found + 1)
        for later in range(n_found - 1, slot, -1):
            scores[later], positions[later] = scores[later - 1], positions[later - 1]
            penalties[later] = penalties[later - 1]
        scores[slot], positions[slot], penalties[slot] = score, at, penalty
    return n_found


@njit(cache=True, nogil=True)
def _join(places: Any, which: int, classes: Any, rows: Words, found: Words) -> None:
    """Write the schemes that one of some classes holds in a row."""
    first = classes[places[0], which]
    for word in range(len(found)):
        found[word] = rows[first, word]
    for table in range(1, len(places)):
        row = classes[places[table], which]
        if row:
            for word in range(len(found)):
                found[word] |= rows[row, word]


@njit(cache=True, nogil=True)
def judge_many(places: Any, classes: Any, rows: Words, live: Words, possible: Words, eligible: Words) -> None:
    """Write, firm by firm, the schemes that it may have and those that it can have.

    ``places`` has a row a firm, with its class in each table.
    """
    n_words = len(live)
    for firm in range(len(places)):
        first, second = classes[places[firm, 0], 0], classes[places[firm, 0], 1]
        for word in range(n_words):
            possible[firm, word] = live[word] & ~rows[first, word]
            eligible[firm, word] = live[word] & ~rows[second, word]
        for table in range(1, places.shape[1]):
            first, second = classes[places[firm, table], 0], classes[places[firm, table], 1]
            if first == second:
                if first:
                    for word in range(n_words):
                        kept = ~rows[first, word]
                        possible[firm, word] &= kept
                        eligible[firm, word] &= kept
            else:
                for word in range(n_words):
                    possible[firm, word] &= ~rows[first, word]
                    eligible[firm, word] &= ~rows[second, word]


@njit(cache=True, nogil=True)
def _gather(places: Any, starts: Any, facts: Any, opened: Any) -> int:
    """Write what classes leave open, by fact, and return how many."""
    n = 0
    for table in range(len(places)):
        for entry in range(starts[places[table]], starts[places[table] + 1]):
            slot = n
            while slot and opened[slot - 1, 0] > facts[entry, 0]:
                for cell in range(3):
                    opened[slot, cell] = opened[slot - 1, cell]
                slot -= 1
            for cell in range(3):
                opened[slot, cell] = facts[entry, cell]
            n += 1
    return n


@njit(cache=True, nogil=True)
def _hide(parents: Any, variants: Words, possible: Words, hidden: Words) -> None:
    """Write the parents of which a variant is possible."""
    hidden[:] = 0
    for parent in range(len(parents)):
        for word in range(len(possible)):
            if variants[parent, word] & possible[word]:
                at = parents[parent]
                hidden[at // 64] |= np.uint64(1) << np.uint64(at % 64)
                break


@njit(cache=True, nogil=True)
def _tell(
    places: Any, target: Any, classes: Any, rows: Words, later: Words, opened: Any, n_facts: int, points: Any,
    said: Any, certain: Any, services: Any, needs: Any, asked: Any, weight: float, positions: Any, n_found: int,
    told: Any, parts: Any, need_of: Any,
) -> None:  # fmt: skip
    """Write what the rules say of the schemes that were chosen, their contributions, and the need each serves."""
    for slot in range(n_found):
        at = positions[slot]
        word, low = at // 64, np.uint64(1) << np.uint64(at % 64)
        unsure = typed_unsure = closed = np.uint64(0)
        for table in range(len(places)):
            unsure |= rows[classes[places[table], 1], word]
            typed_unsure |= rows[classes[places[table], 3], word]
        for table in range(len(places) - 1):  # the last one is of the day
            closed |= rows[classes[places[table], 0], word]
        told[slot, 0] = (unsure & low) == 0
        told[slot, 1] = (typed_unsure & low) == 0
        told[slot, 2] = (later[word] & ~closed & low) != 0
        told[slot, 3] = (rows[target[1], word] & low) == 0
        told[slot, 4] = (rows[target[0], word] & low) != 0
        doubt, counted = 0, -1
        for fact in range(n_facts):
            is_open = (rows[opened[fact, 1], word] & low) != 0
            told[slot, 5 + fact] = is_open
            if is_open and opened[fact, 0] != counted:
                doubt += opened[fact, 2]
                counted = opened[fact, 0]
        fit, need = _fit(services, needs, asked, at)
        for name in range(points.shape[1]):
            parts[slot, name] = points[at, name]
        parts[slot, 0] = weight * fit
        parts[slot, 1] = said[at]
        parts[slot, 3] = points[at, 3] * (float(told[slot, 3]) - float(told[slot, 4]))
        parts[slot, 4] = certain[min(doubt, 255)]
        need_of[slot] = need


@njit(cache=True, nogil=True)
def answer(
    places: Any, classes: Any, rows: Words, starts: Any, facts: Any, live: Words, parents: Any, variants: Words,
    serving: Words, guides: Words, by_need: bool, later: Words, points: Any, said: Any, certain: Any, services: Any,
    needs: Any, asked: Any, weight: float, diversity: float, kind: Any, n_kinds: int, order: Any, by_order: Any,
    stated: bool, chosen: Any, scores: Any, parts: Any, told: Any, opened: Any,
) -> tuple[int, int]:  # fmt: skip
    """Write the first schemes of one firm and what is to be said of them; return how many, and how many facts.

    ``places`` are its classes, that of what is aimed at last. Where ``by_need``, only what serves a need is looked at,
    and what orients. The first is -1 where nothing serves what was asked.
    """
    n_words, target, own = len(live), classes[places[-1]], places[:-1]
    possible, hidden = np.empty(n_words, np.uint64), np.zeros(n_words, np.uint64)
    aimed, others = np.empty(n_words, np.uint64), np.empty(n_words, np.uint64)
    seen = np.empty((len(needs) + 1) * n_kinds, np.int64)
    _join(own, 0, classes, rows, possible)
    for word in range(n_words):
        among = live[word]
        if by_need:
            among = guides[word]
            for need in needs:
                among |= serving[need, word]
            among &= live[word]
        possible[word] = among & ~possible[word]
        aimed[word] = live[word] & ~rows[target[1], word]
        others[word] = live[word] & rows[target[0], word]
    heap = np.empty(
        np.int64(count(possible)), np.int64
    )  # not as long as the catalogue: its pages would be new ones at each call
    if len(parents):
        _hide(parents, variants, possible, hidden)
    n_facts = _gather(own, starts, facts, opened)
    n_found = choose(
        possible, hidden, rows, opened, n_facts, aimed, others, points, said, certain, services, needs, asked,
        weight, diversity, kind, n_kinds, order, by_order, stated, heap, seen, chosen[0], scores,
        parts[:, -1],
    )  # fmt: skip
    if n_found > 0:
        _tell(
            own, target, classes, rows, later, opened, n_facts, points, said, certain, services, needs, asked, weight,
            chosen[0], n_found, told, parts, chosen[1],
        )  # fmt: skip
    return n_found, n_facts


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
def _part(opened: Any, n_facts: int, rows: Words, at_least: Any, possible: Words, unsure: Words) -> float:
    """Move schemes with an open fact to ``unsure``, and return what they are sure to lose, less what rounding brings.

    Where they lose nothing they stay: of the same score, what has the lower place comes first.
    """
    unsure[:] = 0
    halves = 255
    for fact in range(n_facts):
        halves = min(halves, opened[fact, 2])
    lost: float = at_least[0] - at_least[halves] - 2.0 / SCALE
    if not n_facts or lost <= 2.0 / SCALE:
        return 0.0
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
        n_facts, n_kins, n_kept, n_found = _gather(places[firm], starts, facts, opened), 0, 0, 0
        target, most, least = classes[targets[firm]], 0.0, -np.inf
        _join(places[firm], 0, classes, rows, possible)
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
            _hide(parents, variants, possible, hidden)
            for word in range(n_words):
                possible[word] &= ~hidden[word]
        lost = _part(opened, n_facts, rows, at_least, possible, unsure)
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
                doubt, counted = 0, -1
                for fact in range(n_read):
                    if opened[fact, 0] != counted and rows[opened[fact, 1], word] & low:
                        doubt += opened[fact, 2]
                        counted = opened[fact, 0]
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
