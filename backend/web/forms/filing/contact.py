"""The step that asks whom to call, and for the firm's consent."""

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.matchmaking.models import Submission
from backend.web.forms.filing.steps import StepForm


class ContactForm(StepForm):
    title = _("Vous rappeler")

    contact_name = PlainText(
        label=_("Votre nom"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Votre adresse électronique"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("Cette adresse n’est pas complète. Elle ressemble à prenom.nom@entreprise.fr.")},
    )
    phone = forms.CharField(
        label=_("Votre téléphone"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    call_slot = forms.ChoiceField(
        label=_("Quand vous rappeler ?"), choices=Submission.CallSlot.choices, widget=forms.RadioSelect, initial="any"
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
        label=_(
            "Prévenez-moi par courriel si un nouveau dispositif me concerne (facultatif ; un lien dans chaque courriel"
            " arrête tout)."
        ),
        required=False,
    )

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"].strip()
        if not typed:
            return ""
        try:
            parsed = phonenumbers.parse(typed, "FR")
        except phonenumbers.NumberParseException:
            parsed = None
        if parsed is None or parsed.extension or not phonenumbers.is_possible_number(parsed):
            raise ValidationError(
                _("« %(typed)s » n’est pas un numéro de téléphone. Exemple : 03 44 00 00 00."), params={"typed": typed}
            )
        style = (
            phonenumbers.PhoneNumberFormat.NATIONAL
            if parsed.country_code == 33
            else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
        return str(phonenumbers.format_number(parsed, style))
