"""allauth's forms with our words, and the keyboard that fits."""

from typing import Any

from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backend.accounts.attempts import Trial, begin_trial
from backend.accounts.models import User
from backend.web.notices import duration


def _code_field(label: Any, help_text: Any) -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "field-short"}
    return forms.CharField(label=label, help_text=help_text, max_length=20, widget=forms.TextInput(attrs=attrs))


def _name_field() -> forms.CharField:
    return forms.CharField(
        label=_("Nom de la clé"), max_length=60, help_text=_("Pour la reconnaître : « clé bleue », « ordinateur ».")
    )


def refuse_if_too_many(trial: Trial) -> None:
    """Raise what a form says to who tried too often; a right password or code is not looked at then."""
    if trial.wait:
        raise forms.ValidationError(
            _(
                "Trop de tentatives ratées : réessayez dans %(when)s. Si ce n’était pas vous, choisissez un nouveau"
                " mot de passe par courriel : vous entrerez tout de suite."
            ),
            code="too_many_login_attempts",
            params={"when": duration(trial.wait)},
        )


class _CountedCode:
    """Codes are tried by whoever has the password: they are counted as passwords are."""

    user: User

    def clean_code(self) -> str:
        trial = begin_trial(context.request, what="code", account=self.user.email)
        refuse_if_too_many(trial)
        code: str = super().clean_code()  # type: ignore[misc]
        trial.give_back()
        return code


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    """A new password by e-mail: an address that nobody has costs the same work, and is answered alike."""

    users: list[User]

    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] | None = super().clean()
        if not self.errors and cleaned:
            trial = begin_trial(context.request, what="reset", account=cleaned["email"])
            if trial.wait:
                raise forms.ValidationError(
                    _(
                        "Trop de demandes. Le lien du dernier courriel marche toujours : cherchez-le, aussi parmi les"
                        " indésirables ; ou réessayez dans %(when)s."
                    ),
                    params={"when": duration(trial.wait)},
                )
        return cleaned

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        is_known = bool(self.users)
        with transaction.atomic():
            if not is_known:
                EmailAddress.objects.filter(user_id=0, email=self.cleaned_data["email"]).exists()  # as allauth does
                self.users = [User(pk=0, password=UNUSABLE_PASSWORD_PREFIX)]
            email: str = super().save(request, **kwargs)
            if not is_known:
                transaction.set_rollback(True)
        return email


class CodeForm(_CountedCode, AuthenticateForm):  # type: ignore[misc]
    code = _code_field(_("Code"), _("6 chiffres de l’application, ou 8 chiffres d’un code de secours."))


class CodeAgainForm(_CountedCode, ReauthenticateForm):  # type: ignore[misc]
    code = _code_field(_("Code"), _("6 chiffres de l’application, ou 8 chiffres d’un code de secours."))


class FirstCodeForm(ActivateTOTPForm):  # type: ignore[misc]
    code = _code_field(_("Code que montre l’application"), _("6 chiffres, qui changent toutes les 30 secondes."))


class KeyForm(AddWebAuthnForm):  # type: ignore[misc]
    name = _name_field()


class KeyNameForm(EditWebAuthnForm):  # type: ignore[misc]
    name = _name_field()
