"""A file offered to another intercommunality: the sender stays in charge, and on the clock, until it is accepted."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet
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
    """Tell whether somebody answers an offer, as ``answerable`` does of several."""
    return offer.pk in answerable(user=user, offers=[offer], on=on)


def answerable(*, user: User, offers: Iterable[HandOver], on: date) -> set[int]:
    """Return the keys of the offers that somebody answers: made to them, or to their intercommunality; one query.

    After some working days it is the lead who decides, where the intercommunality has one in post and present.
    """
    offers = list(offers)
    theirs = [offer for offer in offers if offer.to_epci_id in user.posts.epcis]
    late = {offer.pk: offer.to_epci_id for offer in theirs if on >= lead_decides_on(offer)}
    barred = set(late.values()) - _without_lead_above(user, set(late.values()), on) if late else set()
    return {offer.pk for offer in theirs if late.get(offer.pk) not in barred} | {
        offer.pk for offer in offers if offer.to_epci_id is None and offer.to_id == user.pk
    }


def _without_lead_above(user: User, epcis: set[int | None], on: date) -> set[int | None]:
    """Return the intercommunalities of which somebody is a lead, or that have none in post and present."""
    away = Absence.objects.on(on).filter(user=OuterRef("user"))
    leads = Membership.objects.filter(
        role=Membership.Role.EPCI_LEAD, organisation__epci__in=epcis, user__is_active=True
    ).annotate(is_away=Exists(away))
    rows = list(leads.values_list("organisation__epci", "user", "is_away"))
    led = {epci for epci, lead, _is_away in rows if lead == user.pk}
    return led | (epcis - {epci for epci, _lead, is_away in rows if not is_away})
