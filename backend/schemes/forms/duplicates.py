"""What an editor adds to a decision on two sheets."""

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText


class WhyForm(forms.Form):
    why = PlainText(
        label=_("Pourquoi"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Facultatif ; la prochaine personne le lira."),
    )
