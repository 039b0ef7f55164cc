"""Classes of profiles: two of one class are the same to some conditions, whatever they ask.

Numbers and ages are cut where the conditions cut them; every other fact is taken as it is.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from math import inf, nextafter
from operator import attrgetter
from typing import Any

from matching.criteria import (
    AgeMonths,
    Criterion,
    HoldsScheme,
    Manual,
    SizeCategory,
    Window,
    leaves,
)
from matching.facts import Interval
from matching.profiles import NUMBERS, Profile
from matching.state_aid import CEILINGS

type Key = Hashable
type Cut = tuple[str, Any]

ACTIVITY, ACTIVITY_2025 = ("activity", "possible_activities"), ("activity_2025", "possible_activities_2025")
_FIGURES = ("headcount", "turnover", "balance_sheet")
_GROUP = ("group", "previous_years")
_NOTHING_TOLD: frozenset[tuple[str, bool]] = frozenset()


def fields_of(condition: Criterion) -> tuple[str, ...]:
    """Return the fields of a profile that a condition reads, sorted.

    >>> fields_of(Window(state="permanent"))
    ('on',)
    """
    return tuple(sorted({name for leaf in leaves(condition) for name in _fields(leaf)}))


_FIELDS: dict[str, tuple[str, ...]] = {
    "window": ("on",),
    "age_months": ("created_on", "on"),
    "size_category": (*_FIGURES, *_GROUP),
    "holds_scheme": ("held",),
    "manual": ("answers",),
    "project_not_started": ("started",),
    "legal_form": ("legal_category",),
    "spend_kind": ("spend_kinds",),
}


def _fields(leaf: Criterion) -> tuple[str, ...]:
    kind = leaf.kind
    if kind in _FIELDS:
        return _FIELDS[kind]
    if kind == "in_territory":
        return ("place",) if getattr(leaf, "level", "") == "establishment" else ("project_place",)
    if kind == "activity":
        return ACTIVITY if getattr(leaf, "nomenclature", "") == "naf_rev2" else ACTIVITY_2025
    return (kind, "group") if "group" in leaf.facts else (kind,)


def bounds_of(leaf: Criterion, field: str) -> tuple[float, ...]:
    """Return the numbers at which a criterion changes its mind about a fact."""
    if isinstance(leaf, SizeCategory):
        return tuple(ceiling[_FIGURES.index(field)] for ceiling in CEILINGS.values()) if field in _FIGURES else ()
    names = ("at_least", "above", "at_most", "below")
    found = (getattr(leaf, name, None) for name in names) if leaf.kind == field else ()
    return tuple(float(bound) for bound in found if bound is not None)


def months_of(readers: Iterable[Criterion]) -> set[int]:
    """Return the ages, in months, at which some criteria change their mind."""
    several = ((leaf.at_least, leaf.at_most, leaf.below) for leaf in readers if isinstance(leaf, AgeMonths))
    return {age for ages in several for age in ages if age is not None}


def cuts_of(fields: Iterable[str], condition: Criterion) -> frozenset[Cut]:
    """Return where a condition cuts the fields of a profile: ``(field, value)``, for those not taken as they are."""
    ends, found = leaves(condition), set[Cut]()
    for name in fields:
        if name in NUMBERS:
            found.update((name, cut) for leaf in ends for cut in bounds_of(leaf, name))
        elif name == "created_on":
            found.update((name, months) for months in months_of(ends))
        elif name == "on":
            found.update((name, "") for leaf in ends if isinstance(leaf, Window))
        elif name == "answers":
            found.update((name, leaf.fact) for leaf in ends if isinstance(leaf, Manual))
        elif name == "held":
            named = ((*leaf.any_of, *leaf.none_of) for leaf in ends if isinstance(leaf, HoldsScheme))
            found.update((name, key) for keys in named for key in keys)
    return frozenset(found)


def classifier(fields: Sequence[str], cuts: Iterable[Cut]) -> Callable[[Profile], Key]:
    """Return what tells the class of a profile, to conditions that read these fields and cut them there."""
    by_field: dict[str, list[Any]] = {name: [] for name in fields}
    for name, cut in cuts:
        by_field[name].append(cut)
    is_sum = "group" in fields
    readers = {
        name: reader
        for name in fields
        if (reader := _reader(name, sorted(by_field[name]), is_sum=is_sum, has_ages="created_on" in fields))
    }
    several = list(readers.values())
    if len(several) == 1:
        return several[0]
    if several and all(isinstance(reader, attrgetter) for reader in several):
        return attrgetter(*readers)  # one call for all of them
    return lambda profile: tuple([read(profile) for read in several])


def _reader(name: str, cuts: list[Any], *, is_sum: bool, has_ages: bool) -> Callable[[Profile], Hashable] | None:
    if name in NUMBERS:
        return _sum_reader(name, cuts) if is_sum and name in _FIGURES else _number_reader(name, cuts)
    if name == "created_on":
        return _age_reader(cuts)
    if name == "on" and has_ages and not cuts:
        return None  # an age says it
    if name in ("answers", "held"):
        asked = frozenset(cuts)
        return lambda profile: _told(getattr(profile, name), asked)
    return attrgetter(name)


def _told(known: Mapping[str, bool], asked: frozenset[str]) -> Hashable:
    return frozenset([pair for pair in known.items() if pair[0] in asked]) if known else _NOTHING_TOLD


def _steps(cuts: Iterable[float]) -> list[float]:
    """Return what tells where a number is among the cuts: how many are not above it, even between two, odd on one."""
    return [step for cut in cuts for step in (cut, nextafter(cut, inf))]


def _number_reader(name: str, cuts: list[float]) -> Callable[[Profile], Hashable]:
    steps, bounds_of_profile = _steps(cuts), attrgetter(f"{name}.low", f"{name}.high")

    def read(profile: Profile) -> Hashable:
        low, high = bounds_of_profile(profile)
        return bisect_right(steps, low), bisect_right(steps, high)

    return read


def _sum_reader(name: str, cuts: list[float]) -> Callable[[Profile], Hashable]:
    """Read a figure that is summed over a group: as it is where there is one; else cut, and whether it is exact."""
    own = _number_reader(name, cuts)

    def read(profile: Profile) -> Hashable:
        known: Interval = getattr(profile, name)
        return known if profile.group else (own(profile), known.low == known.high)

    return read


def _age_reader(months: list[int]) -> Callable[[Profile], Hashable]:
    steps = _steps(months)

    def read(profile: Profile) -> Hashable:
        if profile.created_on is None:
            return None
        age, is_anniversary = age_in_months(profile.created_on, profile.on)
        place = bisect_right(steps, age)
        return place, place % 2 == 1 and is_anniversary

    return read


def age_in_months(born: date, on: date) -> tuple[int, bool]:
    """Return whole months from a day to another, by calendar, and whether the second is the anniversary.

    A day that its month lacks (31 January plus one month) is that month's last.

    >>> age_in_months(date(2024, 1, 31), date(2024, 2, 29)), age_in_months(date(2024, 1, 31), date(2024, 3, 30))
    ((1, True), (1, False))
    """
    months = (on.year - born.year) * 12 + on.month - born.month
    day = min(born.day, _days_in(on.year, on.month)) if born.day > 28 else born.day
    return (months, on.day == day) if on.day >= day else (months - 1, False)


def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
