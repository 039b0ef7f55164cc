"""The codes that a line or a call of the API may use: communes, regions, activities, legal categories, sub-needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import StringAgg, Value
from django.db.models.functions import Substr

from backend.schemes.models import SubNeed
from backend.territories.models import Containment, Nomenclature, Perimeter


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The codes a line may use."""

    communes: Mapping[str, str]  # code → code of its region
    regions: frozenset[str]
    activities: Mapping[str, str]  # with and without the dot → with it
    legal_categories: frozenset[str]  # every prefix
    sub_needs: Mapping[str, str]  # key → label


@lru_cache(maxsize=1)
def load_codes() -> Codes:
    """Read the codes once: they change with a release only."""
    activities = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2).values_list("code", flat=True)
    categories = Nomenclature.objects.filter(system=Nomenclature.System.LEGAL_CATEGORY).values_list("code", flat=True)
    return Codes(
        communes=_regions_of_communes(),
        regions=frozenset(
            code.partition("-")[2]
            for code in Perimeter.objects.filter(kind=Perimeter.Kind.REGION).values_list("code", flat=True)
        ),
        activities={spelling: code for code in activities for spelling in (code, code.replace(".", ""))},
        legal_categories=frozenset(code[:length] for code in categories for length in range(1, len(code) + 1)),
        sub_needs=dict(SubNeed.objects.values_list("key", "label")),
    )


def _regions_of_communes() -> dict[str, str]:
    """Return the region of each commune, empty where it has none.

    Read as a text a region: 35,000 rows, or as many pairs to take apart, take the processor many times as long.
    """
    every = Perimeter.objects.communes().aggregate(codes=_joined("code"))["codes"]
    found = dict.fromkeys(filter(None, every.split(",")), "")
    inside = Containment.objects.filter(outer__kind=Perimeter.Kind.REGION, until__isnull=True, holds=True)
    inside = inside.filter(inner__kind=Perimeter.Kind.COMMUNE)
    for region, codes in inside.values_list("outer__code").annotate(codes=_joined("inner__code")):
        found |= dict.fromkeys(codes.split(","), region.partition("-")[2])
    return found


def _joined(code: str) -> StringAgg:
    """Join the official codes of perimeters whose kind is said in three letters."""
    return StringAgg(Substr(code, len("COM-") + 1), Value(","), default=Value(""))


def clear_caches() -> None:
    """Forget them: after reference data was loaded again in this process."""
    load_codes.cache_clear()
