"""An establishment as the State's register (Sirene) shows it: in our copy of it, or by the State's service."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, Self

from backend.territories.models import Nomenclature, Perimeter

# Salaried people of the whole firm at the end of a year, by INSEE's code (tranche d'effectif salarié). "NN" and "00",
# nobody at the end of that year, say nothing of today: they are left out.
HEADCOUNTS: dict[str, tuple[int, int | None]] = {
    "01": (1, 2), "02": (3, 5), "03": (6, 9), "11": (10, 19), "12": (20, 49), "21": (50, 99), "22": (100, 199),
    "31": (200, 249), "32": (250, 499), "41": (500, 999), "42": (1000, 1999), "51": (2000, 4999), "52": (5000, 9999),
    "53": (10_000, None),
}  # fmt: skip
SIRET = re.compile(r"[0-9]{14}")
NAF_2025 = re.compile(r"[0-9]{2}\.[0-9]{2}[A-Z]")  # of which we hold no list
CATEGORIES = {"PME", "ETI", "GE"}
SOLE_TRADER = "1"  # legal categories that begin so are natural persons
# Sirene places an establishment in a district of these three cities; districts are no communes.
DISTRICTS = {"751": "75056", "132": "13055", "693": "69123"}
NO_DAY = "1900-01-01"  # what Sirene writes where it does not know since when
LONGEST_NAME = 160


class Source(StrEnum):
    COPY = "copy"  # of the register's open files, loaded by ``load_establishments``
    SERVICE = "service"  # API Recherche d'entreprises


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What a firm would else type, and nothing of a person; days as ISO, an empty text is not known."""

    siret: str
    name: str  # empty for a sole trader without a trade name: the register has a person's
    commune: str = ""  # INSEE code
    naf: str = ""
    naf_2025: str = ""
    legal_category: str = ""
    created_on: str = ""  # of the firm
    headcount_code: str = ""  # of the firm
    headcount_year: int | None = None
    insee_category: str = ""
    insee_category_year: int | None = None
    is_head_office: bool = False
    is_open: bool = True
    closed_on: str = ""
    source: Source
    read_on: str

    @property
    def siren(self) -> str:
        return self.siret[:9]

    @property
    def headcount(self) -> list[int | None] | None:
        """Bounds of the headcount of the firm at the end of ``headcount_year``."""
        return list(HEADCOUNTS[self.headcount_code]) if self.headcount_code else None

    def facts(self) -> dict[str, Any]:
        """Return what it says, under the names that the engine reads; what it does not say is left out."""
        category = {"category": self.insee_category, "year": self.insee_category_year}
        found: dict[str, Any] = {
            "commune": self.commune,
            "naf": self.naf,
            "naf_2025": self.naf_2025,
            "legal_category": self.legal_category,
            "created_on": self.created_on,
            "headcount": self.headcount,
            "insee_category": category if self.insee_category else None,
        }
        known = {name: value for name, value in found.items() if value}
        if self.legal_category and not self.legal_category.startswith(SOLE_TRADER):
            known["micro_entrepreneur"] = False  # a company cannot be one
        return known

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self | None:
        """Read what ``as_json`` wrote; nothing where another release wrote it otherwise."""
        if set(kept) != {each.name for each in fields(cls)}:
            return None
        return cls(**{**kept, "source": Source(kept["source"])})


def day_of(text: str) -> str:
    """Return a day as ISO; nothing where it is none, or stands for none."""
    try:
        found = date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""
    return "" if found == NO_DAY else found


def year_of(text: str) -> int | None:
    return int(text) if len(text) == 4 and text.isascii() and text.isdigit() else None


def name_of(*names: str) -> str:
    """Return the first name that says something, as it is written."""
    for name in names:
        printable = "".join(mark for mark in name if mark.isprintable()).strip()
        if printable and printable != "[ND]":  # how Sirene writes what is not to be shown
            return printable[:LONGEST_NAME]
    return ""


def only_known_codes(sites: Iterable[Registered]) -> list[Registered]:
    """Leave out codes that are of none of the lists we hold: of an older nomenclature, of a country, of nothing."""
    sites = [replace(site, commune=DISTRICTS.get(site.commune[:3], site.commune)) for site in sites]
    communes = set(
        Perimeter.objects.communes()
        .filter(code__in={f"COM-{site.commune}" for site in sites})
        .values_list("code", flat=True)
    )
    asked = {site.naf for site in sites} | {site.legal_category for site in sites}
    codes = set(Nomenclature.objects.filter(code__in=asked).values_list("system", "code"))
    return [
        replace(
            site,
            commune=site.commune if f"COM-{site.commune}" in communes else "",
            naf=site.naf if (Nomenclature.System.NAF_REV2, site.naf) in codes else "",
            naf_2025=site.naf_2025 if NAF_2025.fullmatch(site.naf_2025) else "",
            # Its first two digits are the form; all four are one that INSEE lists today, or another.
            legal_category=site.legal_category
            if (Nomenclature.System.LEGAL_CATEGORY, site.legal_category) in codes
            else site.legal_category[:2],
            headcount_code=site.headcount_code if site.headcount_code in HEADCOUNTS else "",
            insee_category=site.insee_category if site.insee_category in CATEGORIES else "",
        )
        for site in sites
    ]
