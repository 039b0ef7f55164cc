"""A job: what it does, when, how long it may take, and from when on it is late."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone

from backend.common.work import Work

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job. One that has no hour runs each time beat says so; the others once a day from their hour on, in Paris.

    Beat asks for a daily job every hour: it is done again soon after a failure, and late rather than never where the
    service was down at its hour.
    """

    name: str
    label: str
    what: str
    work: Callable[..., Work]  # on=, the day; it counts what the service that knows did
    late_after: timedelta
    every_seconds: float | None = None
    at: time | None = None
    seconds: float = 300  # it is killed after so long
    soft_seconds: float | None = None  # before, it is asked to stop
    retries: int = 2  # where the process that runs it is killed
    is_on: bool = True
    is_locked: bool = True  # else two at once are harmless: each row they hand out is claimed by who takes it

    @property
    def is_frequent(self) -> bool:
        """Whether its runs are too many to keep a row for each."""
        return self.every_seconds is not None and self.every_seconds < HOUR.total_seconds()

    def last_due_at(self, now: datetime) -> datetime | None:
        """Return the moment since which a daily job should have been done once."""
        if self.at is None:
            return None
        local = timezone.localtime(now)
        due = datetime.combine(local.date(), self.at, tzinfo=local.tzinfo)
        return due if due <= local else datetime.combine(local.date() - DAY, self.at, tzinfo=local.tzinfo)
