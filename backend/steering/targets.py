"""What the territory aims at, beside what is attained: so many files at a step within so many working days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, DateField, Exists, OuterRef, Q
from django.db.models.functions import Cast, TruncMonth

from backend.accounts.models import User
from backend.common.days import is_working_day
from backend.steering.models import FileFact, Step, StepFact, Target
from backend.steering.scopes import Filters, Scope

LEAST = 5  # files from which on a group is said to be behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Attained:
    """Files whose time is over, and those of them that got to the step in time."""

    n_due: int = 0
    n_in_time: int = 0

    @property
    def percent(self) -> int | None:
        return round(100 * self.n_in_time / self.n_due) if self.n_due else None

    def is_behind(self, share: int) -> bool:
        """Tell whether fewer got there than was aimed at; of a few files nothing is said."""
        return self.n_due >= LEAST and 100 * self.n_in_time < share * self.n_due


NONE = Attained()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A target in force, and what is attained of it: in all, by name of intercommunality and by month of filing.

    ``aimed`` is the share that was aimed at in each month, by its first day; ``None`` before there was a target.
    """

    target: Target
    total: Attained
    by_epci: Mapping[str, Attained]
    by_month: Mapping[date, Attained]
    aimed: Mapping[date, int | None]

    def behind(self) -> list[tuple[str, Attained]]:
        """Return the intercommunalities that are behind, the furthest first."""
        share = self.target.share or 0
        rows = [(name, found) for name, found in self.by_epci.items() if found.is_behind(share)]
        return sorted(rows, key=lambda row: (row[1].percent or 0, row[0]))


@transaction.atomic
def set_target(*, user: User, step: str, working_days: int | None, share: int | None, on: date) -> Target:
    """Aim at something from a day on; without days, at nothing any more for this step.

    Raises ``PermissionDenied`` for who does not lead the territory.
    """
    if not user.posts.leads_territory:
        raise PermissionDenied
    return Target.objects.create(step=step, working_days=working_days, share=share, since=on, set_by=user)


def progress(scope: Scope, filters: Filters, *, on: date) -> list[Progress]:
    """Return what is attained of each target in force, in the order of the way: of confirmed files, counted at once.

    A file counts once so many working days have passed since it was filed; one that was closed before it got to the
    step does not, since nobody could bring it there any more.
    """
    history = list(Target.objects.order_by("since", "pk"))
    targets = in_force(history, on)
    wanted = [targets[step] for step in Target.STEPS if step in targets]
    if not wanted:
        return []
    rows = list(_counted(scope, filters, wanted, on))
    names = {epci.pk: epci.usual_name for epci in scope.epcis}
    return [_progress(target, rows, names, history) for target in wanted]


def in_force(history: Iterable[Target], on: date) -> dict[str, Target]:
    """Return the target of each step on a day: the last one that was set up to then, but for one that ends it."""
    rows = {target.step: target for target in history if target.since <= on}
    return {step: target for step, target in rows.items() if target.working_days is not None}


def _counted(scope: Scope, filters: Filters, targets: list[Target], on: date) -> Any:
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
    counts = {}
    for target in targets:
        is_over = Q(filed_on__lte=_last_due(on, target.working_days or 0))
        is_there = Q(steps__step=target.step)
        in_time = is_there & Q(steps__working_days__lte=target.working_days)
        counts[f"due_{target.step}"] = Count("pk", filter=is_over & (is_there | Q(is_closed=False)), distinct=True)
        counts[f"in_time_{target.step}"] = Count("pk", filter=is_over & in_time, distinct=True)
    return files.order_by().values("epci", "month").annotate(**counts)


def _last_due(on: date, n: int) -> date:
    """Return the last day from which so many working days have passed."""
    while n > 0:
        n -= is_working_day(on)
        on -= timedelta(days=1)
    return on


def _progress(
    target: Target, rows: list[Mapping[str, Any]], names: Mapping[int, str], history: Iterable[Target]
) -> Progress:
    of_epci: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    of_month: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    total = [0, 0]
    for row in rows:
        counts = row[f"due_{target.step}"], row[f"in_time_{target.step}"]
        for sums in (total, of_epci[names.get(row["epci"], "Commune inconnue")], of_month[row["month"]]):
            sums[:] = [have + more for have, more in zip(sums, counts, strict=True)]
    return Progress(
        target=target,
        total=_attained(total),
        by_epci={name: _attained(sums) for name, sums in sorted(of_epci.items())},
        by_month={month: _attained(sums) for month, sums in of_month.items()},
        aimed=_aimed([other for other in history if other.step == target.step], of_month),
    )


def _attained(sums: list[int]) -> Attained:
    return Attained(n_due=sums[0], n_in_time=sums[1])


def _aimed(history: Iterable[Target], months: Iterable[date]) -> dict[date, int | None]:
    """Return the share aimed at in each month: that of the last target set up to its end."""
    days = [(target.since, target.share) for target in history]
    found: dict[date, int | None] = {}
    for month in months:
        shares = [share for since, share in days if (since.year, since.month) <= (month.year, month.month)]
        found[month] = shares[-1] if shares else None
    return found
