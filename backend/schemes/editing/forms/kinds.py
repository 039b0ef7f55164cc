"""The kinds of criteria that an editor can type, each with its fields."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.text import capfirst

from backend.common.fields import PlainText
from backend.facts.yes_no import YES_NO
from backend.schemes.editing.forms.fields import (
    ActivityList,
    LegalFormList,
    PlaceList,
    SchemeList,
    amount_field,
    choices_with_blank,
    day_field,
)
from backend.schemes.models import Revision
from backend.schemes.vocabulary import HORIZONS, LEGAL_GROUPS, NATURES, ONE_SIZE, SPEND_KINDS, TENURES

type Fields = dict[str, forms.Field]

ASKED = [("firm", "l’entreprise"), ("officer", "le développeur économique"), ("operator", "le porteur du dispositif")]


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
        "nomenclature": forms.ChoiceField(
            label="Dans quelle nomenclature",
            choices=[
                ("naf_rev2", "NAF rév. 2 (jusqu’à fin 2026)"),
                ("naf_2025", "NAF 2025 (depuis le 1er janvier 2027)"),
            ],
        ),
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
        labels = {"at_least": "Au moins", "above": "Plus de", "at_most": "Au plus", "below": "Moins de"}
        return {name: amount_field(f"{label} ({unit})") for name, label in labels.items()}

    return fields


def _figure() -> Fields:
    levels = [("company", "l’entreprise"), ("group", "le groupe entier")]
    return {**_bounds("€")(), "level": forms.ChoiceField(label="De quoi", choices=levels)}


def _headcount() -> Fields:
    levels = [("company", "l’entreprise"), ("establishment", "le site"), ("group", "le groupe")]
    return {**_bounds("salariés")(), "level": forms.ChoiceField(label="Effectif de quoi", choices=levels)}


def _age() -> Fields:
    return {
        "at_least": forms.IntegerField(label="Au moins (mois)", required=False, min_value=0, max_value=1200),
        "at_most": forms.IntegerField(label="Au plus (mois)", required=False, min_value=0, max_value=1200),
        "below": forms.IntegerField(label="Moins de (mois)", required=False, min_value=0, max_value=1200),
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


def _expected(yes: str, no: str) -> Callable[[], Fields]:
    """Return the one field of a kind that is true or false of the firm."""

    def fields() -> Fields:
        return {
            "expected": forms.TypedChoiceField(
                label="L’entreprise", choices=[("True", yes), ("False", no)], coerce=lambda value: value == "True"
            )
        }

    return fields


def _among(names: Mapping[str, Any], wanted: str, excluded: str) -> Callable[[], Fields]:
    """Return the boxes of a kind whose answers are few."""

    def box(label: str) -> forms.MultipleChoiceField:
        choices = [(key, capfirst(name)) for key, name in names.items()]
        return forms.MultipleChoiceField(
            label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
        )

    return lambda: {"any_of": box(wanted), "none_of": box(excluded)}


def _schemes() -> Fields:
    help_text = "Nom d’une fiche publiée, ou sa clé (jonction:acre) ; un par ligne."
    return {
        "any_of": _list(SchemeList, "Il faut avoir obtenu l’un de ceux-ci", help_text),
        "none_of": _list(SchemeList, "Il ne faut avoir aucun de ceux-ci", help_text),
    }


def _manual() -> Fields:
    return {
        "sentence": PlainText(
            label="Ce qui doit être vrai",
            max_length=600,
            widget=forms.Textarea({"rows": 2}),
            help_text="Une phrase entière, vraie quand la condition est remplie.",
        ),
        "nature": forms.ChoiceField(
            label="Cette phrase est",
            choices=NATURES.items(),
            initial="condition",
            help_text=(
                "Seule une condition exclut, et seule elle est demandée. Le reste est montré à l’entreprise, et ne va "
                "ni dans « au moins un » ni dans « aucun »."
            ),
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
        "yearly": forms.BooleanField(label="Revient chaque année aux mêmes dates", required=False),
        "seen_on": day_field("Vu ouvert le (ouverture à confirmer seulement)"),
        "seen_until": day_field("Ce constat vaut jusqu’au"),
    }


FIELDS: dict[str, Callable[[], Fields]] = {
    "in_territory": _places,
    "activity": _activities,
    "size_category": _sizes,
    "headcount": _headcount,
    "turnover": _figure,
    "balance_sheet": _figure,
    "spend": _bounds("€, hors taxes"),
    "age_months": _age,
    "legal_form": _legal_forms,
    **{name: _expected(*fact.choices) for name, fact in YES_NO.items()},
    "holds_scheme": _schemes,
    "project_not_started": dict,
    "spend_kind": _among(SPEND_KINDS, "Le projet comprend au moins l’un de", "Le projet ne comprend rien de"),
    "horizon": _among(HORIZONS, "Projet prévu", "Sauf"),
    "tenure": _among(TENURES, "L’entreprise est", "L’entreprise n’est pas"),
    "manual": _manual,
    "any": dict,
    "all": dict,
    "not": dict,
    "window": _window,
}
