"""What a fact could turn out to be: one changed profile for each answer that some criteria tell apart.

The domain of a fact is cut where the criteria cut it (bounds of numbers, prefixes of codes, perimeters, months of
age): two values between the same cuts get the same outcome everywhere, so that one of each class is enough.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from itertools import pairwise
from math import inf
from typing import Any

import numpy as np

from matching.classes import bounds_of, months_of
from matching.criteria import Activity, Criterion, HoldsScheme, InTerritory, LegalForm
from matching.criteria.dates import add_months
from matching.facts import Figures, Interval, Place, Related
from matching.nomenclatures import activity_path
from matching.profiles import STATES, Profile

type Likely = Mapping[Any, float]

ANSWER, HELD = "answer:", "scheme:"
TYPICAL = 0.9  # of the chances, where typical answers are given
MAX_CLASSES = 64  # of one fact: the others are left out, so that a question costs a bounded time

NUMBERS = {
    "headcount": "headcount",
    "turnover": "turnover",
    "balance_sheet": "balance_sheet",
    "project.spend": "spend",
}
_STATES = {"project.started" if state == "started" else state: state for state in STATES}
_CHOICES = {"project.tenure": "tenure", "project.horizon": "horizon"}
_CODES = {"naf": "activity", "naf_2025": "activity_2025", "legal_category": "legal_category"}
_NOMENCLATURES = {"naf": "naf_rev2", "naf_2025": "naf_2025"}
_OTHER = "another"  # an answer that no criterion names
_LETTERS = "ZABCDEFGHIJ"
_LARGE = Related(
    share=100,
    figures=Figures(headcount=Interval(1e5, 1e5), turnover=Interval(1e11, 1e11), balance_sheet=Interval(1e11, 1e11)),
)


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
        return _told(profile, "answers", question.removeprefix(ANSWER))
    if question.startswith(HELD):
        return _told(profile, "held", question.removeprefix(HELD))
    if question == "commune":
        return _somewhere(profile, readers, places)
    if question in NUMBERS:
        return _between_bounds(profile, NUMBERS[question], readers)
    if question == "created_on":
        return _of_an_age(profile, readers)
    if question in _CODES:
        return _of_a_code(profile, question, readers)
    field = _STATES.get(question) or _CHOICES.get(question) or _SETS.get(question)
    if field is None or getattr(profile, field) not in (None, ""):
        return []
    return [_changed(profile, field, value) for value in _values(question, readers)]


_SETS = {"project.spend_kinds": "spend_kinds", "group": "group"}


def _values(question: str, readers: Iterable[Criterion]) -> Sequence[object]:
    if question in _STATES:
        return (True, False)
    if question == "group":
        return ((), (_LARGE,))
    named = _some(sorted(_named(readers)))
    if question in _CHOICES:
        return (*named, _OTHER)
    return (*(frozenset({kind}) for kind in named), frozenset())


def weighted_variants(
    profile: Profile,
    question: str,
    readers: Sequence[Criterion],
    *,
    places: Sequence[Place] = (),
    likely: Mapping[str, Likely] | None = None,
) -> list[tuple[Profile, float]]:
    """Return the variants, each with its chance.

    Parameters
    ----------
    profile, question, readers, places
        As for :func:`variants`.
    likely : mapping of str to mapping, optional
        By fact, typical answers and how common they are: numbers, codes, booleans (for a group: whether there is
        one); for a day of creation, months of age. They make nine tenths of the chances; the rest is shared evenly, so
        that no answer is taken to be impossible.

    Returns
    -------
    list of (Profile, float)
        The chances sum to 1; without typical answers all are equal.
    """
    every = variants(profile, question, readers, places)
    typical = _typical(profile, question, (likely or {}).get(question, {})) if every else []
    total = sum(weight for _, weight in typical)
    rest = 1 - TYPICAL if typical else 1.0
    return [
        *((row, rest / len(every)) for row in every),
        *((row, TYPICAL * weight / total) for row, weight in typical),
    ]


def _typical(profile: Profile, question: str, likely: Likely) -> list[tuple[Profile, float]]:
    """Return the typical answers that what is known allows."""
    found: list[tuple[Profile, float]] = []
    for value, weight in likely.items():
        row: Profile | None = None
        if question in NUMBERS:
            known: Interval = getattr(profile, NUMBERS[question])
            number = float(value)
            if known.low <= number <= known.high:
                row = _changed(profile, NUMBERS[question], Interval(number, number))
        elif question == "created_on":
            row = replace(profile, created_on=add_to_day(profile.on, -int(value)))
        elif question in _CODES:
            known_code: str = getattr(profile, _CODES[question])
            if _path(question, str(value)).startswith(_path(question, known_code)):
                row = _changed(profile, _CODES[question], str(value))
        elif question == "group":
            row = replace(profile, group=(_LARGE,) if value else ())
        elif question in _STATES:
            row = _changed(profile, _STATES[question], value)
        if row is not None:
            found.append((row, weight))
    return found


def add_to_day(day: date, months: int) -> date:
    """Add months by calendar to one day; never before the first day of the calendar nor after its last."""
    ends = np.array([date.min, date.max], dtype="datetime64[D]")
    found: date = np.clip(add_months(np.array([day], dtype="datetime64[D]"), months), *ends)[0].item()
    return found


def _changed(profile: Profile, field: str, value: object) -> Profile:
    changes: dict[str, Any] = {field: value}
    return replace(profile, **changes)


def _told(profile: Profile, field: str, name: str) -> list[Profile]:
    """Return the profile with a yes and with a no under a name."""
    known: Mapping[str, bool] = getattr(profile, field)
    return [] if name in known else [_changed(profile, field, {**known, name: value}) for value in (True, False)]


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
    edges = [
        max(first - 730, date.min.toordinal()),
        *births,
        *([profile.on.toordinal()] if profile.on.toordinal() not in births else []),
    ]
    return [
        replace(profile, created_on=date.fromordinal((older + younger) // 2))
        for older, younger in _some(list(pairwise(edges)))
    ]


def _somewhere(profile: Profile, readers: Iterable[Criterion], places: Sequence[Place]) -> list[Profile]:
    """Return the profile at each place; the project goes along where nothing else is known of it."""
    known = profile.place
    codes = {code for leaf in readers if isinstance(leaf, InTerritory) for code in (*leaf.any_of, *leaf.none_of)}
    may_be = sorted(codes - known.inside if known.possible is None else codes & known.possible)
    if not may_be:
        return []
    if not places:
        nowhere = Place(known.inside, frozenset())
        places = [*(Place(known.inside | {code}, frozenset()) for code in _some(may_be)), nowhere]
    goes_along = profile.project_place == known
    return [
        replace(profile, place=place, project_place=place if goes_along else profile.project_place) for place in places
    ]


def _of_a_code(profile: Profile, question: str, readers: Iterable[Criterion]) -> list[Profile]:
    field = _CODES[question]
    leaves = [leaf for leaf in readers if isinstance(leaf, Activity | LegalForm) and question in leaf.facts]
    named = {leaf.path(code) for leaf in leaves for code in (*leaf.any_of, *leaf.none_of)}
    nomenclature = _NOMENCLATURES.get(question)
    below = partial(_activities_below, nomenclature=nomenclature) if nomenclature else _categories_below
    codes = _whole_codes(_path(question, getattr(profile, field)), named, below)
    return [_changed(profile, field, code[1:] if nomenclature else code) for code in codes]


def _path(question: str, code: str) -> str:
    """Write a code so that any level is a prefix of the levels below."""
    return activity_path(code, _NOMENCLATURES[question]) if code and question in _NOMENCLATURES else code


def held_names(readers: Iterable[Criterion]) -> set[str]:
    """Return the questions about other schemes: one for each that a criterion names."""
    return {HELD + key for leaf in readers if isinstance(leaf, HoldsScheme) for key in (*leaf.any_of, *leaf.none_of)}


def _named(readers: Iterable[Criterion]) -> set[str]:
    return {name for leaf in readers for names in ("any_of", "none_of") for name in getattr(leaf, names, ())}


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


def _activities_below(path: str, *, nomenclature: str) -> Iterator[str]:
    """Return the paths of the next level: sections, divisions, groups, classes, sub-classes."""
    if not path:
        yield from dict.fromkeys(division[0] for division in _divisions(nomenclature))
    elif len(path) == 1:
        yield from (division for division in _divisions(nomenclature) if division[0] == path)
    elif len(path) < 5:
        yield from (f"{path}{digit}" for digit in range(10))
    elif len(path) == 5:
        yield from (path + letter for letter in _LETTERS)


@cache
def _divisions(nomenclature: str) -> tuple[str, ...]:
    return tuple(activity_path(f"{number:02}", nomenclature) for number in range(1, 100))


def _categories_below(path: str) -> Iterator[str]:
    if len(path) < 4:
        yield from (f"{path}{digit}" for digit in range(10))


def _some[T](classes: Sequence[T]) -> Sequence[T]:
    """Return the classes, or as many of them, evenly spread, as a question may cost."""
    step = -(-len(classes) // MAX_CLASSES)
    return classes[:: step or 1]
