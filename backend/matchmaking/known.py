"""What is known of a firm, in words: the names of facts, their values and where each comes from."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.models import Match, Submission
from backend.schemes import wording

FACT_NAMES = {
    "commune": _("la commune"),
    "naf": _("l’activité (code NAF)"),
    "headcount": _("l’effectif"),
    "turnover": _("le chiffre d’affaires"),
    "balance_sheet": _("le total du bilan"),
    "created_on": _("la date de création"),
    "legal_category": _("la forme juridique"),
    "micro_entrepreneur": _("le régime (micro-entrepreneur ou non)"),
    "project.started": _("si le projet est commencé"),
    "project.spend": _("le coût du projet"),
    "window": _("les dates d’ouverture (à demander au porteur)"),
}
# Which fact a leaf of a criterion reads, to show the firm's own value beside the rule.
FACT_OF_KIND = {
    "in_territory": "commune",
    "activity": "naf",
    "headcount": "headcount",
    "turnover": "turnover",
    "balance_sheet": "balance_sheet",
    "spend": "project.spend",
    "age_months": "created_on",
    "legal_form": "legal_category",
    "micro_entrepreneur": "micro_entrepreneur",
    "project_not_started": "project.started",
}
# What an officer sees of the firm, in this order.
FACT_LABELS = (
    ("commune", _("Commune")),
    ("project.commune", _("Commune du projet")),
    ("naf", _("Activité")),
    ("legal_category", _("Forme juridique")),
    ("micro_entrepreneur", _("Régime")),
    ("created_on", _("Création")),
    ("headcount", _("Effectif")),
    ("turnover", _("Chiffre d’affaires")),
    ("balance_sheet", _("Bilan")),
    ("project.started", _("Projet")),
    ("project.spend", _("Coût du projet")),
    ("project.tenure", _("Locaux")),
    ("project.horizon", _("Pour quand")),
)
SIZE_FACTS = ("headcount", "turnover", "balance_sheet")


def missing_facts(match: Match) -> tuple[str, ...]:
    """Name in words the facts that leave a scheme undecided."""
    return tuple(str(FACT_NAMES.get(fact, fact)) for fact in match.unknown)


class Known:
    """The firm's values in words, each with where it comes from."""

    def __init__(self, facts: engine.Facts, rows: Mapping[str, Fact], submission_id: int | None = None) -> None:
        self.facts = facts
        self.submission_id = submission_id
        self._rows = rows

    def values_for(self, definition: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Return what the firm said of what a criterion reads: pairs of a value and its origin."""
        kind = definition["kind"]
        if kind == "manual":
            names: tuple[str, ...] = (f"{Fact.ANSWER}{definition['fact']}",)
        elif kind == "in_territory" and definition.get("level") == "project" and self.facts.get("project.commune"):
            names = ("project.commune",)
        elif kind == "size_category":
            names = SIZE_FACTS
        else:
            names = (FACT_OF_KIND[kind],) if kind in FACT_OF_KIND else ()
        return tuple((self.value(name), self.origin(name)) for name in names if self._is_known(name))

    def _is_known(self, name: str) -> bool:
        """Tell whether a fact says anything: an interval open on both sides does not."""
        value = self.facts.get(name)
        return value is not None and value not in ([None, None], (None, None))

    def value(self, name: str) -> str:
        return value_text(name, self.facts[name])

    def origin(self, name: str) -> str:
        row = self._rows.get(name)
        if row is None:
            return ""
        return f"{row.get_origin_display()}, le {wording.day(row.recorded_on)}"


def value_text(name: str, value: Any) -> str:
    """Write the value of a fact as a person would say it."""
    if name.endswith("commune"):
        return wording.perimeter_name(f"COM-{value}")
    if name == "naf":
        return wording.activity_name(value)
    if name == "legal_category":
        return wording.legal_name(value)
    if name == "created_on":
        return f"créée le {wording.day(date.fromisoformat(value))}"
    if name == "headcount":
        return _interval(value, wording.staff)
    if name in ("turnover", "balance_sheet", "project.spend"):
        label = {"turnover": "chiffre d’affaires", "balance_sheet": "bilan", "project.spend": "projet"}[name]
        return f"{label} {_interval(value, wording.euros)}"
    if name == "project.started":
        return "projet déjà commencé" if value else "projet pas commencé"
    if name == "micro_entrepreneur":
        return "micro-entrepreneur" if value else "pas micro-entrepreneur"
    if name == "project.tenure":
        return {"owner": "propriétaire", "tenant": "locataire"}[value]
    if name == "project.horizon":
        return str(Submission.Horizon(value).label)
    if isinstance(value, bool):
        return "oui" if value else "non"
    return str(value)


def _interval(value: Any, write: Any) -> str:
    low, high = value if isinstance(value, list | tuple) else (value, value)
    if low == high and low is not None:
        return str(write(low))
    if low is None:
        return f"{write(high)} au plus"
    if high is None:
        return f"{write(low)} ou plus"
    return wording.between(low, high, write)
