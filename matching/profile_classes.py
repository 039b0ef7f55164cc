"""Profiles by class: those that have the same values in the fields that a condition reads are one to it."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from matching.criteria import Criterion
from matching.outcomes import Outcome, OutcomeArray
from matching.profiles import Profile, Profiles

type Numbers = NDArray[np.intp]
type Fields = tuple[str, ...]

MAPPINGS = frozenset({"answers", "held"})
_FIRST: Numbers = np.zeros(1, dtype=np.intp)


@dataclass(frozen=True)
class Classes:
    """Profiles of which no two have the same values in some fields, and which of them each of ``n`` profiles is like.

    Parameters
    ----------
    profiles : sequence of Profile
        Only these fields of them count.
    numbers : ndarray of int, shape (n,)
    """

    profiles: Sequence[Profile]
    numbers: Numbers

    @cached_property
    def _columns(self) -> Profiles:
        return Profiles(self.profiles)

    def told(self, condition: Criterion, *, assume: Outcome | None = None) -> OutcomeArray:
        """Return what a condition says of each class."""
        return condition.evaluate(self._columns, assume=assume)


class ProfileClasses:
    """Some profiles by class, for whatever fields are asked for.

    Parameters
    ----------
    n : int
    classify : callable
        Takes the names of fields of a profile, and returns the classes that they make.
    """

    def __init__(self, n: int, classify: Callable[[Fields], Classes]) -> None:
        self.n = n
        self._classify = classify
        self._known: dict[Fields, Classes] = {}

    def of(self, fields: Fields) -> Classes:
        """Return the classes that some fields make."""
        found = self._known.get(fields)
        if found is None:
            found = self._known[fields] = self._classify(fields)
        return found


def classes_of(profiles: Sequence[Profile]) -> ProfileClasses:
    """Return profiles by class. They are read once a field, however many conditions read it."""
    if len(profiles) == 1:
        alone = Classes(profiles, _FIRST)
        return ProfileClasses(1, lambda fields: alone)
    numbered: dict[str, tuple[Numbers, int]] = {}

    def classify(fields: Fields) -> Classes:
        for name in fields:
            if name not in numbered:
                numbered[name] = number_values(list(map(attrgetter(name), profiles)))
        numbers, firsts = combine([numbered[name] for name in fields], len(profiles))
        return Classes([profiles[first] for first in firsts.tolist()], numbers)

    return ProfileClasses(len(profiles), classify)


def number_values(values: Sequence[object]) -> tuple[Numbers, int]:
    """Return a number for each value, the same for those that are equal, and how many there are.

    By identity first: most values are shared, and comparing them takes longer.
    """
    by_identity, n_objects = _number(map(id, values), len(values))
    firsts = _first(by_identity, n_objects)
    objects = [values[first] for first in firsts.tolist()]
    try:
        by_value, n = _number(objects, n_objects)
    except TypeError:  # lists and mappings
        by_value, n = _number(map(_frozen, objects), n_objects)
    return (by_identity if n == n_objects else by_value[by_identity]), n


def _number(values: Iterable[Hashable], n: int) -> tuple[Numbers, int]:
    """Return a number for each of ``n`` values, in the order in which they first come, and how many there are."""
    known: defaultdict[Hashable, int] = defaultdict()
    known.default_factory = known.__len__
    numbers = np.fromiter(map(known.__getitem__, values), np.intp, n)
    return numbers, len(known)


def _first(numbers: Numbers, n: int) -> Numbers:
    """Return where each of ``n`` numbers comes first."""
    found = np.empty(n, dtype=np.intp)
    found[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    return found


def combine(columns: Sequence[tuple[Numbers, int]], n: int) -> tuple[Numbers, Numbers]:
    """Return a number for each combination of some columns, and where each number comes first."""
    several = [column for column in columns if column[1] > 1]
    if not several:
        return np.zeros(n, dtype=np.intp), np.zeros(min(n, 1), dtype=np.intp)
    numbers, size = several[0]
    for other, n_other in several[1:]:
        _, firsts, numbers = np.unique(numbers * n_other + other, return_index=True, return_inverse=True)
        size = len(firsts)
    return numbers, _first(numbers, size)


def _frozen(value: object) -> Hashable:
    """Return what is equal where values are: as JSON has them, or facts of a profile."""
    if isinstance(value, Mapping):
        return frozenset([(key, _frozen(part)) for key, part in value.items()])
    return tuple([_frozen(part) for part in value]) if isinstance(value, list) else value


@lru_cache(maxsize=1_000)
def reader_of(fields: Fields) -> Callable[[Profile], Hashable]:
    """Return what reads some fields of a profile, so that two that have the same are equal."""
    mappings = [attrgetter(name) for name in fields if name in MAPPINGS]
    others = [name for name in fields if name not in MAPPINGS]
    if not mappings:
        return attrgetter(*others)
    read = attrgetter(*others) if others else lambda _profile: ()
    return lambda profile: (read(profile), *[frozenset(told(profile).items()) for told in mappings])
