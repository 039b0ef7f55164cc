"""A catalogue compiled: what each class of profiles settles, kept as rows of bits over the schemes.

A row is a whole number, one bit a scheme. For each set of facts that conditions read, a table keeps by class of
profile the schemes that it closes and those that it leaves unsure; a firm is answered by joining one row a table.
Two rows are Kleene's "all of": possible is what no table closes, eligible what none leaves unsure. A class seen for
the first time is evaluated by the criteria themselves, so that the index says what they say.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matching.classes import ACTIVITY, ACTIVITY_2025, Key, classifier, cuts_of, fields_of
from matching.columns import Columns
from matching.criteria import Criterion, Manual, OpenFacts, leaves
from matching.outcomes import MET, NOT_MET, BoolArray
from matching.profiles import Profile, Profiles
from matching.schemes import Scheme

type Row = int

MAX_CLASSES = 20_000  # that a table keeps: one that holds more is emptied, and fills again
MAX_CHANGES = 1_000  # that a table keeps for the classes that have not seen them yet


@dataclass(slots=True)
class Settled:
    """What one class of profiles settles, as rows over the schemes.

    Parameters
    ----------
    closed, unsure : int
        Schemes with a condition that is not met; that is not met or unknown.
    typed_closed, typed_unsure : int
        The same on what the owner states, manual conditions given the benefit of the doubt.
    opens, typed_opens : dict of str to int
        By fact, schemes with a condition that it leaves unknown.
    """

    closed: Row = 0
    unsure: Row = 0
    typed_closed: Row = 0
    typed_unsure: Row = 0
    opens: dict[str, Row] = field(default_factory=dict)
    typed_opens: dict[str, Row] = field(default_factory=dict)

    def add(self, condition: Criterion, every: Row, stated: Row, columns: Profiles) -> None:
        """Add what a condition says of the schemes that set it, and of those whose owner states it."""
        outcome = condition.evaluate(columns)[0]
        is_manual = any(isinstance(leaf, Manual) for leaf in leaves(condition))
        typed = condition.evaluate(columns, assume=MET)[0] if is_manual else outcome
        if outcome != MET:
            self.unsure |= every
            if outcome == NOT_MET:
                self.closed |= every
            else:
                _open(self.opens, condition.open_facts(columns), every)
        if typed != MET:
            self.typed_unsure |= stated
            if typed == NOT_MET:
                self.typed_closed |= stated
            else:
                _open(self.typed_opens, condition.open_facts(columns, assume=MET), stated)

    def forget(self, scheme: Row) -> None:
        """Take a scheme out."""
        kept = ~scheme
        self.closed &= kept
        self.unsure &= kept
        self.typed_closed &= kept
        self.typed_unsure &= kept
        self.opens = {fact: row & kept for fact, row in self.opens.items()}
        self.typed_opens = {fact: row & kept for fact, row in self.typed_opens.items()}

    def join(self, other: "Settled") -> None:
        """Take in what another table says."""
        self.closed |= other.closed
        self.unsure |= other.unsure
        self.typed_closed |= other.typed_closed
        self.typed_unsure |= other.typed_unsure
        for fact, row in other.opens.items():
            self.opens[fact] = self.opens.get(fact, 0) | row
        for fact, row in other.typed_opens.items():
            self.typed_opens[fact] = self.typed_opens.get(fact, 0) | row


def _open(found: dict[str, Row], facts: OpenFacts, schemes: Row) -> None:
    for fact, rows in facts.items():
        if rows[0]:
            found[fact] = found.get(fact, 0) | schemes


@dataclass(slots=True)
class _Users:
    """Schemes that set a condition, and those whose owner states it."""

    every: Row = 0
    stated: Row = 0


class _Class:
    """A class of profiles: one of them, what it settles, and how many changes of the table that takes in."""

    __slots__ = ("n_changes", "profile", "settled")

    def __init__(self, profile: Profile, n_changes: int, settled: Settled) -> None:
        self.profile, self.n_changes, self.settled = profile, n_changes, settled


class _Table:
    """Conditions that read the same fields of a profile, and what each class of profiles settles of them."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields
        self.users: dict[Criterion, _Users] = {}
        self._classes: dict[Key, _Class] = {}
        self._changes: list[tuple[Criterion | None, Row, Row]] = []
        self._cuts: frozenset[object] | None = None
        self._class_of: Callable[[Profile], Key]

    def add(self, condition: Criterion, scheme: Row, *, is_stated: bool) -> None:
        """Let a scheme set a condition. A class that it tells apart from itself is computed again when it is seen."""
        users = self.users.setdefault(condition, _Users())
        users.every |= scheme
        users.stated |= scheme if is_stated else 0
        if self._cuts is None or not cuts_of(self.fields, condition) <= self._cuts:
            self._cuts = None
        else:
            self._change(condition, scheme, scheme if is_stated else 0)

    def forget(self, condition: Criterion, scheme: Row) -> None:
        """Let a scheme set a condition no longer."""
        users = self.users[condition]
        users.every &= ~scheme
        users.stated &= ~scheme
        if not users.every:
            del self.users[condition]
        if self._cuts is not None:
            self._change(None, scheme, 0)

    def _change(self, condition: Criterion | None, every: Row, stated: Row) -> None:
        self._changes.append((condition, every, stated))
        if len(self._changes) > MAX_CHANGES:
            self._empty()

    def _empty(self) -> None:
        self._classes.clear()
        self._changes.clear()

    def look_up(self, profile: Profile) -> Settled:
        """Return what the class of a profile settles."""
        if self._cuts is None:
            self._empty()
            self._cuts = frozenset().union(*(cuts_of(self.fields, condition) for condition in self.users))
            self._class_of = classifier(self.fields, self._cuts)
        key = self._class_of(profile)
        found = self._classes.get(key)
        if found is None:
            if len(self._classes) >= MAX_CLASSES:
                self._empty()
            found = self._classes[key] = _Class(profile, len(self._changes), self._settle(profile))
        elif found.n_changes != len(self._changes):
            self._catch_up(found)
        return found.settled

    def _settle(self, profile: Profile) -> Settled:
        columns, settled = Profiles([profile]), Settled()
        for condition, users in self.users.items():
            settled.add(condition, users.every, users.stated, columns)
        return settled

    def _catch_up(self, found: _Class) -> None:
        columns = Profiles([found.profile])
        for condition, every, stated in self._changes[found.n_changes :]:
            if condition is None:
                found.settled.forget(every)
            else:
                found.settled.add(condition, every, stated, columns)
        found.n_changes = len(self._changes)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules say of one profile, as rows over the schemes of an index.

    Parameters
    ----------
    possible, eligible : int
        Schemes without a condition that is not met; with all of them met.
    typed_possible, typed_eligible : int
        The same on what the owner states, manual conditions given the benefit of the doubt.
    unknown, to_confirm : dict of str to int
        By fact, the schemes whose typed verdict it leaves open; those that it leaves open otherwise.
    targeted, untargeted : int
        Schemes whose owner aims at that activity, or at all; at others.
    opens_later : int
        Schemes against which nothing stands but that they are not open yet.
    """

    possible: Row
    eligible: Row
    typed_possible: Row
    typed_eligible: Row
    unknown: dict[str, Row]
    to_confirm: dict[str, Row]
    targeted: Row
    untargeted: Row
    opens_later: Row


class Index:
    """Schemes compiled, one bit each; schemes come and go without building again.

    Parameters
    ----------
    schemes : iterable of Scheme
        Of distinct keys.
    """

    def __init__(self, schemes: Iterable[Scheme] = ()) -> None:
        self.schemes: dict[int, Scheme] = {}  # by position
        self.positions: dict[str, int] = {}
        self.live: Row = 0
        self.columns = Columns()
        self._free: list[int] = []
        self._order: NDArray[np.intp] | None = None
        self._windows = _Table(("on",))
        self._opening: dict[date, Row] = {}
        self._tables: dict[tuple[str, ...], _Table] = {}
        self._targets = _Table(tuple(sorted((*ACTIVITY, *ACTIVITY_2025))))
        self.variants: dict[str, Row] = {}  # by key of the parent, whether the index holds it or not
        self._reading: dict[str, Row] = {}  # by fact, schemes whose typed conditions read it
        for scheme in schemes:
            self.add(scheme)

    def add(self, scheme: Scheme) -> None:
        """Add a scheme, or put it in the place of the one of that key."""
        if scheme.key in self.positions:
            self.remove(scheme.key)
        position = self._free.pop() if self._free else len(self.schemes)
        self.schemes[position] = scheme
        self.positions[scheme.key] = position
        bit = 1 << position
        self.live |= bit
        self.columns.put(position, scheme)
        self._windows.add(scheme.window, bit, is_stated=True)
        for condition, is_stated in _conditions(scheme).items():
            self._table(condition).add(condition, bit, is_stated=is_stated)
        if scheme.targeting:
            self._targets.add(scheme.targeting, bit, is_stated=True)
        if scheme.variant_of:
            self.variants[scheme.variant_of] = self.variants.get(scheme.variant_of, 0) | bit
        for fact in scheme.typed_facts:
            self._reading[fact] = self._reading.get(fact, 0) | bit
        self._order = None
        self._opening.clear()

    def remove(self, key: str) -> None:
        """Take a scheme out. Raises ``KeyError`` where there is none of that key."""
        position = self.positions.pop(key)
        scheme = self.schemes.pop(position)
        bit = 1 << position
        self._free.append(position)
        self.live &= ~bit
        self.columns.drop(position, scheme)
        self._windows.forget(scheme.window, bit)
        for condition in _conditions(scheme):
            self._table(condition).forget(condition, bit)
        if scheme.targeting:
            self._targets.forget(scheme.targeting, bit)
        if scheme.variant_of:
            self.variants[scheme.variant_of] &= ~bit
        self._reading = {fact: row & ~bit for fact, row in self._reading.items()}
        self._order = None
        self._opening.clear()

    def _table(self, condition: Criterion) -> _Table:
        fields = fields_of(condition)
        if fields not in self._tables:
            self._tables[fields] = _Table(fields)
        return self._tables[fields]

    def stand(self, profile: Profile) -> Standing:
        """Return what the rules say of one profile."""
        joined = Settled()
        for table in self._tables.values():
            joined.join(table.look_up(profile))
        later = self._opens_after(profile.on) & ~joined.closed
        joined.join(self._windows.look_up(profile))
        target = self._targets.look_up(profile)
        live = self.live
        possible, typed_possible = live & ~joined.closed, live & ~joined.typed_closed
        is_open, is_typed_open = possible & joined.unsure, typed_possible & joined.typed_unsure
        others = ((fact, row & is_open & ~self._reading.get(fact, 0)) for fact, row in joined.opens.items())
        return Standing(
            possible=possible,
            eligible=live & ~joined.unsure,
            typed_possible=typed_possible,
            typed_eligible=live & ~joined.typed_unsure,
            unknown={fact: kept for fact, row in joined.typed_opens.items() if (kept := row & is_typed_open)},
            to_confirm={fact: kept for fact, kept in others if kept},
            targeted=live & ~target.unsure,
            untargeted=live & target.closed,
            opens_later=later,
        )

    def _opens_after(self, day: date) -> Row:
        """Return the schemes that are known to open after a day."""
        if day not in self._opening:
            rows = self.schemes.items()
            self._opening[day] = sum(1 << position for position, scheme in rows if scheme.window.opens_after(day))
        return self._opening[day]

    def flags(self, row: Row) -> BoolArray:
        """Return a row as one flag a position, of shape (n_positions,)."""
        n = self.columns.n
        packed = np.frombuffer(row.to_bytes(-(-n // 8), "little"), dtype=np.uint8)
        return np.unpackbits(packed, count=n, bitorder="little").view(np.bool_)

    @property
    def order(self) -> NDArray[np.intp]:
        """The rank of each position by key, of shape (n_positions,); ties go by it."""
        if self._order is None:
            by_key = [self.positions[key] for key in sorted(self.positions)]
            self._order = np.zeros(self.columns.n, dtype=np.intp)
            self._order[by_key] = np.arange(len(by_key))
        return self._order


def _conditions(scheme: Scheme) -> dict[Criterion, bool]:
    """Return the conditions of a scheme but its window, each once, and whether its owner states it."""
    return dict.fromkeys(scheme.from_text, False) | dict.fromkeys(scheme.criteria, True)
