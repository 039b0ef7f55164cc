"""The columns of the national schema that hold what a scheme asks, where a condition says exactly that.

Only conditions that stand alone are read: of two that hold one or the other, neither is asked of everybody. What a
column cannot say exactly is left empty, and stands in the sidecar.
"""

import math
from collections.abc import Iterable

from backend.schemes.catalogue.national.places import places_of
from backend.schemes.catalogue.record_types import CriterionRecord, SchemeRecord
from backend.schemes.catalogue.wording import activity_name, legal_name
from backend.schemes.models import Definition
from backend.schemes.vocabulary import LEGAL_GROUPS

NAF = "naf_rev2"
ALL_SECTORS = "tous secteurs d'activité"
# Sizes of firm as INSEE names them, smallest first; the European small and medium firm are one category there.
_SIZES = ("micro", "small", "medium", "intermediate", "large")
_CATEGORIES = {
    ("micro",): "MIC",
    ("small", "medium"): "PME",
    ("intermediate",): "ETI",
    ("large",): "GE",
}
# Legal categories of INSEE that are whole families of the schema's own list; the others go under their official name.
_FORMS = {
    ("1",): ("EI", "Microentrepreneur"),
    ("5",): ("SNC", "SCS", "SCA", "SARL", "EURL", "SA", "SAS", "SASU"),
    ("52",): ("SNC",),
    ("5306",): ("SCS",),
    ("5308",): ("SCA",),
    ("54",): ("SARL", "EURL"),
    ("55", "56"): ("SA",),
    ("57",): ("SAS", "SASU"),
    ("5720",): ("SASU",),
    ("62",): ("GIE",),
    ("6533",): ("GAEC",),
}


def condition_columns(record: SchemeRecord) -> dict[str, str]:
    """Return every column that the conditions and the targeting of a record fill."""
    criteria = record["criteria"]
    places = places_of(criteria)
    low, high = _headcount(criteria)
    wanted, excluded = _legal_forms(criteria)
    targeted, untargeted = _activities(record)
    return {
        "eligibilite_geographique": "|".join(places.wanted),
        "eligibilite_geographique_exclusions": "|".join(places.excluded),
        "eligibilite_effectif_minimal": low,
        "eligibilite_effectif_maximal": high,
        "eligibilite_categorie_taille_entreprise": "|".join(_categories(criteria)),
        "eligibilite_annees_existence_minimal": _years(criteria),
        "eligibilite_forme_juridique": "|".join(wanted),
        "eligibilite_forme_juridique_exclusions": "|".join(excluded),
        "ciblage_secteur_activite": "|".join(_sectors(record, targeted)),
        "ciblage_naf": "|".join(targeted),
        "ciblage_naf_exclusions": "|".join(untargeted),
    }


def _of_kind(criteria: Iterable[CriterionRecord], kind: str) -> list[CriterionRecord]:
    return [row for row in criteria if row["kind"] == kind]


def _headcount(criteria: Iterable[CriterionRecord]) -> tuple[str, str]:
    """Return the least and the most staff, in whole people, of a firm; those of a site or a group have no column."""
    rows = [row for row in _of_kind(criteria, "headcount") if row.get("level", "company") == "company"]
    lows = [least for row in rows if (least := _least(row)) is not None]
    highs = [most for row in rows if (most := _most(row)) is not None]
    return str(max(lows)) if lows else "", str(min(highs)) if highs else ""


def _least(row: Definition) -> int | None:
    if (above := row.get("above")) is not None:
        return math.floor(above) + 1
    return None if (at_least := row.get("at_least")) is None else math.ceil(at_least)


def _most(row: Definition) -> int | None:
    if (below := row.get("below")) is not None:
        return math.ceil(below) - 1
    return None if (at_most := row.get("at_most")) is None else math.floor(at_most)


def _categories(criteria: Iterable[CriterionRecord]) -> list[str]:
    """Return the categories of INSEE that a range of sizes is made of; nothing where it cuts one in two."""
    rows = _of_kind(criteria, "size_category")
    if len(rows) != 1:
        return []
    first, last = _SIZES.index(rows[0].get("from", "micro")), _SIZES.index(rows[0].get("to", "large"))
    sizes = _SIZES[first : last + 1]
    found = {category: [size in sizes for size in of] for of, category in _CATEGORIES.items()}
    if any(any(held) and not all(held) for held in found.values()):
        return []
    return [category for category, held in found.items() if all(held)]


def _years(criteria: Iterable[CriterionRecord]) -> str:
    """Return the least age in whole years; eighteen months are neither one year nor two."""
    months = [int(least) for row in _of_kind(criteria, "age_months") if (least := row.get("at_least"))]
    return str(max(months) // 12) if months and max(months) % 12 == 0 else ""


def _legal_forms(criteria: Iterable[CriterionRecord]) -> tuple[list[str], list[str]]:
    rows = _of_kind(criteria, "legal_form")
    wanted = [list(row["any_of"]) for row in rows if row.get("any_of")]
    excluded = [name for row in rows for name in _named(row.get("none_of") or ())]
    micro = [row.get("expected", True) for row in _of_kind(criteria, "micro_entrepreneur")]
    names = list(_named(wanted[0])) if len(wanted) == 1 else []
    if True in micro and not wanted:
        names = ["Microentrepreneur"]
    if False in micro:
        excluded.append("Microentrepreneur")
    return names, list(dict.fromkeys(excluded))


def _named(codes: Iterable[str]) -> Iterable[str]:
    """Give the names of some legal categories; the official one where the schema's list has none that is as wide."""
    left = list(codes)
    for family, names in _FORMS.items():
        if set(family) <= set(left):
            yield from names
            left = [code for code in left if code not in family]
    for code in left:
        yield (LEGAL_GROUPS.get(code) or legal_name(code).rsplit(" (", 1)[0]).replace("|", "/")


def _activities(record: SchemeRecord) -> tuple[list[str], list[str]]:
    """Return the activities that a scheme aims at, else those that it asks for, and those that it excludes."""
    rows = [
        row for row in _of_kind(record["criteria"], "activity") if row.get("nomenclature", "naf_rev2") == "naf_rev2"
    ]
    asked = [list(row["any_of"]) for row in rows if row.get("any_of")]
    targeted = record["targeted_naf"] or (asked[0] if len(asked) == 1 else [])
    excluded = [code for row in rows for code in row.get("none_of") or ()]
    return [dotted(code) for code in targeted], list(dict.fromkeys(map(dotted, excluded)))


def dotted(code: str) -> str:
    """Write a code of the NAF rév. 2 as the schema does.

    >>> dotted("c"), dotted("25"), dotted("256"), dotted("2562B"), dotted("25.62B")
    ('C', '25', '25.6', '25.62B', '25.62B')
    """
    plain = code.replace(".", "").strip().upper()
    return f"{plain[:2]}.{plain[2:]}" if len(plain) > 2 else plain


def _sectors(record: SchemeRecord, targeted: Iterable[str]) -> list[str]:
    found = [activity_name(code).rsplit(" (", 1)[0].replace("|", "/") for code in targeted]
    if any(row.get("expected", True) for row in _of_kind(record["criteria"], "craft_register")):
        found.append("artisanat")
    return list(dict.fromkeys(found)) or [ALL_SECTORS]
