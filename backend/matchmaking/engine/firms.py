"""What is known of a firm, as the engine reads it: facts by name, places from the geography in the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from math import inf
from typing import Any

import matching
from backend.companies.models import Fact
from backend.territories.services import (
    Surroundings,
    communes_surroundings,
    perimeter_surroundings,
    period_of,
    region_surroundings,
    served_communes,
)

type Facts = Mapping[str, Any]

# What an activity may be in each nomenclature, as its code in the other one says: facts that follow from others, kept
# with a result so that it can be had again whatever table is loaded since.
POSSIBLE = {"naf_rev2": "naf_possible", "naf_2025": "naf_2025_possible"}


def profile(facts: Facts, *, on: date) -> matching.Profile:
    """Turn facts, named as users name them, into a profile; what is absent or ``None`` is unknown.

    The place of the project is that of the establishment where no other is stated, as for the officer in charge.
    """
    place = _place(facts.get("commune"), facts.get("region"), on=on)
    project_commune = facts.get("project.commune")
    return matching.Profile(
        on=on,
        headcount=_interval(facts.get("headcount")),
        turnover=_interval(facts.get("turnover")),
        balance_sheet=_interval(facts.get("balance_sheet")),
        spend=_interval(facts.get("project.spend")),
        place=place,
        project_place=_place(project_commune, None, on=on) if project_commune else place,
        activity=facts.get("naf") or "",
        legal_category=facts.get("legal_category") or "",
        created_on=date.fromisoformat(facts["created_on"]) if facts.get("created_on") else None,
        micro_entrepreneur=facts.get("micro_entrepreneur"),
        started=facts.get("project.started"),
        activity_2025=facts.get("naf_2025") or "",
        possible_activities=frozenset(facts.get(POSSIBLE["naf_rev2"]) or ()),
        possible_activities_2025=frozenset(facts.get(POSSIBLE["naf_2025"]) or ()),
        craft_register=facts.get("craft_register"),
        public_body=facts.get("public_body"),
        in_difficulty=facts.get("in_difficulty"),
        taxes_up_to_date=facts.get("taxes_up_to_date"),
        tenure=facts.get("project.tenure") or "",
        horizon=facts.get("project.horizon") or "",
        spend_kinds=None if facts.get("project.spend_kinds") is None else frozenset(facts["project.spend_kinds"]),
        group=None if facts.get("group") is None else tuple(map(_related, facts["group"])),
        previous_years=tuple(map(_figures, facts.get("previous_years") or ())),
        held=held_schemes(facts),
        answers={
            name.removeprefix(Fact.ANSWER): bool(value)
            for name, value in facts.items()
            if name.startswith(Fact.ANSWER) and value is not None
        },
    )


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
    found = {**(facts.get("schemes") or {}), **one_by_one}
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
    if commune:
        keep_communes([(commune, on)])
        return _communes[commune, period_of(on)]
    return _region(region, period_of(on)) if region else matching.ANYWHERE


# What was read of the geography, by commune and period: 35,000 communes at most, a kilobyte each.
_communes: dict[tuple[str, date], matching.Place] = {}


def keep_communes(wanted: Iterable[tuple[str, date]]) -> None:
    """Read at once the surroundings of the communes that are not known yet."""
    missing: defaultdict[date, set[str]] = defaultdict(set)
    for commune, on in wanted:
        period = period_of(on)
        if (commune, period) not in _communes:
            missing[period].add(commune)
    for period, codes in missing.items():
        found = communes_surroundings(codes, on=period)
        _communes.update({(code, period): _to_place(found.get(code)) for code in codes})


@lru_cache(maxsize=100)
def _region(code: str, period: date) -> matching.Place:
    return _to_place(region_surroundings(code, on=period))


@lru_cache(maxsize=1000)
def perimeter_place(code: str, period: date) -> matching.Place:
    return _to_place(perimeter_surroundings(code, on=period))


def _to_place(surroundings: Surroundings | None) -> matching.Place:
    return matching.Place(surroundings.inside, surroundings.possible) if surroundings else matching.ANYWHERE


@lru_cache(maxsize=4)
def served_places(period: date) -> tuple[matching.Place, ...]:
    """Return where the firms of the territory may be, each place once."""
    codes = [commune.official_code for commune in served_communes()]
    keep_communes((code, period) for code in codes)
    return tuple(dict.fromkeys(_communes[code, period_of(period)] for code in codes))


def is_same_activity(code: str, other: str) -> bool:
    """Tell whether of two codes of the NAF, of any level, one holds the other."""
    path, other_path = matching.activity_path(code), matching.activity_path(other)
    return path.startswith(other_path) or other_path.startswith(path)


def clear_caches() -> None:
    """Forget what was read of the geography."""
    _communes.clear()
    _region.cache_clear()
    perimeter_place.cache_clear()
    served_places.cache_clear()
