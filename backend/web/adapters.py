"""Sign-in: accounts are made by an administrator, and its e-mails leave through the outbox like all others."""

import time
from typing import Any
from uuid import uuid4

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backend.accounts.attempts import begin_trial
from backend.accounts.models import User
from backend.accounts.services import tell_account_changed
from backend.common.field_encryption import decrypt, encrypt
from backend.common.throttles import client_network
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.notifications.placeholders import PASSWORD, placeholder
from backend.notifications.rendering import render
from backend.notifications.services import enqueue_email
from backend.web.forms.account import refuse_if_too_many
from backend.web.identity import identity

TEMPLATES = {"account/email/password_reset_key": "password_reset"}
CHANGES = {
    "account/email/password_changed": _("Votre mot de passe a été changé."),
    "account/email/password_reset": _("Un nouveau mot de passe a été choisi, par le lien d’un courriel."),
    "mfa/email/totp_activated": _("Une application d’authentification a été ajoutée."),
    "mfa/email/totp_deactivated": _("L’application d’authentification a été retirée."),
    "mfa/email/webauthn_added": _("Une clé de sécurité a été ajoutée."),
    "mfa/email/webauthn_removed": _("Une clé de sécurité a été retirée."),
    "mfa/email/recovery_codes_generated": _("Vous avez de nouveaux codes de secours : les anciens ne servent plus."),
}


class InvitedOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try before the password is looked at; what is refused tells nothing of the account."""
        self._trial = begin_trial(request, what="password", account=credentials.get("email", ""))
        refuse_if_too_many(self._trial)

    def _rollback_login_failed_rl_usage(self) -> None:
        """Called where the password was right; allauth would give back what it counts itself."""
        self._trial.give_back()

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return a part of the address: enough for somebody to recognise where a session of theirs was opened."""
        return client_network(request, ipv4=24, ipv6=48).partition("/")[0]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Owe the e-mails we know; there is no other, since nobody signs up."""
        name = TEMPLATES.get(template_prefix)
        if name:
            record_event(kind=Kind.PASSWORD_RESET_REQUESTED, account=context["user"])
            message = render(name, {"url": placeholder(PASSWORD, context["user"].pk), "user": context["user"]})
            enqueue_email(kind=name, key=f"{name}:{uuid4()}", recipient=email, message=message)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell the person what changed in their account; choosing the first password of all is no news."""
        if template_prefix in CHANGES and user.last_login:
            tell_account_changed(user=user, what=str(CHANGES[template_prefix]))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Someone who has just signed in is not asked again."""
        records = get_authentication_records(self.request, self.request.user)
        if records and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of the factors encrypted: a copy of the database alone gives no code."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _(
            "Ce n’est pas le bon code : tapez celui que l’application montre maintenant, il change toutes les"
            " 30 secondes. Ou ce n’est pas une clé de ce compte."
        ),
    }

    def get_totp_issuer(self) -> str:
        return identity().name

    def _get_site_name(self) -> str:
        return identity().name

    def encrypt(self, text: str) -> str:
        return encrypt(text, purpose="second factor")

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text, purpose="second factor")
