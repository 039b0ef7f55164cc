from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from backend.common.days import current_day
from backend.common.fields import DayField, MailField
from backend.common.phone import PhoneField
from backend.matchmaking.models import Alert, Guest, Submission
from backend.schemes.typography import day as day_in_words

PAUSE_YEARS = 2


class AddressForm(forms.Form):
    """The address a firm filed with, to be sent its link again."""

    email = MailField(
        label=_("Votre adresse électronique"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class OwnAddressForm(forms.Form):
    """The address that a firm meant when it filed."""

    email = MailField(
        label=_("La bonne adresse électronique"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Sans adresse, nous ne pouvons pas vous répondre.")},
    )


class GuestForm(forms.Form):
    """Whom to invite to a request, and what they may do there."""

    email = MailField(
        label=_("Son adresse électronique"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    right = forms.ChoiceField(
        label=_("Ce que cette personne peut faire"),
        choices=Guest.Right.choices,
        initial=Guest.Right.READ,
        widget=forms.RadioSelect,
    )


class CallMeForm(forms.Form):
    """Where a firm that wants no e-mails is called."""

    phone = PhoneField(
        label=_("À quel numéro ?"),
        error_messages={"required": _("Donnez un numéro : sans courriel, c’est le seul moyen de vous répondre.")},
    )


class BeCalledForm(forms.Form):
    """At which number a firm is called about its answer, and when; one that gave a number is not asked again."""

    phone = PhoneField(
        label=_("À quel numéro ?"), max_length=20, error_messages={"required": _("Écrivez le numéro à appeler.")}
    )
    call_slot = forms.ChoiceField(
        label=_("Quand vous rappeler ?"), choices=Submission.CallSlot.choices, widget=forms.RadioSelect, initial="any"
    )

    def __init__(self, data: QueryDict | None = None, *, known: str) -> None:
        super().__init__(data, auto_id="etre_appele_%s")
        if known:
            del self.fields["phone"]


class AlertForm(forms.Form):
    """How often a firm wants to hear of what is new, and from when."""

    frequency = forms.ChoiceField(
        label=_("À quel rythme ?"),
        choices=Alert.Frequency.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "Un courriel par jour au plus pour cette entreprise. Une date limite proche n’attend pas, quel que soit le"
            " rythme."
        ),
    )
    paused_until = DayField(
        label=_("En pause jusqu’au (facultatif)"),
        required=False,
        error_messages={"invalid": _("Cette date n’existe pas. Écrivez-la comme 31/01/2027.")},
    )

    def clean_paused_until(self) -> date | None:
        until: date | None = self.cleaned_data["paused_until"]
        today = current_day()
        if until and until <= today:
            raise ValidationError(
                _("Le %(given)s est passé. Donnez un jour à venir, ou laissez vide."),
                params={"given": day_in_words(until)},
            )
        if until and until > today + timedelta(days=366 * PAUSE_YEARS):
            raise ValidationError(
                _("%(given)s est trop loin : deux ans au plus. Pour ne plus rien recevoir, arrêtez les alertes."),
                params={"given": day_in_words(until)},
            )
        return until

    @staticmethod
    def initial_for(alert: Alert | None) -> dict[str, Any]:
        if alert is None:
            return {"frequency": Alert.Frequency.IMMEDIATE}
        return {"frequency": alert.frequency, "paused_until": alert.paused_until}
