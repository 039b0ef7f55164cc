"""The step that asks whom to call, and for the firm's consent."""

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.matchmaking.models import Submission
from backend.web.forms.filing.steps import StepForm
from backend.web.forms.phone import PhoneField


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
    phone = PhoneField(label=_("Votre téléphone"), required=False)
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
            "Prévenez-moi par courriel si un nouveau dispositif me concerne (facultatif ; un lien dans chaque alerte"
            " les arrête)."
        ),
        required=False,
    )
