"""The link of 30 minutes, or the one that confirms an address: sent on request, to the address that is known."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from backend.matchmaking.correspondence import to_contact
from backend.matchmaking.emails import about_guest, enqueue_access_link, enqueue_confirmation
from backend.matchmaking.models import Guest, Submission
from backend.notifications.kinds import KINDS
from backend.notifications.models import Notification

CONFIRMATION = "confirm_address"
RESEND_SECONDS = 120  # between two e-mails with the same link, so that nobody's box is filled for them


@transaction.atomic
def send_space_link(*, email: str) -> None:
    """Send one link to an address that filed: of 30 minutes, or the one that confirms it while it never was.

    One that was invited to files and confirmed none of its own gets the link too. For an address that filed nothing
    the same is done, and undone: how long it takes tells nobody which it was. What is kept is not waited for on the
    disk, which nothing undone waits for; a request lost there is made again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    filed = Submission.objects.filed_with(email).select_related("contact", "sheet", "consent_by")
    last_confirmed = filed.order_by(F("confirmed_at").desc(nulls_last=True), "-filed_at").first()
    guest = Guest.objects.of_address(email).select_related("submission").order_by("-accepted_at").first()
    if guest and not (last_confirmed and last_confirmed.confirmed_at):
        send_guest_link(guest=guest)
        return
    if last_confirmed:
        send_access_link(submission=last_confirmed)
        return
    enqueue_access_link(recipient=email, submission_pk=0, about=(), key=f"access:{uuid4()}")
    transaction.set_rollback(True)


@transaction.atomic
def send_guest_link(*, guest: Guest) -> None:
    """Send a 30-minute link to a guest, once in two minutes."""
    enqueue_access_link(
        recipient=guest.email,
        submission_pk=guest.submission_id,
        about=about_guest(guest),
        key=f"access:{guest.key}:{_minute()}",
        scope=guest.key,
    )


def _minute() -> int:
    return int(timezone.now().timestamp() // RESEND_SECONDS)


@transaction.atomic
def send_access_link(*, submission: Submission) -> None:
    """Send a 30-minute link to the address of a submission, or the one that confirms it; once in two minutes."""
    minute = _minute()
    if submission.confirmed_at:
        enqueue_access_link(
            recipient=submission.contact.email,
            submission_pk=submission.pk,
            about=(submission.topic,),
            key=f"access:{submission.pk}:{minute}",
        )
    else:
        enqueue_confirmation(submission, suffix=f":again:{minute}")


@transaction.atomic
def send_confirmation_again(*, submission: Submission) -> Notification:
    """Send the confirmation again, and return its e-mail: a new one is not sent yet.

    One that waits stands for another, and one that has just left too: two would be one too many.
    """
    submission = Submission.objects.locked(submission.pk)
    sent = to_contact(submission).filter(kind=CONFIRMATION, recipient__iexact=submission.contact.email)
    last, now = sent.order_by("-owed_at", "-pk").first(), timezone.now()
    if last and last.state in (Notification.State.DUE, Notification.State.CLAIMED):
        return last
    if last and last.state == Notification.State.SENT and again_from(last) > now:
        return last
    return enqueue_confirmation(submission, suffix=f":again:{now.timestamp():.6f}")


def again_from(confirmation: Notification) -> datetime:
    """Return from when on a confirmation that left may be asked for again."""
    (_, seconds), *_ = KINDS[CONFIRMATION].spacing
    return confirmation.due_at + timedelta(seconds=seconds)
