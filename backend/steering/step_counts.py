"""Steps of files added up by month of filing, so that nobody waits while twenty thousand files are counted.

A month is added up again in the transaction that writes a fact of one of its files: what is read is never behind.
The counts of a month are packed in one row: all of them are read and summed as columns in the time of a few rows.
"""

from binascii import crc_hqx
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Q
from numpy.typing import NDArray

from backend.common.locks import wait_for_turn
from backend.steering.models import StepCount
from backend.steering.scopes import Filters, Scope

# A file counts once among all, and once for each of its needs.
_ADD_UP = """
SELECT need, epci_id, size, step, working_days, count(*), count(*) FILTER (WHERE is_confirmed),
       count(*) FILTER (WHERE is_confirmed AND NOT is_closed),
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
GROUP BY need, epci_id, size, step, working_days
ORDER BY need, epci_id, size, step, working_days
"""
# Words are kept as their checksum: rows say the same whatever words are added, or in which order they are listed.
# A page reads some ninety thousand rows: two bytes hold each number, and a larger one is an error when it is packed.
ROW = np.dtype(
    [(name, "<u2") for name in ("epci", "size", "step", "working_days", "n", "n_confirmed", "n_open", "n_waiting")]
)
NOWHERE = 0  # in place of the key of an intercommunality that is not known
type Integers = NDArray[np.integer[Any]]


def code_of(word: str) -> int:
    return crc_hqx(word.encode(), 0)


def month_of(day: date) -> date:
    return day.replace(day=1)


def month_after(first: date) -> date:
    return month_of(first + timedelta(days=31))


@transaction.atomic
def add_up(months: Iterable[date]) -> None:
    """Add up the files of some months, given by their first day, in place of what stood."""
    for first in sorted(months):  # in one order, so that two that add up never wait for one another
        wait_for_turn("step_counts", str(first))
        with connection.cursor() as cursor:
            StepCount.objects.filter(month=first).delete()
            cursor.execute(_ADD_UP, {"first": first, "next": month_after(first)})
            rows: dict[str, list[tuple[int, ...]]] = defaultdict(list)
            for need, epci, size, step, *numbers in cursor:
                rows[need].append((epci or NOWHERE, code_of(size), code_of(step), *numbers))
        StepCount.objects.bulk_create(
            StepCount(month=first, need=need, packed=np.array(found, dtype=ROW).tobytes())
            for need, found in rows.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts of some months and needs: ``rows`` of shape (n,) and type ``ROW``, each with the places of its own."""

    months: Sequence[date]  # in their order
    needs: Sequence[str]
    rows: NDArray[np.void]
    month: Integers  # of shape (n,): the place of its month, then of its need
    need: Integers

    def where(self, kept: NDArray[np.bool_]) -> "Counts":
        """Return the rows that are kept, of the same months and needs."""
        return Counts(
            months=self.months,
            needs=self.needs,
            rows=self.rows[kept],
            month=self.month[kept],
            need=self.need[kept],
        )

    def of_need(self, need: str) -> "Counts":
        """Return the rows of one need; those of all files where it is empty."""
        return self.where(self.need == (self.needs.index(need) if need in self.needs else -1))

    def places_of_needs(self, needs: Sequence[str]) -> Integers:
        """Return, of shape (n,), the place of each row's need among some, -1 where it is none of them."""
        places = [needs.index(need) if need in needs else -1 for need in self.needs]
        return np.array(places, dtype=int)[self.need]

    def places(self, column: str, values: Sequence[int]) -> Integers:
        """Return, of shape (n,), the place of each row's value among some, -1 where it is none of them."""
        place_of = np.full(np.iinfo(ROW[column]).max + 1, -1)
        place_of[list(values)] = np.arange(len(values))
        places: Integers = place_of[self.rows[column]]
        return places


def counted(scope: Scope, filters: Filters, needs: Q) -> Counts:
    """Return the counts of a scope that the filters leave, but for their need: those of some needs."""
    months = {"month__gte": filters.since} if filters.since else {}
    read = list(StepCount.objects.filter(needs, **months).values_list("month", "need", "packed"))
    firsts, words = sorted({month for month, _need, _rows in read}), sorted({need for _month, need, _rows in read})
    lengths = np.array([len(rows) // ROW.itemsize for _month, _need, rows in read], dtype=int)
    counts = Counts(
        months=firsts,
        needs=words,
        rows=np.frombuffer(b"".join(rows for _month, _need, rows in read), dtype=ROW),
        month=np.repeat(np.array([firsts.index(month) for month, _need, _rows in read], dtype=int), lengths),
        need=np.repeat(np.array([words.index(need) for _month, need, _rows in read], dtype=int), lengths),
    )
    if not scope.is_whole:
        counts = counts.where(np.isin(counts.rows["epci"], [epci.pk for epci in scope.epcis]))
    if filters.epci:
        counts = counts.where(counts.rows["epci"] == filters.epci.pk)
    if filters.size:
        counts = counts.where(counts.rows["size"] == code_of(filters.size))
    return counts


def months_from(first: date | None, on: date) -> Iterator[date]:
    """Yield the first day of each month from one up to that of a day; none where there is no first."""
    while first and first <= on:
        yield first
        first = month_after(first)
