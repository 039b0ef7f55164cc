"""Several files that change hands at once: those that are ticked, and all that somebody follows."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.journal.models import Kind
from backend.matchmaking.emails import enqueue_assigned, enqueue_offer
from backend.matchmaking.follow_up import FollowUpError, note_event, take_over
from backend.matchmaking.in_charge import may_decide
from backend.matchmaking.models import HandOver, Submission
from backend.matchmaking.moves import enqueue_moves


@transaction.atomic
def take_files(*, submissions: Iterable[Submission], officer: User) -> int:
    """Take those of some files that an officer may decide on, and that are open; return how many."""
    files = [file for file in submissions if not file.closed_at and may_decide(officer=officer, submission=file)]
    enqueue_moves([take_over(file, officer) for file in files], to=officer, by=officer)
    return len(files)


@transaction.atomic
def offer_portfolio(*, by: User, to: User, note: str = "") -> int:
    """Offer every open file someone follows to another officer, with one e-mail; return how many.

    Raises ``FollowUpError`` where there is none, or where that person cannot take them.
    """
    files = Submission.objects.still_open().filter(officer=by)
    if to.is_officer and to != by and not files.exists():
        raise FollowUpError("Vous ne suivez aucun dossier ouvert.")
    return offer_files(submissions=files, by=by, to=to, note=note)


@transaction.atomic
def offer_files(*, submissions: Iterable[Submission], by: User, to: User, note: str = "") -> int:
    """Offer some files to another officer with one e-mail; return how many: one's own, and open ones one decides on.

    Raises ``FollowUpError`` where that person cannot take them, or where none of them may be offered.
    """
    if not to.is_officer or to == by:
        raise FollowUpError("Choisissez un autre développeur économique en poste.")
    keys = [file.pk for file in submissions]
    rows = Submission.objects.select_for_update(of=("self",)).filter(pk__in=keys, erased_at=None).order_by("pk")
    referred = set(
        HandOver.objects.waiting().referrals().filter(submission__in=keys).values_list("submission", flat=True)
    )
    files = [file for file in rows if file.pk not in referred and _may_offer(file, by, to)]
    if not files:
        raise FollowUpError(f"Aucun de ces dossiers ne peut être proposé à {to} : fermé, déjà suivi, ou pas le vôtre.")
    now = timezone.now()
    HandOver.objects.filter(submission__in=files, state=HandOver.State.OFFERED).update(
        state=HandOver.State.WITHDRAWN, answered_at=now
    )
    offers = HandOver.objects.bulk_create(
        HandOver(submission=file, by=by, to=to, note=note.strip(), offered_at=now) for file in files
    )
    enqueue_offer(offers, to=to)
    for file in files:
        note_event(Kind.HAND_OVER_OFFERED, file, by, account=to)
    return len(offers)


def _may_offer(submission: Submission, by: User, to: User) -> bool:
    if submission.officer_id == to.pk or (
        submission.awaits_firm and not may_decide(officer=to, submission=submission)
    ):
        return False
    decides = submission.closed_at is None and may_decide(officer=by, submission=submission)
    return submission.officer_id == by.pk or decides


@transaction.atomic
def assign_portfolio(*, holder: User, to: User, by: User) -> int:
    """Give the files that someone holds to another officer at once: a lead's word, for who left or stays away.

    Only open files of the intercommunalities that ``by`` leads and ``to`` reviews move. Return how many did; the new
    officer and the former one are told in one e-mail each, but nobody of what they did themselves. Raises
    ``FollowUpError`` where there is none, or where that person cannot take them.
    """
    if not to.is_officer or to == holder:
        raise FollowUpError("Choisissez un autre développeur économique en poste.")
    theirs = {epci.pk for epci in to.epcis()}
    shared = [epci for epci in by.led_epcis() if epci.pk in theirs]
    if not shared:
        raise FollowUpError(f"{to} ne relit pas les demandes de votre intercommunalité : proposez-les-lui plutôt.")
    held = Submission.objects.still_open().filter(officer=holder, epci__in=shared, erased_at=None)
    files = list(held.select_for_update(of=("self",)).select_related("sheet").order_by("pk"))
    if not files:
        raise FollowUpError(f"{holder} ne suit aucun dossier de votre intercommunalité.")
    now = timezone.now()
    HandOver.objects.to_people().filter(submission__in=files, state=HandOver.State.OFFERED).update(
        state=HandOver.State.WITHDRAWN, answered_at=now
    )
    Submission.objects.filter(pk__in=[file.pk for file in files]).update(officer=to)
    enqueue_moves([(file, holder) for file in files], to=to, by=by, assigned=True)
    if to != by:
        enqueue_assigned(files, to=to, by=by, key=f"{holder.pk}:{to.pk}:{now.isoformat()}")
    for file in files:
        note_event(Kind.FILE_ASSIGNED, file, by, account=to)
    return len(files)
