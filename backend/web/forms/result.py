from django import forms
from django.utils.translation import gettext_lazy as _


class AddressForm(forms.Form):
    """The address a firm filed with, to be sent its link again."""

    email = forms.EmailField(
        label=_("Votre adresse électronique"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("Cette adresse n’est pas complète. Elle ressemble à prenom.nom@entreprise.fr.")},
    )
