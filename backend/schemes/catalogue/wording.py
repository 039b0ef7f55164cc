"""French sentences made from criteria: written here once, never typed twice."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from backend.facts.yes_no import YES_NO
from backend.schemes.catalogue.contraries import contrary
from backend.schemes.catalogue.revision_wording import window
from backend.schemes.models import Scheme
from backend.schemes.typography import NBSP, day, day_of_year, euros, join, months, number, staff
from backend.schemes.vocabulary import HORIZONS, LEGAL_GROUPS, ONE_SIZE, SIZE_NAMES, SPEND_KINDS, TENURES
from backend.territories.models import Nomenclature, Perimeter, ZoneList


def sentence(definition: Mapping[str, Any]) -> str:
    """Return what a criterion asks, as a French phrase that starts with a capital."""
    text: str = _PHRASES[definition["kind"]](definition)
    return text[:1].upper() + text[1:]


def nature(definition: Mapping[str, Any]) -> str:
    """Return what a sentence that a person answers is: a condition, an appraisal, an undertaking; empty for others."""
    return str(definition.get("nature", "condition")) if definition["kind"] == "manual" else ""


def _territory(definition: Mapping[str, Any]) -> str:
    whose = "projet situé" if definition.get("level") == "project" else "établissement situé"
    found = []
    if definition.get("any_of"):
        found.append(f"{whose} dans{NBSP}: {join(map(perimeter_name, definition['any_of']))}")
    if definition.get("none_of"):
        found.append(f"{whose} hors de{NBSP}: {join(map(perimeter_name, definition['none_of']))}")
    return ", et ".join(found)


def _activity(definition: Mapping[str, Any]) -> str:
    is_new = definition.get("nomenclature") == "naf_2025"
    name: Callable[[str], str] = activity_2025_name if is_new else activity_name
    found = []
    if definition.get("any_of"):
        found.append(f"activité{' (NAF 2025)' if is_new else ''}{NBSP}: {join(map(name, definition['any_of']))}")
    if definition.get("none_of"):
        what = "sauf" if found else f"toute activité{' (NAF 2025)' if is_new else ''}, sauf"
        found.append(f"{what}{NBSP}: {join(map(name, definition['none_of']))}")
    return ", ".join(found)


def _legal_form(definition: Mapping[str, Any]) -> str:
    found = []
    if definition.get("any_of"):
        found.append(f"forme juridique{NBSP}: {join(map(legal_name, definition['any_of']))}")
    if definition.get("none_of"):
        found.append(f"forme juridique autre que{NBSP}: {join(map(legal_name, definition['none_of']))}")
    return ", ".join(found)


def _range(definition: Mapping[str, Any], write: Any) -> str:
    low = definition.get("at_least", definition.get("above"))
    high = definition.get("at_most", definition.get("below"))
    low_text = None if low is None else f"plus de {write(low)}" if "above" in definition else f"{write(low)} ou plus"
    high_text = (
        None if high is None else f"moins de {write(high)}" if "below" in definition else f"{write(high)} au plus"
    )
    if low_text and high_text and "at_least" in definition and "at_most" in definition:
        return between(low, high, write)
    return " et ".join(filter(None, (low_text, high_text)))


def between(low: float, high: float, write: Any) -> str:
    """Write both bounds of a range, the unit of a headcount once."""
    return f"de {number(low) if write is staff else write(low)} à {write(high)}"


def _headcount(definition: Mapping[str, Any]) -> str:
    whose = {"establishment": "effectif du site", "group": "effectif du groupe"}.get(
        definition.get("level", ""), "effectif de l’entreprise"
    )
    return f"{whose}{NBSP}: {_range(definition, staff)}"


def _euros_of(what: str) -> Callable[[Mapping[str, Any]], str]:
    """Word an amount of the firm: the firm's own, or that of its group."""

    def phrase(definition: Mapping[str, Any]) -> str:
        whose = " du groupe" if definition.get("level") == "group" else ""
        return f"{what}{whose}{NBSP}: {_range(definition, euros)}"

    return phrase


def _yes_no(yes: str, no: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda definition: yes if definition.get("expected", True) else no


def _listed(definition: Mapping[str, Any], names: Mapping[str, Any], wanted: str, excluded: str) -> str:
    """Word what is wanted among some names, then what is excluded; each phrase has a place for the names."""
    phrases = [
        phrase.format(join(str(names[one]) for one in definition[part]))
        for part, phrase in (("any_of", wanted), ("none_of", excluded))
        if definition.get(part)
    ]
    return ", et ".join(phrases)


def _tenure(definition: Mapping[str, Any]) -> str:
    return _listed(definition, TENURES, "être {} des locaux", "ne pas être {} des locaux")


def _horizon(definition: Mapping[str, Any]) -> str:
    wanted, excluded = f"projet prévu{NBSP}: {{}}", f"projet prévu à un autre moment que{NBSP}: {{}}"
    return _listed(definition, HORIZONS, wanted, excluded)


def _spend_kind(definition: Mapping[str, Any]) -> str:
    wanted, excluded = f"le projet comprend au moins{NBSP}: {{}}", f"le projet ne comprend rien de ceci{NBSP}: {{}}"
    return _listed(definition, SPEND_KINDS, wanted, excluded)


def _holds_scheme(definition: Mapping[str, Any]) -> str:
    found = []
    if definition.get("any_of"):
        found.append(f"avoir obtenu d’abord{NBSP}: {join(map(scheme_name, definition['any_of']))}")
    if definition.get("none_of"):
        found.append(f"ne pas avoir déjà{NBSP}: {join(map(scheme_name, definition['none_of']))}")
    return ", et ".join(found)


def _age(definition: Mapping[str, Any]) -> str:
    parts = []
    if definition.get("at_least") is not None:
        parts.append(f"depuis {months(definition['at_least'])} au moins")
    if definition.get("at_most") is not None:
        parts.append(f"depuis {months(definition['at_most'])} au plus")
    if definition.get("below") is not None:
        parts.append(f"depuis moins de {months(definition['below'])}")
    return "entreprise créée " + " et ".join(parts)


def _size(definition: Mapping[str, Any]) -> str:
    smallest, largest = definition.get("from", "micro"), definition.get("to", "large")
    names = ONE_SIZE[smallest] if smallest == largest else f"de {ONE_SIZE[smallest]} à {ONE_SIZE[largest]}"
    return f"taille (groupe compris){NBSP}: {SIZE_NAMES.get((smallest, largest), names)}"


def _window(definition: Mapping[str, Any]) -> str:
    opens, closes = (
        date.fromisoformat(definition[name]) if definition.get(name) else None for name in ("opens_on", "closes_on")
    )
    if definition.get("yearly") and opens and closes:
        return f"ouvert chaque année du {day_of_year(opens)} au {day_of_year(closes)} inclus"
    if definition.get("seen_on"):
        held = f", à confirmer après le {_iso_day(definition['seen_until'])}" if definition.get("seen_until") else ""
        return f"vu ouvert le {_iso_day(definition['seen_on'])}{held}"
    return window(definition.get("state", "unknown"), opens, closes)


def _iso_day(text: str) -> str:
    return day(date.fromisoformat(text))


_PHRASES: dict[str, Any] = {
    "in_territory": _territory,
    "activity": _activity,
    "legal_form": _legal_form,
    "headcount": _headcount,
    "turnover": _euros_of("chiffre d’affaires"),
    "balance_sheet": _euros_of("total du bilan"),
    "spend": lambda definition: f"coût du projet hors taxes{NBSP}: {_range(definition, euros)}",
    "age_months": _age,
    "size_category": _size,
    **{name: _yes_no(*fact.conditions) for name, fact in YES_NO.items()},
    "tenure": _tenure,
    "horizon": _horizon,
    "spend_kind": _spend_kind,
    "holds_scheme": _holds_scheme,
    "project_not_started": lambda _: "projet pas encore commencé (aucun devis ni bon de commande signé)",
    "window": _window,
    "manual": lambda definition: definition["sentence"],
    "all": lambda definition: _parts(definition, " ; et "),
    "any": lambda definition: f"l’un ou l’autre{NBSP}: {_parts(definition, ' ; ou ')}",
    "not": lambda definition: _not(definition["of"]),
}


def _not(definition: Mapping[str, Any]) -> str:
    """Word the contrary of a criterion: as a criterion of its own wherever there is one."""
    opposite = contrary(definition)
    if opposite is not None:
        return sentence(opposite)
    if definition["kind"] == "any":
        return f"aucun de ces cas{NBSP}: {_parts(definition, ' ; ')}"
    if definition["kind"] == "all":
        return f"pas tout à la fois{NBSP}: {_parts(definition, ' ; et ')}"
    if definition["kind"] == "project_not_started":
        return "projet déjà commencé (un devis ou un bon de commande est signé)"
    return f"ne pas être dans ce cas{NBSP}: {_lower(sentence(definition))}"


def _parts(definition: Mapping[str, Any], link: str) -> str:
    return link.join(_lower(sentence(part)) for part in definition["of"])


def _lower(text: str) -> str:
    """Lower the first letter, but of a name in capitals."""
    first_word = re.split(r"[\s’']", text, maxsplit=1)[0]  # "À jour" and "L’entreprise" are no names
    is_name = len(first_word) > 1 and first_word.isupper()
    return text if is_name else text[:1].lower() + text[1:].rstrip(".")


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


@lru_cache(maxsize=2048)
def activity_name(code: str) -> str:
    return _nomenclature_name(Nomenclature.System.NAF_REV2, _dotted(code)) or code


def activity_2025_name(code: str) -> str:
    """Return a code of the NAF 2025, of which we hold no list of names."""
    return _dotted(code)


def _dotted(code: str) -> str:
    plain = code.replace(".", "")
    return f"{plain[:2]}.{plain[2:]}" if len(plain) > 2 else plain


@lru_cache(maxsize=512)
def legal_name(code: str) -> str:
    """Return what a legal category is called, or the group it is in where our list has no such category."""
    named = LEGAL_GROUPS.get(code) or _nomenclature_name(Nomenclature.System.LEGAL_CATEGORY, code)
    above = (LEGAL_GROUPS[code[:length]] for length in range(len(code), 0, -1) if code[:length] in LEGAL_GROUPS)
    return named or next(above, code)


def scheme_name(key: str) -> str:
    """Return the name of a scheme by its key with the source, as it is in force."""
    source, _, source_key = key.partition(":")
    scheme = Scheme.objects.filter(source=source, source_key=source_key).select_related("current").first()
    return scheme.current.name if scheme and scheme.current else key


def _nomenclature_name(system: str, code: str) -> str:
    row = Nomenclature.objects.filter(system=system, code=code).first()
    return f"{row.name} ({row.code})" if row else ""


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
    """Forget the names of places and the lists of zones: after they were loaded again in this process."""
    perimeter_name.cache_clear()
    _zone_list.cache_clear()
