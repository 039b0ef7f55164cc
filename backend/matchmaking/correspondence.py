"""The e-mails to a firm about its file: refused on its page, and what its officers read of each."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from backend.matchmaking.contents import STOPS, may_have
from backend.matchmaking.file_events import OF_SHARES, end_emails_of_contact
from backend.matchmaking.models import Submission
from backend.notifications.kinds import KINDS, Audience
from backend.notifications.models import Notification, NotificationQuerySet
from backend.notifications.outcomes import delivery_of, has_failed, outcome_of
from backend.notifications.services import has_stopped, resume, stop, stopped_topics
from backend.notifications.suppression import is_dead

SHOWN = 30
TO_FIRMS = [kind.name for kind in KINDS.values() if kind.audience is Audience.FIRM]


@transaction.atomic
def refuse_emails(*, submission: Submission, phone: str) -> None:
    """Write no more e-mails about a file to its contact, alerts and questions included: its officers telephone."""
    submission.contact.phone = phone
    submission.contact.save(update_fields=["phone"])
    stop(address=submission.contact.email, topic=submission.topic)
    end_emails_of_contact(submission)


@transaction.atomic
def accept_emails(*, submission: Submission) -> None:
    """Write e-mails about a file again; alerts are asked for apart."""
    resume(address=submission.contact.email, topic=submission.topic)


def refuses_emails(submission: Submission) -> bool:
    return may_have(submission, STOPS) and has_stopped(address=submission.contact.email, topic=submission.topic)


def why_no_email(submission: Submission, *, refuses: bool | None = None) -> str:
    """Say why an answer to a firm would not leave; empty where it would. ``refuses``: where that is known already."""
    if refuses_emails(submission) if refuses is None else refuses:
        return _("l’entreprise n’en veut pas")
    if submission.confirmed_at is None:
        return _("son adresse n’est pas confirmée")
    if is_dead(submission.contact.email):
        return _("son adresse ne répond plus")
    return ""


def refusing_emails(submissions: Iterable[Submission]) -> set[int]:
    """Return the keys of those files whose firm refuses e-mails, by one query."""
    files = list(submissions)
    topics = stopped_topics(addresses=[file.contact.email for file in files])
    return {file.pk for file in files if file.topic in topics.get(file.contact.email.lower(), ())}


@dataclass(frozen=True, slots=True)
class SentEmail:
    """One e-mail to a firm, in the words that its officers read; all of it comes from the row of the outbox."""

    kind: str
    label: str
    outcome: str
    delivery: str
    has_failed: bool
    was_sent: bool


def emails_to_firm(submission: Submission) -> list[SentEmail]:
    """Return what was written to the contact of a file, or was to be, the newest first; nothing of its guests."""
    return [_sent(row) for row in _newest_first(to_contact(submission))[:SHOWN]]


def _newest_first(rows: NotificationQuerySet) -> NotificationQuerySet:
    return rows.order_by("-owed_at", "-pk").defer("text", "html")


def _sent(row: Notification) -> SentEmail:
    return SentEmail(
        kind=row.kind,
        label=KINDS[row.kind].label,
        outcome=outcome_of(row),
        delivery=delivery_of(row),
        has_failed=has_failed(row),
        was_sent=row.state == Notification.State.SENT,
    )


def to_contact(submission: Submission) -> NotificationQuerySet:
    """Return the e-mails about a file to its contact, and nothing else: those to guests name one beside the file.

    Those of a share name it beside the file, and are the contact's.
    """
    of_contact = Q(about=[submission.topic]) | Q(kind__in=OF_SHARES)
    return Notification.objects.about(submission.topic).filter(of_contact, kind__in=TO_FIRMS)


def latest_email(submission: Submission, kind: str) -> SentEmail | None:
    """Return the last e-mail of a kind about a file."""
    row = _newest_first(to_contact(submission).filter(kind=kind)).first()
    return _sent(row) if row else None
