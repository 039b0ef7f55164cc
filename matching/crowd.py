"""Very many firms over the schemes of an index: verdicts as rows of bits, and the best schemes of each.

A condition is evaluated by its own code, once for all the distinct values of what it reads; values of which all
conditions say the same are one class. A firm is then a few places of classes in a :class:`matching.pool.Pool`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.best import best, fit_of, is_plain, rounded
from matching.bits import Words, row_of
from matching.columns import CERTAIN, NEED, TARGET, WORDS
from matching.criteria import Manual, OpenFacts, leaves
from matching.dictionary import Column
from matching.errors import MatchingError
from matching.features import LISTED, Weights
from matching.index import Index
from matching.joint_classes import Joint, joined
from matching.kernels import loaded
from matching.needs import Wish
from matching.outcomes import MET, NOT_MET, BoolArray
from matching.percolation import Firms
from matching.pool import Pool
from matching.stock import Ids
from matching.tables import Table

CHUNK_BYTES = 320 << 10  # of verdicts that are made at once: they stay in the cache


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts on some firms, one bit a position of the index, each of shape (n_firms, n_words).

    Parameters
    ----------
    first : int
        The row of the first firm.
    possible, eligible : ndarray of uint64
        Schemes without a condition that is not met; with all of them met. The next ones are written over them. The two
        rows of a firm are one run of memory.
    """

    first: int
    possible: Words
    eligible: Words


@dataclass(frozen=True, slots=True)
class Chosen:
    """The first schemes of each firm.

    Parameters
    ----------
    positions : ndarray of int64, shape (n_firms, limit)
        In the index; -1 past the last one of a firm.
    scores : ndarray of float64, shape (n_firms, limit)
    """

    positions: NDArray[np.int64]
    scores: NDArray[np.float64]


class Crowd:
    """Firms over an index, on a day, in the order of the rows of their columns.

    Parameters
    ----------
    index : Index
    firms : Firms
        Neither may change as long as this is used.
    on : datetime.date
    """

    def __init__(self, index: Index, firms: Firms, *, on: date) -> None:
        firms.fold()
        self._index, self._stock, self._on = index, firms.stock, on
        self.pool = Pool(index.columns.n, index.reading)
        *tables, targets = (self._places(table) for table in (*index.tables, index.targets))
        self._tables = np.ascontiguousarray(np.stack(tables, axis=1))
        self._targets = targets
        self._live = index.ground().live
        self._arranged: tuple[Any, NDArray[np.intp], tuple[Any, ...]] | None = None

    @cached_property
    def _joint(self) -> Joint:
        """Firms as verdicts read them: made when they are first asked for."""
        return joined(self._tables, self.pool.classes, self.pool.rows, self._live)

    @property
    def ids(self) -> Ids:
        """The ids of the firms, by row."""
        return self._stock.ids.astype(np.int64)

    def _places(self, table: Table) -> NDArray[np.int32]:
        """Return the class of each firm in a table."""
        column = self._stock.column_of(table.fields)
        classes = np.array(_settle(self.pool, table, column, self._on), dtype=np.int32)
        if len(column.values) == 1:
            return np.full(self._stock.n, classes[0], np.int32)
        return classes[column.codes]

    def verdicts(self, first: int = 0, last: int | None = None) -> Iterator[Verdicts]:
        """Return the verdicts on the firms of some rows, a chunk at a time."""
        joint, loops, n_words = self._joint, loaded(), len(self._live)
        last = self._stock.n if last is None else last
        size = max(1, CHUNK_BYTES // (2 * self._live.nbytes))
        found = np.empty((size, 2 * n_words), dtype=np.uint64)
        for start in range(first, last, size):
            places = joint.places[start : min(start + size, last)]
            told = found[: len(places)]
            if loops:
                loops.judge_many(places, joint.rows, told)
            else:
                told[:] = joint.rows.take(places[:, 0], axis=0)
                for table in range(1, places.shape[1]):
                    told |= joint.rows.take(places[:, table], axis=0)
                np.invert(told, out=told)
            yield Verdicts(start, told[:, :n_words], told[:, n_words:])

    def choose(self, wish: Wish, weights: Weights, *, limit: int, first: int = 0, last: int | None = None) -> Chosen:
        """Return the first schemes of the firms of some rows, as :func:`matching.ranking.rank` orders them.

        Raises
        ------
        MatchingError
            If the wish has words: they are for one firm.
        """
        if not is_plain(wish, weights):
            raise MatchingError("A wish of very many firms is made of ticked needs, or of nothing.")
        index, loops = self._index, loaded()
        last = self._stock.n if last is None else last
        positions, scores = np.full((last - first, limit), -1, np.int64), np.zeros((last - first, limit))
        if loops is None:
            for row in range(first, last):
                profile = self._stock.profile(row, self._on)
                matches = best(index, profile, wish, weights, answering=None, ranker=None, limit=limit).matches
                positions[row - first, : len(matches)] = [index.positions[one.scheme.key] for one in matches]
                scores[row - first, : len(matches)] = [one.score for one in matches]
            return Chosen(positions, scores)
        if not index.columns.n or first == last:
            return Chosen(positions, scores)
        order, arranged = self._arrange(wish, weights)
        counts = np.empty(last - first, dtype=np.int64)
        opened = np.empty((self._tables.shape[1] * self.pool.most_open, 3), dtype=np.int64)
        places, targets = self._tables[first:last], self._targets[first:last]
        loops.choose_sorted(places, targets, *arranged, wish.stated, LISTED, positions, scores, counts, opened)
        past = np.arange(limit) >= counts[:, np.newaxis]
        positions[:] = order[positions.clip(0)]
        positions[past], scores[past] = -1, 0.0
        return Chosen(positions, scores)

    def _arrange(self, wish: Wish, weights: Weights) -> tuple[NDArray[np.intp], tuple[Any, ...]]:
        """Return schemes by the most that their score can be, and what the loops read of them; kept for the next."""
        asked = (tuple(sorted(wish.weights.items())), wish.stated, weights)
        if self._arranged is None or self._arranged[0] != asked:
            self._arranged = (asked, *self._in_order(wish, weights))
        return self._arranged[1:]

    def _in_order(self, wish: Wish, weights: Weights) -> tuple[NDArray[np.intp], tuple[Any, ...]]:
        index, pool = self._index, self.pool
        columns, needs, board = index.columns, sorted(wish.weights), index.board(weights, self._on)
        every = np.arange(columns.n)
        fit, need = fit_of(columns, needs, wish, every)
        points = board.by_scheme
        points[:, NEED] = weights.need * fit
        # The most that a score can be, by the same additions: sums grow with what is added, to the last digit.
        highest = points.copy()
        highest[:, TARGET] = np.abs(points[:, TARGET])
        highest[:, CERTAIN] = board.certain.max()
        most = rounded(reduce(np.add, highest.T))
        ranked = np.lexsort((index.order, -most))
        rank = np.empty_like(ranked)
        rank[ranked] = every
        told = points[ranked, NEED] + points[ranked, WORDS]
        by_told = np.argsort(-told, kind="stable")
        ground = index.ground()
        at_least = np.maximum.accumulate(board.certain[::-1])[::-1].copy()
        kin, n_kin = _numbered((need * columns.n_kinds + columns.kind)[ranked])
        return ranked, (
            pool.classes, _moved(pool.rows, ranked), pool.starts, pool.facts,
            _moved(self._live[np.newaxis], ranked)[0], rank[ground.parents], _moved(ground.variants, ranked),
            points[ranked], most[ranked], told, by_told[told[by_told] > 0.0], board.certain, at_least,
            weights.diversity, kin, n_kin, index.order[ranked],
        )  # fmt: skip


def _numbered(kin: NDArray[np.intp]) -> tuple[NDArray[np.intp], int]:
    """Return kins as numbers without gaps, and how many there are."""
    known, numbers = np.unique(kin, return_inverse=True)
    return numbers, len(known)


def _moved(rows: Words, order: NDArray[np.intp]) -> Words:
    """Return rows with their schemes in another order."""
    flags = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little").take(order, axis=1)
    packed = np.packbits(flags, axis=1, bitorder="little")
    found = np.zeros((len(rows), 8 * rows.shape[1]), dtype=np.uint8)
    found[:, : packed.shape[1]] = packed
    return found.view(np.uint64)


def _settle(pool: Pool, table: Table, column: Column, on: date) -> list[int]:
    """Return, by value of a column, the place in a pool of what the conditions of a table settle of it."""
    profiles, n, n_words = column.profiles(on), len(column.values), pool.rows.shape[1]
    settled = np.zeros((4, n_words, n), dtype=np.uint64)  # closed, unsure, and both on what the owner states
    opens: list[dict[str, Words]] = [{}, {}]
    for condition, positions, is_stated in table.conditions():
        masks = pool.masks(row_of(positions))
        outcomes = condition.evaluate(profiles)
        is_manual = any(isinstance(leaf, Manual) for leaf in leaves(condition))
        typed = condition.evaluate(profiles, assume=MET) if is_manual else outcomes
        for which, found in enumerate((outcomes, typed) if is_stated else (outcomes,)):
            for word, mask in masks:
                _mark(settled[2 * which, word], found == NOT_MET, mask)
                _mark(settled[2 * which + 1, word], found != MET, mask)
        if (outcomes == 0).any():
            _open(opens[0], condition.open_facts(profiles), masks, (n_words, n))
        if is_stated and (typed == 0).any():
            _open(opens[1], condition.open_facts(profiles, assume=MET), masks, (n_words, n))
    rows = [np.ascontiguousarray(each.T) for each in settled]
    facts = [{fact: np.ascontiguousarray(each.T) for fact, each in found.items()} for found in opens]
    return [
        pool.add_words(
            [each[value].tobytes() for each in rows],
            *({fact: each[value].tobytes() for fact, each in found.items()} for found in facts),
        )
        for value in range(n)
    ]


def _mark(words: Words, flags: BoolArray, mask: np.uint64) -> None:
    words |= flags * mask


def _open(
    found: dict[str, Words], facts: OpenFacts, masks: list[tuple[int, np.uint64]], shape: tuple[int, int]
) -> None:
    for fact, flags in facts.items():
        if flags.any():
            rows = found.setdefault(fact, np.zeros(shape, dtype=np.uint64))
            for word, mask in masks:
                _mark(rows[word], flags, mask)
