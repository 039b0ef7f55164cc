"""Steps of files added up by month of filing, so that nobody waits while twenty thousand files are counted.

A month is added up again in the transaction that writes a fact of one of its files: what is read is never behind.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from backend.steering.models import StepCount
from backend.steering.scopes import Filters, Scope

# A file counts once among all, and once for each of its needs.
_ADD_UP = """
INSERT INTO steering_stepcount
    (month, epci_id, size, need, step, working_days, n, n_confirmed, n_open, n_waiting)
SELECT %(first)s, epci_id, size, need, step, working_days, count(*),
       count(*) FILTER (WHERE is_confirmed), count(*) FILTER (WHERE is_confirmed AND NOT is_closed),
       count(*) FILTER (WHERE is_confirmed AND NOT is_closed AND NOT is_answered)
FROM (
    SELECT file.submission_id, file.epci_id, file.size, file.needs || '{""}' AS needs,
           coalesce(bool_or(reached.step = 'confirmed'), false) AS is_confirmed,
           coalesce(bool_or(reached.step = 'closed'), false) AS is_closed,
           coalesce(bool_or(reached.step = 'answered'), false) AS is_answered
    FROM steering_filefact AS file LEFT JOIN steering_stepfact AS reached ON reached.file_id = file.submission_id
    WHERE file.filed_on >= %(first)s AND file.filed_on < %(next)s
    GROUP BY file.submission_id
) AS file
JOIN steering_stepfact AS reached ON reached.file_id = file.submission_id
CROSS JOIN unnest(file.needs) AS need
GROUP BY epci_id, size, need, step, working_days
"""


def month_of(day: date) -> date:
    return day.replace(day=1)


def month_after(first: date) -> date:
    return month_of(first + timedelta(days=31))


@transaction.atomic
def add_up(months: Iterable[date]) -> None:
    """Add up the files of some months, given by their first day, in place of what stood."""
    for first in sorted(months):  # in one order, so that two that add up never wait for one another
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('step_counts'), %s)", [first.toordinal()])
            StepCount.objects.filter(month=first).delete()
            cursor.execute(_ADD_UP, {"first": first, "next": month_after(first)})


def counted(scope: Scope, filters: Filters) -> Any:
    """Return the counts of a scope that the filters leave, but for their need: those of all files or of each need."""
    asked = {"epci": filters.epci, "size": filters.size, "month__gte": filters.since}
    wanted = Q(**{name: value for name, value in asked.items() if value})
    return StepCount.objects.filter(scope.rows("epci"), wanted).order_by()


def months_from(first: date | None, on: date) -> Iterator[date]:
    """Yield the first day of each month from one up to that of a day; none where there is no first."""
    while first and first <= on:
        yield first
        first = month_after(first)
