"""Places in the codes that the national schema can write; one that it cannot becomes the area around it."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from backend.schemes.catalogue.record_types import CriterionRecord
from backend.territories.models import Containment, Perimeter

COUNTRY = "PAYS-99100"
_WRITABLE = re.compile(r"[A-Z]+-\d+")  # of the schema: no zone, and neither 2A nor 2B


@dataclass(slots=True)
class Places:
    """Where a scheme is for and where it is not, and what of it could not be written as it is."""

    wanted: list[str]
    excluded: list[str]
    doubts: list[tuple[str, list[str], list[str]]] = field(default_factory=list)  # column, known, written


def places_of(criteria: Iterable[CriterionRecord]) -> Places:
    """Return the places that the conditions of a scheme name, each condition for itself; none is the country.

    Two conditions that name places hold together, which the schema cannot say: the first that it can write stands.
    """
    named = [row for row in criteria if row["kind"] == "in_territory"]
    wanted = sorted((row["any_of"] for row in named if row.get("any_of")), key=lambda codes: not _are_writable(codes))
    excluded = [code for row in named for code in row.get("none_of") or ()]
    found = Places(wanted=[COUNTRY], excluded=list(dict.fromkeys(filter(_WRITABLE.fullmatch, excluded))))
    if wanted:
        found.wanted = list(dict.fromkeys(code for known in wanted[0] for code in _written(known)))
        if COUNTRY in found.wanted:
            found.wanted = [COUNTRY]
    known = [code for codes in wanted for code in codes]
    if len(wanted) > 1 or not _are_writable(known):
        found.doubts.append(("eligibilite_geographique", known, found.wanted))
    if not _are_writable(excluded):
        found.doubts.append(("eligibilite_geographique_exclusions", excluded, found.excluded))
    return found


def _are_writable(codes: Collection[str]) -> bool:
    return all(map(_WRITABLE.fullmatch, codes))


def _written(code: str) -> tuple[str, ...]:
    return (code,) if _WRITABLE.fullmatch(code) else enclosing_regions(code)


@lru_cache(maxsize=512)
def enclosing_regions(code: str) -> tuple[str, ...]:
    """Return the regions that hold a place, of a zone those of the communes we know in it; else the country."""
    held = Containment.objects.filter(holds=True, until=None)
    communes = held.filter(outer__code=code).values("inner")
    regions = held.filter(outer__kind=Perimeter.Kind.REGION)
    inside = regions.filter(inner__code=code) | regions.filter(inner__in=communes)
    return tuple(inside.order_by("outer__code").values_list("outer__code", flat=True).distinct()) or (COUNTRY,)
