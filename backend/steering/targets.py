"""What the territory aims at, beside what is attained: so many files at a step within so many working days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, DateField, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Cast, TruncMonth

from backend.accounts.models import User
from backend.accounts.rights import check_leads_territory
from backend.common.days import is_working_day
from backend.steering.models import FileFact, Step, StepFact, Target
from backend.steering.scopes import Filters, Scope
from backend.steering.step_counts import counted, month_of

LEAST = 5  # files from which on a group is said to be behind


class TargetError(ValueError):
    """A target that cannot be ended, in a sentence for who would end it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attained:
    """Files whose time is over, and those of them that got to the step in time."""

    n_due: int = 0
    n_in_time: int = 0

    @property
    def percent(self) -> int | None:
        """Whole percents, never more than is attained: 89,6 % is not the 90 % aimed at."""
        return 100 * self.n_in_time // self.n_due if self.n_due else None

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
        return MonthAimed(
            first=first,
            attained=self.by_month.get(first, NONE),
            working_days=_days_of_month(self.history, first, self.target),
            share=target.share if target else None,
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


def _of_whole_months(scope: Scope, filters: Filters, ends: Ends) -> Iterable[Mapping[str, Any]]:
    """Count by intercommunality and month the files of the months that are over before each end, from their sums."""
    counts: dict[str, Any] = {}
    for (step, n), end in ends.items():
        whole = Q(month__lt=month_of(end))
        reached = whole & Q(step=step)
        open_ = Sum("n_open", filter=whole & Q(step=Step.CONFIRMED), default=0)
        counts[f"due_{step}_{n}"] = open_ + Sum(F("n_confirmed") - F("n_open"), filter=reached, default=0)
        counts[f"in_time_{step}_{n}"] = Sum("n_confirmed", filter=reached & Q(working_days__lte=n), default=0)
    rows: Iterable[Mapping[str, Any]] = (
        counted(scope, filters).filter(need=filters.need).values("epci", "month").annotate(**counts)
    )
    return rows


def _of_last_months(scope: Scope, filters: Filters, ends: Ends) -> Iterable[Mapping[str, Any]]:
    """Count the same of the month of each end, whose last files still have time: one by one."""
    asked = {
        "epci": filters.epci,
        "needs__contains": [filters.need] if filters.need else None,
        "size": filters.size,
        "filed_on__gte": filters.since,
    }
    own = StepFact.objects.filter(file=OuterRef("pk"))
    files = FileFact.objects.filter(scope.rows("epci"), Q(**{name: value for name, value in asked.items() if value}))
    files = files.filter(Exists(own.filter(step=Step.CONFIRMED)))
    files = files.annotate(
        is_closed=Exists(own.filter(step=Step.CLOSED)), month=Cast(TruncMonth("filed_on"), DateField())
    )
    counts, last = {}, Q()
    for (step, n), end in ends.items():
        is_over = Q(filed_on__range=(month_of(end), end))
        last |= is_over
        is_there = Q(steps__step=step)
        in_time = is_there & Q(steps__working_days__lte=n)
        counts[f"due_{step}_{n}"] = Count("pk", filter=is_over & (is_there | Q(is_closed=False)), distinct=True)
        counts[f"in_time_{step}_{n}"] = Count("pk", filter=is_over & in_time, distinct=True)
    return files.filter(last).order_by().values("epci", "month").annotate(**counts)


def _last_due(on: date, n: int) -> date:
    """Return the last day from which more than so many working days have passed: on the last of them one may still."""
    while n >= 0:
        n -= is_working_day(on)
        on -= timedelta(days=1)
    return on


def _progress(
    target: Target, rows: list[Mapping[str, Any]], names: Mapping[int, str], history: Iterable[Target]
) -> Progress:
    step = target.step
    mine = [other for other in history if other.step == step]
    of_epci: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    of_month: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    total = [0, 0]
    for row in rows:
        then = _days_of_month(mine, row["month"], target)
        places = (total, of_epci[names.get(row["epci"], "Commune inconnue")])
        for days, groups in ((target.working_days, places), (then, (of_month[row["month"]],))):
            for sums in groups:
                sums[0] += row[f"due_{step}_{days}"]
                sums[1] += row[f"in_time_{step}_{days}"]
    return Progress(
        target=target,
        total=_attained(total),
        by_epci={name: _attained(sums) for name, sums in sorted(of_epci.items())},
        by_month={month: _attained(sums) for month, sums in of_month.items()},
        history=mine,
    )


def _attained(sums: list[int]) -> Attained:
    return Attained(n_due=sums[0], n_in_time=sums[1])


def _of_month(history: Iterable[Target], first: date) -> Target | None:
    """Return what a step was aimed at in a month: the last target set up to its end, but for one that ends it."""
    rows = [row for row in history if (row.since.year, row.since.month) <= (first.year, first.month)]
    return rows[-1] if rows and rows[-1].working_days else None


def _days_of_month(history: Iterable[Target], first: date, now: Target) -> int:
    """Return within how many working days the files of a month count: those of now where nothing was aimed at."""
    return (_of_month(history, first) or now).working_days or 0
