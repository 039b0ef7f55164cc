"""The step that asks whom to call, and for the firm's consent."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from backend.common.days import current_day
from backend.common.fields import DayField, MailField, PlainText
from backend.common.phone import PhoneField
from backend.matchmaking.agreements import check_agreed_on
from backend.matchmaking.models import Submission
from backend.web.forms.filing.steps import StepForm


class ContactForm(StepForm):
    title = _("Vous rappeler")

    contact_name = PlainText(
        label=_("Votre nom"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Dites-nous qui demander.")},
    )
    email = MailField(
        label=_("Votre adresse électronique"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Sans adresse, nous ne pouvons pas vous répondre.")},
    )
    # Blank, its placeholder shows: by that the style sheet tells whether there is a number to be called at.
    phone = PhoneField(
        label=_("Votre téléphone"),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "placeholder": " "}),
    )
    call_slot = forms.ChoiceField(
        label=_("Quand vous rappeler ?"),
        help_text=_("Si vous avez donné un numéro."),
        choices=Submission.CallSlot.choices,
        widget=forms.RadioSelect,
        initial="any",
    )
    consent = forms.BooleanField(
        label=_(
            "J’accepte que le service économique de mon intercommunalité lise cette demande et me réponde. Si j’ai"
            " laissé un téléphone sans confirmer mon adresse, il la lit un jour ouvré après et m’appelle. Je peux"
            " retirer mon accord à tout moment."
        ),
        error_messages={"required": _("Sans votre accord, personne ne peut lire la demande : cochez la case.")},
    )

    alerts = forms.BooleanField(
        label=_("Écrivez-moi quand une aide pour moi paraît, ouvre, change ou ferme (facultatif)."),
        help_text=_(
            "Une aide nouvelle pour vous, une des premières de votre réponse, ou une que vous suivez. Un courriel par"
            " jour au plus pour cette entreprise ; un lien dans chacun les arrête."
        ),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Keep no moment to be called at without a number."""
        cleaned = super().clean() or {}
        return cleaned if cleaned.get("phone") else {**cleaned, "call_slot": Submission.CallSlot.ANY}


class KnownContactForm(ContactForm):
    """The same of somebody who filed before: who it is is not asked again, the agreement is."""

    contact_name = None  # type: ignore[assignment]  # Django's way to leave a field out
    email = None  # type: ignore[assignment]

    def __init__(self, data: QueryDict | None = None, *, contact: Mapping[str, str]) -> None:
        super().__init__(data, initial={"phone": contact["phone"]})
        self.contact = contact

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        return {**cleaned, "contact_name": self.contact["name"], "email": self.contact["email"]}


class AssistedContactForm(ContactForm):
    """Whom to call, and the agreement that an officer notes for a firm."""

    title = _("L’entreprise")

    contact_name = PlainText(label=_("Nom de la personne"), max_length=120)
    email = MailField(
        label=_("Son adresse électronique"),
        max_length=254,
        help_text=_("Elle y reçoit le lien de son résultat, après l’avoir confirmée."),
    )
    phone = PhoneField(label=_("Son téléphone"), max_length=20)
    call_slot = forms.ChoiceField(
        label=_("Quand la rappeler ?"), choices=Submission.CallSlot.choices, widget=forms.RadioSelect, initial="any"
    )
    consented_on = DayField(
        label=_("Quel jour a-t-elle donné son accord ?"),
        initial=current_day,
        error_messages={"required": _("Dites quel jour la personne a donné son accord.")},
    )
    consent = forms.BooleanField(
        label=_(
            "La personne accepte que le service économique lise cette demande et lui réponde ; je lui ai dit qu’elle"
            " peut retirer son accord à tout moment."
        ),
        error_messages={"required": _("Sans son accord, aucun dossier n’est ouvert : cochez la case.")},
    )
    alerts = None  # type: ignore[assignment]  # Django's way to leave a field out: the firm asks for alerts

    def clean_consented_on(self) -> date:
        return check_agreed_on(self.cleaned_data["consented_on"])
