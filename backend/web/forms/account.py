"""allauth's forms with our words, and the keyboard that fits."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


def _code_field(label: Any, help_text: Any) -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "field-short"}
    return forms.CharField(label=label, help_text=help_text, max_length=20, widget=forms.TextInput(attrs=attrs))


def _name_field() -> forms.CharField:
    return forms.CharField(
        label=_("Nom de la clé"), max_length=60, help_text=_("Pour la reconnaître : « clé bleue », « ordinateur ».")
    )


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    code = _code_field(_("Code"), _("6 chiffres de l’application, ou 8 chiffres d’un code de secours."))


class CodeAgainForm(ReauthenticateForm):  # type: ignore[misc]
    code = _code_field(_("Code"), _("6 chiffres de l’application, ou 8 chiffres d’un code de secours."))


class FirstCodeForm(ActivateTOTPForm):  # type: ignore[misc]
    code = _code_field(_("Code que montre l’application"), _("6 chiffres, qui changent toutes les 30 secondes."))


class KeyForm(AddWebAuthnForm):  # type: ignore[misc]
    name = _name_field()


class KeyNameForm(EditWebAuthnForm):  # type: ignore[misc]
    name = _name_field()
