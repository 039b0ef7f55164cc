"""What a fact could turn out to be: one changed profile for each answer that some criteria tell apart.

The domain of a fact is cut where the criteria cut it (bounds of numbers, prefixes of codes, perimeters, months of
age): two values between the same cuts get the same outcome everywhere, so that one of each class is enough.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from math import inf
from typing import Any

import numpy as np

from matching.criteria import AgeMonths, Criterion, InTerritory, SizeCategory, add_months, leaves
from matching.facts import Interval, Place
from matching.profiles import Profile, activity_path

ANSWER, HELD = "answer:", "scheme:"
MAX_CLASSES = 64  # of one fact: the others are left out, so that a question costs a bounded time

NUMBERS = {
    "headcount": "headcount",
    "turnover": "turnover",
    "balance_sheet": "balance_sheet",
    "project.spend": "spend",
}
_TERNARY = {"micro_entrepreneur": "micro_entrepreneur", "project.started": "started"}
_LETTERS = "ZABCDEFGHIJ"
_DIVISIONS = tuple(sorted(activity_path(f"{number:02}") for number in range(1, 100) if number != 4))


def variants(
    profile: Profile, question: str, readers: Sequence[Criterion], places: Sequence[Place] = ()
) -> list[Profile]:
    """Return the profile with each answer to a question that the criteria tell apart.

    Parameters
    ----------
    profile : Profile
    question : str
        The name of a fact, ``answer:NAME`` of a manual condition or ``scheme:KEY`` of a scheme held.
    readers : sequence of Criterion
        Criteria at the ends of trees, those that read the fact.
    places : sequence of Place
        Where firms may be, for the question of the place; without any, one place for each perimeter named.

    Returns
    -------
    list of Profile
        Empty where the fact is known to its last detail, or unknown to this module: asking it changes nothing.
    """
    if question.startswith(ANSWER):
        return _answered(profile, question.removeprefix(ANSWER))
    if question == "commune":
        return _somewhere(profile, readers, places)
    if question in NUMBERS:
        return _between_bounds(profile, NUMBERS[question], readers)
    if question == "created_on":
        return _of_an_age(profile, readers)
    if question == "naf":
        known = activity_path(profile.activity) if profile.activity else ""
        codes = _whole_codes(known, map(activity_path, _named(readers)), _activities_below)
        return [replace(profile, activity=code[1:]) for code in codes]
    if question == "legal_category":
        codes = _whole_codes(profile.legal_category, _named(readers), _categories_below)
        return [replace(profile, legal_category=code) for code in codes]
    if question in _TERNARY and getattr(profile, _TERNARY[question]) is None:
        return [_changed(profile, _TERNARY[question], value) for value in (True, False)]
    return []


def bounds_of(leaf: Criterion, field: str) -> tuple[float, ...]:
    """Return the numbers at which a criterion changes its mind about a fact."""
    if isinstance(leaf, SizeCategory):
        return tuple(
            bound for part in leaves(leaf.expanded()) if part.kind == field for bound in bounds_of(part, field)
        )
    names = ("at_least", "above", "at_most", "below")
    found = (getattr(leaf, name, None) for name in names) if leaf.kind == field else ()
    return tuple(float(bound) for bound in found if bound is not None)


def months_of(readers: Iterable[Criterion]) -> set[int]:
    """Return the ages, in months, at which some criteria change their mind."""
    ages = (age for leaf in readers if isinstance(leaf, AgeMonths) for age in (leaf.at_least, leaf.at_most))
    return {age for age in ages if age is not None}


def add_to_day(day: date, months: int) -> date:
    """Add months by calendar to one day."""
    found: date = add_months(np.array([day], dtype="datetime64[D]"), months)[0].item()
    return found


def _changed(profile: Profile, field: str, value: object) -> Profile:
    changes: dict[str, Any] = {field: value}
    return replace(profile, **changes)


def _answered(profile: Profile, condition: str) -> list[Profile]:
    if condition in profile.answers:
        return []
    return [replace(profile, answers={**profile.answers, condition: value}) for value in (True, False)]


def _between_bounds(profile: Profile, field: str, readers: Iterable[Criterion]) -> list[Profile]:
    known: Interval = getattr(profile, field)
    if known.low == known.high:
        return []
    cuts = sorted({cut for leaf in readers for cut in bounds_of(leaf, field) if known.low < cut < known.high})
    low = max(known.low, 0.0)
    edges = [low, *(cut for cut in cuts if cut > low)]
    edges.append(known.high if known.high < inf else 2 * edges[-1] + 1)
    middles = [(first + last) / 2 for first, last in pairwise(edges)]
    return [_changed(profile, field, Interval(middle, middle)) for middle in _some(middles)]


def _of_an_age(profile: Profile, readers: Iterable[Criterion]) -> list[Profile]:
    if profile.created_on is not None:
        return []
    births = sorted({add_to_day(profile.on, -months).toordinal() for months in months_of(readers) if months < 1200})
    first = births[0] if births else profile.on.toordinal()
    edges = [first - 730, *births, *([profile.on.toordinal()] if profile.on.toordinal() not in births else [])]
    return [
        replace(profile, created_on=date.fromordinal((older + younger) // 2))
        for older, younger in _some(list(pairwise(edges)))
    ]


def _somewhere(profile: Profile, readers: Iterable[Criterion], places: Sequence[Place]) -> list[Profile]:
    """Return the profile at each place; the project goes along where nothing else is known of it."""
    known = profile.place
    if not places:
        codes = {code for leaf in readers if isinstance(leaf, InTerritory) for code in (*leaf.any_of, *leaf.none_of)}
        may_be = sorted(code for code in codes if known.possible is None or code in known.possible)
        nowhere = Place(known.inside, frozenset())
        places = [*(Place(known.inside | {code}, frozenset()) for code in _some(may_be)), nowhere]
    goes_along = profile.project_place == known
    return [
        replace(profile, place=place, project_place=place if goes_along else profile.project_place) for place in places
    ]


def _named(readers: Iterable[Criterion]) -> set[str]:
    found: set[str] = set()
    for leaf in readers:
        found.update(getattr(leaf, "any_of", ()), getattr(leaf, "none_of", ()))
    return found


def _whole_codes(known: str, named: Iterable[str], below: Callable[[str], Iterable[str]]) -> list[str]:
    """Return, for each named prefix of codes that may apply and for none of them, one whole code under it alone."""
    prefixes = {known, *(prefix for prefix in named if prefix.startswith(known))}
    codes = (_first_free(prefix, prefixes, below) for prefix in _some(sorted(prefixes)))
    return [code for code in codes if code not in ("", known)]


def _first_free(path: str, taken: Collection[str], below: Callable[[str], Iterable[str]]) -> str:
    """Return the first whole code under a path that is under no taken one; nothing where there is none."""
    is_whole = True
    for child in below(path):
        is_whole = False
        if child not in taken and (code := _first_free(child, taken, below)):
            return code
    return path if is_whole else ""


def _activities_below(path: str) -> Iterator[str]:
    """Return the paths of the next level of the NAF: sections, divisions, groups, classes, sub-classes."""
    if not path:
        yield from sorted({path[0] for path in _DIVISIONS})
    elif len(path) == 1:
        yield from (division for division in _DIVISIONS if division[0] == path)
    elif len(path) < 5:
        yield from (f"{path}{digit}" for digit in range(10))
    elif len(path) == 5:
        yield from (path + letter for letter in _LETTERS)


def _categories_below(path: str) -> Iterator[str]:
    if len(path) < 4:
        yield from (f"{path}{digit}" for digit in range(10))


def _some[T](classes: Sequence[T]) -> Sequence[T]:
    """Return the classes, or as many of them, evenly spread, as a question may cost."""
    step = -(-len(classes) // MAX_CLASSES)
    return classes[:: step or 1]
