"""What the page of the jobs shows: how each stands, how late it may be, what went wrong last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.jobs.alarms import Alarm, alarm_of
from backend.jobs.job import Job
from backend.jobs.models import JobRun, JobState
from backend.jobs.registry import JOBS
from backend.schemes.typography import NBSP

SHOWN = 5  # errors of each job


@dataclass(frozen=True, slots=True)
class Line:
    """One job on the page."""

    job: Job
    state: JobState | None
    alarm: Alarm | None
    running_since: datetime | None
    failures: Sequence[JobRun]

    @property
    def late_at(self) -> datetime | None:
        """The moment from which it will be late, if it does not succeed before."""
        if self.state is None or not self.job.is_on:
            return None
        return (self.state.succeeded_at or self.state.known_since) + self.job.late_after

    @property
    def duration(self) -> str:
        """How long the last success took, in words."""
        if self.state is None or self.state.seconds is None:
            return ""
        minutes, seconds = divmod(round(self.state.seconds), 60)
        if minutes:
            return f"{minutes}{NBSP}min {seconds}{NBSP}s"
        return f"{seconds}{NBSP}s" if seconds else f"moins d’une{NBSP}seconde"

    @property
    def rhythm(self) -> str:
        if self.job.at:
            return f"chaque jour dès {self.job.at:%H:%M}"
        seconds = round(self.job.every_seconds or 0)
        return f"toutes les {seconds}{NBSP}s" if seconds < 120 else f"toutes les {seconds // 60}{NBSP}min"


def overview(*, now: datetime) -> list[Line]:
    """Return every job, those in alarm first."""
    states = JobState.objects.in_bulk()
    running = {run.name: run.started_at for run in JobRun.objects.running()}
    failures: dict[str, list[JobRun]] = {name: [] for name in JOBS}
    for run in JobRun.objects.failed()[: 20 * len(JOBS)]:
        if run.name in failures and len(failures[run.name]) < SHOWN:
            failures[run.name].append(run)
    lines = [
        Line(
            job=job,
            state=states.get(name),
            alarm=alarm_of(job, states.get(name), now=now),
            running_since=running.get(name),
            failures=failures[name],
        )
        for name, job in JOBS.items()
    ]
    return sorted(lines, key=lambda line: line.alarm is None)
