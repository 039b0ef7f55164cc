"""What an editor adds to a decision on two sheets, and which of two sheets of ours stays."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.schemes.models import Scheme


class WhyForm(forms.Form):
    why = PlainText(
        label=_("Pourquoi"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("La prochaine personne le lira."),
    )


class WhySameForm(WhyForm):
    why = PlainText(
        label=_("Pourquoi"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Ce que vous avez lu de celles-ci. La prochaine personne le lira."),
        error_messages={"required": _("Dites pourquoi : la prochaine personne le lira.")},
    )


class FusionForm(forms.Form):
    stays = forms.ChoiceField(
        label=_("La fiche qui reste"),
        widget=forms.RadioSelect,
        help_text=_("L’adresse de l’autre mènera à celle-ci. L’autre est archivée, et se lit encore."),
        error_messages={"required": _("Choisissez la fiche qui reste.")},
    )
    why = PlainText(
        label=_("Pourquoi c’est le même dispositif"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("La personne qui décide le lira."),
        error_messages={"required": _("Dites pourquoi c’est le même dispositif.")},
    )

    def __init__(self, data: Any, *, sheets: Sequence[Scheme]) -> None:
        super().__init__(data)
        told = {scheme.pk: f"{scheme} ({scheme.source_key}, {scheme.get_state_display()})" for scheme in sheets}
        self.fields["stays"].choices = [(str(pk), text) for pk, text in told.items()]  # type: ignore[attr-defined]
