"""The note sent to the committee: who receives it, each by their own word, and once each month to each of them."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.rights import check_leads_territory
from backend.common.work import Work, change_each
from backend.links.models import Kind
from backend.links.services import revoke_links
from backend.notifications.kinds import COMMITTEE_NOTE
from backend.notifications.models import Notification
from backend.notifications.placeholders import STOP, placeholder
from backend.notifications.rendering import render
from backend.notifications.services import enqueue_email, has_stopped, resume, stop, stopped_topics
from backend.steering.models import NoteRecipient
from backend.steering.note import Note, note_of
from backend.steering.scopes import whole_territory

ASKED, SENT = "note_confirm", "committee_note"  # the kinds of its e-mails


class RecipientError(ValueError):
    """An address that cannot be added, in a sentence for who adds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A recipient, and what becomes of the note to that address."""

    recipient: NoteRecipient
    has_stopped: bool
    last: Notification | None

    @property
    def receives(self) -> bool:
        return self.recipient.confirmed_at is not None and not self.has_stopped


# -- who receives it


@transaction.atomic
def add_recipient(*, user: User, email: str) -> NoteRecipient:
    """Ask an address whether it wants the note; until it says so nothing else is written to it.

    Raises ``PermissionDenied`` for who does not lead the territory, ``RecipientError`` where it is there already or
    where its reader has stopped the note: they would be asked again without end.
    """
    check_leads_territory(user)
    if has_stopped(address=email, topic=COMMITTEE_NOTE):
        raise RecipientError(f"{email} a demandé à ne plus recevoir la note : nous ne lui écrivons plus à ce sujet.")
    try:
        with transaction.atomic():  # two touches at once: the rule of the database refuses the second one
            recipient = NoteRecipient.objects.create(email=email, added_at=timezone.now(), added_by=user)
    except IntegrityError:
        raise RecipientError(f"{email} est déjà dans la liste ci-dessous.") from None
    context = {"note_url": placeholder(Kind.NOTE, recipient.pk), "person": user}
    enqueue_email(
        kind=ASKED,
        key=f"{ASKED}:{recipient.pk}",
        recipient=recipient.email,
        message=render(ASKED, context),
        about=(f"note_recipient:{recipient.pk}",),
    )
    return recipient


@transaction.atomic
def remove_recipient(*, user: User, recipient: NoteRecipient) -> None:
    """Forget an address: its links open nothing any more, what was sent to it goes, and so does what is still owed.

    That they stopped the note is kept: it is what keeps others from asking them again. Raises ``PermissionDenied`` as
    ``add_recipient`` does.
    """
    check_leads_territory(user)
    emails_of(NoteRecipient.objects.filter(pk=recipient.pk)).delete()
    revoke_links(kind=Kind.NOTE, object_id=recipient.pk)
    recipient.delete()


def emails_of(rows: QuerySet[NoteRecipient]) -> QuerySet[Notification]:
    """Return the e-mails about the note that hold the addresses of some recipients."""
    return Notification.objects.filter(kind__in=(ASKED, SENT), recipient__in=rows.values("email"))


@transaction.atomic
def confirm_recipient(recipient: NoteRecipient) -> None:
    """Record that a recipient accepts the note, also after having stopped it."""
    NoteRecipient.objects.filter(pk=recipient.pk, confirmed_at=None).update(confirmed_at=timezone.now())
    resume(address=recipient.email, topic=COMMITTEE_NOTE)


def stop_recipient(recipient: NoteRecipient) -> None:
    """Send an address no note any more."""
    stop(address=recipient.email, topic=COMMITTEE_NOTE)


def wants_note(recipient: NoteRecipient) -> bool:
    return recipient.confirmed_at is not None and not has_stopped(address=recipient.email, topic=COMMITTEE_NOTE)


def recipients() -> list[Received]:
    """Return all recipients, each with the last note sent to them."""
    rows = list(NoteRecipient.objects.select_related("added_by"))
    stopped = stopped_topics(addresses=[row.email for row in rows])
    sent = Notification.objects.filter(kind=SENT, recipient__in=[row.email for row in rows]).order_by("owed_at")
    last = {email.recipient: email for email in sent.defer("text", "html")}
    return [
        Received(
            recipient=row,
            has_stopped=COMMITTEE_NOTE in stopped.get(row.email.lower(), ()),
            last=last.get(row.email),
        )
        for row in rows
    ]


# -- sending it


def send_notes(*, on: date) -> Work:
    """Enqueue the note of the month that is over to each who wants it, once; nothing before its figures are there.

    One that fails keeps no other back; ``SomeFailed`` is raised at the end.
    """
    note = note_of(whole_territory(), on=on)
    if note.published is None or note.published.until != on.replace(day=1) - timedelta(days=1):
        return Work()
    wanting = [row.recipient for row in recipients() if row.receives]
    keys = {_key(note.published.until, row): row.pk for row in wanting}
    sent = set(Notification.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    due = [pk for key, pk in keys.items() if key not in sent]
    send = partial(_send, note, note.published.until)
    return Work(n_looked_at=len(wanting), n_changed=change_each(send, due))


def _key(until: date, recipient: NoteRecipient) -> str:
    return f"{SENT}:{until}:{recipient.pk}"


@transaction.atomic
def _send(note: Note, until: date, pk: int) -> bool:
    recipient = NoteRecipient.objects.confirmed().select_for_update(of=("self",)).filter(pk=pk).first()
    if recipient is None:
        return False
    context = {
        "note": note,
        "note_url": placeholder(Kind.NOTE, recipient.pk),
        "stop_url": placeholder(STOP),
    }
    enqueue_email(
        kind=SENT,
        key=_key(until, recipient),
        recipient=recipient.email,
        message=render(SENT, context),
        about=(f"note:{until}",),
    )
    return True
