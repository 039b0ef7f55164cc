"""What a firm answers by the link of an e-mail, once its file is closed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.matchmaking.models import Survey
from backend.web.forms.states import WholeEuros


class RatingForm(forms.Form):
    """Whether the service helped, and a sentence."""

    grade = forms.ChoiceField(
        choices=Survey.Grade.choices,
        error_messages={
            "required": _("Choisissez une des trois réponses."),
            "invalid_choice": _("Choisissez une des trois réponses."),
        },
    )
    comment = PlainText(
        label=_("Un mot, si vous voulez"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )


class OutcomeForm(forms.Form):
    """How many euros were obtained, where somebody wants to say."""

    euros = WholeEuros()
