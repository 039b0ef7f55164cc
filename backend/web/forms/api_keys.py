"""A key by which the tool of a partner uses the API."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.accounts.api_keys import MOST_LIFE
from backend.accounts.models import ApiScope, Organisation
from backend.common.days import current_day
from backend.common.fields import DayField, PlainText


def _last_day() -> date:
    return current_day() + MOST_LIFE


class ApiKeyForm(forms.Form):
    organisation = forms.ModelChoiceField(
        label=_("Partenaire"),
        queryset=Organisation.objects.none(),
        empty_label=_("Choisir"),
        error_messages={
            "required": _("Choisissez la chambre ou la Région dont c’est l’outil."),
            "invalid_choice": _("Choisissez un partenaire de la liste."),
        },
    )
    name = PlainText(
        label=_("Outil qui s’en servira"),
        help_text=_("Comme « Extranet de la CCI ». Une clé par outil : elle se révoque sans gêner les autres."),
        max_length=80,
        error_messages={"required": _("Nommez l’outil, pour savoir plus tard quelle clé révoquer.")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("Ce qu’elle permet"),
        choices=ApiScope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez ce que la clé permet, une case au moins."),
            "invalid_choice": _("Cochez parmi les cases montrées."),
        },
    )
    expires_on = DayField(
        label=_("Dernier jour"),
        help_text=_("Un an au plus. Avant ce jour, créez la suivante."),
        initial=_last_day,
        error_messages={"required": _("Donnez le dernier jour de la clé, dans un an au plus.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["organisation"]
        choices.queryset = Organisation.objects.filter(kind__in=Organisation.PARTNERS).order_by("name")
