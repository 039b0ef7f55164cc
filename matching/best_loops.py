"""The best few schemes of one firm, that numba compiles: what :mod:`matching.best` says with numpy."""

from typing import Any

import numpy as np
from numba import njit

from matching.bits import PLACE_BITS
from matching.class_loops import count_open, gather, hide, join
from matching.features import CLOSE, DIGITS, KIND, LISTED, ORDER, OTHERS, ROW
from matching.set_loops import Words, count, lowest

SCALE = 10.0**DIGITS
BIAS = 1 << 42  # of a key: what a score lacks, in its last digit, then the place by key
N_STEPS = 256  # from the least to the greatest of what scores may be
LATEST = 16  # of what was said of schemes, that the next one may be the same as
FEW = 4  # of one kin are kept first: those that follow lose more and more points
ENOUGH = 3  # times as many schemes as are listed are scored first, of those that may come first


@njit(cache=True, nogil=True)
def _fit(wish: Any, at: int) -> tuple[float, int]:
    """Return the points of a scheme for what is asked, and the need it serves best: the number of them for none."""
    codes, weights, needs, asked, weight = wish
    best, total, need = 0.0, 0.0, len(needs)
    for each in range(len(needs)):
        value = weights[codes[needs[each], at]] * asked[each]
        total += value
        if value > best:
            best, need = value, each
    return weight * (best * (1.0 - OTHERS) + OTHERS * min(1.0, total - best)), need


@njit(cache=True, nogil=True)
def _like(text: Any, at: int) -> float:
    """Return how close the words come to a scheme: 0 where there are none, of it or at all."""
    sums, held, scale, _ = text
    if not len(sums) or held[at] < 0:
        return 0.0
    likeness: float = min(max(sums[held[at]] * scale, 0.0), 1.0)
    return likeness


@njit(cache=True, nogil=True)
def _close(text: Any, likeness: float) -> float:
    """Return the points for a likeness: small ones say little."""
    words = likeness / CLOSE
    points: float = text[3] * min(words * words, 1.0)
    return points


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
def _heap(heap: Any, n: int) -> None:
    for root in range(n // 2 - 1, -1, -1):
        _sink(heap, root, n)


@njit(cache=True, nogil=True)
def _floor_of(values: Any, n: int) -> float:
    """Return what ``n`` values or some more reach; what all are above where there are no more than so many.

    They are counted by how great they are, not ordered: what comes next in an order cannot be foreseen, and waits.
    """
    if len(values) <= n:
        return -np.inf
    low, high = values.min(), values.max()
    step = (high - low) / N_STEPS
    if not step > 0.0:
        return -np.inf
    counts = np.zeros(N_STEPS + 1, np.int64)
    for value in values:
        counts[np.int64((value - low) / step)] += 1
    at, found = N_STEPS, counts[N_STEPS]
    while found < n:
        at -= 1
        found += counts[at]
    least: float = low + at * step
    return least


@njit(cache=True, nogil=True)
def wanted(classes_of: Any, classes: Any, rows: Words, live: Words, held: Any) -> Any:
    """Return the subjects of the schemes that a firm may have; shape (n_wanted,)."""
    possible, found, n = np.empty(len(live), np.uint64), np.empty(len(held), np.int32), 0
    join(classes_of[:-1], 0, classes, rows, possible)
    for word in range(len(live)):
        bits = live[word] & ~possible[word]
        while bits:
            place = lowest(bits)
            bits ^= np.uint64(1) << place
            subject = held[word * 64 + np.int64(place)]
            if subject >= 0:
                found[n] = subject
                n += 1
    return found[:n]


@njit(cache=True, nogil=True)
def _look(
    possible: Words, wish: Any, text: Any, marks: Any, at_most: Any, places: Any, told: Any, served: Any, most: Any
) -> tuple[float, float]:
    """Write each possible scheme, its points for what was asked, the need it serves and what its score does not pass.

    Return the most points for what was asked, and the greatest likeness.
    """
    n, helped, closest = 0, 0.0, 0.0
    for word in range(len(possible)):
        bits = possible[word]
        while bits:
            place = lowest(bits)
            bits ^= np.uint64(1) << place
            at = word * 64 + np.int64(place)
            likeness = _like(text, at)
            points, need = _fit(wish, at)
            points += _close(text, likeness)
            helped, closest = max(helped, points), max(closest, likeness)
            places[n], told[n], served[n], most[n] = at, points, need, points + at_most[marks[at, ROW]]
            n += 1
    return helped, closest


@njit(cache=True, nogil=True)
def _score(
    places: Any, told: Any, served: Any, most: Any, least: float, floor: float, hidden: Words, unsure: Words,
    rows: Words, opened: Any, n_facts: int, target: Any, points: Any, marks: Any, certain: Any,
    n_kinds: int, room: int, kept: Any, sizes: Any, keys: Any,
) -> int:  # fmt: skip
    """Write keys of those whose score may be ``least`` or more, lowest for the best, and return how many.

    Of those listed, with ``floor`` points for what was asked, the first ``room`` of a kin only, where ``kept`` has
    room for so many; others only count.
    """
    n, one = 0, np.uint64(1)
    sizes[:] = 0
    for each in range(len(places)):
        if most[each] < least:
            continue
        at = places[each]
        word, place = at // 64, np.uint64(at % 64)
        if hidden[word] >> place & one:
            continue
        doubt = count_open(opened, n_facts, rows, word, one << place) * np.int64(unsure[word] >> place & one)
        aim = 1.0 - np.float64(rows[target[1], word] >> place & one) - np.float64(rows[target[0], word] >> place & one)
        row = marks[at, ROW]
        whole = told[each] + points[row, 2]
        whole += points[row, 3] * aim
        whole += certain[min(doubt, 255)]
        whole += points[row, 5]
        whole += points[row, 6]
        whole += points[row, 7]
        whole += points[row, 8]
        key = (np.int64(BIAS) - np.int64(np.rint(whole * SCALE)) << PLACE_BITS) | marks[at, ORDER]
        if not len(kept) or told[each] + points[row, 5] < floor:
            keys[n] = key
            n += 1
            continue
        kin = served[each] * n_kinds + marks[at, KIND]
        mine = kept[kin]
        if sizes[kin] < room:
            mine[sizes[kin]] = -key
            sizes[kin] += 1
            if sizes[kin] == room:
                _heap(mine, room)
        elif -key > mine[0]:
            mine[0] = -key
            _sink(mine, 0, room)
    for kin in range(len(sizes)):
        for each in range(sizes[kin]):
            keys[n] = -kept[kin, each]
            n += 1
    return n


@njit(cache=True, nogil=True)
def _raw(key: int) -> float:
    """Return the score that a key is made of."""
    return np.float64(np.int64(BIAS) - (key >> PLACE_BITS)) / SCALE


@njit(cache=True, nogil=True)
def _penalty(diversity: float, n_better: int) -> float:
    """Return what a scheme loses where so many of its kin come before it."""
    penalty: float = np.rint(-diversity * n_better * SCALE) / SCALE
    return penalty


@njit(cache=True, nogil=True)
def _after(raw: float, penalty: float) -> float:
    """Return a score after diversity."""
    score: float = np.rint((raw + penalty) * SCALE) / SCALE
    return score


@njit(cache=True, nogil=True)
def _may_lack(kept: Any, sizes: Any, room: int, diversity: float, score: float) -> bool:
    """Tell whether what there was no room for, of a kin that is still looked at, may reach a score."""
    for kin in range(len(sizes)):
        if sizes[kin] == room and _after(_raw(-kept[kin, 0]), _penalty(diversity, room)) >= score:
            return True
    return False


@njit(cache=True, nogil=True)
def _choose(
    keys: Any, n: int, floor: float, points: Any, marks: Any, wish: Any, text: Any, diversity: float,
    n_kinds: int, by_order: Any, sizes: Any, seen: Any, positions: Any, scores: Any, penalties: Any,
) -> int:  # fmt: skip
    """Write the first after diversity of those that have ``floor`` points for what was asked; return how many."""
    n_found, limit, n_open = 0, len(positions), 0
    for kin in range(len(sizes)):
        n_open += sizes[kin] > 0
    _heap(keys, n)
    seen[:] = 0
    while n:
        key = keys[0]
        n -= 1
        keys[0] = keys[n]
        _sink(keys, 0, n)
        at = by_order[key & ((1 << PLACE_BITS) - 1)]
        raw = _raw(key)
        if n_found == limit and raw < scores[limit - 1]:
            break
        told, need = _fit(wish, at)
        kin = need * n_kinds + marks[at, KIND]
        n_better = seen[kin]
        seen[kin] += 1
        if told + _close(text, _like(text, at)) + points[marks[at, ROW], 5] < floor:
            continue
        penalty = _penalty(diversity, n_better)
        score = _after(raw, penalty)
        slot = n_found
        while slot and (
            score > scores[slot - 1]
            or (score == scores[slot - 1] and marks[at, ORDER] < marks[positions[slot - 1], ORDER])
        ):
            slot -= 1
        if slot == limit:  # what follows of its kin has fewer points and loses more
            if sizes[kin]:
                sizes[kin] = 0
                n_open -= 1
                if not n_open:
                    break
            continue
        n_found = min(limit, n_found + 1)
        for later in range(n_found - 1, slot, -1):
            scores[later], positions[later] = scores[later - 1], positions[later - 1]
            penalties[later] = penalties[later - 1]
        scores[slot], positions[slot], penalties[slot] = score, at, penalty
    return n_found


@njit(cache=True, nogil=True)
def _same(told: Any, n_said: int, n_cells: int) -> int:
    """Return which of the latest rows is the same as the one that follows them: itself where none is."""
    for row in range(max(0, n_said - LATEST), n_said):
        cell = 0
        while cell < n_cells and told[row, cell] == told[n_said, cell]:
            cell += 1
        if cell == n_cells:
            return row
    return n_said


@njit(cache=True, nogil=True)
def _tell(
    places: Any, target: Any, classes: Any, rows: Words, later: Words, opened: Any, n_facts: int, points: Any,
    marks: Any, certain: Any, wish: Any, text: Any, chosen: Any, n_found: int, told: Any, parts: Any,
) -> int:  # fmt: skip
    """Write what the rules say of the schemes that were chosen, their contributions, and the need each serves.

    Return how many rows of ``told`` were written: what is the same is said once.
    """
    positions, need_of, said_of = chosen
    n_said = 0
    for slot in range(n_found):
        at = positions[slot]
        word, low = at // 64, np.uint64(1) << np.uint64(at % 64)
        unsure = typed_unsure = closed = np.uint64(0)
        for table in range(len(places)):
            unsure |= rows[classes[places[table], 1], word]
            typed_unsure |= rows[classes[places[table], 3], word]
        for table in range(len(places) - 1):  # the last one is of the day
            closed |= rows[classes[places[table], 0], word]
        said = told[n_said]
        said[0] = (unsure & low) == 0
        said[1] = (typed_unsure & low) == 0
        said[2] = (later[word] & ~closed & low) != 0
        said[3] = (rows[target[1], word] & low) == 0
        said[4] = (rows[target[0], word] & low) != 0
        for fact in range(n_facts):
            said[5 + fact] = (rows[opened[fact, 1], word] & low) != 0
        served, need = _fit(wish, at)
        for name in range(points.shape[1]):
            parts[slot, name] = points[marks[at, ROW], name]
        parts[slot, 0] = served
        parts[slot, 1] = _close(text, _like(text, at))
        parts[slot, 3] = points[marks[at, ROW], 3] * (float(said[3]) - float(said[4]))
        parts[slot, 4] = certain[min(count_open(opened, n_facts, rows, word, low), 255)]
        need_of[slot] = need
        said_of[slot] = _same(told, n_said, 5 + n_facts)
        n_said += said_of[slot] == n_said
    return n_said


@njit(cache=True, nogil=True)
def answer(
    classes_of: Any, classes: Any, rows: Words, starts: Any, facts: Any, live: Words, parents: Any, variants: Words,
    serving: Words, guides: Words, by_need: bool, later: Words, points: Any, marks: Any, at_most: Any, certain: Any,
    codes: Any, weights: Any, needs: Any, asked: Any, weight: float, sums: Any, held: Any, scale: float, words: float,
    diversity: float, n_kinds: int, by_order: Any, stated: bool, chosen: Any, scores: Any,
    parts: Any, told: Any, opened: Any,
) -> tuple[int, int, int, float]:  # fmt: skip
    """Write the first schemes of one firm and what is to be said of them.

    ``classes_of`` are its classes, that of what is aimed at last. Where ``by_need``, only what serves a need is looked
    at, and what orients.

    Those that may have most points are scored first, and others where the list leaves room for one of them: what has
    fewer points than the last one listed is not listed, and takes no points off what is.

    Returns
    -------
    (int, int, int, float)
        How many schemes, -1 where nothing serves what was asked; how many facts; how many rows are said; how close
        words come to the closest scheme.
    """
    n_words, target, own = len(live), classes[classes_of[-1]], classes_of[:-1]
    wish, text = (codes, weights, needs, asked, weight), (sums, held, scale, words)
    possible, unsure, hidden = np.empty(n_words, np.uint64), np.empty(n_words, np.uint64), np.zeros(n_words, np.uint64)
    join(own, 0, classes, rows, possible)
    for word in range(n_words):
        among = live[word]
        if by_need:
            among = guides[word]
            for need in needs:
                among |= serving[need, word]
            among &= live[word]
        possible[word] = among & ~possible[word]
    n = np.int64(count(possible))  # not the length of the catalogue: its pages would be new ones at each call
    places, likely, served, most = np.empty(n, np.int64), np.empty(n), np.empty(n, np.int64), np.empty(n)
    helped, closest = _look(possible, wish, text, marks, at_most, places, likely, served, most)
    if stated and helped == 0.0:
        return -1, 0, 0, closest
    join(own, 1, classes, rows, unsure)
    if len(parents):
        hide(parents, variants, possible, hidden)
    n_facts, n_found, limit, n_kin = gather(own, starts, facts, opened), 0, len(scores), (len(needs) + 1) * n_kinds
    keys, sizes, seen = np.empty(n, np.int64), np.empty(n_kin, np.int64), np.empty(n_kin, np.int64)
    floor = LISTED * helped if stated else -np.inf
    least, room = -np.inf, min(limit, max(FEW, 2 * limit // n_kin))
    if helped > 0.0:  # what nobody asked for differs little
        least, room = _floor_of(most, ENOUGH * limit), limit
    while True:
        kept = np.empty((n_kin if limit < n else 0, room), np.int64)
        n_keys = _score(
            places, likely, served, most, least, floor, hidden, unsure, rows, opened, n_facts, target, points, marks,
            certain, n_kinds, room, kept, sizes, keys,
        )  # fmt: skip
        n_found = _choose(
            keys, n_keys, floor, points, marks, wish, text, diversity, n_kinds, by_order, sizes, seen,
            chosen[0], scores, parts[:, -1],
        )  # fmt: skip
        last = scores[limit - 1] if n_found == limit else -np.inf
        if last < least:
            least = -np.inf
        elif room < limit and _may_lack(kept, sizes, room, diversity, last):
            room = limit
        else:
            break
    n_said = _tell(
        own, target, classes, rows, later, opened, n_facts, points, marks, certain, wish, text, chosen, n_found, told,
        parts,
    )  # fmt: skip
    return n_found, n_facts, n_said, closest
