"""The one box that asks who a firm is."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.companies.establishments import LEAST, words_of
from backend.web.forms.filing.number import digits_of, read_number

NUMBER = re.compile(r"[\d\s.-]*")
SIREN_LENGTH, LONGEST_NAME = 9, 4  # digits; a firm may be named after a year


class SearchForm(forms.Form):
    """A name, a SIREN or a SIRET; ``number`` holds its digits where it is one of the last two."""

    q = PlainText(
        label=_("Nom, SIRET ou SIREN de votre entreprise"),
        required=False,
        max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, as_typed: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not as_typed:  # only what is sent is looked up
            return
        self.fields["q"].widget.attrs |= {
            "hx-get": reverse("firm_search"),
            "hx-trigger": "input changed delay:300ms",
            "hx-target": "#etablissements",
            "hx-sync": "this:replace",
        }

    def clean_q(self) -> str:
        typed: str = self.cleaned_data["q"].strip()
        if not typed:
            raise ValidationError(_("Écrivez un nom, ou un numéro : 9 ou 14 chiffres."))
        is_number = NUMBER.fullmatch(typed) and len(digits_of(typed)) > LONGEST_NAME
        self.number = read_number(typed) if is_number else ""
        if not self.number and sum(map(len, words_of(typed))) < LEAST:
            raise ValidationError(_("« %(typed)s » est trop court : trois lettres au moins."), params={"typed": typed})
        return typed


def number_begun(typed: str) -> str:
    """Return the digits of what can only be a number, whole or not; else nothing."""
    digits = digits_of(typed)
    return digits if NUMBER.fullmatch(typed) and len(digits) >= SIREN_LENGTH else ""
