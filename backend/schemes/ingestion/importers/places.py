"""Names of regions and departments as other sites write them, and the codes of our perimeters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from backend.common.text import fold, remember_short
from backend.schemes.ingestion.importers.faults import RowError, show
from backend.territories.models import Containment, Perimeter


@remember_short
def spelling(name: str) -> str:
    """Return a name without accents, case, hyphens, apostrophes nor the word "région"."""
    plain = "".join(mark if mark.isalnum() else " " for mark in fold(name))
    return " ".join(plain.split()).removeprefix("region ")


@dataclass(frozen=True, slots=True)
class Places:
    """Codes by name, and the region of each department."""

    codes: Mapping[str, str]
    region_of: Mapping[str, str]

    @classmethod
    def load(cls, aliases: Mapping[str, str]) -> Self:
        """Read our perimeters once; a name that a region and a department share is the region's."""
        codes: dict[str, str] = {}
        for kind in (Perimeter.Kind.DEPARTMENT, Perimeter.Kind.REGION):
            rows = Perimeter.objects.filter(kind=kind).values_list("name", "code")
            codes |= {spelling(name): code for name, code in rows}
        regions = Containment.objects.filter(
            inner__kind=Perimeter.Kind.DEPARTMENT, outer__kind=Perimeter.Kind.REGION, holds=True, until=None
        )
        return cls(
            codes | {spelling(name): code for name, code in aliases.items()},
            dict(regions.values_list("inner__code", "outer__code")),
        )

    def find(self, name: str) -> str | None:
        """Return the code of a region or, failing that, of a department; ``None`` where the name is neither's."""
        return self.codes.get(spelling(name))

    def read(self, names: Iterable[str], *, place: str) -> list[str]:
        """Return the code of each name, once. Raises ``RowError`` at the first that is unknown."""
        found: list[str] = []
        for name in names:
            code = self.find(name)
            if code is None:
                raise RowError(
                    f"« {place} » contient {show(name)}, un nom inconnu ; attendu : le nom d’une région ou d’un "
                    "département, comme « Hauts-de-France » ou « Oise »."
                )
            if code not in found:
                found.append(code)
        return found

    def covers(self, codes: Iterable[str], code: str) -> bool:
        """Tell whether a code is among some, or in a region that is."""
        codes = set(codes)
        return code in codes or self.region_of.get(code) in codes
