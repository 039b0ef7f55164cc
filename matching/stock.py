"""Firms as columns, in the order of their places, so that a territory is a few runs of rows."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import reduce
from itertools import batched
from operator import and_, attrgetter, or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.bits import Rows, Words, runs_of
from matching.classes import fields_of
from matching.criteria import All, AnyOf, Criterion, Not
from matching.dictionary import Column, Value, in_order, join, key_of, narrowed
from matching.outcomes import MET, UNKNOWN, Outcome, OutcomeArray, all_of, any_of, constant, negate
from matching.profiles import Profile

type Ids = NDArray[np.int64]

FIELDS = tuple(item.name for item in fields(Profile) if item.name != "on")
CHUNK = 20_000  # firms that are read at once
PLACE = "place"


@dataclass(frozen=True, slots=True)
class Question:
    """A condition on a day, and what is taken for the manual ones in it instead of their answers."""

    condition: Criterion
    on: date
    assume: Outcome | None = None

    def parts(self) -> tuple["Question", ...]:
        """Return the questions that it is made of."""
        is_not = isinstance(self.condition, Not)
        assume = Outcome(-self.assume) if is_not and self.assume is not None else self.assume
        return tuple(Question(part, self.on, assume) for part in self.condition.children())


class Stock:
    """Firms as columns.

    Parameters
    ----------
    ids : ndarray of int, shape (n,)
    columns : mapping of str to Column
        By field of a profile.
    """

    def __init__(self, ids: NDArray[Any], columns: Mapping[str, Column]) -> None:
        order = np.argsort(columns[PLACE].codes, kind="stable")
        self.ids, self.n = narrowed(ids[order]), len(ids)
        self.columns: dict[tuple[str, ...], Column] = {}
        for name, column in columns.items():
            same = np.broadcast_to(np.zeros(1, np.uint8), self.n)  # takes no memory
            codes = column.codes[order] if len(column.values) > 1 or name == PLACE else same
            self.columns[(name,)] = Column((name,), column.values, codes, is_sorted=name == PLACE)
        self.starts = np.searchsorted(self.columns[(PLACE,)].codes, np.arange(len(columns[PLACE].values) + 1))
        here, project = self.columns[(PLACE,)], self.columns[("project_place",)]
        if here.values == project.values and np.array_equal(here.codes, project.codes):
            project.codes, project.starts = here.codes, here.starts  # a project is mostly where the firm is
        self._nothing = Column((), [()], np.zeros(0, np.uint8))

    @property
    def n_bytes(self) -> int:
        """What the firms take: ids, codes and ladders."""
        several = {id(column.codes): column for column in self.columns.values()}
        return self.ids.nbytes + sum(column.n_bytes for column in several.values())

    def column_of(self, fields: Iterable[str]) -> Column:
        """Return the column of some fields, the day apart."""
        names = tuple(name for name in fields if name != "on")
        if not names:
            return self._nothing
        if names not in self.columns:
            self.columns[names] = join([self.columns[(name,)] for name in names])
        return self.columns[names]

    def profile(self, row: int, on: date) -> Profile:
        """Return what is known of a firm, on a day."""
        known = {name: self.columns[(name,)] for name in FIELDS}
        return Profile(on=on, **{name: column.values[column.codes[row]][0] for name, column in known.items()})

    def _test(self, question: Question) -> tuple[Column, OutcomeArray]:
        """Return what a condition without parts says of each value of its column, by its own code."""
        column = self.column_of(fields_of(question.condition))
        return column, question.condition.evaluate(column.profiles(question.on), assume=question.assume)

    def territory(self, questions: Iterable[Question]) -> tuple[Rows, Rows, list[Question]]:
        """Return the firms that conditions on the day or on the place leave possible.

        Returns
        -------
        (starts, ends, others) : two ndarray of int, list of Question
            Runs of rows, and the questions that this does not answer with "met" for all of them.
        """
        place = self.columns[(PLACE,)]
        accepted, others = np.ones(len(place.values), dtype=np.bool_), []
        for question in questions:
            if question.condition.children():
                others.append(question)
                continue
            column, outcomes = self._test(question)
            if column is self._nothing and outcomes[0] < UNKNOWN:
                accepted[:] = False
            elif column.starts is not None:
                accepted &= outcomes >= UNKNOWN
            if not (column is self._nothing or column.starts is not None) or (outcomes == UNKNOWN).any():
                others.append(question)
        first, last = runs_of(accepted)
        return self.starts[first], self.starts[last], others

    def outcomes(self, question: Question, rows: Rows) -> OutcomeArray:
        """Return what a condition says of some firms, of shape (n_rows,)."""
        parts = question.parts()
        if parts:
            several = [self.outcomes(part, rows) for part in parts]
            match question.condition:
                case All():
                    return all_of(several, len(rows))
                case AnyOf():
                    return any_of(several, len(rows))
                case _:
                    return negate(several[0])
        column, outcomes = self._test(question)
        if len(column.values) == 1:
            return constant(Outcome(int(outcomes[0])), len(rows))
        return outcomes.take(column.codes.take(rows))

    def words(self, question: Question, first: int, last: int) -> tuple[Words, Words]:
        """Return the firms, among those of some words, of which a condition is met, and of which it may be."""
        parts = question.parts()
        if parts:
            several = [self.words(part, first, last) for part in parts]
            if isinstance(question.condition, Not):
                met, maybe = several[0]
                return ~maybe, ~met
            join_all = and_ if isinstance(question.condition, All) else or_
            return reduce(join_all, (met for met, _ in several)), reduce(join_all, (maybe for _, maybe in several))
        column, outcomes = self._test(question)
        maybe = column.words(outcomes >= UNKNOWN, first, last)
        return maybe if (outcomes != UNKNOWN).all() else column.words(outcomes == MET, first, last), maybe


def read(pairs: Iterable[tuple[int, Profile]]) -> Stock:
    """Read profiles into columns, each distinct value once; a chunk at a time is held as profiles."""
    positions: list[dict[Hashable, int]] = [{} for _ in FIELDS]
    values: list[list[Value]] = [[] for _ in FIELDS]
    codes: list[list[NDArray[np.uint32]]] = [[] for _ in FIELDS]
    ids: list[Ids] = []
    readers = [attrgetter(name) for name in FIELDS]
    for chunk in batched(pairs, CHUNK, strict=False):
        ids.append(np.array([firm for firm, _ in chunk], dtype=np.int64))
        for field, read_field in enumerate(readers):
            parts = [read_field(profile) for _, profile in chunk]
            known = positions[field]
            code_of: dict[int, int] = {}  # by identity: the chunk keeps each of them alive
            for identity, part in dict(zip(map(id, parts), parts, strict=True)).items():
                code = known.setdefault(key_of((part,)), len(known))
                if code == len(values[field]):
                    values[field].append((part,))
                code_of[identity] = code
            codes[field].append(np.fromiter(map(code_of.__getitem__, map(id, parts)), np.uint32, len(parts)))
    empty = [np.zeros(0, np.int64)]
    return Stock(
        np.concatenate(ids or empty),
        {
            name: in_order((name,), values[field], np.concatenate(codes[field] or empty))
            for field, name in enumerate(FIELDS)
        },
    )
