"""What the territory aims at, beside what is attained: so many files at a step within so many working days."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from backend.accounts.models import User
from backend.accounts.rights import check_leads_territory
from backend.common.days import is_working_day
from backend.common.percents import whole_percent
from backend.steering.models import FileFact, Step, StepFact, Target
from backend.steering.scopes import Filters, Scope
from backend.steering.step_counts import NOWHERE, code_of, counted, month_of

LEAST = 5  # files from which on a group is said to be behind


class TargetError(ValueError):
    """A target that cannot be ended, in a sentence for who would end it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attained:
    """Files whose time is over, those of them that got to the step in time, and the share that was aimed at."""

    n_due: int = 0
    n_in_time: int = 0
    aimed: int | None = field(default=None, compare=False)

    @property
    def percent(self) -> int | None:
        """Whole percents, rounded; below what was aimed at they never read as that: 89,6 % is not 90 %."""
        if not self.n_due:
            return None
        rounded = whole_percent(self.n_in_time, self.n_due)
        if self.aimed and 100 * self.n_in_time < self.aimed * self.n_due:
            return min(rounded, self.aimed - 1)
        return rounded

    def __add__(self, other: "Attained") -> "Attained":
        return Attained(n_due=self.n_due + other.n_due, n_in_time=self.n_in_time + other.n_in_time)

    def is_behind(self, share: int) -> bool:
        """Tell whether fewer got there than was aimed at; of a few files nothing is said."""
        return self.n_due >= LEAST and 100 * self.n_in_time < share * self.n_due


NONE = Attained()


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthAimed:
    """The files of a month: how many got there within so many working days, and the share aimed at, where one was."""

    first: date
    attained: Attained
    working_days: int
    share: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A target in force, and what is attained of it: in all, by name of intercommunality and by month of filing.

    In all and by intercommunality it is counted within the days of the target; a month within the days that were
    aimed at then. ``history`` is the targets of the step, the first one first.
    """

    target: Target
    total: Attained
    by_epci: Mapping[str, Attained]
    by_month: Mapping[date, Attained]
    history: Sequence[Target]

    def in_month(self, first: date) -> MonthAimed:
        """Return what was attained of the files of a month, beside what was aimed at then."""
        target = _of_month(self.history, first)
        share = target.share if target else None
        return MonthAimed(
            first=first,
            attained=replace(self.by_month.get(first, NONE), aimed=share),
            working_days=_days_of_month(self.history, first, self.target),
            share=share,
        )

    def behind(self) -> list[tuple[str, Attained]]:
        """Return the intercommunalities that are behind, the furthest first."""
        share = self.target.share or 0
        rows = [(name, found) for name, found in self.by_epci.items() if found.is_behind(share)]
        return sorted(rows, key=lambda row: (row[1].percent or 0, row[0]))


def set_target(*, user: User, step: str, working_days: int, share: int, on: date) -> Target:
    """Aim at something from a day on. Raises ``PermissionDenied`` for who does not lead the territory."""
    check_leads_territory(user)
    return Target.objects.create(step=step, working_days=working_days, share=share, since=on, set_by=user)


def end_target(*, user: User, step: str, on: date) -> Target:
    """Aim at nothing any more at a step, from a day on.

    Raises ``PermissionDenied`` as ``set_target`` does, ``TargetError`` where nothing is aimed at.
    """
    check_leads_territory(user)
    if step not in in_force(Target.objects.order_by("since", "pk"), on):
        raise TargetError("Rien n’est visé à cette étape : il n’y a rien à arrêter.")
    return Target.objects.create(step=step, since=on, set_by=user)


def progress(scope: Scope, filters: Filters, *, on: date) -> list[Progress]:
    """Return what is attained of each target in force, in the order of the way: of confirmed files, counted at once.

    A file counts once the last of so many working days since it was filed is over; one that was closed before it got
    to the step does not, since nobody could bring it there any more.
    """
    history = list(Target.objects.order_by("since", "pk"))
    targets = in_force(history, on)
    wanted = [targets[step] for step in Target.STEPS if step in targets]
    if not wanted:
        return []
    days = {(row.step, row.working_days) for row in history if row.step in targets and row.working_days}
    ends = {(step, n): _last_due(on, n) for step, n in days}
    rows = [*_of_whole_months(scope, filters, ends), *_of_last_months(scope, filters, ends)]
    names = {epci.pk: epci.usual_name for epci in scope.epcis}
    return [_progress(target, rows, names, history) for target in wanted]


def in_force(history: Iterable[Target], on: date) -> dict[str, Target]:
    """Return the target of each step on a day: the last one that was set up to then, but for one that ends it."""
    rows = {target.step: target for target in history if target.since <= on}
    return {step: target for step, target in rows.items() if target.working_days is not None}


type Ends = Mapping[tuple[str, int], date]  # by step and working days, the last day of filing whose time is over


class Due(NamedTuple):
    """What is attained of the files of a place and a month at a step within so many working days."""

    step: str
    working_days: int
    epci: int
    month: date
    attained: Attained


def _of_whole_months(scope: Scope, filters: Filters, ends: Ends) -> Iterator[Due]:
    """Count by intercommunality and month the files of the months that are over before each end, from their sums."""
    counts = counted(scope, filters, Q(need=filters.need))
    epcis, n_months = np.unique(counts.rows["epci"]).tolist(), len(counts.months)
    groups = counts.places("epci", epcis) * n_months + counts.month
    steps = counts.rows["step"]

    def add(column: NDArray[Any], kept: NDArray[np.bool_]) -> list[int]:
        found: list[int] = (
            np.bincount(groups[kept], column[kept], minlength=len(epcis) * n_months).astype(int).tolist()
        )
        return found

    n_confirmed, n_open = counts.rows["n_confirmed"], counts.rows["n_open"]
    for (step, n), end in ends.items():
        whole = np.array([month < month_of(end) for month in counts.months], dtype=bool)[counts.month]
        reached = whole & (steps == code_of(step))
        still_open = add(n_open, whole & (steps == code_of(Step.CONFIRMED)))
        gone = add(n_confirmed - n_open, reached)
        in_time = add(n_confirmed, reached & (counts.rows["working_days"] <= n))
        for group, sums in enumerate(zip(still_open, gone, in_time, strict=True)):
            if any(sums):
                epci, month = epcis[group // n_months], counts.months[group % n_months]
                yield Due(step, n, epci, month, Attained(n_due=sums[0] + sums[1], n_in_time=sums[2]))


def _of_last_months(scope: Scope, filters: Filters, ends: Ends) -> Iterator[Due]:
    """Count the same of the month of each end, whose last files still have time: one by one."""
    asked = {
        "epci": filters.epci,
        "needs__contains": [filters.need] if filters.need else None,
        "size": filters.size,
        "filed_on__gte": filters.since,
    }
    last = Q()
    for end in ends.values():
        last |= Q(filed_on__range=(month_of(end), end))
    files = FileFact.objects.filter(
        scope.rows("epci"), last, Q(**{key: value for key, value in asked.items() if value})
    )
    reached: dict[int, dict[str, int]] = defaultdict(dict)
    found: dict[tuple[str, int, int, date], list[int]] = defaultdict(lambda: [0, 0])
    keys = {pk: (epci or NOWHERE, filed_on) for pk, epci, filed_on in files.values_list("pk", "epci", "filed_on")}
    for pk, step, days in StepFact.objects.filter(file__in=list(keys)).values_list("file", "step", "working_days"):
        reached[pk][step] = days
    for pk, steps in reached.items():
        epci, filed_on = keys[pk]
        for (step, n), end in ends.items():
            is_due = Step.CONFIRMED in steps and (step in steps or Step.CLOSED not in steps)
            if is_due and month_of(end) <= filed_on <= end:
                sums = found[step, n, epci, month_of(end)]
                sums[0] += 1
                sums[1] += step in steps and steps[step] <= n
    for key, (n_due, n_in_time) in found.items():
        yield Due(*key, Attained(n_due=n_due, n_in_time=n_in_time))


def _last_due(on: date, n: int) -> date:
    """Return the last day from which more than so many working days have passed: on the last of them one may still."""
    while n >= 0:
        n -= is_working_day(on)
        on -= timedelta(days=1)
    return on


def _progress(target: Target, rows: Iterable[Due], names: Mapping[int, str], history: Iterable[Target]) -> Progress:
    mine = [other for other in history if other.step == target.step]
    by_epci: dict[str, Attained] = defaultdict(Attained)
    by_month: dict[date, Attained] = defaultdict(Attained)
    total = NONE
    for row in rows:
        if row.step != target.step:
            continue
        if row.working_days == target.working_days:
            total += row.attained
            by_epci[names.get(row.epci, "Commune inconnue")] += row.attained
        if row.working_days == _days_of_month(mine, row.month, target):
            by_month[row.month] += row.attained
    return Progress(
        target=target,
        total=replace(total, aimed=target.share),
        by_epci={name: replace(found, aimed=target.share) for name, found in sorted(by_epci.items())},
        by_month=dict(by_month),
        history=mine,
    )


def _of_month(history: Iterable[Target], first: date) -> Target | None:
    """Return what a step was aimed at in a month: the last target set up to its end, but for one that ends it."""
    rows = [row for row in history if (row.since.year, row.since.month) <= (first.year, first.month)]
    return rows[-1] if rows and rows[-1].working_days else None


def _days_of_month(history: Iterable[Target], first: date, now: Target) -> int:
    """Return within how many working days the files of a month count: those of now where nothing was aimed at."""
    return (_of_month(history, first) or now).working_days or 0
