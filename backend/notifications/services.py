"""Owing an e-mail, sending what is due, and stopping when asked.

A worker claims a row, sends outside any transaction, and records how it ended. A worker that dies between the two
leaves a claim that another may take once the lease is over: the copy it may send carries the same Message-ID. No
sender may live longer than the lease; tasks/outbox.py sees to that.
"""

import logging
import smtplib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from backend.common.days import current_day
from backend.common.redaction import redact
from backend.links.models import RULES, Kind, Link
from backend.links.services import make_link
from backend.notifications import sending
from backend.notifications.bounces import envelope_sender, provider_headers
from backend.notifications.frequency_cap import Turn, earliest, may_leave, take_turn
from backend.notifications.headers import Email
from backend.notifications.kinds import KINDS, EmailKind, OptOut, kind_of
from backend.notifications.models import Notification, Stop, StopReason
from backend.notifications.placeholders import PASSWORD, STOP, LinkSpec, put_in_links, take_out_links
from backend.notifications.refusals import diagnose
from backend.notifications.suppression import hold_back, record_delivery, suppression_of, suppressions_of

logger = logging.getLogger(__name__)

# Seconds before each new try; after the last one the row is given up and stays visible in the administration.
BACK_OFF = (30, 120, 600, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
ATTEMPTS = len(BACK_OFF) + 1
PERMANENT = 500  # the first SMTP reply that says "do not try again" (RFC 5321, section 4.2.1)


class StopError(ValueError):
    """A reason for stopping that is not in the list, in a sentence for the reader of the page."""


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered e-mail."""

    subject: str
    text: str
    html: str


def enqueue_email(
    *,
    kind: str,
    key: str,
    recipient: str,
    message: Message,
    about: tuple[str, ...] = (),
    reply_to: str = "",
    asked_for: bool = False,
    turn: Turn | None = None,
) -> Notification:
    """Enqueue an e-mail, once for each key; call it in the transaction of the change that owes it.

    ``about`` names what the e-mail tells of, such as ``submission:12``. ``asked_for`` is an e-mail its reader has just
    asked for, which no earlier stop holds back. One of a spaced kind leaves when it is its turn; while it waits, it
    stands for another about the same. ``turn`` is what one e-mail a day is counted for; it leaves on the first free
    day. Raises ``UnknownKind`` where the registry does not know the kind, ``ValueError`` where a capped one has no
    turn.
    """
    spec = kind_of(kind)
    if spec.is_capped and turn is None:
        raise ValueError(f"An e-mail {kind!r} takes turns: say of which firm it speaks, and on which day.")
    topic = spec.topic_about(about)
    text, in_text = take_out_links(message.text)
    html, in_html = take_out_links(message.html)
    spec.check_links({link.kind for link in (*in_text, *in_html)})
    now = timezone.now()
    earlier = _earlier(spec, key=key, recipient=recipient, now=now)
    due_at = _turn(spec, [row.due_at for row in earlier if row.kind == kind], now=now)
    if due_at > now:
        of_the_kind = (row for row in earlier if row.kind == kind and row.about == list(about))
        if waiting := next((row for row in of_the_kind if row.state == Notification.State.DUE), None):
            return waiting
    if known := next((row for row in earlier if row.dedupe_key == key), None):
        return known
    stopped = bool(topic) and not asked_for and has_stopped(address=recipient, topic=topic)
    held = suppressions_of(address=recipient, kind=kind)
    digest = sha256(f"{settings.SECRET_KEY}:{key}".encode()).hexdigest()[:40]
    capped: dict[str, Any] = {}
    if turn and not stopped and not held.exists():
        day = take_turn(address=recipient, turn=turn)
        due_at = max(due_at, earliest(day, on=turn.on))
        capped = {"cap_firm": turn.firm, "cap_day": day, "cap_first": turn.first}
    notification = Notification(
        dedupe_key=key,
        kind=kind,
        about=list(about),
        recipient=recipient,
        reply_to=reply_to,
        subject=message.subject,
        text=text,
        html=html,
        links=[*in_text, *in_html],
        message_id=f"<{digest}@{settings.MESSAGE_ID_DOMAIN}>",
        topic=topic,
        state=Notification.State.STOPPED if stopped else Notification.State.DUE,
        owed_at=now,
        due_at=due_at,
        ended_at=now if stopped else None,
        suppression_id=None if stopped else Subquery(held.values("pk")[:1]),
        **capped,
    )
    try:
        with transaction.atomic():
            notification.save()
            if notification.suppression:
                hold_back(notification, notification.suppression)
                notification.save()
    except IntegrityError:
        if known := Notification.objects.filter(dedupe_key=key).first():
            return known  # enqueued at the same moment by somebody else
        raise
    return notification


def _earlier(spec: EmailKind, *, key: str, recipient: str, now: datetime) -> list[Notification]:
    """Return the e-mail of a key, and those of a spaced kind that its address awaits or had of late, newest first."""
    wanted = Q(dedupe_key=key)
    if spec.spacing:
        of_late = Q(due_at__gt=now - timedelta(seconds=max(seconds for _, seconds in spec.spacing)))
        waiting = Q(state=Notification.State.DUE)
        wanted |= Q(of_late | waiting, kind=spec.name, recipient__iexact=recipient)
    return list(Notification.objects.filter(wanted).order_by("-due_at"))


def _turn(spec: EmailKind, due: Sequence[datetime], *, now: datetime) -> datetime:
    """Return when one more e-mail of a kind may leave for an address that had some, the newest first."""
    turns = [due[n - 1] + timedelta(seconds=seconds) for n, seconds in spec.spacing if len(due) >= n]
    return max([now, *turns])


def deliverable(*, limit: int = 500) -> list[tuple[int, int]]:
    """Return the key and the attempt of each e-mail to send now, oldest first."""
    rows = Notification.objects.deliverable(timezone.now(), _lease()).order_by("due_at")
    return list(rows.values_list("pk", "attempt")[:limit])


def deliver(*, pk: int, attempt: int) -> bool:
    """Send one e-mail if nobody else has taken it since ``attempt``; return whether it was sent."""
    if not _may_leave_now(pk=pk, attempt=attempt):
        return False
    notification = _claim(pk=pk, attempt=attempt)
    if notification is None:
        return False
    try:
        sending.connection.send(email_of(notification))
    except Exception as error:  # whatever went wrong, a row left claimed would be tried at every lease
        _put_off(notification, error)
        return False
    try:
        _record_sent(pk)
    except (OperationalError, InterfaceError):  # the database closed our connection while the e-mail was leaving
        connection.close()
        _record_sent(pk)
    return True


def _may_leave_now(*, pk: int, attempt: int) -> bool:
    """Tell whether it is the turn of an e-mail, and of its domain this minute; else put it off, unclaimed."""
    now = timezone.now()
    rows = Notification.objects.deliverable(now, _lease()).filter(pk=pk, attempt=attempt)
    if not may_leave(rows, on=current_day()):
        return False
    recipient = rows.values_list("recipient", flat=True).first()
    later = sending.turn_at(recipient, now=now) if recipient else None
    if later:
        rows.filter(state=Notification.State.DUE).update(due_at=later)
    return recipient is not None and later is None


@transaction.atomic(durable=True)  # the claim is committed before anything leaves
def _claim(*, pk: int, attempt: int) -> Notification | None:
    rows = Notification.objects.deliverable(timezone.now(), _lease()).select_for_update(skip_locked=True, of=("self",))
    notification = rows.filter(pk=pk, attempt=attempt).first()
    if notification is None:
        return None
    if notification.attempt >= ATTEMPTS:  # every sender died: perhaps because of this very e-mail
        notification.state = Notification.State.FAILED
        notification.ended_at = timezone.now()
        notification.save(update_fields=["state", "ended_at"])
        return None
    suppression = suppression_of(address=notification.recipient, kind=notification.kind)
    if suppression:
        hold_back(notification, suppression)
        notification.save()
        return None
    notification.state = Notification.State.CLAIMED
    notification.attempt += 1
    notification.claimed_at = timezone.now()
    notification.save(update_fields=["state", "attempt", "claimed_at"])
    return notification


def email_of(notification: Notification) -> Email:
    """Return an e-mail as it leaves: with links made now, which nobody can read again afterwards."""
    make = cache(partial(_make_url, notification))  # one link where several marks stand for the same
    links = (LinkSpec(*link) for link in notification.links)
    text = put_in_links(notification.text, links, make)
    html = put_in_links(notification.html, links, make)
    headers = {
        "From": settings.DEFAULT_FROM_EMAIL,
        "Message-ID": notification.message_id,
        "Auto-Submitted": "auto-generated",
        **provider_headers(notification),
    }
    kind = KINDS.get(notification.kind)  # none: retired since it was enqueued
    if kind and kind.opt_out is OptOut.ONE_CLICK:
        headers["List-Unsubscribe"] = f"<{make(LinkSpec(STOP, 0))}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    email = Email(
        subject=notification.subject,
        body=text,
        from_email=envelope_sender(notification) or None,
        to=[notification.recipient],
        reply_to=[notification.reply_to] if notification.reply_to else None,
        headers=headers,
    )
    email.attach_alternative(html, "text/html")
    return email


def _make_url(notification: Notification, link: LinkSpec) -> str:
    """Make a link for one sending of an e-mail; raise ``ValueError`` where what it leads to is gone."""
    if link.kind == PASSWORD:
        user = get_user_model().objects.filter(pk=link.object_id, is_active=True).first()
        if user is None:
            raise ValueError("The account is closed.")
        key = default_token_generator.make_token(user)
        return absolute_url("account_reset_password_from_key", user_pk_to_url_str(user), key)
    kind = Kind(link.kind)
    if kind == Kind.STOP:
        token = make_link(kind=kind, object_id=notification.pk, scope=notification.topic)
    else:
        token = make_link(kind=kind, object_id=link.object_id, scope=link.scope)
    return absolute_url(RULES[kind].view, token)


@transaction.atomic
def _put_off(notification: Notification, error: Exception) -> None:
    """Record a failure, unless the claim is no longer ours: stopped meanwhile, or taken by another worker."""
    logger.warning(  # the message of the error may hold the address: it stays in the row
        "Notification %s was not sent (attempt %s): %s", notification.pk, notification.attempt, type(error).__name__
    )
    now = timezone.now()
    outcome: dict[str, Any] = {"state": Notification.State.FAILED, "ended_at": now}
    if not _is_permanent(error) and notification.attempt < ATTEMPTS:
        wait = timedelta(seconds=BACK_OFF[notification.attempt - 1])
        outcome = {"state": Notification.State.DUE, "due_at": now + wait, "claimed_at": None}
    is_ours = Notification.objects.filter(
        pk=notification.pk, attempt=notification.attempt, state=Notification.State.CLAIMED
    ).update(error=redact(f"{type(error).__name__}: {error}")[:300], **outcome)  # servers quote what they refuse
    answer = _final_answer(error)
    if is_ours and answer:  # in the same transaction: a dead address that is not suppressed would have no task
        record_delivery(notification=notification, delivery=diagnose(answer), detail=answer)


def _final_answer(error: Exception) -> str:
    """Return the words of a server that refuses the recipient or the content for good, and nothing of others."""
    answers: list[tuple[int, bytes | str]] = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = list(error.recipients.values())
    elif isinstance(error, smtplib.SMTPDataError):
        answers = [(error.smtp_code, error.smtp_error)]
    words = [(code, text.decode("utf-8", "replace") if isinstance(text, bytes) else text) for code, text in answers]
    return " ".join(f"{code} {text}" for code, text in words if code >= PERMANENT)


def _is_permanent(error: Exception) -> bool:
    """Tell whether trying again is pointless: the server refuses this address or this content, or it cannot be sent.

    A refused sender or password is our own fault, and may be mended before the last attempt.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= PERMANENT for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= PERMANENT
    return isinstance(error, ValueError)


def _record_sent(pk: int) -> None:
    """Whoever holds the row by now, the e-mail has left."""
    Notification.objects.filter(pk=pk).exclude(state=Notification.State.SENT).update(
        state=Notification.State.SENT, ended_at=timezone.now(), error=""
    )


def _lease() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def absolute_url(name: str, *args: object) -> str:
    """Return the public address of a page, for an e-mail."""
    return f"{settings.PUBLIC_URL}{reverse(name, args=args)}"


# -- stopping


def stopped_by(link: Link) -> tuple[str, str] | None:
    """Return the address and the topic that a stop link stops, or none where its e-mail was erased."""
    notification = Notification.objects.filter(pk=link.object_id).first()
    return (notification.recipient, link.scope) if notification else None


@transaction.atomic
def stop(*, address: str, topic: str) -> None:
    """Never write to an address about a topic again, not even what is already owed."""
    row, _ = Stop.objects.select_for_update(of=("self",)).get_or_create(
        address=address.lower(), defaults={"asked_at": timezone.now()}
    )
    if topic not in row.topics:
        row.topics.append(topic)
        row.save(update_fields=["topics"])
    # One that is leaving right now is recorded as sent if it does; if it does not, nobody tries it again.
    owed = Notification.objects.filter(state__in=(Notification.State.DUE, Notification.State.CLAIMED))
    owed.filter(recipient__iexact=address, topic=topic).update(
        state=Notification.State.STOPPED, ended_at=timezone.now()
    )


@transaction.atomic
def explain_stop(*, address: str, topic: str, reason: str, on: date) -> bool:
    """Count why an address stopped a topic, once for each stop and without the address; return whether it counts.

    It is asked after the stop, never before: where nothing is stopped it changes nothing. Raises ``StopError`` where
    the reason is none of the list.
    """
    if reason not in StopReason.Reason.values:
        raise StopError("Cette raison n’est pas dans la liste. Touchez l’une de celles-ci, ou fermez : c’est arrêté.")
    row = Stop.objects.select_for_update(of=("self",)).filter(address=address.lower()).first()
    if row is None or topic not in row.topics or topic in row.explained:
        return False
    row.explained.append(topic)
    row.save(update_fields=["explained"])
    StopReason.objects.count_one(month=on.replace(day=1), list_name=topic.partition(":")[0], reason=reason)
    return True


def take_back(*, about: str, kinds: Iterable[str], why: str, recipient: str = "", leaving: bool = False) -> set[str]:
    """Give up what is owed about something and has not left, to everybody or to one; return of which kinds it was.

    With ``leaving`` also what a worker has in hand: it is recorded as sent if it leaves, else nobody tries it again.
    """
    states = (Notification.State.DUE, *((Notification.State.CLAIMED,) if leaving else ()))
    unsent = Notification.objects.filter(state__in=states, about__contains=[about], kind__in=kinds)
    if recipient:
        unsent = unsent.filter(recipient__iexact=recipient)
    found = list(unsent.select_for_update(skip_locked=not leaving, of=("self",)).values_list("pk", "kind"))
    Notification.objects.filter(pk__in=[pk for pk, _kind in found]).update(
        state=Notification.State.FAILED, ended_at=timezone.now(), error=why
    )
    return {kind for _pk, kind in found}


@transaction.atomic
def resume(*, address: str, topic: str) -> None:
    """Write again to an address that asks for it about a topic it had stopped; one that stops nothing is not kept."""
    forget_stops(topics=[topic], of=Stop.objects.filter(address=address.lower()))


@transaction.atomic
def forget_stops(*, topics: Collection[str], of: QuerySet[Stop]) -> None:
    """Keep nothing of the stops of some topics: what an address stopped beside stays, with the address."""
    for row in of.filter(topics__overlap=topics).select_for_update(of=("self",)):
        row.topics = [one for one in row.topics if one not in topics]
        row.explained = [one for one in row.explained if one not in topics]
        row.save(update_fields=["topics", "explained"])
    of.filter(topics=[]).delete()


def has_stopped(*, address: str, topic: str) -> bool:
    """Tell whether an address asked not to be written to about a topic."""
    return Stop.objects.filter(address=address.lower(), topics__contains=[topic]).exists()


def stopped_topics(*, addresses: Iterable[str]) -> dict[str, list[str]]:
    """Return what each of some addresses asked not to be written to about, by the address in lower case."""
    rows = Stop.objects.filter(address__in={address.lower() for address in addresses})
    return dict(rows.values_list("address", "topics"))
