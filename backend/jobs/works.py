"""The work of the jobs that is more than a call of one service, on the day it is given."""

from collections.abc import Callable
from datetime import date

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from backend.accounts.attempts import erase_attempts
from backend.common.work import Work
from backend.matchmaking import alerts
from backend.matchmaking.language import learn_language
from backend.matchmaking.models import Language
from backend.notifications import services as notifications
from backend.notifications.bounce_mailbox import read_imap
from backend.schemes.catalogue import public_reports
from backend.webhooks import delivery
from backend.webhooks.services import forget_former_secrets


def send_what_is_due(*, on: date, hand_out: Callable[[int, int], object] | None = None) -> Work:
    """Give every e-mail that is due to ``hand_out``, or send it here and now."""
    due = notifications.deliverable()
    for pk, attempt in due:
        if hand_out:
            hand_out(pk, attempt)
        else:
            notifications.deliver(pk=pk, attempt=attempt)
    return Work(n_looked_at=len(due), n_changed=len(due))


def send_due_webhooks(*, on: date, hand_out: Callable[[int, int], object] | None = None) -> Work:
    """Give every webhook that is due to ``hand_out``, or send it here and now; erase secrets that sign no more."""
    forget_former_secrets()
    due = delivery.deliverable()
    for pk, attempt in due:
        if hand_out:
            hand_out(pk, attempt)
        else:
            delivery.deliver(pk=pk, attempt=attempt)
    return Work(n_looked_at=len(due), n_changed=len(due))


def read_bounces(*, on: date) -> Work:
    """Record the delivery reports and complaints of the mailbox of the settings."""
    return read_imap(settings.BOUNCE_IMAP)


def tell_what_is_new(*, on: date, hand_out: Callable[[int], object] | None = None) -> Work:
    """Give every subscription whose result may hold news to ``hand_out``, or tell it here and now."""
    due = alerts.due(on=on)
    for pk in due:
        if hand_out:
            hand_out(pk)
        else:
            alerts.tell(pk=pk, on=on)
    return Work(n_looked_at=len(due), n_changed=len(due))


def erase_sessions(*, on: date) -> Work:
    """Erase the sessions that are over, and the counts of wrong passwords and codes."""
    n_before = Session.objects.count()
    n_over = Session.objects.filter(expire_date__lt=timezone.now()).count()
    call_command("clearsessions")
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    erase_attempts()
    return Work(n_looked_at=n_before, n_changed=n_over)


def erase_addresses(*, on: date) -> Work:
    """Erase the addresses of visitors who were answered; how long ago is counted on the clock, as it was written."""
    return public_reports.erase_addresses(now=timezone.now())


def learn(*, on: date) -> Work:
    """Learn how firms speak from what was confirmed and corrected since; nothing where nothing was."""
    before = Language.objects.order_by("learnt_at", "version").last()
    after = learn_language()
    return Work(n_looked_at=after.n_sentences + after.n_corrections, n_changed=int(after != before))
