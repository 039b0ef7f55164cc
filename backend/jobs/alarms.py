"""When a job is late or keeps failing: computed from how it stands, told to administrators once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.common.work import Work
from backend.jobs.job import Job
from backend.jobs.models import JobState
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email

PATIENCE = 3  # failures in a row


class Kind(StrEnum):
    LATE = "late"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Why somebody must look at a job: it is late from a moment on, or it failed that often in a row."""

    job: Job
    kind: Kind
    late_since: datetime | None = None
    n_failures: int = 0
    succeeded_at: datetime | None = None


def alarm_of(job: Job, state: JobState | None, *, now: datetime) -> Alarm | None:
    """Return what is wrong with a job, if anything; one that is switched off is never late."""
    if not job.is_on or state is None:
        return None
    if state.n_failures >= PATIENCE:
        return Alarm(job, Kind.FAILING, n_failures=state.n_failures, succeeded_at=state.succeeded_at)
    late_since = (state.succeeded_at or state.known_since) + job.late_after
    if now > late_since:
        return Alarm(job, Kind.LATE, late_since=late_since, succeeded_at=state.succeeded_at)
    return None


def alarms(jobs: Mapping[str, Job], *, now: datetime) -> list[Alarm]:
    """Return what is wrong now, whether or not it was told; for who asks from outside."""
    states = JobState.objects.in_bulk()
    found = (alarm_of(job, states.get(name), now=now) for name, job in jobs.items())
    return [alarm for alarm in found if alarm]


@transaction.atomic
def watch(jobs: Mapping[str, Job], *, on: date, now: datetime | None = None) -> Work:
    """Tell administrators of the jobs that have come to be late or to fail: once each time, and once a day at most."""
    now = now or timezone.now()
    for name in jobs:
        JobState.objects.get_or_create(name=name, defaults={"known_since": now})
    states = JobState.objects.select_for_update(of=("self",)).order_by("name").in_bulk()
    new, n_changed = [], 0
    for name, job in jobs.items():
        state, alarm = states[name], alarm_of(job, states[name], now=now)
        if bool(alarm) == bool(state.alarm_since):
            continue
        n_changed += 1
        state.alarm_since = now if alarm else None
        if alarm and state.told_on != on:
            state.told_on = on
            new.append(alarm)
        state.save(update_fields=["alarm_since", "told_on"])
    _tell(new, on)
    return Work(n_looked_at=len(jobs), n_changed=n_changed)


def _tell(new: Sequence[Alarm], on: date) -> None:
    if not new:
        return
    names = sha256(" ".join(alarm.job.name for alarm in new).encode()).hexdigest()[:16]
    for user in User.objects.filter(is_superuser=True, is_active=True):
        context = {"reader": user, "alarms": new, "url": absolute_url("officer_jobs")}
        enqueue_email(
            kind="job_alarm",
            key=f"job_alarm:{on}:{names}:{user.pk}",
            recipient=user.email,
            message=render("job_alarm", context),
        )
