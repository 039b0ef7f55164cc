"""Running a job: alone, counted, and never twice for the same day.

The lock is one of PostgreSQL, held by the connection: whoever is killed loses it at once, and nothing waits for it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F
from django.utils import timezone

from backend.common.work import Work
from backend.jobs.job import Job
from backend.jobs.models import JobRun, JobState
from backend.jobs.registry import JOBS

logger = logging.getLogger(__name__)

LOCK_CLASS = 0x4A4F4253  # "JOBS": no other lock of this database is in this class
KEPT = timedelta(days=180)
ERROR_CHARACTERS = 500
INTERRUPTED = "Interrompue : le programme s’est arrêté avant la fin."


def run_if_due(*, name: str, on: date, now: datetime | None = None, **options: Any) -> JobRun | None:
    """Run a job unless it is switched off, running elsewhere, or done already since the hour it was due at."""
    job, now = JOBS[name], now or timezone.now()
    if not job.is_on:
        return None
    with _alone(job) as is_alone:
        return _run(job, on, now, options) if is_alone and _is_due(job, now) else None


def run(*, name: str, on: date, is_partial: bool = False, **options: Any) -> JobRun | None:
    """Run a job now, as somebody asks by hand; ``None`` where it is running elsewhere.

    A run on a part of the rows is kept, and is no success of the job: the whole is still to be done.
    """
    with _alone(JOBS[name]) as is_alone:
        return _run(JOBS[name], on, timezone.now(), options, is_partial=is_partial) if is_alone else None


@contextmanager
def _alone(job: Job) -> Iterator[bool]:
    if not job.is_locked:
        yield True
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [LOCK_CLASS, job.name])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [LOCK_CLASS, job.name])


def _is_due(job: Job, now: datetime) -> bool:
    due_at = job.last_due_at(now)
    if due_at is None:
        return True
    return not JobState.objects.filter(name=job.name, succeeded_at__gte=due_at).exists()


def _run(job: Job, on: date, now: datetime, options: dict[str, Any], *, is_partial: bool = False) -> JobRun:
    done = JobRun(name=job.name, started_at=now, is_partial=is_partial)
    if not job.is_frequent:
        _end_interrupted(job, now)
        done.save()
    try:
        work = job.work(on=on, **options)
    except Exception as error:
        logger.exception("Job %s failed", job.name)
        try:
            _record_failure(job, done, error)
        except (OperationalError, InterfaceError):  # the database closed our connection: that may be what failed
            connection.close()
            _record_failure(job, done, error)
    else:
        _record_success(job, done, work)
    return done


def _end_interrupted(job: Job, now: datetime) -> None:
    """End what was killed: we hold the lock, so nobody is running it. Erase what is old while we are here."""
    runs = JobRun.objects.filter(name=job.name)
    n_killed = runs.running().filter(is_partial=False).count()
    runs.running().update(ended_at=now, error=INTERRUPTED)
    if n_killed:
        _count_failures(job, now, INTERRUPTED, n_killed)
    runs.filter(started_at__lt=now - KEPT).delete()


def _record_success(job: Job, done: JobRun, work: Work) -> None:
    done.ended_at = max(timezone.now(), done.started_at)
    done.n_looked_at, done.n_changed = work.n_looked_at, work.n_changed
    if not job.is_frequent:
        done.save()
    if done.is_partial:
        return
    state = {
        "succeeded_at": done.ended_at,
        "seconds": (done.ended_at - done.started_at).total_seconds(),
        "n_looked_at": work.n_looked_at,
        "n_changed": work.n_changed,
        "n_failures": 0,
    }
    if not JobState.objects.filter(name=job.name).update(**state):
        JobState.objects.update_or_create(
            name=job.name, defaults=state, create_defaults={**state, "known_since": done.ended_at}
        )


def _record_failure(job: Job, done: JobRun, error: Exception) -> None:
    done.ended_at = max(timezone.now(), done.started_at)
    done.error = f"{type(error).__name__} : {error}"[:ERROR_CHARACTERS]
    n_failures = 0 if done.is_partial else _count_failures(job, done.ended_at, done.error)
    if not job.is_frequent or n_failures == 1:
        done.save()


def _count_failures(job: Job, now: datetime, error: str, n: int = 1) -> int:
    JobState.objects.get_or_create(name=job.name, defaults={"known_since": now})
    rows = JobState.objects.filter(name=job.name)
    rows.update(n_failures=F("n_failures") + n, failed_at=now, error=error)
    return rows.values_list("n_failures", flat=True).get()
