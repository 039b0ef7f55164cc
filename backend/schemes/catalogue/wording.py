"""What codes of criteria are called, and what is said beside a criterion: its nature, the lists of its zones."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from backend.schemes.models import Scheme
from backend.schemes.typography import NBSP, day, euros, number, staff
from backend.schemes.vocabulary import LEGAL_GROUPS
from backend.territories.models import Nomenclature, Perimeter, ZoneList

# What is said of the parts of a condition where each is read on a line of its own.
LISTS = {"any": f"L’un ou l’autre{NBSP}:", "all": f"Tout à la fois{NBSP}:"}


def nature(definition: Mapping[str, Any]) -> str:
    """Return what a sentence that a person answers is: a condition, an appraisal, an undertaking; empty for others."""
    return str(definition.get("nature", "condition")) if definition["kind"] == "manual" else ""


def between(low: float, high: float, write: Any) -> str:
    """Write both bounds of a range, the unit of a headcount once."""
    return f"de {number(low) if write is staff else write(low)} à {write(high)}"


def zone_lists(definition: Mapping[str, Any]) -> str:
    """Say from which lists, and of which day, a condition on places knows who is in the zones that it names."""
    if definition["kind"] != "in_territory":
        return ""
    named = dict.fromkeys(map(str, (*definition.get("any_of", ()), *definition.get("none_of", ()))))
    return " ".join(filter(None, (_zone_list(code) for code in named if code.startswith("ZONE-"))))


@lru_cache(maxsize=256)
def _zone_list(code: str) -> str:
    found = ZoneList.objects.filter(zone__code=code).select_related("zone").first()
    if found is None or not found.said:
        return ""
    return f"Liste « {found.zone} » du {day(found.dated)}{NBSP}: {found.source.rstrip('.')}."


@lru_cache(maxsize=2048)
def perimeter_name(code: str) -> str:
    """Return the name of a perimeter; the usual name of an intercommunality served."""
    perimeter = Perimeter.objects.select_related("served").filter(code=code).first()
    if perimeter is None:
        return code
    served = getattr(perimeter, "served", None)
    return served.usual_name if served else perimeter.name


def activity_name(code: str) -> str:
    return _nomenclature_names(Nomenclature.System.NAF_REV2).get(_dotted(code), code)


def activity_2025_name(code: str) -> str:
    """Return a code of the NAF 2025, of which we hold no list of names."""
    return _dotted(code)


def _dotted(code: str) -> str:
    plain = code.replace(".", "")
    return f"{plain[:2]}.{plain[2:]}" if len(plain) > 2 else plain


def legal_name(code: str) -> str:
    """Return what a legal category is called, or the group it is in where our list has no such category."""
    named = LEGAL_GROUPS.get(code) or _nomenclature_names(Nomenclature.System.LEGAL_CATEGORY).get(code, "")
    above = (LEGAL_GROUPS[code[:length]] for length in range(len(code), 0, -1) if code[:length] in LEGAL_GROUPS)
    return named or next(above, code)


def scheme_name(key: str) -> str:
    """Return the name of a scheme by its key with the source, as it is in force."""
    source, _, source_key = key.partition(":")
    scheme = Scheme.objects.filter(source=source, source_key=source_key).select_related("current").first()
    return scheme.current.name if scheme and scheme.current else key


@lru_cache(maxsize=len(Nomenclature.System.values))
def _nomenclature_names(system: str) -> dict[str, str]:
    """Return the names of all codes: a sheet may name forty, and each would be asked for by itself."""
    rows = Nomenclature.objects.filter(system=system).values_list("code", "name")
    return {code: f"{name} ({code})" for code, name in rows}


def changes(several: Iterable[tuple[str, str, Any]]) -> str:
    """Say under which changes a scheme would be possible: each a fact, how its value is meant, and the value."""
    said = {fact: _CHANGES[fact](bound, value) for fact, bound, value in several}
    day_from = said.pop("on", "")
    return ", ".join(filter(None, (day_from, " et ".join(said.values()))))


_BOUNDS = {"at_least": "au moins", "above": "plus de", "at_most": "au plus", "below": "moins de"}
_CHANGES: dict[str, Any] = {
    "on": lambda bound, value: f"à partir du {day(value)}",
    "project.spend": lambda bound, value: f"si le projet coûtait {_BOUNDS[bound]} {euros(value)}",
    "project.commune": lambda bound, value: f"si le projet se faisait ailleurs (dans{NBSP}: {perimeter_name(value)})",
    "headcount": lambda bound, value: f"si l’entreprise comptait {_BOUNDS[bound]} {staff(value)}",
}


def clear_caches() -> None:
    """Forget the names of places and codes, and the lists of zones: after they were loaded again in this process."""
    perimeter_name.cache_clear()
    _zone_list.cache_clear()
    _nomenclature_names.cache_clear()
