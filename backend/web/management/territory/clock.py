"""Another moment for the services, so that what happened years ago is dated of then."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from random import Random

from django.conf import settings
from django.utils import timezone

from backend.common.days import add_working_days, is_working_day

OFFICE_HOURS = (9, 17)


@contextmanager
def at(moment: datetime, *, first_day: date) -> Iterator[None]:
    """Let everything in this process read ``moment`` where it asks for the time, and its day for today.

    What was before ``first_day`` is answered as on that day: the geography that is held knows nothing before.

    Services take the day as an argument and read the time where they write a row: rows of the past, which nobody may
    rewrite afterwards, can only be written so. For a process that loads a demonstration and does nothing else.
    """
    now, day = timezone.now, settings.FIXED_DAY
    timezone.now = lambda: moment
    settings.FIXED_DAY = max(timezone.localdate(moment), first_day)
    try:
        yield
    finally:
        timezone.now, settings.FIXED_DAY = now, day


def later(moment: datetime, wait: timedelta | int, draw: Random) -> datetime:
    """Return a moment after another: so much later or, of a number, so many working days, at office hours."""
    if isinstance(wait, timedelta):
        return moment + wait
    local = timezone.localtime(moment)
    if wait == 0 and is_working_day(local.date()) and local.hour < OFFICE_HOURS[1]:
        return moment + timedelta(minutes=draw.randint(1, 59))
    day = add_working_days(local.date(), max(wait, 1))
    hour = time(draw.randrange(*OFFICE_HOURS), draw.randrange(60), draw.randrange(60))
    return datetime.combine(day, hour, tzinfo=local.tzinfo)
