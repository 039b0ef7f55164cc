"""Being called: a number, whom to ask for, when."""

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import MailField, PlainText
from backend.common.phone import PhoneField
from backend.matchmaking.models import CallRequest, Submission
from backend.web.forms.filing.steps import StepForm


class CallForm(StepForm):
    title = _("Rappelez-moi")

    phone = PhoneField(
        label=_("À quel numéro ?"), max_length=20, error_messages={"required": _("Écrivez le numéro à appeler.")}
    )
    name = PlainText(
        label=_("Qui demander ?"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Donnez un nom : c’est la personne que nous demanderons au téléphone.")},
    )
    call_slot = forms.ChoiceField(
        label=_("Quand vous rappeler ?"), choices=Submission.CallSlot.choices, widget=forms.RadioSelect, initial="any"
    )

    def noted(self) -> dict[str, str]:
        """Return what the page says of the call once it is asked for; a moment only where one was chosen."""
        slot = Submission.CallSlot(self.cleaned_data["call_slot"])
        when = "" if slot == Submission.CallSlot.ANY else str(slot.label)
        return {"phone": self.cleaned_data["phone"], "name": self.cleaned_data["name"], "when": when}


class CallFileForm(forms.Form):
    """What an officer notes on the telephone to open a file."""

    contact_name = PlainText(label=_("Nom de la personne"), max_length=120)
    email = MailField(
        label=_("Son adresse électronique"),
        max_length=254,
        help_text=_("Elle y reçoit le lien de son résultat, après l’avoir confirmée."),
    )
    phone = PhoneField(label=_("Son téléphone"), max_length=20)
    company_name = PlainText(label=_("Nom de l’entreprise"), required=False, max_length=160)
    consent = forms.BooleanField(
        label=_(
            "Au téléphone, la personne accepte que le service économique lise cette demande et lui réponde ; je lui ai"
            " dit qu’elle peut retirer son accord à tout moment."
        ),
        error_messages={"required": _("Sans son accord, aucun dossier n’est ouvert : cochez la case, ou revenez.")},
    )

    @staticmethod
    def initial_for(call: CallRequest) -> dict[str, str]:
        return {"contact_name": call.name, "phone": call.phone, "company_name": call.company_name}
