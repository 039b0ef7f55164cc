"""The codes that a line or a call of the API may use: communes, regions, activities, legal categories, sub-needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat

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
    regions = Containment.objects.filter(outer__kind=Perimeter.Kind.REGION, until__isnull=True, holds=True)
    region_of = dict(pair.split("/") for pair in _all(regions, Concat("inner__code", Value("/"), "outer__code")))
    activities = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2).values_list("code", flat=True)
    categories = Nomenclature.objects.filter(system=Nomenclature.System.LEGAL_CATEGORY).values_list("code", flat=True)
    return Codes(
        communes={
            _official(code): _official(region_of.get(code, ""))
            for code in _all(Perimeter.objects.communes(), F("code"))
        },
        regions=frozenset(
            _official(code)
            for code in Perimeter.objects.filter(kind=Perimeter.Kind.REGION).values_list("code", flat=True)
        ),
        activities={spelling: code for code in activities for spelling in (code, code.replace(".", ""))},
        legal_categories=frozenset(code[:length] for code in categories for length in range(1, len(code) + 1)),
        sub_needs=dict(SubNeed.objects.values_list("key", "label")),
    )


def clear_caches() -> None:
    """Forget them: after reference data was loaded again in this process."""
    load_codes.cache_clear()


def _all(rows: QuerySet[Any], code: Combinable) -> list[str]:
    """Return a code of each row, read as one text: 35,000 rows take the processor ten times as long."""
    text = rows.aggregate(codes=Cast(ArrayAgg(code, default=Value([])), TextField()))["codes"]
    return list(filter(None, text.strip("{}").split(",")))


def _official(code: str) -> str:
    return code.partition("-")[2]
