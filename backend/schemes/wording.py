"""French sentences made from criteria, windows and amounts: written here once, never typed twice."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils import formats

from backend.schemes.contraries import contrary
from backend.schemes.models import Revision, Scheme
from backend.schemes.vocabulary import HORIZONS, LEGAL_GROUPS, ONE_SIZE, SIZE_NAMES, SPEND_KINDS, TENURES
from backend.schemes.windows import SHUT, TAKING, WindowOn, expected_again, is_seen_open, window_on
from backend.territories.models import Nomenclature, Perimeter

NBSP = "\N{NO-BREAK SPACE}"
COUNTED_DAYS = 90  # from so near an end, the days left are told


def euros(amount: float) -> str:
    """Write an amount as people read it: ``1 200 €``, ``2,5 M€``."""
    if amount >= 1_000_000_000:
        return f"{number(amount / 1e9)}{NBSP}Md€"
    if amount >= 1_000_000:
        return f"{number(amount / 1e6)}{NBSP}M€"
    return f"{number(amount)}{NBSP}€"


def number(value: float) -> str:
    """Write a number in French, with no more decimals than it has."""
    decimals = 0 if float(value).is_integer() else 2
    whole, _, part = f"{value:,.{decimals}f}".partition(".")
    part = part.rstrip("0")
    return whole.replace(",", NBSP) + (f",{part}" if part else "")


def staff(value: float) -> str:
    """Write a headcount: ``35 salariés``, ``1 salarié``."""
    return f"{number(value)}{NBSP}salarié{'s' if value >= 2 else ''}"


@lru_cache(maxsize=4_000)
def day(value: date) -> str:
    """Write a day in French: ``1er janvier 2027``."""
    text = str(formats.date_format(value, "j F Y"))
    return f"1er{text[1:]}" if value.day == 1 else text


def day_of_year(value: date) -> str:
    """Write a day that comes back every year: ``1er mars``."""
    text = str(formats.date_format(value, "j F"))
    return f"1er{text[1:]}" if value.day == 1 else text


def partial_day(value: str) -> str:
    """Write a date known to the year, the month or the day; nothing where it is not known.

    >>> partial_day("2025")
    '2025'
    """
    if len(value) == 10:
        return day(date.fromisoformat(value))
    if len(value) == 7:
        return str(formats.date_format(date.fromisoformat(f"{value}-01"), "F Y"))
    return value


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
        found.append(f"{whose} dans{NBSP}: {_join(map(perimeter_name, definition['any_of']))}")
    if definition.get("none_of"):
        found.append(f"{whose} hors de{NBSP}: {_join(map(perimeter_name, definition['none_of']))}")
    return ", et ".join(found)


def _activity(definition: Mapping[str, Any]) -> str:
    is_new = definition.get("nomenclature") == "naf_2025"
    name: Callable[[str], str] = activity_2025_name if is_new else activity_name
    found = []
    if definition.get("any_of"):
        found.append(f"activité{' (NAF 2025)' if is_new else ''}{NBSP}: {_join(map(name, definition['any_of']))}")
    if definition.get("none_of"):
        what = "sauf" if found else f"toute activité{' (NAF 2025)' if is_new else ''}, sauf"
        found.append(f"{what}{NBSP}: {_join(map(name, definition['none_of']))}")
    return ", ".join(found)


def _legal_form(definition: Mapping[str, Any]) -> str:
    found = []
    if definition.get("any_of"):
        found.append(f"forme juridique{NBSP}: {_join(map(legal_name, definition['any_of']))}")
    if definition.get("none_of"):
        found.append(f"forme juridique autre que{NBSP}: {_join(map(legal_name, definition['none_of']))}")
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
        phrase.format(_join(str(names[one]) for one in definition[part]))
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
        found.append(f"avoir obtenu d’abord{NBSP}: {_join(map(scheme_name, definition['any_of']))}")
    if definition.get("none_of"):
        found.append(f"ne pas avoir déjà{NBSP}: {_join(map(scheme_name, definition['none_of']))}")
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


def months(count: int) -> str:
    """Write a number of months, in years where it is whole.

    >>> months(36), months(12), months(18)
    ('3 ans', '1 an', '18 mois')
    """
    years, rest = divmod(count, 12)
    if rest or not years:
        return f"{count} mois"
    return f"{years} an{'s' if years > 1 else ''}"


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


def sighting(revision: Revision) -> str:
    """Say when a scheme was seen open, and where; nothing where its sheet states its window, or nobody saw it."""
    return f"vu ouvert le {day(revision.seen_on)} ({revision.seen_by})" if revision.seen_on else ""


def window(state: str, opens_on: date | None, closes_on: date | None) -> str:
    """Say when applications are taken; the last day is inside."""
    dates = " ".join(
        filter(
            None, (f"du {day(opens_on)}" if opens_on else "", f"jusqu’au {day(closes_on)} inclus" if closes_on else "")
        )
    )
    if state == "permanent":
        return f"ouvert en permanence{f' depuis le {day(opens_on)}' if opens_on else ''}"
    if state == "closed":
        return f"fermé{f' ({dates})' if dates else ''}"
    if state == "suspended":
        return "suspendu par le porteur"
    if state == "exhausted":
        return f"enveloppe épuisée{f' ({dates})' if dates else ''}"
    if state == "dated":
        return f"ouvert {dates}"
    return f"dates d’ouverture à confirmer{f' ({dates})' if dates else ''}"


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
    "micro_entrepreneur": _yes_no("être micro-entrepreneur", "ne pas être micro-entrepreneur"),
    "craft_register": _yes_no(
        "entreprise artisanale (immatriculée au secteur des métiers et de l’artisanat)",
        "entreprise qui n’est pas artisanale",
    ),
    "public_body": _yes_no("être un organisme public", "ne pas être un organisme public"),
    "in_difficulty": _yes_no(
        "l’entreprise est en difficulté (au sens européen)", "l’entreprise n’est pas en difficulté (au sens européen)"
    ),
    "taxes_up_to_date": _yes_no(
        "à jour de ses impôts et cotisations sociales", "pas à jour de ses impôts et cotisations sociales"
    ),
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


def _join(names: Iterable[str]) -> str:
    names = list(names)
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" ou {names[-1]}"


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
    return LEGAL_GROUPS.get(code) or _nomenclature_name(Nomenclature.System.LEGAL_CATEGORY, code) or code


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


def amount(revision: Revision) -> str:
    """Say how much a scheme gives, or that we do not know; only what a source says."""
    if revision.amount_text:
        parts = [revision.amount_text.rstrip("."), rates_by_size(revision), eligible_spend(revision)]
    else:
        parts = _figures(revision)
    if revision.duration:
        parts.append(f"durée{NBSP}: {revision.duration.rstrip('.')}")
    text = " ; ".join(filter(None, parts))
    return text[:1].upper() + text[1:] if text else ""


def _figures(revision: Revision) -> list[str]:
    """Say the typed figures of an amount, where no words do."""
    unit = revision.get_amount_unit_display() if revision.amount_unit else ""
    by_size = rates_by_size(revision)
    parts = ["en nature, pas en argent" if revision.in_kind else "", by_size]
    if revision.rate_max_pct is not None and not by_size:
        parts.append(f"jusqu’à {percent(revision.rate_max_pct)}")
    low, high = revision.floor_eur, revision.ceiling_eur
    if low is not None and high is not None:
        parts.append(f"de {euros(float(low))} à {euros(float(high))} {unit}".strip())
    elif high is not None:
        parts.append(f"{euros(float(high))} au plus {unit}".strip())
    elif low is not None:
        parts.append(f"{euros(float(low))} au moins {unit}".strip())
    parts.append(eligible_spend(revision))
    if revision.cost_left_eur is not None:
        left = float(revision.cost_left_eur)
        parts.append(f"reste à votre charge{NBSP}: {euros(left)}" if left else "gratuit pour l’entreprise")
    return parts


def percent(value: Decimal | float) -> str:
    return f"{number(float(value))}{NBSP}%"


def rates_by_size(revision: Revision) -> str:
    """Say the rate of each size of firm that a source gives one for; sizes of one rate together."""
    sizes: dict[Decimal, list[str]] = {}
    for size, rate in revision.rates.items():
        sizes.setdefault(rate, []).append(ONE_SIZE[size])
    return ", ".join(f"{percent(rate)} ({_join(names)})" for rate, names in sizes.items())


def eligible_spend(revision: Revision) -> str:
    """Say between which bounds a spend counts."""
    low, high = revision.spend_min_eur, revision.spend_max_eur
    if low is not None and high is not None:
        return f"dépense retenue{NBSP}: de {euros(float(low))} à {euros(float(high))}"
    if high is not None:
        return f"dépense retenue{NBSP}: {euros(float(high))} au plus"
    return f"dépense{NBSP}: {euros(float(low))} au moins" if low is not None else ""


def deadline(revision: Revision, *, on: date) -> str:
    """Say when a scheme takes applications, as seen on a day, and when it was last seen open where no date says it."""
    seen, stated = sighting(revision), dates(revision, on=on)
    if not seen or window_on(revision, on=on) not in (*TAKING, WindowOn.UNKNOWN):
        return stated
    if not is_seen_open(revision, on=on):
        return f"{stated}{NBSP}; {seen}"
    last = f", jusqu’au {day(revision.closes_on)} inclus" if revision.closes_on else ""
    return f"{seen[:1].upper()}{seen[1:]}{last}"


def dates(revision: Revision, *, on: date) -> str:
    """Say what the dates of a sheet are, as seen on a day: a page read again changes nothing of them."""
    found, left = window_on(revision, on=on), revision.days_left(on)
    text = window(revision.window_state, revision.opens_on, revision.closes_on)
    if found == WindowOn.CLOSED and revision.closes_on and revision.closes_on < on:
        text = f"fermé depuis le {day(revision.closes_on)}"
    elif found == WindowOn.UPCOMING and revision.opens_on:
        last = f", jusqu’au {day(revision.closes_on)} inclus" if revision.closes_on else ""
        text = f"ouvre le {day(revision.opens_on)}{last}"
        if revision.window_state == Revision.WindowState.UNKNOWN:
            text += " (à confirmer)"
    elif found in TAKING and left is not None and left <= COUNTED_DAYS:
        text += (
            f" (dernier jour{NBSP}: aujourd’hui)" if left == 0 else f" (encore {left} jour{'s' if left > 1 else ''})"
        )
    again = expected_again(revision, on=on)
    if again:
        text += f"{NBSP}; de nouveau attendu vers {formats.date_format(again, 'F Y')}"
    elif found in SHUT and found != WindowOn.SUSPENDED and revision.recurring:
        text += f"{NBSP}; revient chaque année, sans date annoncée"
    return text[:1].upper() + text[1:]
