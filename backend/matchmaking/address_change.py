"""Another address for the contact of a file: given by its officer, or by the firm that typed it wrongly."""

from collections.abc import Collection
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.common.days import current_day
from backend.journal.models import Kind as Event
from backend.journal.services import record_event
from backend.links.models import OF_SUBMISSIONS
from backend.links.services import revoke_links
from backend.matchmaking.correspondence import TO_FIRMS
from backend.matchmaking.emails import enqueue_confirmation
from backend.matchmaking.file_events import end_shares
from backend.matchmaking.guests import end_guests
from backend.matchmaking.models import FollowUp, PartnerShare, Submission
from backend.matchmaking.ownership import numbers_read
from backend.matchmaking.services import compute_results_of
from backend.notifications.models import Notification
from backend.notifications.services import take_back


class AddressError(ValueError):
    """The address of a file is not changed, with a sentence for its firm."""


class AddressKept(AddressError):
    """It is not for the firm to change: it was confirmed, or somebody filed for the firm."""


def awaits_first_confirmation(submission: Submission, *, written: Collection[str] | None = None) -> bool:
    """Tell whether a firm filed by itself with an address that nobody has ever confirmed.

    ``written``: of which kinds it was sent e-mails, where a page knows that already.
    """
    if submission.confirmed_at or submission.awaits_firm or submission.is_barred:
        return False
    # Confirmed once, and corrected by an officer since: what was answered is there for its reader alone.
    if written is not None:
        return "receipt" not in written
    return not Notification.objects.filter(dedupe_key=f"receipt:{submission.pk}").exists()


@transaction.atomic
def correct_own_address(*, submission: Submission, email: str, link_pk: int) -> Submission:
    """Give a file that was never confirmed the address that its firm meant, which gets the confirmation; return it.

    The former one may be somebody else's: what waits for it does not leave, and no link opens the file any more
    but the one in use (``link_pk``): its reader may have made a feed. As in a filing, nothing tells whether an address
    is known here. Raises ``AddressKept`` where it was confirmed meanwhile or is not the firm's to change,
    ``AddressError`` where it is the one that the file has.
    """
    submission = Submission.objects.locked(submission.pk)
    if not awaits_first_confirmation(submission):
        raise AddressKept(_("Votre adresse est déjà confirmée : elle n’a pas été changée."))
    former = submission.contact.email
    if email.lower() == former.lower():
        raise AddressError(_("C’est déjà l’adresse de votre demande : écrivez celle qui est juste."))
    why = "L’adresse a été corrigée avant l’envoi."
    take_back(about=submission.topic, kinds=TO_FIRMS, why=why, recipient=former, leaving=True)
    # What an officer was to do about the former address is done.
    FollowUp.objects.to_do().dead_addresses().filter(submission=submission).update(done_at=timezone.now())
    replace_address(submission, email, on=current_day(), but=link_pk)
    return submission


def replace_address(
    submission: Submission, email: str, *, on: date, by: User | None = None, but: int | None = None
) -> None:
    """Give a locked file another address, which gets a confirmation and nothing else yet; ``by`` an officer, or none.

    Until it is confirmed no other file is read with this one: their results are computed again. Its guests and its
    shares with partners end, since the former address agreed to them, and its links, ``but`` one.
    """
    together = numbers_read(submission)
    end_guests(submission)
    end_shares(submission, how=PartnerShare.Ending.ADDRESS, actor=by)
    submission.contact.email = email
    submission.contact.save(update_fields=["email"])
    submission.confirmed_at = None
    day = timedelta(days=1)
    near = Submission.objects.filter(filed_at__gt=submission.filed_at - day, filed_at__lt=submission.filed_at + day)
    others = near.exclude(pk=submission.pk).filed_with(email)
    submission.many_of_address = others[settings.MANY_FILES_OF_ADDRESS - 1 :].exists()
    submission.save(update_fields=["confirmed_at", "many_of_address"])
    compute_results_of([submission.pk, *together], on=on)
    for kind in OF_SUBMISSIONS:
        revoke_links(kind=kind, object_id=submission.pk, but=but)
    enqueue_confirmation(submission, suffix=f":corrected:{timezone.now().timestamp():.6f}")
    record_event(kind=Event.ADDRESS_CORRECTED, actor=by, submission_id=submission.pk, epci_id=submission.epci_id)
