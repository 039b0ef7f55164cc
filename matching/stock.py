"""Firms as columns, in the order of their places, so that a territory is a few runs of rows."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import partial, reduce
from itertools import batched
from operator import and_, attrgetter, or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.bits import EVERY, Among, Rows, Words, runs_of
from matching.classes import fields_of
from matching.criteria import All, Criterion, Not
from matching.dictionary import Column, Value, in_order, join, key_of
from matching.outcomes import MET, UNKNOWN, BoolArray, Outcome, OutcomeArray, constant
from matching.profiles import Profile

type Ids = NDArray[np.integer[Any]]
type Narrowing = Callable[[Among, Words], None]

FIELDS = tuple(item.name for item in fields(Profile) if item.name != "on")
CHUNK = 20_000  # firms that are read at once
PLACE, PROJECT = "place", ("project_place",)
EVERYWHERE = constant(MET, 1)


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


@dataclass(frozen=True, slots=True)
class Territory:
    """Runs of rows that some conditions leave possible, ends outside, and whether they are met there."""

    starts: Rows
    ends: Rows
    met: BoolArray


class Stock:
    """Firms as columns.

    Parameters
    ----------
    ids : ndarray of uint32 or int64, shape (n,)
        In the order of their places; never written again.
    columns : mapping of tuple of str to Column
        By fields of a profile: one of each, and of several together those that are known already.
    starts : ndarray of int, shape (n_places + 1,)
        Where the firms of each place start.
    """

    def __init__(self, ids: Ids, columns: Mapping[tuple[str, ...], Column], starts: Rows) -> None:
        ids.setflags(write=False)
        self.ids, self.n, self.columns, self.starts = ids, len(ids), dict(columns), starts
        here, project = self.columns[(PLACE,)], self.columns[PROJECT]
        here.starts = starts
        if project.codes is here.codes:
            project.starts = starts
        self._nothing = Column((), [()], np.zeros(0, np.uint8))

    @property
    def n_bytes(self) -> int:
        """What the firms take: ids, codes and their bits."""
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
        names = fields_of(question.condition)
        column = self.column_of(names)
        profiles = column.profiles(question.on if "on" in names else date.min)
        return column, question.condition.evaluate(profiles, assume=question.assume)

    def sort_out(self, questions: Iterable[Question]) -> tuple[Territory, list[Narrowing]]:
        """Return where conditions on the day or on the place are not "not met", and how the others narrow that."""
        day, here = MET, EVERYWHERE
        others: list[Narrowing] = []
        for question in questions:
            if question.condition.children():
                others.append(partial(self._narrow, question))
                continue
            column, outcomes = self._test(question)
            if len(outcomes) == 1:
                day = min(day, Outcome(int(outcomes[0])))
            elif column.starts is not None:
                here = outcomes if here is EVERYWHERE else np.minimum(here, outcomes)
            else:
                others.append(partial(column.narrow, outcomes))
        starts, told = runs_of(here)
        bounds, told = self.starts[[*starts, -1]], np.minimum(told, day)
        possible, met = told >= UNKNOWN, told == MET
        return Territory(bounds[:-1][possible], bounds[1:][possible], met[possible]), others

    def _narrow(self, question: Question, among: Among, sets: Words) -> None:
        sets &= self._words(question, among)[: len(sets)]

    def _words(self, question: Question, among: Among) -> Words:
        """Return the firms of which a condition may be met, and those of which it is, of shape (2, among.n)."""
        parts = question.parts()
        if isinstance(question.condition, Not):
            mirrored: Words = ~self._words(parts[0], among)[::-1]
            return mirrored
        if parts:
            join_all = and_ if isinstance(question.condition, All) else or_
            return reduce(join_all, (self._words(part, among) for part in parts))
        found = np.full((2, among.n), EVERY, dtype=np.uint64)
        column, outcomes = self._test(question)
        column.narrow(outcomes, among, found)
        return found


def arranged(ids: NDArray[Any], columns: Mapping[str, Column]) -> Stock:
    """Return firms in the order of their places, from a column a field."""
    order = np.argsort(columns[PLACE].codes, kind="stable")
    same = np.broadcast_to(np.zeros(1, np.uint8), len(ids))  # takes no memory
    found: dict[tuple[str, ...], Column] = {}
    for name, column in columns.items():
        codes = column.codes[order] if len(column.values) > 1 or name == PLACE else same
        found[(name,)] = Column((name,), column.values, codes)
    here, project = found[(PLACE,)], found[PROJECT]
    if here.values == project.values and np.array_equal(here.codes, project.codes):
        project.codes = here.codes  # a project is mostly where the firm is
    return Stock(_narrowed(ids[order]), found, np.searchsorted(here.codes, np.arange(len(here.values) + 1)))


def _narrowed(ids: NDArray[Any]) -> Ids:
    """Return ids in four bytes, where they fit."""
    fits = not len(ids) or (ids.min() >= 0 and ids.max() < 1 << 32)
    return ids.astype(np.uint32 if fits else np.int64)


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
    return arranged(
        np.concatenate(ids or empty),
        {
            name: in_order((name,), values[field], np.concatenate(codes[field] or empty))
            for field, name in enumerate(FIELDS)
        },
    )
