"""Where a sheet was read: its sources, and which of them says a criterion or an amount."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.schemes.catalogue.evidence import MAX_EXCERPT, MAX_PLACE
from backend.schemes.catalogue.fields import choices_with_blank
from backend.schemes.models import Source, Tier

type Choices = Sequence[tuple[Any, Any]]


class SourceForm(forms.Form):
    title = PlainText(label=_("Ce qui a été lu"), max_length=2000, widget=forms.Textarea({"rows": 2}))
    url = forms.URLField(
        label=_("Adresse"),
        required=False,
        max_length=500,
        assume_scheme="https",
        validators=[
            RegexValidator("^https://", _("Écrivez l’adresse publique de la page, qui commence par https://."))
        ],
    )
    tier = forms.ChoiceField(
        label=_("Qui parle"),
        required=False,
        choices=lambda: choices_with_blank(Tier.choices, "non indiqué"),
        help_text=_("Le catalogue de l’État vaut comme un texte officiel pendant un an."),
    )
    licence = forms.ChoiceField(
        label=_("Peut être citée"),
        required=False,
        choices=lambda: choices_with_blank(Source.Licence.choices, "non : nos propres mots"),
    )
    dated = forms.RegexField(
        r"^\d{4}(-\d{2}(-\d{2})?)?$",
        label=_("Date de ce qui a été lu"),
        required=False,
        max_length=10,
        help_text=_("2026, 2026-11 ou 2026-11-24."),
        error_messages={"invalid": _("Écrivez une année, un mois ou un jour : 2026, 2026-11 ou 2026-11-24.")},
    )


def source_field(sources: Choices) -> forms.TypedChoiceField:
    """Return a field to choose one of the sources of the sheet, by its row."""
    return forms.TypedChoiceField(
        label="D’où vient cette information",
        required=False,
        choices=source_or_none(sources),
        coerce=int,
        empty_value=None,
    )


def source_or_none(sources: Choices) -> Choices:
    """Return the choices of a source, none among them."""
    return [("", "aucune source"), *sources]


def place_field() -> PlainText:
    """Return a field for where a sentence stands in its source."""
    return PlainText(
        label=_("Endroit de la source"),
        required=False,
        max_length=MAX_PLACE,
        help_text=_("Une rubrique ou un article, par exemple : « Qui peut en bénéficier »."),
    )


def excerpt_field() -> PlainText:
    """Return a field for the sentence of a source that may be quoted."""
    return PlainText(
        label=_("Phrase de la source"),
        required=False,
        max_length=MAX_EXCERPT,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Seulement d’un texte officiel ou d’une page sous Licence Ouverte."),
    )
