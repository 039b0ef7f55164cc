from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.matchmaking.models import Review


class RejectForm(forms.Form):
    """Why an officer sets a scheme aside; the service checks that the reason is one of the list."""

    reason = forms.ChoiceField(label=_("Raison"), choices=[("", _("Choisir une raison")), *Review.Reason.choices])
    comment = PlainText(
        label=_("Précision (l’entreprise la lira)"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class EndForm(forms.Form):
    message = PlainText(
        label=_("Un mot à l’entreprise (facultatif)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Il sera dans le courriel, au-dessus des dispositifs retenus."),
    )
