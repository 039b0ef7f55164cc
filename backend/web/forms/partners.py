"""What officers type to share a file with a partner, and what partners write back."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Organisation
from backend.common.days import current_day
from backend.common.fields import DayField, PlainText
from backend.matchmaking.partners import partner_organisations
from backend.web.forms.agreements import check_agreed_on, moment_of

ASK, TOLD = "ask", "told"


class AgreementForm(forms.Form):
    """The day on which a firm agreed by word of mouth that a partner reads its file."""

    agreed_on = DayField(
        label=_("Quel jour a-t-elle donné son accord ?"),
        initial=current_day,
        error_messages={"required": _("Dites quel jour l’entreprise a donné son accord.")},
    )

    def clean_agreed_on(self) -> date:
        return check_agreed_on(self.cleaned_data["agreed_on"])


class ShareForm(forms.Form):
    """With which partner a file is shared, why, and how the firm agrees."""

    organisation = forms.ModelChoiceField(
        label=_("Avec qui ?"),
        queryset=Organisation.objects.none(),
        empty_label=_("Choisir un partenaire"),
        error_messages={
            "required": _("Choisissez un partenaire dans la liste."),
            "invalid_choice": _("Ce partenaire n’est pas dans la liste : choisissez-en un autre."),
        },
    )
    message = PlainText(
        label=_("Pourquoi, et ce que vous en attendez"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Le partenaire et l’entreprise le liront."),
        error_messages={"required": _("Écrivez pourquoi : l’entreprise le lit avant de donner son accord.")},
    )
    agreement = forms.ChoiceField(
        label=_("L’accord de l’entreprise"),
        choices=[
            (ASK, _("le lui demander : elle répond sur sa page")),
            (TOLD, _("elle me l’a donné au téléphone ou en visite")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Dites comment l’entreprise donne son accord : sans lui, rien n’est partagé.")},
    )
    agreed_on = DayField(label=_("Si elle vous l’a donné, quel jour"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = partner_organisations()  # type: ignore[attr-defined]

    def clean_agreed_on(self) -> date | None:
        given: date | None = self.cleaned_data["agreed_on"]
        if self.cleaned_data.get("agreement") != TOLD:
            return None
        if given is None:
            raise ValidationError(_("Dites quel jour l’entreprise a donné son accord."))
        return check_agreed_on(given)

    def said(self) -> dict[str, Any]:
        """Return what is proposed."""
        day = self.cleaned_data["agreed_on"]
        agreed_at = moment_of(day) if day else None
        return {name: self.cleaned_data[name] for name in ("organisation", "message")} | {"agreed_at": agreed_at}


class AnswerForm(forms.Form):
    """What a partner writes to those in charge of a file."""

    text = PlainText(
        label=_("Votre réponse"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Les développeurs économiques qui suivent ce dossier la liront. L’entreprise ne la lit pas."),
        error_messages={"required": _("Écrivez votre réponse.")},
    )
