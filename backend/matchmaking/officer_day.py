"""What an officer has to do today: the head of each list of the queue, last days about to be missed, what arrived."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Window
from django.utils.timezone import make_aware

from backend.accounts.models import Organisation, User
from backend.common.days import add_working_days
from backend.matchmaking.models import CallRequest, FollowUp, HandOver, Review, SchemeEvent, Submission
from backend.matchmaking.models.submissions import SubmissionQuerySet
from backend.matchmaking.queue import RECEIVED, Counts, Filters, Tab, calls_promised, counts_for, queue_of
from backend.matchmaking.states import states_of_files
from backend.matchmaking.transitions import UNASKED
from backend.schemes.models import Scheme

MOST_LINES = 5  # of each list: the queue has the others
ABOUT_TO_CLOSE = timedelta(days=14)
NAMED_BY = ("sheet__establishment", "sheet__company")  # where a sheet has no name


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDay:
    """A scheme kept for a firm or followed by it, for which nobody has asked yet, and its last day."""

    submission: Submission
    scheme: Scheme
    closes_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerDay:
    """The first lines of each list, in the order of the queue, with how many the whole list has."""

    counts: Counts
    promised: list[FollowUp]
    asked: list[CallRequest]
    to_read: list[Submission]  # with ``waiting_from``, ``closes_on`` and ``promised_days``
    offered: list[HandOver]
    to_do: list[Submission]  # with ``steps``
    last_days: list[LastDay]  # all of them: no list of the queue is of them
    arrived: list[Submission]
    n_arrived: int
    since: date  # from which day on something has just arrived


def officer_day(user: User, *, on: date) -> OfficerDay:
    """Return what waits for somebody who reviews files; each list is limited to what they may open."""
    visible = Submission.objects.visible_to(user)
    promised = calls_promised(user, on=on).select_related("submission__contact", *_of_file())
    asked = CallRequest.objects.visible_to(user).waiting()
    offered = HandOver.objects.offered_to(user).select_related("by", "to_epci", *_of_file())
    since = add_working_days(on, -1)
    arrived: list[Any] = list(_arrived(visible, since=since)[:MOST_LINES])
    return OfficerDay(
        counts=counts_for(user, on=on, visible=visible),
        promised=list(promised[:MOST_LINES]),
        asked=list(asked[:MOST_LINES]),
        to_read=list(_to_read(user, visible, on=on)[:MOST_LINES]),
        offered=list(offered[:MOST_LINES]),
        to_do=list(_to_do(user, visible, on=on)[:MOST_LINES]),
        last_days=_last_days(visible, on=on),
        arrived=arrived,
        n_arrived=arrived[0].n_arrived if arrived else 0,
        since=since,
    )


def _of_file() -> Iterator[str]:
    return (f"submission__{name}" for name in NAMED_BY)


def _to_read(user: User, visible: SubmissionQuerySet, *, on: date) -> SubmissionQuerySet:
    promising = Organisation.objects.filter(epci=OuterRef("epci"), promised_days__isnull=False).order_by("pk")
    files = queue_of(user, Filters(tab=Tab.TO_READ), on=on, visible=visible)
    return files.annotate(promised_days=Subquery(promising.values("promised_days")[:1])).select_related(
        "officer", *NAMED_BY
    )


def _to_do(user: User, visible: SubmissionQuerySet, *, on: date) -> SubmissionQuerySet:
    steps = FollowUp.objects.to_do().exclude(step__in=FollowUp.CALLS).filter(submission=OuterRef("pk")).order_by("pk")
    files = queue_of(user, Filters(tab=Tab.TO_DO), on=on, visible=visible)
    return files.annotate(steps=ArraySubquery(steps.values("step"))).select_related("contact", *NAMED_BY)


def _arrived(visible: SubmissionQuerySet, *, since: date) -> SubmissionQuerySet:
    """Return the files that officers have seen since a day, the last one first, each with how many they are."""
    first = make_aware(datetime.combine(since, time.min))
    files = visible.still_open().alias(received=RECEIVED).filter(received__gte=first)
    return (
        files.annotate(n_arrived=Window(Count("pk")))
        .select_related("officer", *NAMED_BY)
        .order_by(F("received").desc(), "pk")
    )


def _last_days(visible: SubmissionQuerySet, *, on: date) -> list[LastDay]:
    """Return the last days, within two weeks, of what firms follow or had kept and did not ask for; the next first."""
    closing = Q(scheme__state=Scheme.State.PUBLISHED, scheme__current__closes_on__range=(on, on + ABOUT_TO_CLOSE)) & Q(
        submission=OuterRef("pk")
    )
    kept = Review.objects.filter(closing, verdict=Review.Verdict.KEPT)
    followed = SchemeEvent.objects.standing().filter(closing, state=SchemeEvent.State.FOLLOWED)
    files = visible.still_open().filter(Exists(kept) | Exists(followed)).select_related(*NAMED_BY)
    by_pk = files.in_bulk()
    found = []
    for pk, states in states_of_files(by_pk.keys()).items() if by_pk else ():
        for state in states.values():
            closes_on = state.scheme.current.closes_on if state.scheme.current else None
            if state.counts is None or state.counts.state not in UNASKED or not closes_on:
                continue
            if on <= closes_on <= on + ABOUT_TO_CLOSE:
                found.append(LastDay(submission=by_pk[pk], scheme=state.scheme, closes_on=closes_on))
    return sorted(found, key=lambda day: (day.closes_on, day.submission.pk, day.scheme.pk))
