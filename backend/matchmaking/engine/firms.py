"""What is known of a firm, as the engine reads it: facts by name, places from the geography in the database."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from math import inf
from typing import Any

import matching
from backend.companies.models import Fact
from backend.facts.yes_no import YES_NO
from backend.territories.services import (
    Surroundings,
    areas_surroundings,
    communes_surroundings,
    perimeter_surroundings,
    period_of,
    served_communes,
)

type Facts = Mapping[str, Any]

COMMUNE = "COM-"  # what the code of a commune's perimeter begins with
HELD = "schemes"  # told in a list; or one by one

# What an activity may be in each nomenclature, as its code in the other one says: facts that follow from others, kept
# with a result so that it can be had again whatever table is loaded since.
POSSIBLE = {"naf_rev2": "naf_possible", "naf_2025": "naf_2025_possible"}


def _as_said(facts: Facts, names: Sequence[str]) -> Any:
    return facts.get(names[0])


def _text(facts: Facts, names: Sequence[str]) -> str:
    return facts.get(names[0]) or ""


def _number(facts: Facts, names: Sequence[str]) -> matching.Interval:
    return _interval(facts.get(names[0]))


def _paths(facts: Facts, names: Sequence[str]) -> frozenset[str]:
    return frozenset(facts.get(names[0]) or ())


def _day(facts: Facts, names: Sequence[str]) -> date | None:
    told = facts.get(names[0])
    return date.fromisoformat(told) if told else None


def _kinds(facts: Facts, names: Sequence[str]) -> frozenset[str] | None:
    told = facts.get(names[0])
    return None if told is None else frozenset(told)


def _group(facts: Facts, names: Sequence[str]) -> tuple[matching.Related, ...] | None:
    told = facts.get(names[0])
    return None if told is None else tuple(map(_related, told))


def _years(facts: Facts, names: Sequence[str]) -> tuple[matching.Figures, ...]:
    return tuple(map(_figures, facts.get(names[0]) or ()))


# The fields of a profile: the facts that make each, and how; those of a person's answers and of schemes that the firm
# has are told apart by what they start with.
_FIELDS: Mapping[str, tuple[tuple[str, ...], Callable[[Facts, Sequence[str]], Any]]] = {
    "headcount": (("headcount",), _number),
    "turnover": (("turnover",), _number),
    "balance_sheet": (("balance_sheet",), _number),
    "spend": (("project.spend",), _number),
    "activity": (("naf",), _text),
    "activity_2025": (("naf_2025",), _text),
    "possible_activities": ((POSSIBLE["naf_rev2"],), _paths),
    "possible_activities_2025": ((POSSIBLE["naf_2025"],), _paths),
    "legal_category": (("legal_category",), _text),
    "created_on": (("created_on",), _day),
    **{name: ((name,), _as_said) for name in YES_NO},
    "started": (("project.started",), _as_said),
    "tenure": (("project.tenure",), _text),
    "horizon": (("project.horizon",), _text),
    "spend_kinds": (("project.spend_kinds",), _kinds),
    "group": (("group",), _group),
    "previous_years": (("previous_years",), _years),
}
_NOTHING: Mapping[str, bool] = {}  # one object, which takes no time to compare
_FIELD_OF = {name: field for field, (names, _) in _FIELDS.items() for name in names}
_PLACES = {"place": ("commune", "region"), "project_place": ("project.commune", "commune", "region")}
_PREFIXES = {"answers": (Fact.ANSWER,), "held": (Fact.SCHEME, HELD)}


def profile(facts: Facts, *, on: date) -> matching.Profile:
    """Turn facts, named as users name them, into a profile; what is absent or ``None`` is unknown.

    The place of the project is that of the establishment where no other is stated, as for the officer in charge.
    """
    fields = {field: None for name in facts if (field := _FIELD_OF.get(name))}
    found: dict[str, Any] = {field: read(facts, names) for field in fields for names, read in (_FIELDS[field],)}
    place = _place(facts.get("commune"), facts.get("region"), on=on)
    project_commune = facts.get("project.commune")
    return matching.Profile(
        on=on,
        place=place,
        project_place=_place(project_commune, None, on=on) if project_commune else place,
        held=held_schemes(facts) or _NOTHING,
        answers={
            name.removeprefix(Fact.ANSWER): bool(value)
            for name, value in facts.items()
            if name.startswith(Fact.ANSWER) and value is not None
        }
        or _NOTHING,
        **found,
    )


def facts_read_by(fields: Iterable[str]) -> tuple[set[str], tuple[str, ...]]:
    """Return the names of the facts that make some fields of a profile, and what the names of others begin with."""
    fields = list(fields)
    names = {name for field in fields for name in _PLACES.get(field) or _FIELDS.get(field, ((),))[0]}
    return names, tuple(prefix for field in fields for prefix in _PREFIXES.get(field, ()))


def with_correspondents(facts: Facts, table: matching.Correspondence) -> dict[str, Any]:
    """Return facts with what the activity may be in the nomenclature in which its code is not known."""
    found = {name: value for name, value in facts.items() if name not in POSSIBLE.values()}
    old, new = facts.get("naf") or "", facts.get("naf_2025") or ""
    for name, paths in (("naf_rev2", table.of(new, "naf_2025")), ("naf_2025", table.of(old, "naf_rev2"))):
        if paths:
            found[POSSIBLE[name]] = sorted(paths)
    return found


def held_schemes(facts: Facts) -> dict[str, bool]:
    """Return the schemes that the firm is known to have, or not to have: told in a list, or one by one."""
    one_by_one = {
        name.removeprefix(Fact.SCHEME): value for name, value in facts.items() if name.startswith(Fact.SCHEME)
    }
    found = {**(facts.get(HELD) or {}), **one_by_one}
    return {key: value for key, value in found.items() if value is not None}


def _figures(known: Facts) -> matching.Figures:
    return matching.Figures(
        headcount=_interval(known.get("headcount")),
        turnover=_interval(known.get("turnover")),
        balance_sheet=_interval(known.get("balance_sheet")),
    )


def _related(known: Facts) -> matching.Related:
    return matching.Related(
        share=float(known["share"]),
        control=bool(known.get("control")),
        holder=known.get("holder") or "company",
        figures=_figures(known),
        name=known.get("name") or "",
    )


def _interval(value: Any) -> matching.Interval:
    """Read a number, ``[low, high]`` or nothing; a null bound is open."""
    if value is None:
        return matching.Interval()
    if isinstance(value, int | float):
        return matching.Interval(float(value), float(value))
    low, high = value
    return matching.Interval(-inf if low is None else float(low), inf if high is None else float(high))


def _place(commune: str | None, region: str | None, *, on: date) -> matching.Place:
    code = _perimeter(commune, region)
    if not code:
        return matching.ANYWHERE
    place = code, period_of(on)
    if place not in _places:
        _read_places([place])
    return _places[place]


def _perimeter(commune: str | None, region: str | None) -> str:
    return f"{COMMUNE}{commune}" if commune else f"REG-{region}" if region else ""


# What was read of the geography, by perimeter and period: 35,000 communes at most, a kilobyte each, and the regions.
_places: dict[tuple[str, date], matching.Place] = {}


def keep_places(asked: Iterable[tuple[Facts, date]]) -> None:
    """Read at once where the communes and regions lie that facts of a day name, those that are not known yet."""
    named = (
        (_perimeter(*codes), on)
        for facts, on in asked
        for codes in ((facts.get("commune"), facts.get("region")), (facts.get("project.commune"), None))
    )
    _read_places({(code, period_of(on)) for code, on in named if code}.difference(_places))


def _read_places(places: Iterable[tuple[str, date]]) -> None:
    by_period: defaultdict[date, set[str]] = defaultdict(set)
    for code, period in places:
        by_period[period].add(code)
    for period, codes in by_period.items():
        communes = {code for code in codes if code.startswith(COMMUNE)}
        of_communes = communes_surroundings([code.removeprefix(COMMUNE) for code in communes], on=period)
        found = {f"{COMMUNE}{code}": around for code, around in of_communes.items()}
        if areas := codes - communes:
            found |= areas_surroundings(areas, on=period)
        _places.update({(code, period): _to_place(found.get(code)) for code in codes})


@lru_cache(maxsize=1000)
def perimeter_place(code: str, period: date) -> matching.Place:
    return _to_place(perimeter_surroundings(code, on=period))


def _to_place(surroundings: Surroundings | None) -> matching.Place:
    return matching.Place(surroundings.inside, surroundings.possible) if surroundings else matching.ANYWHERE


@lru_cache(maxsize=4)
def served_places(period: date) -> tuple[matching.Place, ...]:
    """Return where the firms of the territory may be, each place once."""
    places = [(commune.code, period_of(period)) for commune in served_communes()]
    _read_places({*places}.difference(_places))
    return tuple(dict.fromkeys(_places[place] for place in places))


def is_same_activity(code: str, other: str) -> bool:
    """Tell whether of two codes of the NAF, of any level, one holds the other."""
    path, other_path = matching.activity_path(code), matching.activity_path(other)
    return path.startswith(other_path) or other_path.startswith(path)


def clear_caches() -> None:
    """Forget what was read of the geography."""
    _places.clear()
    perimeter_place.cache_clear()
    served_places.cache_clear()
