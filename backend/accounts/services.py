"""Inviting people, giving them back a lost second factor, and letting them go."""

from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from backend.accounts.feeds import end_calendar
from backend.accounts.models import User
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.notifications.placeholders import PASSWORD, placeholder
from backend.notifications.rendering import render
from backend.notifications.services import enqueue_email


@transaction.atomic
def invite(*, user: User) -> None:
    """Owe the e-mail by which someone chooses a first password; asking twice sends a fresh link."""
    user.invited_at = timezone.now()
    user.save(update_fields=["invited_at"])
    enqueue_email(
        kind="invitation",
        key=f"invitation:{user.pk}:{user.invited_at.isoformat()}",
        recipient=user.email,
        message=render("invitation", {"user": user, "url": placeholder(PASSWORD, user.pk)}),
    )


@transaction.atomic
def off_board(*, user: User) -> None:
    """Close an account at once, its sessions and the feed of its calendar too; what the person decided stays."""
    user.is_active = False
    user.saved_lists = {}
    user.set_unusable_password()
    user.save(update_fields=["is_active", "saved_lists", "password"])
    end_calendar(user=user)
    _end_sessions(user)


@transaction.atomic
def forget_old_addresses(*, user: User) -> None:
    """Let only the address of the account itself sign in: allauth notes each it has seen, and would take them all."""
    EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).delete()


@transaction.atomic
def reset_second_factor(*, user: User, by: User | None = None) -> bool:
    """Forget the factors of someone who lost them, end their sessions and tell them; return whether there were any.

    At the next sign-in they add a new one.
    """
    removed, _rows = Authenticator.objects.filter(user=user).delete()
    if removed:
        record_event(kind=Kind.SECOND_FACTOR_RESET, actor=by, account=user)
        end_calendar(user=user)
        _end_sessions(user)
        tell_account_changed(
            user=user,
            kind="second_factor_reset",
            what="Un administrateur a retiré votre second facteur. Ajoutez-en un autre à la prochaine connexion.",
        )
    return bool(removed)


def tell_account_changed(*, user: User, what: str, kind: str = "account_changed") -> None:
    """Owe the e-mail by which someone learns that their password or a factor changed, in case it was not them."""
    context = {"user": user, "what": what, "when": timezone.now()}
    enqueue_email(kind=kind, key=f"{kind}:{uuid4()}", recipient=user.email, message=render("account_changed", context))


def _end_sessions(user: User) -> None:
    for session in Session.objects.filter(expire_date__gte=timezone.now()):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
