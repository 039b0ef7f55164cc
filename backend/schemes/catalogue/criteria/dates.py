"""Kinds that depend on a day: the age of a firm, and when a scheme takes applications."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from backend.schemes.catalogue.criteria.base import Definition, Fields, Kind
from backend.schemes.catalogue.criteria.numbers import Bounded
from backend.schemes.catalogue.fields import day_field
from backend.schemes.catalogue.revision_wording import window
from backend.schemes.models import Revision
from backend.schemes.typography import day, day_of_year, months


class AgeMonths(Bounded):
    kind, fact = "age_months", "created_on"
    opposites = {"at_least": "below", "below": "at_least"}

    def phrase(self, definition: Definition) -> str:
        parts = []
        if definition.get("at_least") is not None:
            parts.append(f"depuis {months(definition['at_least'])} au moins")
        if definition.get("at_most") is not None:
            parts.append(f"depuis {months(definition['at_most'])} au plus")
        if definition.get("below") is not None:
            parts.append(f"depuis moins de {months(definition['below'])}")
        return "entreprise créée " + " et ".join(parts)

    def fields(self) -> Fields:
        labels = {"at_least": "Au moins (mois)", "at_most": "Au plus (mois)", "below": "Moins de (mois)"}
        return {
            name: forms.IntegerField(label=label, required=False, min_value=0, max_value=1200)
            for name, label in labels.items()
        }


class Window(Kind):
    kind = "window"

    def phrase(self, definition: Definition) -> str:
        opens, closes = (
            date.fromisoformat(definition[name]) if definition.get(name) else None
            for name in ("opens_on", "closes_on")
        )
        if definition.get("yearly") and opens and closes:
            return f"ouvert chaque année du {day_of_year(opens)} au {day_of_year(closes)} inclus"
        if definition.get("seen_on"):
            until = definition.get("seen_until")
            held = f", à confirmer après le {_iso_day(until)}" if until else ""
            return f"vu ouvert le {_iso_day(definition['seen_on'])}{held}"
        return window(definition.get("state", "unknown"), opens, closes)

    def fields(self) -> Fields:
        return {
            "state": forms.ChoiceField(label="Ouverture", choices=Revision.WindowState.choices, initial="unknown"),
            "opens_on": day_field("Ouvre le"),
            "closes_on": day_field("Ferme le (dernier jour compris)"),
            "yearly": forms.BooleanField(label="Revient chaque année aux mêmes dates", required=False),
            "seen_on": day_field("Vu ouvert le (ouverture à confirmer seulement)"),
            "seen_until": day_field("Ce constat vaut jusqu’au"),
        }

    def mistake(self, typed: Mapping[str, Any]) -> str:
        if typed["state"] == Revision.WindowState.DATED and not typed["closes_on"]:
            return "Une ouverture entre deux dates demande le dernier jour."
        if typed["opens_on"] and typed["closes_on"] and typed["opens_on"] > typed["closes_on"]:
            return "La fermeture est avant l’ouverture."
        if typed["yearly"] and not (typed["opens_on"] and typed["closes_on"]):
            return "Une ouverture qui revient chaque année demande son premier et son dernier jour."
        return _mistake_in_sighting(typed)


def _mistake_in_sighting(typed: Mapping[str, Any]) -> str:
    seen_on, seen_until = typed["seen_on"], typed["seen_until"]
    if not seen_on and not seen_until:
        return ""
    if typed["state"] != Revision.WindowState.UNKNOWN:
        return "« Vu ouvert le » ne va qu’avec une ouverture à confirmer."
    if not seen_on or (seen_until and seen_until < seen_on):
        return "Un constat dit le jour où le dispositif a été vu ouvert, puis jusqu’à quand cela vaut."
    return ""


def _iso_day(text: str) -> str:
    return day(date.fromisoformat(text))
