"""Other contacts of a file: invited by who may manage it, in force once they accept, ended by either (ADR 54).

Only the address that filed reads files together (``ownership``): a guest opens one file and brings nothing of its own.
"""

from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.journal.models import Kind as Event
from backend.journal.services import record_event
from backend.links.models import Kind, Link
from backend.links.services import revoke_links, use_up
from backend.matchmaking.correspondence import TO_FIRMS
from backend.matchmaking.emails import enqueue_invitation
from backend.matchmaking.models import Alert, Guest, Submission
from backend.notifications.services import resume, take_back

MOST_GUESTS = 10  # of one file, with those who have not answered, without those who left
LINKS = (Kind.GUEST, Kind.RESULT, Kind.ACCESS)  # that a guest may hold


class GuestError(ValueError):
    """An invitation that is not made, with a sentence for who asked."""


@transaction.atomic
def invite(*, submission: Submission, email: str, right: str) -> Guest:
    """Invite an address to a file, once; one that has not answered yet is written to again, with the right given now.

    Whoever reads the file invites: its contact, or a guest who may manage it. Raises ``PermissionDenied`` for others
    and where the file is closed, ``GuestError`` with a sentence where the address cannot be invited.
    """
    file = _managed(submission)
    by = submission.page_reader
    if email.casefold() == file.contact.email.casefold():
        raise GuestError(f"{email} est l’adresse qui a déposé cette demande : elle y a déjà tous les droits.")
    guest = file.guests.filter(email__iexact=email).first()
    if guest and guest.left_at:
        raise GuestError(f"{email} a refusé ou quitté cette demande : une adresse n’y est pas invitée deux fois.")
    if guest and guest.accepted_at:
        raise GuestError(f"{email} lit déjà cette demande : changez son droit dans la liste.")
    if guest is None:
        if file.guests.filter(left_at=None).count() >= MOST_GUESTS:
            raise GuestError(f"Cette demande a déjà {MOST_GUESTS} contacts invités : retirez-en un d’abord.")
        guest = Guest(submission=file, email=email)
    guest.right, guest.invited_by, guest.invited_at = Guest.Right(right), by, timezone.now()
    guest.save()
    _journal(Event.GUEST_INVITED, guest, guest.right)
    enqueue_invitation(guest, inviter=inviter_of(guest), key=f"guest:{guest.pk}:{uuid4()}")
    return guest


def inviter_of(guest: Guest) -> str:
    """Name who invited a guest, as the guest reads it."""
    contact = guest.submission.contact
    return guest.invited_by.email if guest.invited_by else f"{contact.name} ({contact.email})"


def invitation_of(link: Link) -> Guest | None:
    """Return the invitation that a link opens, while it waits for its answer."""
    rows = Guest.objects.awaited().filter(submission__in=Submission.objects.proven())
    guests = rows.select_related("submission__contact", "submission__sheet", "invited_by")
    key = link.scope.removeprefix(Guest.PREFIX)
    return guests.filter(pk=int(key), submission=link.object_id).first() if key.isdigit() else None


@transaction.atomic
def answer_invitation(*, link: Link, accepts: bool) -> Guest | None:
    """Accept or refuse an invitation, once: nothing where its link has served, or where it was withdrawn meanwhile."""
    guest = invitation_of(link)
    if guest is None or not use_up(link=link):
        return None
    guest = Guest.objects.select_for_update(of=("self",)).filter(pk=guest.pk).first()
    if guest is None:
        return None
    if accepts:
        guest.accepted_at = timezone.now()
        guest.save(update_fields=["accepted_at"])
        _journal(Event.GUEST_ACCEPTED, guest, guest.right)
    else:
        leave(guest=guest)
    return guest


@transaction.atomic
def change_right(*, submission: Submission, guest_pk: int, right: str) -> Guest | None:
    """Give a guest another right, from the next page on."""
    guest = _managed(submission).guests.filter(pk=guest_pk, left_at=None).first()
    if guest and guest.right != right:
        guest.right = Guest.Right(right)
        guest.save(update_fields=["right"])
        _journal(Event.GUEST_CHANGED, guest, guest.right)
    return guest


@transaction.atomic
def withdraw_guest(*, submission: Submission, guest_pk: int) -> Guest | None:
    """End what a guest may do; nothing of the guest is kept, nor of those it invited who have not answered.

    Who refused or left is not withdrawn: that address is what keeps it from being invited again.
    """
    guest = _managed(submission).guests.filter(pk=guest_pk, left_at=None).first()
    if guest is None:
        return None
    for invited in (guest, *Guest.objects.awaited().filter(invited_by=guest)):
        _withdraw(invited, how="guest_withdrawn")
    return guest


@transaction.atomic
def leave(*, guest: Guest) -> None:
    """Leave a file, or refuse its invitation. The address stays with the file: nobody invites it there again."""
    _end(guest, how="guest_left" if guest.accepted_at else "guest_refused")
    guest.left_at = timezone.now()
    guest.save(update_fields=["left_at"])


def _managed(submission: Submission) -> Submission:
    """Lock a file that its reader may manage; raise ``PermissionDenied``."""
    reader = submission.page_reader
    file = Submission.objects.locked(submission.pk)
    guest = Guest.objects.in_force().filter(pk=reader.pk, submission=file).first() if reader else None
    if file.confirmed_at is None or file.is_barred or (reader and not (guest and guest.may(Guest.Right.MANAGE))):
        raise PermissionDenied
    return file


def _withdraw(guest: Guest, *, how: str) -> None:
    _end(guest, how=how)
    guest.delete()


def _end(guest: Guest, *, how: str) -> None:
    """End all that a guest has of a file: alerts, links, e-mails that have not left, and what it had stopped."""
    _journal(Event.GUEST_ENDED, guest, how)
    Alert.objects.filter(guest=guest).delete()
    for kind in LINKS:
        revoke_links(kind=kind, object_id=guest.submission_id, scope=guest.key)
    take_back(about=guest.key, kinds=TO_FIRMS, why="Ce contact ne suit plus cette demande.")
    for topic in (guest.submission.topic, Alert(submission=guest.submission).topic):
        resume(address=guest.email, topic=topic)


def end_guests(submission: Submission) -> None:
    """End all guests of a locked file and keep nothing of them, because the address that invited them is another's."""
    submission.guests.exclude(left_at=None).delete()
    for guest in submission.guests.all():
        _withdraw(guest, how="address")


def _journal(kind: Event, guest: Guest, detail: str) -> None:
    """Record what becomes of a guest in the audit log, without its address; the firm acts, by a link."""
    file = guest.submission
    record_event(kind=kind, submission_id=file.pk, epci_id=file.epci_id, detail=detail)
