"""What people can answer, and the facts that each answer stands for; an empty answer is unknown."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from backend.companies.registered import SOLE_TRADER
from backend.schemes.catalogue.wording import perimeter_name
from backend.schemes.typography import number
from backend.territories.services import activities

UNKNOWN = ("", _("Je ne sais pas"))

HEADCOUNT_BANDS = (
    ("0,0", _("aucun salarié")),
    ("1,9", _("1 à 9")),
    ("10,19", _("10 à 19")),
    ("20,49", _("20 à 49")),
    ("50,99", _("50 à 99")),
    ("100,249", _("100 à 249")),
    ("250,499", _("250 à 499")),
    ("500,4999", _("500 à 4 999")),
    ("5000,", _("5 000 ou plus")),
)
MONEY_BANDS = (
    ("0,500000", _("moins de 500 000 €")),
    ("500000,2000000", _("de 500 000 € à 2 M€")),
    ("2000000,10000000", _("de 2 M€ à 10 M€")),
    ("10000000,50000000", _("de 10 M€ à 50 M€")),
    ("50000001,500000000", _("plus de 50 M€, jusqu’à 500 M€")),
    ("500000001,", _("plus de 500 M€")),
)
BALANCE_BANDS = (
    ("0,2000000", _("2 M€ au plus")),
    ("2000001,10000000", _("de 2 M€ à 10 M€")),
    ("10000001,43000000", _("de 10 M€ à 43 M€")),
    ("43000001,2000000000", _("plus de 43 M€, jusqu’à 2 milliards")),
    ("2000000001,", _("plus de 2 milliards d’euros")),
)
# Value → facts. One question for the legal form and the micro regime: people know which of these they are.
LEGAL_FORMS: dict[str, tuple[Any, dict[str, Any]]] = {
    "57": (_("SAS ou SASU"), {"legal_category": "57", "micro_entrepreneur": False}),
    "54": (_("SARL ou EURL"), {"legal_category": "54", "micro_entrepreneur": False}),
    "55": (_("SA à conseil d’administration"), {"legal_category": "55", "micro_entrepreneur": False}),
    "56": (_("SA à directoire"), {"legal_category": "56", "micro_entrepreneur": False}),
    "10-micro": (_("Micro-entrepreneur"), {"legal_category": "10", "micro_entrepreneur": True}),
    "10": (_("Entreprise individuelle (hors micro)"), {"legal_category": "10", "micro_entrepreneur": False}),
    "65": (_("Société civile"), {"legal_category": "65", "micro_entrepreneur": False}),
    "92": (_("Association"), {"legal_category": "92", "micro_entrepreneur": False}),
}
TRILEAN = (("yes", _("Oui")), ("no", _("Non")), UNKNOWN)
ELSEWHERE = "elsewhere"


def band(value: str) -> list[int | None] | None:
    """Read a band such as ``10,19`` or ``5000,``; an empty answer is unknown."""
    if not value:
        return None
    low, high = value.split(",")
    return [int(low) if low else None, int(high) if high else None]


def band_key(value: Any, bands: Iterable[tuple[str, Any]]) -> str:
    """Write a stored interval as the key of its band; nothing where it is none, so that the field stays as it is."""
    if not isinstance(value, list):
        return ""
    key = ",".join("" if bound is None else str(int(bound)) for bound in value)
    return key if key in dict(bands) else ""


def number_typed(value: Any) -> str:
    """Write a stored number as people type it; nothing for an interval."""
    return number(value) if isinstance(value, int | float) else ""


def trilean(value: str) -> bool | None:
    return {"yes": True, "no": False}.get(value)


def trilean_key(value: bool | None) -> str:
    """Write what is known as the answer that says it."""
    return {True: "yes", False: "no"}.get(value, "") if value is not None else ""


def legal_form_key(facts: Mapping[str, Any]) -> str:
    """Return the choice that stands for the legal category and the micro regime known.

    None for a sole trader of whom the regime is unknown: the list asks for more than the register says.
    """
    category, micro = facts.get("legal_category", ""), facts.get("micro_entrepreneur")
    if micro is None and category.startswith(SOLE_TRADER):
        return ""
    for key, (_label, wanted) in LEGAL_FORMS.items():
        if category.startswith(wanted["legal_category"]) and bool(micro) == wanted["micro_entrepreneur"]:
            return key
    return ""


def commune_label(code: str | None) -> str:
    """Write a commune so that it can be read back, homonyms or not: ``Janville (60323)``."""
    return f"{perimeter_name(f'COM-{code}')} ({code})" if code else ""


def activity_choices() -> list[Any]:
    """Return industry by division, mines last, then the other sections: what most factory owners look for first."""
    rows = activities().values()
    sections = {row.code: row.name for row in rows if row.level == "section"}
    divisions = sorted((row.code, row.name) for row in rows if row.level == "division")
    industry: list[tuple[str, str]] = [(code, name) for code, name in divisions if "10" <= code <= "39"]
    industry += [(code, name) for code, name in divisions if "05" <= code < "10"]
    others = [(code, name) for code, name in sorted(sections.items()) if code not in "BCDE"]
    return [(str(_("Industrie, énergie, déchets")), industry), (str(_("Autres activités")), others)]
