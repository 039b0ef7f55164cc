"""What an officer asks for several files that wait for one scheme."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText


class BatchForm(forms.Form):
    """To keep the scheme, to set it aside for a reason, or to write a word; the services check the rest."""

    KEEP, SET_ASIDE, WRITE = "retenir", "ecarter", "ecrire"
    ACTIONS: ClassVar[Any] = [(KEEP, KEEP), (SET_ASIDE, SET_ASIDE), (WRITE, WRITE)]

    action = forms.ChoiceField(
        choices=ACTIONS,
        error_messages={"required": _("Choisissez quoi faire."), "invalid_choice": _("Choisissez quoi faire.")},
    )
    reason = forms.CharField(required=False, max_length=40)
    comment = PlainText(required=False, max_length=500)
    message = PlainText(required=False, max_length=2000)
