"""Firms whose facts are packed, by class: of thousands, only the bytes that a condition reads are compared.

The next thousands have mostly the same communes, activities and sizes: what a condition said of a class is kept.
"""

import json
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

import matching
from backend.companies.packing import PACKED, Rows, columns_of, unpack
from backend.matchmaking.engine.firms import (
    POSSIBLE,
    Facts,
    facts_read_by,
    keep_places,
    profile,
    with_correspondents,
)

# Facts that follow from another one, which is read in their place.
SOURCES = {POSSIBLE["naf_rev2"]: "naf_2025", POSSIBLE["naf_2025"]: "naf"}
KEPT, KEPT_CONDITIONS = 100_000, 1_000  # classes of some facts, and conditions that were asked of them

type Outcomes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class PackedFacts:
    """What is known of firms: a row each, and by its place what a row has no place for."""

    rows: Rows
    rests: Mapping[int, Facts]

    def take(self, places: Sequence[int]) -> "PackedFacts":
        """Return some of them, in the order given."""
        rests = {to: self.rests[place] for to, place in enumerate(places) if place in self.rests}
        return PackedFacts(self.rows[np.array(places, dtype=np.intp)], rests)


def packed_classes(facts: PackedFacts, table: matching.Correspondence, *, on: date) -> matching.ProfileClasses:
    """Return firms by class."""
    return matching.ProfileClasses(len(facts.rows), lambda fields: _known(fields, table, on).classes_of(facts))


class KnownClasses:
    """All classes that some facts made so far, and what conditions said of each. Threads share it."""

    def __init__(self, fields: tuple[str, ...], table: matching.Correspondence, on: date) -> None:
        names, self._prefixes = facts_read_by(fields)
        self._names = sorted({SOURCES.get(name, name) for name in names})
        self._packed = [name for name in self._names if name in PACKED]
        self._table, self._on = table, on
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self._numbers: defaultdict[Hashable, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        self._profiles: list[matching.Profile] = []
        self._outcomes: dict[Any, Outcomes] = {}

    def classes_of(self, facts: PackedFacts) -> "Classes":
        """Return the class of each firm."""
        keys, told = self._keys(facts)
        with self._lock:
            if len(self._profiles) > KEPT:
                self._forget()
            n_known = len(self._profiles)
            numbers = np.fromiter(map(self._numbers.__getitem__, keys), np.intp, len(keys))
            places = np.flatnonzero(numbers >= n_known)
            _, firsts = np.unique(numbers[places], return_index=True)
            self._profiles += self._profiles_at(facts.rows, places[firsts], told)
            return Classes(tuple(self._profiles), numbers, self._outcomes, self._lock)

    def _keys(self, facts: PackedFacts) -> tuple[list[Hashable], dict[int, Facts]]:
        """Return, for each firm, what is the same where these facts are; and those that are not packed, by place."""
        from numpy.lib.recfunctions import repack_fields  # slow to load, and `match` packs nothing

        keys: list[Hashable] = [b""] * len(facts.rows)
        if self._packed:
            columns = repack_fields(facts.rows[[column for name in self._packed for column in columns_of(name)]])
            keys = np.ascontiguousarray(columns).view(f"V{columns.dtype.itemsize}").tolist()
        told: dict[int, Facts] = {}
        for place, rest in facts.rests.items():
            read = {name: rest[name] for name in rest if name in self._names or name.startswith(self._prefixes)}
            if read:
                keys[place], told[place] = (keys[place], json.dumps(read, sort_keys=True)), read
        return keys, told

    def _profiles_at(self, rows: Rows, places: NDArray[np.intp], told: Mapping[int, Facts]) -> list[matching.Profile]:
        unpacked = unpack(rows[places], self._packed)
        several = [{**row, **told.get(place, {})} for row, place in zip(unpacked, places.tolist(), strict=True)]
        keep_places((row, self._on) for row in several)
        return [profile(with_correspondents(row, self._table), on=self._on) for row in several]


@dataclass(frozen=True)
class Classes(matching.Classes):
    """The classes known when some firms were read: a condition is asked of those that it was not asked of yet."""

    outcomes: dict[Any, Outcomes]
    lock: Lock

    def told(self, condition: matching.Criterion, *, assume: matching.Outcome | None = None) -> Outcomes:
        with self.lock:
            known = self.outcomes.get((condition, assume), np.zeros(0, dtype=np.int8))
            if new := self.profiles[len(known) :]:
                if len(self.outcomes) > KEPT_CONDITIONS:
                    self.outcomes.clear()
                known = np.concatenate([known, condition.evaluate(matching.Profiles(new), assume=assume)])
                self.outcomes[condition, assume] = known
            return known


@lru_cache(maxsize=100)
def _known(fields: tuple[str, ...], table: matching.Correspondence, on: date) -> KnownClasses:
    return KnownClasses(fields, table, on)


def clear_cache() -> None:
    """Forget the classes: their places were read of the geography."""
    _known.cache_clear()
