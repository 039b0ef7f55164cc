"""What tells classes of profiles apart: two of one class are the same to some conditions, whatever they ask.

Numbers and ages are cut where the conditions cut them, places and codes by what the conditions name; every other fact
is taken as it is.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from math import inf, nextafter
from operator import attrgetter
from typing import Any

from matching import enterprise_size
from matching.criteria import (
    Activity,
    AgeMonths,
    Criterion,
    HoldsScheme,
    InTerritory,
    LegalForm,
    Manual,
    SizeCategory,
    Window,
    leaves,
)
from matching.enterprise_size import CEILINGS
from matching.facts import Figures, Place
from matching.profiles import ACTIVITY_FIELDS, NUMBERS, PLACE_FIELDS, Profile, Profiles, activities_of

type Key = Hashable
type Cut = tuple[str, Any]

MAX_KEPT = 50_000  # classes of criteria of which what was found is kept
MOST_CODES = 1_000  # of a nomenclature: the NAF has 732 activities, the next one 746
FIGURES = ("headcount", "turnover", "balance_sheet")
_GROUP = ("group", "previous_years")
_NOMENCLATURES = {names[0]: nomenclature for nomenclature, names in ACTIVITY_FIELDS.items()}
_PLACES = {name: level for level, name in PLACE_FIELDS.items()}
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
    "size_category": (*FIGURES, *_GROUP),
    "autonomous": ("group",),
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
        return (PLACE_FIELDS[getattr(leaf, "level", "")],)
    if kind == "activity":
        return ACTIVITY_FIELDS[getattr(leaf, "nomenclature", "")]
    return (kind, "group") if "group" in leaf.facts else (kind,)


def bounds_of(leaf: Criterion, field: str) -> tuple[float, ...]:
    """Return the numbers at which a criterion changes its mind about a fact."""
    if isinstance(leaf, SizeCategory):
        return tuple(ceiling[FIGURES.index(field)] for ceiling in CEILINGS.values()) if field in FIGURES else ()
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
            found.update((name, leaf.fact) for leaf in ends if isinstance(leaf, Manual) and leaf.decides)
        elif name == "held":
            named = ((*leaf.any_of, *leaf.none_of) for leaf in ends if isinstance(leaf, HoldsScheme))
            found.update((name, key) for keys in named for key in keys)
        elif name in _PLACES:
            there = (leaf for leaf in ends if isinstance(leaf, InTerritory) and leaf.level == _PLACES[name])
            found.update((name, code) for leaf in there for code in (*leaf.any_of, *leaf.none_of))
        elif name in _NOMENCLATURES:
            coded = (each for each in ends if isinstance(each, Activity))
            here = (leaf for leaf in coded if leaf.nomenclature == _NOMENCLATURES[name])
            found.update((name, leaf.path(code)) for leaf in here for code in (*leaf.any_of, *leaf.none_of))
        elif name == "legal_category":
            forms = (leaf for leaf in ends if isinstance(leaf, LegalForm))
            found.update((name, code) for leaf in forms for code in (*leaf.any_of, *leaf.none_of))
    return frozenset(found)


def classifier(fields: Sequence[str], cuts: Iterable[Cut]) -> Callable[[Profile], Key]:
    """Return what tells the class of a profile, to conditions that read these fields and cut them there."""
    by_field: dict[str, list[Any]] = {name: [] for name in fields}
    for name, cut in cuts:
        by_field[name].append(cut)
    readers = []
    if "group" in fields:
        figures = {name: _steps(sorted(by_field.pop(name))) for name in FIGURES if name in fields}
        readers.append(_group_reader(figures))
        del by_field["group"]
    if "previous_years" in by_field:
        readers.append(_years_reader(figures))
        del by_field["previous_years"]
    for name, values in by_field.items():
        reader = _reader(name, sorted(values), has_ages="created_on" in fields)
        if reader:
            readers.append(reader)
    return readers[0] if len(readers) == 1 else lambda profile: tuple([read(profile) for read in readers])


class ByClass[Found]:
    """What is found of a criterion for one profile, kept by class of profile: a criterion has a handful.

    Parameters
    ----------
    find : callable
        Takes a criterion, and profiles of which there is one.
    """

    def __init__(self, find: Callable[[Criterion, Profiles], Found]) -> None:
        self._find = find
        self._kept: dict[Criterion, tuple[Callable[[Profile], Key], dict[Key, Found]]] = {}
        self._n = 0

    def __call__(self, criterion: Criterion, alone: Profiles) -> Found:
        """Return what is found of a criterion; equal ones share it."""
        if self._n > MAX_KEPT:
            self._kept, self._n = {}, 0
        kept = self._kept.get(criterion)
        if kept is None:
            fields = fields_of(criterion)
            kept = self._kept[criterion] = classifier(fields, cuts_of(fields, criterion)), {}
        read, known = kept
        key = read(alone.rows[0])
        if key not in known:
            known[key] = self._find(criterion, alone)
            self._n += 1
        return known[key]


def _reader(name: str, cuts: list[Any], *, has_ages: bool) -> Callable[[Profile], Hashable] | None:
    if name in NUMBERS:
        return _number_reader(name, cuts)
    if name == "created_on":
        return _age_reader(cuts)
    if name == "on" and has_ages and not cuts:
        return None  # an age says it
    if name in ("answers", "held"):
        asked = frozenset(cuts)
        return lambda profile: _told(getattr(profile, name), asked)
    if name in _PLACES:
        return _place_reader(name, frozenset(cuts))
    if name in _NOMENCLATURES:
        return _activity_reader(name, frozenset(cuts))
    if name in ("possible_activities", "possible_activities_2025"):
        return None  # what an activity may be is said with it
    if name == "legal_category":
        nearest = _nearest_of(frozenset(cuts))
        return lambda profile: nearest(profile.legal_category)
    return attrgetter(name)


def _place_reader(name: str, named: frozenset[str]) -> Callable[[Profile], Hashable]:
    def read(profile: Profile) -> Hashable:
        place: Place = getattr(profile, name)
        return place.inside & named, None if place.possible is None else place.possible & named

    return read


def _activity_reader(name: str, named: frozenset[str]) -> Callable[[Profile], Hashable]:
    possible, nomenclature = f"possible_{name.replace('activity', 'activities')}", _NOMENCLATURES[name]
    nearest = _nearest_of(named)

    def read(profile: Profile) -> Hashable:
        paths = activities_of(getattr(profile, name), getattr(profile, possible), nomenclature)
        return frozenset(map(nearest, paths))

    return read


def _nearest_of(named: frozenset[str]) -> Callable[[str], tuple[str, bool]]:
    """Return what gives the most precise of these codes that holds a code, and whether it is above one of them too."""
    above = frozenset(code[:size] for code in named for size in range(len(code)))

    @lru_cache(maxsize=MOST_CODES)
    def nearest(code: str) -> tuple[str, bool]:
        if code in above:  # nobody can tell whether one that is known at this level only is one that is named
            return code, True
        return next((code[:size] for size in range(len(code), 0, -1) if code[:size] in named), ""), False

    return nearest


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


type _Steps = Mapping[str, list[float]]


def _cut(figures: Figures, steps: _Steps) -> tuple[tuple[int, int], ...]:
    """Return where the bounds of some figures are among the cuts of each."""
    several = ((getattr(figures, name), several) for name, several in steps.items())
    return tuple([(bisect_right(each, number.low), bisect_right(each, number.high)) for number, each in several])


def _exact(figures: Figures, steps: _Steps) -> tuple[bool, ...]:
    return tuple([number.low == number.high for number in [getattr(figures, name) for name in steps]])


def _group_reader(steps: _Steps) -> Callable[[Profile], Hashable]:
    """Read a group and the figures that are summed over it: the company's own, their sums, whether all are exact."""

    def read(profile: Profile) -> Hashable:
        own = profile.figures
        told = _cut(own, steps), _exact(own, steps)
        if not profile.group:
            return told, profile.group is None
        whole = enterprise_size.consolidate(own, profile.group)
        others = tuple(
            [all(each) for each in zip(*[_exact(part.figures, steps) for part in whole.parts[1:]], strict=True)]
        )
        ties = enterprise_size.is_autonomous(profile.group), enterprise_size.is_publicly_held(profile.group)
        return told, _cut(whole.figures, steps), others, ties

    return read


def _years_reader(steps: _Steps) -> Callable[[Profile], Hashable]:
    return lambda profile: tuple([_cut(year, steps) for year in profile.previous_years])


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
