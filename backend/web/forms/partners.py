"""What officers type to share a file with a partner, and what partners write back."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Organisation
from backend.common.fields import DayField, HourField, PlainText
from backend.matchmaking.agreements import check_agreed_on, moment_of
from backend.matchmaking.models import PartnerShare, Submission
from backend.matchmaking.partners import last_end, partner_organisations, said_of_end

ASK, TOLD = "ask", "told"


class AgreedForm(forms.Form):
    """When a firm agreed by word of mouth: the day, and the hour where it said no on that day."""

    agreed_on = DayField(label=_("Si elle vous l’a donné, quel jour"), required=False)
    agreed_hour = HourField(
        label=_("À quelle heure"), required=False, help_text=_("Seulement si un refus ou un arrêt est du même jour.")
    )

    def __init__(self, *args: Any, submission: Submission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.submission = submission
        if not submission.partner_shares.filter(ended_at__isnull=False).exists():
            del self.fields["agreed_hour"]

    def clean_agreed_on(self) -> date | None:
        given: date | None = self.cleaned_data["agreed_on"]
        if given is None:
            raise ValidationError(_("Dites quel jour l’entreprise a donné son accord."))
        return check_agreed_on(given)

    def agreed_at(self, organisation: Organisation) -> datetime | None:
        """Return when the firm agreed to a partner; an hour that is missing or to come is an error of its field."""
        day, hour = self.cleaned_data.get("agreed_on"), self.cleaned_data.get("agreed_hour")
        if day is None:
            return None
        ended = last_end(self.submission, organisation)
        is_of_that_day = ended and ended.ended_at and day == timezone.localdate(ended.ended_at)
        if ended and is_of_that_day and hour is None and "agreed_hour" in self.fields:
            told = _("Le partage avec %(ended)s : dites à quelle heure elle a donné son accord, s’il est venu après.")
            self.add_error("agreed_hour", told % {"ended": said_of_end(ended)})
        agreed_at = moment_of(day, hour)
        if agreed_at > timezone.now():
            self.add_error("agreed_hour", _("Cette heure est à venir : dites une heure passée."))
        return agreed_at


class AgreementForm(AgreedForm):
    """When a firm agreed to a share that it was asked."""

    def __init__(self, *args: Any, share: PartnerShare, **kwargs: Any) -> None:
        super().__init__(*args, submission=share.submission, auto_id=f"accord-{share.pk}-%s", **kwargs)
        self.share = share
        self.fields["agreed_on"].label = _("Accord donné de vive voix le")

    def clean(self) -> dict[str, Any]:
        return {**self.cleaned_data, "agreed_at": self.agreed_at(self.share.organisation)}


class ShareForm(AgreedForm):
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
    field_order = ("organisation", "message", "agreement", "agreed_on", "agreed_hour")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = partner_organisations()  # type: ignore[attr-defined]

    def clean_agreed_on(self) -> date | None:
        return super().clean_agreed_on() if self.cleaned_data.get("agreement") == TOLD else None

    def clean(self) -> dict[str, Any]:
        partner = self.cleaned_data.get("organisation")
        return {**self.cleaned_data, "agreed_at": self.agreed_at(partner) if partner else None}

    def said(self) -> dict[str, Any]:
        """Return what is proposed."""
        return {name: self.cleaned_data[name] for name in ("organisation", "message", "agreed_at")}


class AnswerForm(forms.Form):
    """What a partner writes to those in charge of a file."""

    text = PlainText(
        label=_("Votre réponse"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Les développeurs économiques qui suivent ce dossier la liront. L’entreprise ne la lit pas."),
        error_messages={"required": _("Écrivez votre réponse.")},
    )
