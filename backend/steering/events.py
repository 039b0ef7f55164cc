"""What happened to files, read from the tables of each service: the only code of steering that knows them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Min, Q, QuerySet

from backend.accounts.models import Membership
from backend.companies.models import Fact
from backend.journal.models import AuditEvent, Kind
from backend.matchmaking.models import FileEvent, NeedCorrection, Review, ReviewEnd, SchemeEvent, Submission
from backend.matchmaking.transitions import OPERATOR_ANSWERS, State
from backend.steering.models import Step

type Event = tuple[int, Step, datetime]  # file, step, moment


def events_of(files: Iterable[Submission]) -> Iterator[Event]:
    """Yield what happened to some files, in no order; a step may come several times, and its first moment counts.

    A file is read by whoever opens it but the territory's lead, who does not answer it; and by whoever decides on it.
    """
    files = list(files)
    keys = [file.pk for file in files]
    for file in files:
        yield file.pk, Step.FILED, file.filed_at
        if file.confirmed_at:
            yield file.pk, Step.CONFIRMED, file.confirmed_at
        if file.first_answered_at:
            yield file.pk, Step.ANSWERED, file.first_answered_at
        if file.closed_at:
            yield file.pk, Step.CLOSED, file.closed_at
    yield from _first_reads(keys)
    for pk, moment in _firsts(Review.objects.filter(submission__in=keys), "submission", "decided_at"):
        yield pk, Step.READ, moment
    for pk, moment in _firsts(ReviewEnd.objects.filter(submission__in=keys), "submission", "ended_at"):
        yield pk, Step.READ, moment  # by an end that was undone too, which answered nobody
    yield from scheme_steps(keys)


def _first_reads(keys: list[int]) -> Iterator[Event]:
    opened = AuditEvent.objects.filter(kind=Kind.FILE_READ, submission_id__in=keys)
    opened = opened.exclude(actor__memberships__role=Membership.Role.TERRITORY_LEAD)
    for pk, moment in _firsts(opened, "submission_id", "at"):
        yield pk, Step.READ, moment


def _firsts(rows: QuerySet[Any], file: str, moment: str) -> Iterator[tuple[int, datetime]]:
    yield from rows.order_by().values(file).annotate(first=Min(moment)).values_list(file, "first")


def scheme_steps(keys: Iterable[int]) -> Iterator[Event]:
    """Yield what came of the schemes of some files: asked for, granted, refused; what was taken back is left out.

    Who has an answer has asked, by that moment at the latest.
    """
    steps = {State.APPLIED: Step.APPLIED, State.GRANTED: Step.GRANTED, State.REFUSED: Step.REFUSED}
    rows = SchemeEvent.objects.standing().filter(submission__in=list(keys), state__in=steps)
    for pk, state, moment in rows.order_by().values_list("submission", "state", "recorded_at"):
        yield pk, steps[State(state)], moment
        if state in OPERATOR_ANSWERS:
            yield pk, Step.APPLIED, moment


def files_touched(since: datetime) -> set[int]:
    """Return the numbers of the files to which something happened from a moment on."""
    own = ("filed_at", "confirmed_at", "reviewed_at", "erased_at")
    moved = Q(*((f"{column}__gte", since) for column in own), _connector=Q.OR)
    told = Submission.objects.filter(sheet__in=Fact.objects.filter(recorded_at__gte=since).values("sheet"))
    events = AuditEvent.objects.about_files().filter(at__gte=since).values_list("submission_id", flat=True)
    return {
        *Submission.objects.filter(moved).values_list("pk", flat=True),
        *told.values_list("pk", flat=True),
        *Review.objects.filter(decided_at__gte=since).values_list("submission", flat=True),
        *NeedCorrection.objects.filter(made_at__gte=since).values_list("submission", flat=True),
        *SchemeEvent.objects.filter(recorded_at__gte=since).values_list("submission", flat=True),
        *FileEvent.objects.filter(recorded_at__gte=since).values_list("submission", flat=True),
        *filter(None, events),
    }
