"""Sign-in: accounts are made by an administrator, and its e-mails leave through the outbox like all others."""

from typing import Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from backend.notifications.rendering import render
from backend.notifications.services import owe

TEMPLATES = {"account/email/password_reset_key": "password_reset"}


class InvitedOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Owe the e-mails we know; there is no other, since nobody signs up."""
        name = TEMPLATES.get(template_prefix)
        if name:
            message = render(name, {"url": context["password_reset_url"], "user": context["user"]})
            owe(kind=name, key=f"{name}:{uuid4()}", recipient=email, message=message)
