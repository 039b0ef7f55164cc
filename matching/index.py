"""Schemes compiled: what each class of profiles may have and has, kept as rows of bits over them.

For each set of fields that conditions read, a table says by class of profile which schemes it leaves possible, and of
which it meets all; a firm is the AND of one row a table. That is Kleene's "all of": possible is what no table closes,
eligible what none leaves unsure. A class seen for the first time is evaluated by the criteria themselves.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from matching.bits import Words, n_words, pack, row_of
from matching.centroids import Closeness
from matching.classes import fields_of
from matching.columns import Board, Columns, Floats
from matching.criteria import Criterion
from matching.criteria.manual import WAITS_FOR_FIRM
from matching.features import Weights
from matching.profile_classes import Fields, Numbers, ProfileClasses
from matching.profiles import Profile
from matching.schemes import Scheme
from matching.tables import (
    ELIGIBLE,
    POSSIBLE,
    SURE,
    TYPED_POSSIBLE,
    ClassRows,
    Set,
    Table,
)

MAX_BYTES = 64 << 20  # of classes that are kept: past it, they are forgotten and found again
MAX_KNOWN = 200_000  # values of fields that lead to a class without reading it again
BOARDS = 200_000  # schemes of boards that are kept: one a day and version of the points
BLOCK = 1 << 15  # words that are joined at once: they stay in the cache


N_TOLD = 7
TARGETED, UNTARGETED, LATER = range(4, N_TOLD)  # after the rows of a class


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules say of one profile, as rows over the schemes of an index.

    Parameters
    ----------
    told : ndarray of uint64, shape (N_TOLD + n_facts, n_words)
        Schemes without a condition that is not met; with all of them met; the same on what the owner states, manual
        conditions given the benefit of the doubt; whose owner aims at that activity, or at all; at others; against
        which nothing stands but that they are not open yet. Then those that wait for each fact of the index.
    """

    told: Words

    @property
    def possible(self) -> Words:
        """The schemes without a condition that is not met."""
        found: Words = self.told[POSSIBLE]
        return found

    @property
    def opens_later(self) -> Words:
        """The schemes against which nothing stands but that they are not open yet."""
        found: Words = self.told[LATER]
        return found


class Standings(Sequence[Standing]):
    """What the rules say of several profiles.

    Parameters
    ----------
    numbers : ndarray of int, shape (n, n_tables)
        The classes of each.
    days : sequence of datetime.date

    Attributes
    ----------
    rows : ndarray of uint64, shape (n, 2, n_words)
        Possible and eligible.
    """

    def __init__(self, index: "Index", kept: ClassRows, numbers: Numbers, days: Sequence[date]) -> None:
        self._index, self._numbers, self._days = index, numbers, days
        self._classes, self._typed = kept.rows, kept.typed
        self._opened, self._starts = kept.opened, kept.starts
        self.rows = _join(self._classes, numbers[:, :-1], index.live)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, at: int) -> Standing:  # type: ignore[override]
        return Standing(self._told(slice(at, at + 1))[0])

    def __iter__(self) -> Iterator[Standing]:
        step = max(1, BLOCK // ((N_TOLD + len(self._index.facts.names)) * self.rows.shape[-1]))
        for start in range(0, len(self), step):
            yield from map(Standing, self._told(slice(start, start + step)))

    def _told(self, some: slice) -> Words:
        """Return what standings tell, of shape (n, N_TOLD + n_facts, n_words)."""
        numbers, rows, index = self._numbers[some], self.rows[some], self._index
        facts = index.facts
        told = np.empty((len(rows), N_TOLD + len(facts.names), rows.shape[-1]), dtype=np.uint64)
        told[:, :TYPED_POSSIBLE] = rows
        typed = told[:, TYPED_POSSIBLE:TARGETED]
        np.bitwise_and.reduce(self._typed.take(numbers[:, :-1], axis=0), axis=1, out=typed)
        typed &= index.live
        target = self._classes[numbers[:, -1]]
        np.bitwise_and(target[:, ELIGIBLE], index.live, out=told[:, TARGETED])
        np.bitwise_and(~target[:, POSSIBLE], index.live, out=told[:, UNTARGETED])
        later = np.array([index.opening(day) for day in self._days[some]])
        told[:, LATER] = later
        if later.any():
            told[:, LATER] &= np.bitwise_and.reduce(self._classes[numbers[:, :-2], POSSIBLE], axis=1)
        if facts.names:
            opened = self._opened.take(self._starts[numbers[:, facts.tables]] + facts.offsets, axis=0)
            np.bitwise_or.reduceat(opened, facts.starts, axis=1, out=told[:, N_TOLD:])
            told[:, N_TOLD:] &= (told[:, POSSIBLE:TARGETED:2] & ~told[:, ELIGIBLE:TARGETED:2])[:, facts.is_sure]
        return told


class Facts:
    """The facts that tables may leave open, and where classes keep which schemes wait for each.

    Attributes
    ----------
    names : tuple of (str, int)
        A fact, and ``SURE`` for the typed verdict or ``PERHAPS`` for the other.
    halves : ndarray of uint8, shape (n_facts,)
    is_sure : ndarray of int, shape (n_facts,)
    is_firms : ndarray of bool, shape (n_facts,)
        Whether it is a condition that the firm is to answer.
    tables, offsets : ndarray of int, shape (n_entries,)
        Tables that may leave a fact open, fact after fact, and its place among those of the table.
    starts : ndarray of int, shape (n_facts,)
        Where those of each fact start.
    """

    def __init__(self, tables: Sequence[Table]) -> None:
        entries = sorted((fact, at, place) for at, each in enumerate(tables) for place, fact in enumerate(each.facts))
        self.names = tuple(dict.fromkeys(fact for fact, _, _ in entries))
        self.halves = np.array([half for _, half in self.names], dtype=np.uint8)
        self.is_sure = np.array([half == SURE for _, half in self.names], dtype=np.intp)
        self.is_firms = np.array([fact == WAITS_FOR_FIRM for fact, _ in self.names], dtype=np.bool_)
        self.tables = np.array([at for _, at, _ in entries], dtype=np.intp)
        self.offsets = np.array([place for _, _, place in entries], dtype=np.intp)
        n_before = {fact: at for at, (fact, _, _) in reversed([*enumerate(entries)])}
        self.starts = np.array([n_before[fact] for fact in self.names], dtype=np.intp)


def _fields_of(rules: Iterable[Set]) -> Fields:
    """Return the fields that some conditions read, sorted."""
    return tuple(sorted({name for condition, _ in rules for name in fields_of(condition)}))


def _join(rows: Words, numbers: Numbers, live: Words) -> Words:
    """Return the AND of the rows of some classes, profile by profile: of shape (n, 2, n_words)."""
    found = np.empty((len(numbers), *rows.shape[1:]), dtype=np.uint64)
    step = max(1, BLOCK // (numbers.shape[1] * rows[0].size))
    for start in range(0, len(numbers), step):
        part = rows.take(numbers[start : start + step], axis=0)
        np.bitwise_and.reduce(part, axis=1, out=found[start : start + step])
    found &= live
    return found


class _Conditions:
    """Conditions with who sets each, by identity: schemes share those that are equal (:func:`criteria.shared`)."""

    def __init__(self) -> None:
        self._found: dict[int, Set] = {}

    def add(self, condition: Criterion, position: int, *, is_stated: bool = True) -> None:
        self._found.setdefault(id(condition), (condition, []))[1].append((position, is_stated))

    def found(self) -> list[Set]:
        return list(self._found.values())


class Index:
    """Schemes compiled, one bit each, in the order of their keys.

    Parameters
    ----------
    schemes : iterable of Scheme
        Of several of one key, the last one counts.
    """

    def __init__(self, schemes: Iterable[Scheme] = ()) -> None:
        by_key = {scheme.key: scheme for scheme in schemes}
        self.schemes: tuple[Scheme, ...] = tuple(by_key[key] for key in sorted(by_key))
        self.n = len(self.schemes)
        self.positions = {scheme.key: position for position, scheme in enumerate(self.schemes)}
        self.live = row_of(list(range(self.n)), self.n)
        self.columns = Columns(self.schemes)
        self._yearly = [at for at, scheme in enumerate(self.schemes) if scheme.window.yearly]
        self._tables = self._compile()
        reading = self._facts_read()
        for table in self._tables:
            table.set_facts(reading)
        self.facts = Facts(self._tables[:-1])
        self._adding = Lock()
        self._kept = ClassRows(len(self._tables), n_words(self.n))
        self._columns_of_text: tuple[Mapping[str, int], NDArray[np.intp]] | None = None
        self.board = lru_cache(maxsize=max(8, BOARDS // max(self.n, 1)))(self._board)
        self.opening = lru_cache(maxsize=4_096)(self._opening)

    def _compile(self) -> tuple[Table, ...]:
        """Return the tables; the last two are of windows, and of what owners aim at."""
        rules, windows, targets = _Conditions(), _Conditions(), _Conditions()
        for position, scheme in enumerate(self.schemes):
            windows.add(scheme.window, position)
            if scheme.targeting:
                targets.add(scheme.targeting, position)
            for condition in scheme.criteria:
                rules.add(condition, position)
            for condition in scheme.from_text:
                rules.add(condition, position, is_stated=False)
        # Few people answer few conditions: a table with their answers and one without would judge most firms twice.
        by_fields = defaultdict[Fields, list[Set]](list)
        for rule in rules.found():
            by_fields[tuple(name for name in fields_of(rule[0]) if name != "answers")].append(rule)
        return (
            *(Table(_fields_of(several), several, self.n) for several in by_fields.values()),
            Table(("on",), windows.found(), self.n),
            Table(_fields_of(targets.found()) or ("on",), targets.found(), self.n),
        )

    def _facts_read(self) -> dict[str, Words]:
        """Return by fact the schemes whose typed conditions read it: to them it is never to confirm."""
        readers = defaultdict[str, list[int]](list)
        for position, scheme in enumerate(self.schemes):
            for fact in scheme.typed_facts:
                readers[fact].append(position)
        return {fact: row_of(positions, self.n) for fact, positions in readers.items()}

    @cached_property
    def variants(self) -> dict[int, Words]:
        """By position of a scheme, its local variants."""
        found = defaultdict[int, list[int]](list)
        for position, scheme in enumerate(self.schemes):
            if scheme.variant_of in self.positions:
                found[self.positions[scheme.variant_of]].append(position)
        return {parent: row_of(positions, self.n) for parent, positions in found.items()}

    # -- rules

    def stand(self, profiles: ProfileClasses) -> Standings:
        """Return what the rules say of some profiles; classes that nobody had yet are judged together."""
        kept = self._room()
        numbers = np.empty((profiles.n, len(self._tables)), dtype=np.intp)
        for at, table in enumerate(self._tables):
            classes = profiles.of(table.fields)
            found = self._number(kept, at, classes.profiles)
            numbers[:, at] = found[0] if len(found) == 1 else np.array(found)[classes.numbers]
        days = profiles.of(("on",))
        on = [profile.on for profile in days.profiles]
        return Standings(self, kept, numbers, [on[number] for number in days.numbers.tolist()])

    def _room(self) -> ClassRows:
        """Return what keeps classes: another one where it is full."""
        kept = self._kept
        if kept.n_bytes > MAX_BYTES or sum(map(len, kept.known)) > MAX_KNOWN:
            kept = self._kept = ClassRows(len(self._tables), n_words(self.n))
        return kept

    def _number(self, kept: ClassRows, at: int, profiles: Sequence[Profile]) -> list[int]:
        """Return the number of the class of each profile in one table."""
        values = list(map(self._tables[at].read, profiles))
        found = list(map(kept.known[at].get, values))
        if None not in found:
            return found  # type: ignore[return-value]
        new = [place for place, number in enumerate(found) if number is None]
        told = self._learn(kept, at, [values[place] for place in new], [profiles[place] for place in new])
        return [told.pop() if number is None else number for number in found]

    def _learn(self, kept: ClassRows, at: int, values: list[Hashable], profiles: list[Profile]) -> list[int]:
        """Return the classes of profiles of some values, the last one first; new ones are judged together."""
        with self._adding:
            table, keys = self._tables[at], kept.keys[at]
            several = list(map(table.key, profiles))
            new = {key: profile for key, profile in zip(several, profiles, strict=True) if key not in keys}
            if new:
                first = kept.add(*table.judge(list(new.values())))
                keys.update(zip(new, range(first, first + len(new)), strict=True))
            numbers = [keys[key] for key in several]
            kept.known[at].update(zip(values, numbers, strict=True))
        return numbers[::-1]

    def _opening(self, day: date) -> Words:
        """Return the schemes that are known to open after a day."""
        later = self.columns.opens_on > day.toordinal()
        later[self._yearly] = [self.schemes[at].window.opens_after(day) for at in self._yearly]
        return pack(later)

    # -- order

    def _board(self, weights: Weights, on: date) -> Board:
        """Return the points that depend neither on who asks nor for what."""
        return Board(self.columns, weights, on)

    def likeness(self, closeness: Mapping[str, float]) -> Floats:
        """Return how close a text comes to what is said of each scheme, of shape (n,)."""
        likeness = np.zeros(self.n + 1)  # the last one is of schemes that the index does not hold
        if isinstance(closeness, Closeness):
            kept = self._columns_of_text
            if kept is None or kept[0] is not closeness.columns:
                kept = self._columns_of_text = closeness.columns, self._places_of(closeness.columns)
            likeness[kept[1]] = closeness.cosines
        else:
            likeness[self._places_of(closeness)] = np.fromiter(closeness.values(), np.float64, len(closeness))
        return likeness[:-1]

    def _places_of(self, keys: Mapping[str, object]) -> NDArray[np.intp]:
        return np.fromiter((self.positions.get(key, self.n) for key in keys), np.intp, len(keys))
