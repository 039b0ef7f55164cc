"""Conditions that read the same facts, and what each class of profiles settles of them.

A class seen for the first time is evaluated by the criteria themselves; what changes later is evaluated alone.
"""

from collections.abc import Callable, Iterable, Iterator

from matching.bits import row_of
from matching.classes import Key, classifier, cuts_of
from matching.criteria import Criterion
from matching.profiles import Profile, Profiles
from matching.settled import Settled

type Setters = tuple[Criterion, list[int]]  # a condition, and the positions of the schemes that set it

MAX_CLASSES = 20_000  # that a table keeps: one that holds more is emptied, and fills again
MAX_CHANGES = 1_000  # that a table keeps for the classes that have not seen them yet


def gather(found: dict[int, Setters], positions: Iterable[int], conditions: Iterable[Iterable[Criterion]]) -> None:
    """Add schemes, each with the conditions that it sets, to who sets what.

    By identity, which takes half the time of equality: schemes share the conditions that are equal
    (:func:`matching.criteria.shared`), and one that two objects say is evaluated twice.
    """
    for position, several in zip(positions, conditions, strict=True):
        for condition in several:
            known = found.get(id(condition))
            if known is None:
                found[id(condition)] = condition, [position]
            else:
                known[1].append(position)


class _Class:
    """A class of profiles: one of them, what it settles, and how many changes of the table that takes in."""

    __slots__ = ("n_changes", "profile", "settled")

    def __init__(self, profile: Profile, n_changes: int, settled: Settled) -> None:
        self.profile, self.n_changes, self.settled = profile, n_changes, settled


class Table:
    """Conditions that read the same fields of a profile, and what each class of profiles settles of them."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields
        self._users: dict[bool, dict[int, Setters]] = {True: {}, False: {}}  # by whether it is their owner's
        self._classes: dict[Key, _Class] = {}
        self._changes: list[tuple[Criterion | None, tuple[int, ...], bool]] = []
        self._cuts: frozenset[object] | None = None
        self._class_of: Callable[[Profile], Key]

    def conditions(self) -> Iterator[tuple[Criterion, list[int], bool]]:
        """Return each condition with the positions of the schemes that set it, and whether it is their owner's."""
        return (
            (condition, positions, is_stated)
            for is_stated, users in self._users.items()
            for condition, positions in users.values()
        )

    def extend(self, found: dict[int, Setters], *, is_stated: bool) -> None:
        """Let schemes set conditions. A class that one tells apart from itself is computed again when it is seen."""
        users = self._users[is_stated]
        if not users and self._cuts is None:
            self._users[is_stated] = found
            return
        for identity, setters in found.items():
            condition, positions = setters
            known = users.setdefault(identity, setters)
            if known is not setters:
                known[1].extend(positions)
            if self._cuts is not None and cuts_of(self.fields, condition) <= self._cuts:
                self._change(condition, tuple(positions), is_stated=is_stated)
            else:
                self._cuts = None

    def forget(self, condition: Criterion, position: int, *, is_stated: bool) -> None:
        """Let a scheme set a condition no longer."""
        users = self._users[is_stated]
        _, positions = users[id(condition)]
        positions.remove(position)
        if not positions:
            del users[id(condition)]
        if self._cuts is not None:
            self._change(None, (position,), is_stated=is_stated)

    def _change(self, condition: Criterion | None, positions: tuple[int, ...], *, is_stated: bool) -> None:
        self._changes.append((condition, positions, is_stated))
        if len(self._changes) > MAX_CHANGES:
            self._empty()

    def _empty(self) -> None:
        self._classes.clear()
        self._changes.clear()

    @property
    def class_of(self) -> Callable[[Profile], Key]:
        """What tells the class of a profile, until schemes come or go."""
        if self._cuts is None:
            self._empty()
            cuts = frozenset().union(*(cuts_of(self.fields, condition) for condition, *_ in self.conditions()))
            self._class_of = classifier(self.fields, cuts)
            self._cuts = cuts  # last: another thread that sees it has the classifier too
        return self._class_of

    def look_up(self, profile: Profile) -> Settled:
        """Return what the class of a profile settles."""
        key = self.class_of(profile)
        found = self._classes.get(key)
        if found is None:
            if len(self._classes) >= MAX_CLASSES:
                self._empty()
            found = self._classes[key] = _Class(profile, len(self._changes), self._settle(profile))
        elif found.n_changes != len(self._changes):
            self._catch_up(found)
        return found.settled

    def _settle(self, profile: Profile) -> Settled:
        settled = Settled()
        settled.add(self.conditions(), Profiles([profile]))
        return settled

    def _catch_up(self, found: _Class) -> None:
        columns = Profiles([found.profile])
        for condition, positions, is_stated in self._changes[found.n_changes :]:
            if condition is None:
                found.settled.forget(row_of(positions))
            else:
                found.settled.add([(condition, positions, is_stated)], columns)
        found.n_changes = len(self._changes)
