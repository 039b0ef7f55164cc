"""A file offered to another intercommunality: the sender stays in charge, and on the clock, until it is accepted."""

from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import Absence, Membership, User
from backend.common.days import add_working_days
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.matchmaking.emails import enqueue_referral
from backend.matchmaking.models import HandOver, Submission
from backend.matchmaking.rungs import days_of_rungs
from backend.territories.models import ServedEpci


def open_referral(*, submission: Submission, epci: ServedEpci, by: User | None, note: str) -> HandOver:
    """Offer a file to an intercommunality and tell its officers; an earlier offer is taken back.

    ``by`` is empty where the firm corrected its commune. Who may offer is the caller's to check.
    """
    withdraw_offers(submission)
    referral = HandOver.objects.create(
        submission=submission, by=by, to_epci=epci, note=note.strip(), offered_at=timezone.now()
    )
    enqueue_referral(referral)
    record_event(
        kind=Kind.HAND_OVER_OFFERED,
        actor=by,
        submission_id=submission.pk,
        epci_id=submission.epci_id,
        detail="referred",
    )
    return referral


def withdraw_offers(submission: Submission) -> None:
    """Take back what is offered of a file, to a person or an intercommunality."""
    _withdraw(submission.hand_overs.all())


def withdraw_referral(submission: Submission, *, to: ServedEpci | None = None) -> None:
    """Take back what is offered of a file to an intercommunality, to any or to one."""
    referrals = submission.hand_overs.referrals()
    _withdraw(referrals.filter(to_epci=to) if to else referrals)


def _withdraw(offers: QuerySet[HandOver]) -> None:
    offers.filter(state=HandOver.State.OFFERED).update(state=HandOver.State.WITHDRAWN, answered_at=timezone.now())


def lead_decides_on(referral: HandOver) -> date:
    """Return the day from which a referral that nobody answered is its lead's to decide."""
    return add_working_days(referral.offered_on, days_of_rungs("offers")["epci_lead"])


def may_answer(*, user: User, offer: HandOver, on: date) -> bool:
    """Tell whether somebody answers an offer: made to them, or to their intercommunality.

    After some working days it is the lead who decides, where the intercommunality has one in post and present.
    """
    if offer.to_epci is None:
        return offer.to == user
    if offer.to_epci.pk not in user.posts.epcis:
        return False
    leads = Membership.objects.filter(
        role=Membership.Role.EPCI_LEAD, organisation__epci=offer.to_epci, user__is_active=True
    )
    here = leads.exclude(user__in=Absence.objects.on(on).values("user"))
    return on < lead_decides_on(offer) or leads.filter(user=user).exists() or not here.exists()
