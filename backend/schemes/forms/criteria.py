"""One criterion as a row of typed fields, those of its kind; groups of criteria are written in YAML."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from backend.common.fields import PlainText
from backend.schemes.forms.fields import (
    ActivityList,
    LegalFormList,
    Parts,
    PlaceList,
    amount_field,
    choices_with_blank,
    day_field,
)
from backend.schemes.models import Revision, canonical_criterion, validate_criterion
from backend.schemes.records import ANNOTATIONS, Record, unknown_perimeters
from backend.schemes.vocabulary import LEGAL_GROUPS, ONE_SIZE
from backend.schemes.wording import sentence

type Fields = dict[str, forms.Field]

KINDS: dict[str, str] = {
    "in_territory": "Lieu de l’établissement ou du projet",
    "activity": "Activité (code NAF)",
    "size_category": "Taille d’entreprise (micro, PME, ETI…)",
    "headcount": "Effectif",
    "turnover": "Chiffre d’affaires",
    "balance_sheet": "Total du bilan",
    "spend": "Coût du projet",
    "age_months": "Âge de l’entreprise",
    "legal_form": "Forme juridique",
    "micro_entrepreneur": "Micro-entrepreneur ou non",
    "project_not_started": "Projet pas encore commencé",
    "manual": "Condition à vérifier par une personne",
    "any": "Groupe : l’un ou l’autre",
    "all": "Groupe : tous ensemble",
    "not": "Contraire d’un critère",
    "window": "Période d’ouverture",
}
ASKED = [("firm", "l’entreprise"), ("officer", "le développeur économique"), ("operator", "le porteur du dispositif")]
EXAMPLE_OF_PARTS = """- kind: headcount
  below: 250
- kind: activity
  any_of: [C, "25.62B"]
- kind: manual
  fact: nom-du-dispositif.condition
  sentence: La phrase qui doit être vraie.
  ask: firm"""
EXAMPLE_OF_ONE = """kind: legal_form
any_of: ["92"]"""


def _list(field: type[forms.CharField], label: str, help_text: str) -> forms.CharField:
    return field(label=label, required=False, help_text=help_text, max_length=4000, widget=forms.Textarea({"rows": 2}))


def _places() -> Fields:
    help_text = "Noms ou codes, séparés par des virgules : Hauts-de-France, DEP-60, COM-60159."
    return {
        "any_of": _list(PlaceList, "Dans", help_text),
        "none_of": _list(PlaceList, "Hors de", help_text),
        "level": forms.ChoiceField(
            label="Lieu de quoi", choices=[("establishment", "l’établissement"), ("project", "le projet")]
        ),
    }


def _activities() -> Fields:
    help_text = "Codes NAF, séparés par des virgules : C pour toute l’industrie, 25, 25.62B."
    return {
        "any_of": _list(ActivityList, "Activité", help_text),
        "none_of": _list(ActivityList, "Sauf", help_text),
    }


def _legal_forms() -> Fields:
    known = ", ".join(f"{code} ({name})" for code, name in LEGAL_GROUPS.items())
    help_text = f"Catégories juridiques de l’Insee, séparées par des virgules : {known}."
    return {
        "any_of": _list(LegalFormList, "Forme juridique", help_text),
        "none_of": _list(LegalFormList, "Autre que", help_text),
    }


def _bounds(unit: str) -> Callable[[], Fields]:
    def fields() -> Fields:
        labels = {"at_least": "ou plus", "above": "plus de", "at_most": "au plus", "below": "moins de"}
        return {name: amount_field(f"{label} ({unit})") for name, label in labels.items()}

    return fields


def _headcount() -> Fields:
    levels = [("company", "l’entreprise"), ("establishment", "le site"), ("group", "le groupe")]
    return {**_bounds("salariés")(), "level": forms.ChoiceField(label="Effectif de quoi", choices=levels)}


def _age() -> Fields:
    return {
        "at_least": forms.IntegerField(label="au moins (mois)", required=False, min_value=0, max_value=1200),
        "at_most": forms.IntegerField(label="au plus (mois)", required=False, min_value=0, max_value=1200),
    }


def _sizes() -> Fields:
    sizes = choices_with_blank(ONE_SIZE.items(), "sans limite")
    return {
        "from": forms.ChoiceField(label="De", choices=sizes, required=False),
        "to": forms.ChoiceField(
            label="À",
            choices=sizes,
            required=False,
            help_text="« Entreprise moyenne » comprise : c’est la PME au sens européen.",
        ),
    }


def _micro_entrepreneur() -> Fields:
    return {
        "expected": forms.TypedChoiceField(
            label="L’entreprise",
            choices=[("True", "est micro-entrepreneur"), ("False", "n’est pas micro-entrepreneur")],
            coerce=lambda value: value == "True",
        )
    }


def _manual() -> Fields:
    return {
        "sentence": PlainText(
            label="Ce qui doit être vrai",
            max_length=600,
            widget=forms.Textarea({"rows": 2}),
            help_text="Une phrase entière, vraie quand la condition est remplie.",
        ),
        "ask": forms.ChoiceField(label="Qui peut répondre", choices=ASKED, initial="operator"),
        "fact": forms.RegexField(
            r"^[a-z0-9_.-]+$",
            label="Nom de la réponse",
            required=False,
            max_length=120,
            help_text=(
                "Laissez vide, sauf si une autre fiche pose la même question : écrivez alors son nom, et on ne la "
                "posera qu’une fois."
            ),
            error_messages={
                "invalid": "Seuls passent les minuscules sans accent, les chiffres, les points et les tirets."
            },
        ),
    }


def _window() -> Fields:
    return {
        "state": forms.ChoiceField(label="Ouverture", choices=Revision.WindowState.choices, initial="unknown"),
        "opens_on": day_field("Ouvre le"),
        "closes_on": day_field("Ferme le (dernier jour compris)"),
    }


def _parts(example: str) -> Callable[[], Fields]:
    def fields() -> Fields:
        return {"of": Parts(label="Critères du groupe", help_text=f"En YAML, par exemple :\n{example}")}

    return fields


FIELDS: dict[str, Callable[[], Fields]] = {
    "in_territory": _places,
    "activity": _activities,
    "size_category": _sizes,
    "headcount": _headcount,
    "turnover": _bounds("€"),
    "balance_sheet": _bounds("€"),
    "spend": _bounds("€, hors taxes"),
    "age_months": _age,
    "legal_form": _legal_forms,
    "micro_entrepreneur": _micro_entrepreneur,
    "project_not_started": dict,
    "manual": _manual,
    "any": _parts(EXAMPLE_OF_PARTS),
    "all": _parts(EXAMPLE_OF_PARTS),
    "not": _parts(EXAMPLE_OF_ONE),
    "window": _window,
}


class CriterionForm(forms.Form):
    """A criterion of one kind. ``key`` names the conditions of a sheet; the place of a source is its row."""

    kind = forms.ChoiceField(choices=KINDS.items(), widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: str, key: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.key = key
        self.of_kind = kind if kind in FIELDS else ""
        self.title = KINDS.get(kind, "Critère inconnu")
        if self.of_kind:
            self.fields.update(FIELDS[kind]())
        self.fields["source"] = forms.IntegerField(
            label="Source n°", required=False, min_value=1, max_value=99, help_text="Numéro de la source plus bas."
        )
        self.fields["excerpt"] = PlainText(label="Phrase de la source", required=False, max_length=2000)
        self.fields["note"] = PlainText(label="Précision", required=False, max_length=2000)

    @property
    def typed_fields(self) -> list[forms.BoundField]:
        """Return what depends on the kind, for the page."""
        return [self[name] for name in self.fields if name not in ("kind", *ANNOTATIONS, "DELETE")]

    @property
    def about(self) -> list[forms.BoundField]:
        return [self[name] for name in (*ANNOTATIONS, "DELETE") if name in self.fields]

    @property
    def read_back(self) -> str:
        """Return the French sentence of what is typed, or stood there before; nothing where it cannot be read."""
        form = self if self.is_bound else self._as_sent()
        return sentence(canonical_criterion(form.definition())) if form.is_valid() else ""

    def _as_sent(self) -> "CriterionForm":
        """Return the same row as if it had just been sent, so that what is shown can be read."""
        shown = {name: self[name].value() for name in self.fields if name != "DELETE"}
        data = {self.add_prefix(name): "" if value is None else str(value) for name, value in shown.items()}
        return CriterionForm(data, prefix=self.prefix, kind=self.of_kind, key=self.key)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        mistake = _mistake(self.of_kind, cleaned)
        if mistake:
            raise ValidationError(mistake)
        definition = self.definition()
        try:
            validate_criterion(definition)
            unknown = unknown_perimeters(definition)
        except (ValidationError, LookupError, TypeError, AttributeError, ValueError) as error:
            detail = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            raise ValidationError(f"Le moteur ne peut pas lire ce critère. {detail}") from None
        if unknown:
            raise ValidationError(f"Lieux inconnus : {', '.join(unknown)}.")
        return cleaned

    def definition(self) -> Record:
        """Return the criterion as the engine reads it."""
        typed = {name: self.cleaned_data.get(name) for name in FIELDS[self.of_kind]()} if self.of_kind else {}
        found = {name: _plain(value) for name, value in typed.items() if value not in (None, "", [])}
        if self.of_kind == "manual":
            found.setdefault("fact", f"{self.key}.{slugify(found.get('sentence', ''))[:40].strip('-')}")
        return {"kind": self.of_kind, **found}

    def row(self) -> Record:
        """Return the criterion as a record holds it."""
        about = {name: self.cleaned_data.get(name) or None for name in ANNOTATIONS}
        return {**canonical_criterion(self.definition()), **about}


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "as_integer_ratio") and not isinstance(value, bool):
        return int(value) if value == int(value) else float(value)
    return value


def _mistake(kind: str, typed: Mapping[str, Any]) -> str:
    """Say in French what the engine would refuse in a row."""
    if kind in ("in_territory", "activity", "legal_form"):
        return "" if typed["any_of"] or typed["none_of"] else "Remplissez au moins une des deux listes."
    if kind in ("headcount", "turnover", "balance_sheet", "spend", "age_months"):
        return _mistake_in_bounds(typed)
    if kind == "size_category":
        sizes = list(ONE_SIZE)
        first, last = typed["from"] or "micro", typed["to"] or "large"
        if (first, last) == ("micro", "large"):
            return "Toutes les tailles sont admises : choisissez une limite, ou retirez ce critère."
        return "" if sizes.index(first) <= sizes.index(last) else "La première taille dépasse la seconde."
    if kind == "window":
        if typed["state"] == Revision.WindowState.DATED and not typed["closes_on"]:
            return "Une ouverture entre deux dates demande le dernier jour."
        if typed["opens_on"] and typed["closes_on"] and typed["opens_on"] > typed["closes_on"]:
            return "La fermeture est avant l’ouverture."
    return ""


def _mistake_in_bounds(typed: Mapping[str, Any]) -> str:
    low = [typed[name] for name in ("at_least", "above") if typed.get(name) is not None]
    high = [typed[name] for name in ("at_most", "below") if typed.get(name) is not None]
    if not low and not high:
        return "Écrivez au moins une limite."
    if len(low) > 1 or len(high) > 1:
        return "Une seule limite basse (« ou plus » ou « plus de ») et une seule haute (« au plus » ou « moins de »)."
    strict = typed.get("above") is not None or typed.get("below") is not None
    if low and high and (low[0] > high[0] or (strict and low[0] == high[0])):
        return f"La limite basse ({low[0]}) dépasse la limite haute ({high[0]})."
    return ""
