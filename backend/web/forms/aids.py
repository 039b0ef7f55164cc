"""The de minimis aids a firm has received, as it or its officer types them."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.common.days import current_day
from backend.common.fields import DayField, Euros, PlainText
from backend.companies.models import ReceivedAid
from backend.schemes.typography import day as day_in_words

OLDEST = 2000


class AidForm(forms.Form):
    """One aid: when it was granted and how much, and what else is known of it."""

    granted_on = DayField(
        label=_("Accordée le"),
        help_text=_("Le jour de la décision, pas celui du versement."),
        error_messages={
            "required": _("Donnez le jour où l’aide a été accordée : il dit jusqu’à quand elle compte."),
            "invalid": _("Cette date n’existe pas. Écrivez-la comme 31/12/2025."),
        },
    )
    amount_eur = Euros(
        label=_("Montant"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        help_text=_("En euros. Laissez vide si vous ne le savez pas."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={
            "invalid": _("Écrivez un montant en euros, comme 12 500, ou laissez vide."),
            "min_value": _("Un montant ne peut pas être négatif."),
            "max_decimal_places": _("Deux décimales au plus, comme 12 500,50."),
            "max_digits": _("Ce montant est trop grand : vérifiez les zéros."),
            "max_whole_digits": _("Ce montant est trop grand : vérifiez les zéros."),
        },
    )
    title = PlainText(
        label=_("Quelle aide ? (facultatif)"),
        required=False,
        max_length=120,
        help_text=_("Son nom, ou qui l’a donnée."),
    )
    regulation = forms.ChoiceField(
        label=_("Sous quel règlement ?"),
        required=False,
        choices=[("", _("Je ne sais pas")), *ReceivedAid.Regulation.choices],
        help_text=_("Il est écrit dans la décision. Pour la plupart des entreprises : général."),
    )
    member = PlainText(
        label=_("Reçue par une autre entreprise ? (facultatif)"),
        required=False,
        max_length=160,
        help_text=_("Celles que l’entreprise contrôle, ou qui la contrôlent, comptent avec elle : donnez leur nom."),
    )

    def clean_granted_on(self) -> date:
        granted: date = self.cleaned_data["granted_on"]
        if granted > current_day():
            raise ValidationError(
                _("Le %(given)s est à venir. Donnez le jour où l’aide a été accordée."),
                params={"given": day_in_words(granted)},
            )
        if granted.year < OLDEST:
            raise ValidationError(_("L’année %(year)s est sans doute une erreur."), params={"year": granted.year})
        return granted

    def clean_amount_eur(self) -> object:
        amount = self.cleaned_data["amount_eur"]
        if amount == 0:
            raise ValidationError(_("Une aide de 0 € n’en est pas une. Si le montant vous manque, laissez vide."))
        return amount
