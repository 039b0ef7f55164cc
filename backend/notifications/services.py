"""Owing an e-mail, sending what is due, and stopping when asked.

A worker claims a row, sends outside any transaction, and records how it ended. A worker that dies between the two
leaves a claim that another may take once the lease is over: the copy it may send carries the same Message-ID.
"""

import logging
import smtplib
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from backend.notifications.models import Notification, NotificationQuerySet, Stop

logger = logging.getLogger(__name__)

# Seconds before each new try; after the last one the row is given up and stays visible in the administration.
BACK_OFF = (30, 120, 600, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
STOP_SALT = "notifications.stop"


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered e-mail."""

    subject: str
    text: str
    html: str


def owe(
    *,
    kind: str,
    key: str,
    recipient: str,
    message: Message,
    topic: str = "",
    reply_to: str = "",
    asked_for: bool = False,
) -> Notification:
    """Owe an e-mail, once for each key; call it in the transaction of the change that owes it.

    ``topic`` is what its reader can stop. ``asked_for`` is an e-mail its reader has just asked for, which no earlier
    stop holds back.
    """
    now = timezone.now()
    stopped = bool(topic) and not asked_for and has_stopped(address=recipient, topic=topic)
    digest = sha256(f"{settings.SECRET_KEY}:{key}".encode()).hexdigest()[:40]
    notification, _ = Notification.objects.get_or_create(
        dedupe_key=key,
        defaults={
            "kind": kind,
            "recipient": recipient,
            "reply_to": reply_to,
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "message_id": f"<{digest}@{settings.MESSAGE_ID_DOMAIN}>",
            "topic": topic,
            "state": Notification.State.STOPPED if stopped else Notification.State.DUE,
            "owed_at": now,
            "due_at": now,
            "ended_at": now if stopped else None,
        },
    )
    return notification


def deliverable(*, limit: int = 500) -> list[tuple[int, int]]:
    """Return the key and the attempt of each e-mail to send now, oldest first."""
    rows = Notification.objects.deliverable(timezone.now(), _lease()).order_by("due_at")
    return list(rows.values_list("pk", "attempt")[:limit])


def deliver(*, pk: int, attempt: int) -> bool:
    """Send one e-mail if nobody else has taken it since ``attempt``; return whether it was sent."""
    notification = _claim(pk=pk, attempt=attempt)
    if notification is None:
        return False
    try:
        _email(notification).send()
    except smtplib.SMTPRecipientsRefused as error:
        permanent = all(code >= 500 for code, _ in error.recipients.values())
        _put_off(notification, error, final=permanent)
        return False
    except (OSError, smtplib.SMTPException) as error:
        _put_off(notification, error)
        return False
    _end(notification, Notification.State.SENT)
    return True


@transaction.atomic
def _claim(*, pk: int, attempt: int) -> Notification | None:
    rows = Notification.objects.deliverable(timezone.now(), _lease()).select_for_update(skip_locked=True, of=("self",))
    notification = rows.filter(pk=pk, attempt=attempt).first()
    if notification is None:
        return None
    notification.state = Notification.State.CLAIMED
    notification.attempt += 1
    notification.claimed_at = timezone.now()
    notification.save(update_fields=["state", "attempt", "claimed_at"])
    return notification


def _email(notification: Notification) -> EmailMultiAlternatives:
    headers = {"Message-ID": notification.message_id, "Auto-Submitted": "auto-generated"}
    if notification.topic:
        headers["List-Unsubscribe"] = f"<{stop_url(address=notification.recipient, topic=notification.topic)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    email = EmailMultiAlternatives(
        subject=notification.subject,
        body=notification.text,
        to=[notification.recipient],
        reply_to=[notification.reply_to] if notification.reply_to else None,
        headers=headers,
    )
    email.attach_alternative(notification.html, "text/html")
    return email


def _put_off(notification: Notification, error: Exception, *, final: bool = False) -> None:
    logger.warning("Notification %s was not sent (attempt %s): %s", notification.pk, notification.attempt, error)
    spent = notification.attempt > len(BACK_OFF)
    if final or spent:
        _end(notification, Notification.State.FAILED, error=str(error))
        return
    wait = timedelta(seconds=BACK_OFF[notification.attempt - 1])
    _mine(notification).update(
        state=Notification.State.DUE, due_at=timezone.now() + wait, claimed_at=None, error=str(error)[:300]
    )


def _end(notification: Notification, state: str, *, error: str = "") -> None:
    _mine(notification).update(state=state, ended_at=timezone.now(), error=error[:300])


def _mine(notification: Notification) -> NotificationQuerySet:
    """Only the claim that this worker still holds: a later one belongs to another worker."""
    return Notification.objects.filter(
        pk=notification.pk, attempt=notification.attempt, state=Notification.State.CLAIMED
    )


def _lease() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def absolute_url(name: str, *args: object) -> str:
    """Return the public address of a page, for an e-mail."""
    return f"{settings.PUBLIC_URL}{reverse(name, args=args)}"


# -- stopping


def stop_url(*, address: str, topic: str) -> str:
    """Return the link by which an address stops a topic, without signing in."""
    token = signing.dumps({"address": address, "topic": topic}, salt=STOP_SALT, compress=True)
    return absolute_url("stop", token)


def read_stop_token(token: str) -> tuple[str, str]:
    """Return the address and the topic of a stop link; raise ``signing.BadSignature`` where it was altered."""
    content = signing.loads(token, salt=STOP_SALT)
    return content["address"], content["topic"]


@transaction.atomic
def stop(*, address: str, topic: str) -> None:
    """Never write to an address about a topic again, not even what is already owed."""
    row, _ = Stop.objects.select_for_update(of=("self",)).get_or_create(
        address=address.lower(), defaults={"asked_at": timezone.now()}
    )
    if topic not in row.topics:
        row.topics.append(topic)
        row.save(update_fields=["topics"])
    Notification.objects.filter(recipient__iexact=address, topic=topic, state=Notification.State.DUE).update(
        state=Notification.State.STOPPED, ended_at=timezone.now()
    )


def has_stopped(*, address: str, topic: str) -> bool:
    """Tell whether an address asked not to be written to about a topic."""
    return Stop.objects.filter(address=address.lower(), topics__contains=[topic]).exists()
