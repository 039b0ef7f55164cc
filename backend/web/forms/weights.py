"""The points of the score, as the territory lead types them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import FrenchNumber, PlainText
from backend.matchmaking.contributions import contributions
from backend.matchmaking.models import WeightSet
from backend.matchmaking.weights import MOST_POINTS
from backend.schemes.typography import number


class WeightsForm(forms.Form):
    """A number for each contribution, and why; it starts from the points of another version."""

    def __init__(self, *args: Any, base: WeightSet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, meaning in contributions():
            self.fields[name] = FrenchNumber(
                label=label,
                help_text=meaning,
                initial=number(base.points[name]) if name in base.points else None,
                min_value=0,
                max_value=MOST_POINTS,
                decimal_places=1,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "field-short"}),
                error_messages={
                    "required": _("Donnez un nombre entre 0 et 200 ; 0 si cela ne doit pas compter."),
                    "invalid": _("Écrivez un nombre entre 0 et 200, comme 12 ou 12,5."),
                    "min_value": _("« %(show_value)s » est trop petit : il faut un nombre entre 0 et 200."),
                    "max_value": _("« %(show_value)s » est trop grand : il faut un nombre entre 0 et 200."),
                    "max_decimal_places": _("Un chiffre après la virgule au plus, comme 12,5."),
                },
            )
        self.fields["note"] = PlainText(
            label=_("Pourquoi cette version ?"),
            max_length=500,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("Quelques mots pour ceux qui la reliront dans un an."),
            error_messages={"required": _("Dites en quelques mots pourquoi cette version : d’autres la reliront.")},
        )

    def points(self) -> dict[str, float]:
        return {name: float(self.cleaned_data[name]) for name, _label, _meaning in contributions()}


class ActivationForm(forms.Form):
    """Puts a version in force once its effect was read, against the version that it was read with."""

    instead_of = forms.CharField(max_length=20, widget=forms.HiddenInput)
    read = forms.BooleanField(
        label=_("J’ai lu ce que cette version change. Elle vaut pour tous les dossiers."),
        error_messages={"required": _("Cochez cette case après avoir lu ce que la version change.")},
    )
