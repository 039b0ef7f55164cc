"""A telephone number, as people write it in France or abroad."""

from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class PhoneField(forms.CharField):
    """Takes any possible number and gives it in the French way, or with its country."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})
        super().__init__(**{"max_length": 30, "widget": widget, **kwargs})

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        if not typed:
            return ""
        try:
            parsed = phonenumbers.parse(typed, "FR")
        except phonenumbers.NumberParseException:
            parsed = None
        if parsed is None or parsed.extension or not phonenumbers.is_possible_number(parsed):
            raise ValidationError(
                _("« %(typed)s » n’est pas un numéro de téléphone. Exemple : 03 44 00 00 00."), params={"typed": typed}
            )
        style = (
            phonenumbers.PhoneNumberFormat.NATIONAL
            if parsed.country_code == 33
            else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
        return str(phonenumbers.format_number(parsed, style))
