"""The figures of steering counted again, slowly: a file, an event and a day at a time, by no code of steering."""

from datetime import timedelta

from django.utils import timezone

from backend.accounts.models import Membership
from backend.common.days import is_working_day
from backend.journal.models import AuditEvent
from backend.matchmaking.fairness import size_key
from backend.matchmaking.models import Submission
from backend.matchmaking.results import facts_of
from backend.steering.models import FileFact, StepFact


def days_between(first, last):
    count = 0
    while first < last:
        first += timedelta(days=1)
        count += is_working_day(first)
    return count


def moments_of(file):
    """Return all moments of each step of a file."""
    found = {"filed": [file.filed_at], "confirmed": [file.confirmed_at], "closed": [file.closed_at]}
    found["answered"] = [end.ended_at for end in file.review_ends.all()]
    found["read"] = [*found["answered"], *(review.decided_at for review in file.reviews.all())]
    for event in AuditEvent.objects.filter(kind="file_read", submission_id=file.pk):
        if not event.actor.memberships.filter(role=Membership.Role.TERRITORY_LEAD).exists():
            found["read"].append(event.at)
    for state in ("applied", "granted", "refused"):
        rows = file.scheme_events.filter(state=state)
        found[state] = [row.recorded_at for row in rows if not file.scheme_events.filter(undoes=row).exists()]
    return {step: [moment for moment in moments if moment] for step, moments in found.items()}


def recount(*, on):
    """Return what the facts of each live file are to be, by its number, and its steps with their working days."""
    files, steps = {}, {}
    for file in Submission.objects.filter(erased_at=None):
        told = facts_of(file)
        needs = {need.sub_need.need_id for need in file.needs.all() if need.weight >= 0.5}
        commune = told.get("project.commune") or told.get("commune") or ""
        files[file.pk] = (file.filed_on, file.epci_id, commune, size_key(told, on=on), sorted(needs))
        for step, moments in moments_of(file).items():
            if moments:
                day = timezone.localdate(min(moments))
                steps[file.pk, step] = (day, days_between(file.filed_on, day))
    return files, steps


def counted():
    """Return the same as it stands in the tables, erased files left out."""
    rows = FileFact.objects.exclude(commune=FileFact.ERASED)
    files = {row.pk: (row.filed_on, row.epci_id, row.commune, row.size, row.needs) for row in rows}
    steps = StepFact.objects.filter(file__in=rows)
    return files, {(row.file_id, row.step): (row.on, row.working_days) for row in steps}
