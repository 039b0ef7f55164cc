"""Notes in the audit log what allauth says of sign-ins: its signals are all that it tells of them."""

from typing import Any

from allauth.account.signals import password_changed, password_reset, user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.contrib.auth.signals import user_login_failed
from django.dispatch import receiver

from backend.accounts.feeds import end_calendar
from backend.accounts.models import User
from backend.journal.models import Kind
from backend.journal.services import digest_of, record_event
from backend.links.models import Kind as LinkKind
from backend.links.services import prolong_links


@receiver(user_logged_in)
def note_sign_in(user: User, **_signal: Any) -> None:
    record_event(kind=Kind.SIGN_IN, actor=user)
    prolong_links(kind=LinkKind.STAFF_FEED, object_ids=[user.pk])


@receiver(user_login_failed)
def note_failed_sign_in(credentials: dict[str, Any], **_signal: Any) -> None:
    """Note the address as a digest: it may be nobody's here, or a password typed in the wrong field."""
    record_event(kind=Kind.SIGN_IN_FAILED, detail=digest_of(str(credentials.get("email", ""))))


@receiver(password_reset)
def note_password_reset(user: User, **_signal: Any) -> None:
    record_event(kind=Kind.PASSWORD_RESET, actor=user)
    end_calendar(user=user)


@receiver(password_changed)
def note_password_changed(user: User, **_signal: Any) -> None:
    record_event(kind=Kind.PASSWORD_CHANGED, actor=user)
    end_calendar(user=user)


@receiver(authenticator_used)
def note_factor_used(user: User, authenticator: Authenticator, **_signal: Any) -> None:
    record_event(kind=Kind.SECOND_FACTOR_USED, actor=user, detail=authenticator.type)


@receiver(authentication_failed)
def note_factor_failed(user: User, authenticator: Authenticator | None = None, **_signal: Any) -> None:
    record_event(kind=Kind.SECOND_FACTOR_FAILED, actor=user, detail=authenticator.type if authenticator else None)


@receiver([authenticator_added, authenticator_reset])
def note_factor_added(user: User, authenticator: Authenticator, **_signal: Any) -> None:
    record_event(kind=Kind.SECOND_FACTOR_ADDED, actor=user, detail=authenticator.type)


@receiver(authenticator_removed)
def note_factor_removed(user: User, authenticator: Authenticator, **_signal: Any) -> None:
    record_event(kind=Kind.SECOND_FACTOR_REMOVED, actor=user, detail=authenticator.type)
