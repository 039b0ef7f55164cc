"""How far files get, and in how many working days: in all, by intercommunality, size, need and month of filing."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import Any, NamedTuple

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from backend.matchmaking.models import AnswerCount
from backend.schemes.catalogue.taxonomy import families
from backend.schemes.vocabulary import ONE_SIZE
from backend.steering.models import Step
from backend.steering.scopes import Filters, Scope
from backend.steering.step_counts import counted, months_from

WAY = tuple(step for step in Step if step not in (Step.REFUSED, Step.CLOSED))


class Days(NamedTuple):
    """Files that took so many working days to a step, and those of them that wait for an answer."""

    working_days: int
    n: int
    n_waiting: int


type Histograms = Mapping[str, list[Days]]  # by step, the fewest days first


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Files that got to a step; of their working days since filing, the median and what nine in ten do not exceed.

    Those that have not got there yet are in neither: ``n_waiting`` of the confirmed ones are not closed nor answered.
    """

    n: int
    median: int
    ninth: int
    n_waiting: int = 0


NONE = Reached(n=0, median=0, ninth=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """How far the files of a group got: by step, in the order of the way."""

    label: str
    reached: Mapping[str, Reached]

    @property
    def filed(self) -> int:
        return self.at(Step.FILED).n

    @property
    def read(self) -> Reached:
        return self.at(Step.READ)

    @property
    def answered(self) -> Reached:
        return self.at(Step.ANSWERED)

    @property
    def waiting(self) -> int:
        """Files that wait for an answer: their address is confirmed, and they are neither answered nor closed."""
        return self.at(Step.CONFIRMED).n_waiting

    @property
    def applied(self) -> Reached:
        return self.at(Step.APPLIED)

    @property
    def granted(self) -> Reached:
        return self.at(Step.GRANTED)

    def at(self, step: Step) -> Reached:
        return self.reached.get(step, NONE)

    def steps(self) -> Iterator[tuple[Step, Reached, int]]:
        """Yield each step with what reached it, and its share of those filed, in percent."""
        for step in WAY:
            reached = self.at(step)
            yield step, reached, round(100 * reached.n / self.filed) if self.filed else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The files of a month."""

    first: date
    funnel: Funnel


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnels:
    """The same files in all and in groups; a group without a file is left out, but for months."""

    total: Funnel
    by_epci: list[Funnel] = field(default_factory=list)
    by_size: list[Funnel] = field(default_factory=list)
    by_need: list[Funnel] = field(default_factory=list)
    by_month: list[Month] = field(default_factory=list)


def funnels(scope: Scope, filters: Filters, *, on: date) -> Funnels:
    """Return how far the files of a scope got that were filed since a month, up to now; of a need, no other needs."""
    rows = counted(scope, filters)
    files, needs = (
        rows.filter(need=filters.need),
        rows.filter(need=filters.need) if filters.need else rows.exclude(need=""),
    )
    epcis, months = _histograms(files, "epci"), _histograms(files, "month")
    names = {epci.pk: epci.usual_name for epci in scope.epcis}
    labels = {need.key: need.label for need in families()}
    return Funnels(
        total=Funnel(label="", reached=_reached(_together(epcis.values()))),
        by_epci=_groups(epcis, {**names, None: "Commune inconnue"}),
        by_size=_groups(_histograms(files, "size"), {**ONE_SIZE, "": "Taille inconnue"}),
        by_need=_groups(_histograms(needs, "need"), labels),
        by_month=[
            Month(first=first, funnel=Funnel(label="", reached=_reached(months.get(first, {}))))
            for first in months_from(min(months, default=None), on)
        ],
    )


def answers_before_a_name(scope: Scope, filters: Filters) -> int:
    """Return to how many needs an answer was shown to those who had given no name; of all sizes, which nobody gave."""
    asked = {"epci": filters.epci, "sub_need__need": filters.need, "on__gte": filters.since}
    wanted = Q(**{name: value for name, value in asked.items() if value})
    rows = AnswerCount.objects.filter(scope.rows("epci"), wanted)
    return int(rows.aggregate(n=Coalesce(Sum("n_answers"), 0))["n"])


def _histograms(rows: Any, column: str) -> dict[Any, Histograms]:
    """Return, by value of a column and by step, how many files took so many working days, the fewest days first."""
    found: dict[Any, Histograms] = defaultdict(lambda: defaultdict(list))
    sums = rows.filter(step__in=WAY).values_list(column, "step", "working_days")
    sums = sums.annotate(files=Sum("n"), waiting=Sum("n_waiting")).order_by("working_days")
    for key, step, *counts in sums:
        found[key][step].append(Days(*counts))
    return found


def _together(groups: Iterable[Histograms]) -> Histograms:
    found: dict[str, list[Days]] = defaultdict(list)
    for group in groups:
        for step, days in group.items():
            found[step] = sorted([*found[step], *days])
    return found


def _reached(group: Histograms) -> dict[str, Reached]:
    return {step: _summed(days) for step, days in group.items()}


def _summed(days: Sequence[Days]) -> Reached:
    """Return what files took: a percentile is the fewest days that so many of them do not exceed."""
    up_to = list(accumulate(each.n for each in days))
    n = up_to[-1]
    median, ninth = (days[bisect_left(up_to, tenths * n / 10)].working_days for tenths in (5, 9))
    return Reached(n=n, median=median, ninth=ninth, n_waiting=sum(each.n_waiting for each in days))


def _groups(groups: Mapping[Any, Histograms], labels: Mapping[Any, Any]) -> list[Funnel]:
    """Return groups in the order of their labels."""
    return [
        Funnel(label=str(label)[:1].upper() + str(label)[1:], reached=_reached(groups[key]))
        for key, label in labels.items()
        if key in groups
    ]
