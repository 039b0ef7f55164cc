"""Kinds with bounds: figures of the firm, cost of the project; and sizes."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms

from backend.schemes.catalogue.criteria.base import Definition, Fields, Kind
from backend.schemes.catalogue.fields import amount_field, choices_with_blank
from backend.schemes.catalogue.wording import between
from backend.schemes.typography import NBSP, euros, staff
from backend.schemes.vocabulary import ONE_SIZE, SIZE_NAMES

BOUNDS = {"at_least": "Au moins", "above": "Plus de", "at_most": "Au plus", "below": "Moins de"}
SIZES = list(ONE_SIZE)


class Bounded(Kind):
    """At least, more than, at most or less than."""

    opposites = {"at_least": "below", "above": "at_most", "at_most": "above", "below": "at_least"}

    def contrary(self, definition: Definition) -> Definition | None:
        said = [name for name in BOUNDS if definition.get(name) is not None]
        if len(said) != 1 or said[0] not in self.opposites:
            return None
        rest = {name: value for name, value in definition.items() if name not in BOUNDS}
        return {**rest, self.opposites[said[0]]: definition[said[0]]}

    def mistake(self, typed: Mapping[str, Any]) -> str:
        low = [typed[name] for name in ("at_least", "above") if typed.get(name) is not None]
        high = [typed[name] for name in ("at_most", "below") if typed.get(name) is not None]
        if not low and not high:
            return "Écrivez au moins une limite."
        if len(low) > 1 or len(high) > 1:
            return (
                "Une seule limite basse (« ou plus » ou « plus de ») et une seule haute (« au plus » ou « moins de »)."
            )
        strict = typed.get("above") is not None or typed.get("below") is not None
        if low and high and (low[0] > high[0] or (strict and low[0] == high[0])):
            return f"La limite basse ({low[0]}) dépasse la limite haute ({high[0]})."
        return ""


class Headcount(Bounded):
    kind = fact = "headcount"
    whose = {"establishment": "effectif du site", "group": "effectif du groupe"}

    def phrase(self, definition: Definition) -> str:
        whose = self.whose.get(definition.get("level", ""), "effectif de l’entreprise")
        return f"{whose}{NBSP}: {_range(definition, staff)}"

    def fields(self) -> Fields:
        levels = [("company", "l’entreprise"), ("establishment", "le site"), ("group", "le groupe")]
        return {**_bounds("salariés"), "level": forms.ChoiceField(label="Effectif de quoi", choices=levels)}


class Figure(Bounded):
    """An amount of the firm: its own, or that of its group."""

    what: str

    def phrase(self, definition: Definition) -> str:
        whose = " du groupe" if definition.get("level") == "group" else ""
        return f"{self.what}{whose}{NBSP}: {_range(definition, euros)}"

    def fields(self) -> Fields:
        levels = [("company", "l’entreprise"), ("group", "le groupe entier")]
        return {**_bounds("€"), "level": forms.ChoiceField(label="De quoi", choices=levels)}


class Turnover(Figure):
    kind = fact = "turnover"
    what = "chiffre d’affaires"


class BalanceSheet(Figure):
    kind = fact = "balance_sheet"
    what = "total du bilan"


class Spend(Bounded):
    kind, fact = "spend", "project.spend"

    def phrase(self, definition: Definition) -> str:
        return f"coût du projet hors taxes{NBSP}: {_range(definition, euros)}"

    def fields(self) -> Fields:
        return _bounds("€, hors taxes")


class SizeCategory(Kind):
    kind = "size_category"

    def phrase(self, definition: Definition) -> str:
        smallest, largest = definition.get("from", SIZES[0]), definition.get("to", SIZES[-1])
        names = ONE_SIZE[smallest] if smallest == largest else f"de {ONE_SIZE[smallest]} à {ONE_SIZE[largest]}"
        return f"taille (groupe compris){NBSP}: {SIZE_NAMES.get((smallest, largest), names)}"

    def fields(self) -> Fields:
        sizes = choices_with_blank(ONE_SIZE.items(), "sans limite")
        help_text = "« Entreprise moyenne » comprise : c’est la PME au sens européen."
        return {
            "from": forms.ChoiceField(label="De", choices=sizes, required=False),
            "to": forms.ChoiceField(label="À", choices=sizes, required=False, help_text=help_text),
        }

    def mistake(self, typed: Mapping[str, Any]) -> str:
        first, last = SIZES.index(typed["from"] or SIZES[0]), SIZES.index(typed["to"] or SIZES[-1])
        if (first, last) == (0, len(SIZES) - 1):
            return "Toutes les tailles sont admises : choisissez une limite, ou retirez ce critère."
        return "" if first <= last else "La première taille dépasse la seconde."

    def contrary(self, definition: Definition) -> Definition | None:
        first, last = SIZES.index(definition.get("from", SIZES[0])), SIZES.index(definition.get("to", SIZES[-1]))
        if first == 0:
            return {"kind": self.kind, "from": SIZES[last + 1]}
        return {"kind": self.kind, "to": SIZES[first - 1]} if last == len(SIZES) - 1 else None


def _bounds(unit: str) -> Fields:
    return {name: amount_field(f"{label} ({unit})") for name, label in BOUNDS.items()}


def _range(definition: Definition, write: Callable[..., str]) -> str:
    low = definition.get("at_least", definition.get("above"))
    high = definition.get("at_most", definition.get("below"))
    low_text = None if low is None else f"plus de {write(low)}" if "above" in definition else f"{write(low)} ou plus"
    high_text = (
        None if high is None else f"moins de {write(high)}" if "below" in definition else f"{write(high)} au plus"
    )
    if low_text and high_text and "at_least" in definition and "at_most" in definition:
        return between(low, high, write)
    return " et ".join(filter(None, (low_text, high_text)))
