"""A catalogue compiled: what each class of profiles settles, kept as rows of bits over the schemes.

A row is a whole number, one bit a scheme. For each set of facts that conditions read, a table keeps by class of
profile the schemes that it closes and those that it leaves unsure; a firm is answered by joining one row a table.
Two rows are Kleene's "all of": possible is what no table closes, eligible what none leaves unsure. A class seen for
the first time is evaluated by the criteria themselves, so that the index says what they say.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from matching.bits import row_of
from matching.classes import ACTIVITY, ACTIVITY_2025, fields_of
from matching.columns import BLOCK, Board, Columns, Floats
from matching.criteria import Window
from matching.features import Weights
from matching.outcomes import BoolArray
from matching.postings import Closeness
from matching.profiles import Profile
from matching.schemes import Scheme, typed_facts_of
from matching.settled import Row
from matching.tables import Setters, Table, gather


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
        self.schemes: list[Scheme] = []  # by position; one that is free keeps what it held
        self.positions: dict[str, int] = {}
        self.live: Row = 0
        self.columns = Columns()
        self._free: list[int] = []
        self._by_order: NDArray[np.intp] | None = None
        self._held: tuple[Mapping[str, int], NDArray[np.intp]] | None = None  # places of what a text is close to
        self._board: tuple[tuple[Weights, date], Board] | None = None
        self._windows = Table(("on",))
        self._opening: dict[date, Row] = {}
        self._tables: dict[tuple[str, ...], Table] = {}
        self.targets = Table(tuple(sorted((*ACTIVITY, *ACTIVITY_2025))))
        self.variants: dict[str, Row] = {}  # by key of the parent, whether the index holds it or not
        self.reading: dict[str, Row] = {}  # by fact, schemes whose typed conditions read it
        self.extend(schemes)

    def add(self, scheme: Scheme) -> None:
        """Add a scheme, or put it in the place of the one of that key."""
        self.extend((scheme,))

    def extend(self, schemes: Iterable[Scheme]) -> None:
        """Add schemes, each in the place of the one of its key; of several of one key, the last one counts.

        They are read a block after the other, so that what a scheme is made of comes from memory once.
        """
        added = list(schemes)
        keys = [scheme.key for scheme in added]
        if self.positions:
            for key in keys:
                if key in self.positions:
                    self.remove(key)
        n_held, n_kept = len(self.schemes), max(0, len(self._free) - len(added))
        free = self._free[n_kept:]
        places = [*free, *range(n_held, n_held + len(added) - len(free))]
        positions = dict(zip(keys, places, strict=True))
        if len(positions) < len(added):
            self.extend({scheme.key: scheme for scheme in added}.values())
            return
        del self._free[n_kept:]
        if self.positions:
            self.positions.update(positions)
        else:
            self.positions = positions
        for place, scheme in zip(free, added, strict=False):
            self.schemes[place] = scheme
        self.schemes += added[len(free) :]
        self.live |= row_of(places)
        self.columns.grow(len(self.schemes))
        windows, stated, read, targets = (dict[int, Setters]() for _ in range(4))
        for start in range(0, len(added), BLOCK):
            some, block = places[start : start + BLOCK], added[start : start + BLOCK]
            self.columns.put(some, block)
            gather(windows, some, [(scheme.window,) for scheme in block])
            gather(stated, some, [scheme.criteria for scheme in block])
            gather(read, some, [scheme.from_text for scheme in block])
            gather(targets, some, [(scheme.targeting,) if scheme.targeting else () for scheme in block])
            for place, scheme in zip(some, block, strict=True):
                if scheme.variant_of:
                    self.variants[scheme.variant_of] = self.variants.get(scheme.variant_of, 0) | 1 << place
        self._windows.extend(windows, is_stated=True)
        self.targets.extend(targets, is_stated=True)
        self._compile(stated, is_stated=True)
        self._compile(read, is_stated=False)
        self._note_facts(places, stated.values())
        self._start_again()

    def _compile(self, found: Mapping[int, Setters], *, is_stated: bool) -> None:
        """Let schemes set conditions, each in the table of the fields that it reads."""
        several = defaultdict[tuple[str, ...], dict[int, Setters]](dict)
        for identity, setters in found.items():
            several[fields_of(setters[0])][identity] = setters
        for fields, part in several.items():
            self._table(fields).extend(part, is_stated=is_stated)

    def _note_facts(self, places: list[int], stated: Iterable[Setters]) -> None:
        """Note which facts the typed conditions of schemes read: a window each, and the others."""
        users = defaultdict[str, list[list[int]]](list, {fact: [places] for fact in Window.facts})
        for condition, positions in stated:
            for fact in typed_facts_of(condition):
                users[fact].append(positions)
        for fact, several in users.items():
            self.reading[fact] = self.reading.get(fact, 0) | row_of(list(chain.from_iterable(several)))

    def remove(self, key: str) -> None:
        """Take a scheme out. Raises ``KeyError`` where there is none of that key."""
        position = self.positions.pop(key)
        scheme = self.schemes[position]
        bit = 1 << position
        self._free.append(position)
        self.live &= ~bit
        self.columns.drop(position, scheme)
        self._windows.forget(scheme.window, position, is_stated=True)
        for is_stated, conditions in ((True, scheme.criteria), (False, scheme.from_text)):
            for condition in conditions:
                self._table(fields_of(condition)).forget(condition, position, is_stated=is_stated)
        if scheme.targeting:
            self.targets.forget(scheme.targeting, position, is_stated=True)
        if scheme.variant_of:
            self.variants[scheme.variant_of] &= ~bit
        self.reading = {fact: row & ~bit for fact, row in self.reading.items()}
        self._start_again()

    def _start_again(self) -> None:
        """Make again, when it is asked for, what was made of the schemes as they were."""
        self._by_order = self._board = self._held = None
        self._opening.clear()

    def _table(self, fields: tuple[str, ...]) -> Table:
        if fields not in self._tables:
            self._tables[fields] = Table(fields)
        return self._tables[fields]

    def stand(self, profile: Profile) -> Standing:
        """Return what the rules say of one profile."""
        closed = unsure = typed_closed = typed_unsure = 0
        opens: dict[str, Row] = {}
        typed_opens: dict[str, Row] = {}
        later = self.opening(profile.on)
        for table in (*self._tables.values(), self._windows):
            if table is self._windows:
                later &= ~closed
            settled = table.look_up(profile)
            closed |= settled.closed
            unsure |= settled.unsure
            typed_closed |= settled.typed_closed
            typed_unsure |= settled.typed_unsure
            for fact, row in settled.opens.items():
                opens[fact] = opens.get(fact, 0) | row
            for fact, row in settled.typed_opens.items():
                typed_opens[fact] = typed_opens.get(fact, 0) | row
        target = self.targets.look_up(profile)
        live = self.live
        possible, typed_possible = live & ~closed, live & ~typed_closed
        is_open, is_typed_open = possible & unsure, typed_possible & typed_unsure
        others = ((fact, row & is_open & ~self.reading.get(fact, 0)) for fact, row in opens.items())
        return Standing(
            possible=possible,
            eligible=live & ~unsure,
            typed_possible=typed_possible,
            typed_eligible=live & ~typed_unsure,
            unknown={fact: kept for fact, row in typed_opens.items() if (kept := row & is_typed_open)},
            to_confirm={fact: kept for fact, kept in others if kept},
            targeted=live & ~target.unsure,
            untargeted=live & target.closed,
            opens_later=later,
        )

    def opening(self, day: date) -> Row:
        """Return the schemes that are known to open after a day."""
        if day not in self._opening:
            later = [place for place, scheme in enumerate(self.schemes) if scheme.window.opens_after(day)]
            self._opening[day] = row_of(later) & self.live
        return self._opening[day]

    def flags(self, row: Row) -> BoolArray:
        """Return a row as one flag a position, of shape (n_positions,)."""
        n = self.columns.n
        packed = np.frombuffer(row.to_bytes(-(-n // 8), "little"), dtype=np.uint8)
        return np.unpackbits(packed, count=n, bitorder="little").view(np.bool_)

    def bits(self, rows: Sequence[Row], positions: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return what rows say of some positions: zeros and ones, of shape (n_rows, n_positions)."""
        size = -(-self.columns.n // 8)
        packed = np.frombuffer(b"".join([row.to_bytes(size, "little") for row in rows]), dtype=np.uint8)
        found: NDArray[np.uint8] = packed.reshape(len(rows), size).take(positions >> 3, axis=1)
        found >>= (positions & 7).astype(np.uint8)
        found &= 1
        return found

    def likeness(self, closeness: Mapping[str, float]) -> Floats:
        """Return how close a text comes to what is said of each scheme, of shape (n_positions,)."""
        likeness = np.zeros(self.columns.n + 1)  # the last one is of schemes that the index does not hold
        if isinstance(closeness, Closeness):
            kept = self._held
            if kept is None or kept[0] is not closeness.columns:
                kept = self._held = closeness.columns, self._places_of(closeness)
            likeness[kept[1]] = closeness.cosines
        else:
            likeness[self._places_of(closeness)] = np.fromiter(closeness.values(), np.float64, len(closeness))
        return likeness[:-1]

    def _places_of(self, keys: Collection[str]) -> NDArray[np.intp]:
        return np.fromiter((self.positions.get(key, self.columns.n) for key in keys), np.intp, len(keys))

    def board(self, weights: Weights, on: date) -> Board:
        """Return the points that depend neither on who asks nor for what; kept for the last weights and day."""
        kept = self._board
        if kept is None or kept[0] != (weights, on):
            kept = self._board = ((weights, on), Board(self.columns, self.order, weights, on))
        return kept[1]

    @property
    def order(self) -> NDArray[np.intp]:
        """The rank of each position by key, of shape (n_positions,); ties go by it."""
        order = np.zeros(self.columns.n, dtype=np.intp)
        order[self.by_order] = np.arange(len(self.by_order))
        return order

    @property
    def by_order(self) -> NDArray[np.intp]:
        """The positions by key, of shape (n_schemes,)."""
        if self._by_order is None:
            self._by_order = np.array([self.positions[key] for key in sorted(self.positions)], dtype=np.intp)
        return self._by_order
