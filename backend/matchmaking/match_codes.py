"""The codes that a line or a call of the API may use: communes, regions, activities, legal categories, sub-needs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import OuterRef

from backend.schemes.models import SubNeed
from backend.territories.models import Containment, Nomenclature, Perimeter

DEPARTMENT = 2  # letters that the codes of the communes of one begin with; those overseas share theirs
FEW = 4  # departments: a file that names more of them mostly names all


class Communes:
    """The communes and their regions, by official code.

    Those of a department are read when one of them is asked for: all 35,000 take twenty times as long, and a file or a
    question is mostly of one. Of many departments it is the other way round: then the rest is read at once.
    """

    _CODE = re.compile(r"[0-9][0-9AB][0-9]{3}")

    def __init__(self) -> None:
        self._regions: dict[str, Mapping[str, str]] = {}  # by department, then by commune

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and bool(self._CODE.fullmatch(code)) and code in self._beside(code)

    def region_of(self, code: str) -> str:
        """Return the code of the region of a known commune, empty where it has none."""
        return self._beside(code)[code]

    def _beside(self, code: str) -> Mapping[str, str]:
        department = code[:DEPARTMENT]
        if department not in self._regions:
            read: dict[str, dict[str, str]] = {department: {}}
            for commune, region in _regions_of_communes(department if len(self._regions) < FEW else "").items():
                read.setdefault(commune[:DEPARTMENT], {})[commune] = region
            self._regions.update(read)
        return self._regions[department]


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The codes a line may use."""

    communes: Communes
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
        communes=Communes(),
        regions=frozenset(
            code.partition("-")[2]
            for code in Perimeter.objects.filter(kind=Perimeter.Kind.REGION).values_list("code", flat=True)
        ),
        activities={spelling: code for code in activities for spelling in (code, code.replace(".", ""))},
        legal_categories=frozenset(code[:length] for code in categories for length in range(1, len(code) + 1)),
        sub_needs=dict(SubNeed.objects.values_list("key", "label")),
    )


def _regions_of_communes(department: str) -> dict[str, str]:
    """Return the region of each commune whose code begins so, empty where it has none."""
    regions = Containment.objects.filter(outer__kind=Perimeter.Kind.REGION, until__isnull=True, holds=True)
    region = regions.filter(inner=OuterRef("pk")).values("outer__code")[:1]
    communes = Perimeter.objects.communes().filter(code__startswith=f"COM-{department}")
    found = communes.annotate(region=region).values_list("code", "region")
    return {code.partition("-")[2]: (region or "").partition("-")[2] for code, region in found}


def clear_caches() -> None:
    """Forget them: after reference data was loaded again in this process."""
    load_codes.cache_clear()
