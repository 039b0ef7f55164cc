"""The day of the service, read here, at the edge, and passed down as an argument everywhere else.

Beside it: working days, and a day as French writes it.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import formats, timezone

if TYPE_CHECKING:
    import holidays


def current_day() -> date:
    """Return today's date in Paris, or the day fixed for a demonstration."""
    return settings.FIXED_DAY or timezone.localdate()


def day_in_words(value: date, form: str = "j F Y") -> str:
    """Write a day as Django does, the first of a month as ``1er``: Django knows the English ordinals only.

    >>> day_in_words(date(2026, 11, 1))
    '1er novembre 2026'
    >>> day_in_words(datetime(2026, 11, 11, 9, 30), "j F à H:i")
    '11 novembre à 09:30'
    >>> day_in_words(date(2026, 12, 1), "j N")
    '1er déc.'
    """
    if value.day == 1:
        form = form.replace("j F", r"j\e\r F").replace("j N", r"j\e\r N")
    return str(formats.date_format(value, form))


def is_working_day(day: date) -> bool:
    """Tell whether offices are open: neither a week-end nor a public holiday."""
    return bool(_french_holidays().is_working_day(day))


@cache
def _french_holidays() -> "holidays.HolidayBase":
    """Return the eleven of the Code du travail (L3133-1); the library lists every country as it is loaded."""
    import holidays

    return holidays.country_holidays("FR")


def add_working_days(day: date, n: int) -> date:
    """Return the ``n``-th working day after a day, or before it where ``n`` is negative."""
    step = timedelta(days=1 if n > 0 else -1)
    for _ in range(abs(n)):
        day += step
        while not is_working_day(day):
            day += step
    return day


def working_days_between(first: date, last: date) -> int:
    """Count the working days after a day up to another one; none where that comes before.

    >>> working_days_between(date(2026, 11, 20), date(2026, 11, 24))  # from a Friday to the Tuesday
    2
    """
    years = range(first.year, last.year)
    before = sum(_working_days_of(year)[-1] for year in years)
    return max(0, before + _rank_in_year(last) - _rank_in_year(first))


def _rank_in_year(day: date) -> int:
    return _working_days_of(day.year)[day.timetuple().tm_yday - 1]


@cache
def _working_days_of(year: int) -> tuple[int, ...]:
    """Return, for each day of a year, how many working days there were up to it."""
    start, end = date(year, 1, 1), date(year, 12, 31)
    days = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return tuple(accumulate(map(is_working_day, days)))


def working_day_before(now: datetime) -> datetime:
    """Return the latest moment since which a whole working day has gone by: the same hour of the working day before.

    Nothing goes by on other days: what came on a Saturday has waited for a day once Monday is over.
    """
    local = timezone.localtime(now)
    today = local.date()
    if is_working_day(today):
        return datetime.combine(add_working_days(today, -1), local.time(), tzinfo=local.tzinfo)
    return datetime.combine(add_working_days(today, -1), time.min, tzinfo=local.tzinfo)
