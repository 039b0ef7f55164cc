"""How far files get, and in how many working days: in all, by intercommunality, size, need and month of filing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import BooleanField, DateField, Exists, ExpressionWrapper, F, Func, OuterRef, Q, Sum
from django.db.models.functions import Cast, Coalesce, TruncMonth

from backend.matchmaking.models import AnswerCount
from backend.schemes.models import TaxonomyNeed
from backend.schemes.vocabulary import ONE_SIZE
from backend.steering.models import Step, StepFact
from backend.steering.scopes import Filters, Scope
from backend.steering.sums import read_sums

WAY = tuple(step for step in Step if step not in (Step.REFUSED, Step.CLOSED))

# Several sums of the same rows in one reading of them; the last column says which sum a row is of.
_SUMS = """
SELECT step, epci, size, month, count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY days),
       percentile_disc(0.9) WITHIN GROUP (ORDER BY days), count(*) FILTER (WHERE waits),
       grouping(epci, size, month)
FROM ({rows}) AS steps (step, days, waits, epci, size, month)
GROUP BY GROUPING SETS ((step), (step, epci), (step, size), (step, month))
"""
_BY_NEED = """
SELECT step, need, count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY days),
       percentile_disc(0.9) WITHIN GROUP (ORDER BY days), count(*) FILTER (WHERE waits)
FROM ({rows}) AS steps (step, days, waits, need) GROUP BY step, need
"""
ALL, EPCI, SIZE, MONTH = 0b111, 0b011, 0b101, 0b110  # what is summed over has its bit set


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
    """Return how far the files of a scope got that were filed since a day, up to now."""
    rows = _rows(scope, filters)
    sums: dict[int, dict[Any, dict[str, Reached]]] = defaultdict(lambda: defaultdict(dict))
    for step, epci, size, month, n, median, ninth, waiting, group in _read(_SUMS, rows, "epci", "size", "month"):
        key = {ALL: None, EPCI: epci, SIZE: size, MONTH: month}[group]
        sums[group][key][step] = Reached(n=n, median=median, ninth=ninth, n_waiting=waiting)
    needs: dict[str, dict[str, Reached]] = defaultdict(dict)
    for step, need, n, median, ninth, waiting in _read(_BY_NEED, rows, "need"):
        needs[need][step] = Reached(n=n, median=median, ninth=ninth, n_waiting=waiting)
    names = {epci.pk: epci.usual_name for epci in scope.epcis}
    labels = dict(TaxonomyNeed.objects.values_list("key", "label"))
    return Funnels(
        total=Funnel(label="", reached=sums[ALL][None]),
        by_epci=_groups(sums[EPCI], {**names, None: "Commune inconnue"}),
        by_size=_groups(sums[SIZE], {**ONE_SIZE, "": "Taille inconnue"}),
        by_need=_groups(needs, labels),
        by_month=[
            Month(first=first, funnel=Funnel(label="", reached=sums[MONTH].get(first, {})))
            for first in _months(min(sums[MONTH], default=None), on)
        ],
    )


def answers_before_a_name(scope: Scope, filters: Filters) -> int:
    """Return to how many needs an answer was shown to those who had given no name; of all sizes, which nobody gave."""
    asked = {"epci": filters.epci, "sub_need__need": filters.need, "on__gte": filters.since}
    wanted = Q(**{name: value for name, value in asked.items() if value})
    rows = AnswerCount.objects.filter(scope.rows("epci"), wanted)
    return int(rows.aggregate(n=Coalesce(Sum("n_answers"), 0))["n"])


def _rows(scope: Scope, filters: Filters) -> Any:
    asked = {
        "file__epci": filters.epci,
        "file__needs__contains": [filters.need] if filters.need else None,
        "file__size": filters.size,
        "file__filed_on__gte": filters.since,
    }
    wanted = Q(**{name: value for name, value in asked.items() if value})
    return StepFact.objects.of_way().filter(scope.rows("file__epci"), wanted).order_by()


def _read(query: str, rows: Any, *columns: str) -> list[tuple[Any, ...]]:
    """Sum rows, which the models say, by some of their columns."""
    known = {
        "epci": F("file__epci"),
        "size": F("file__size"),
        "month": Cast(TruncMonth("file__filed_on"), DateField()),
        "need": Func(F("file__needs"), function="unnest"),
    }
    ended = StepFact.objects.filter(file=OuterRef("file"), step__in=(Step.ANSWERED, Step.CLOSED))
    waits = ExpressionWrapper(Q(step=Step.CONFIRMED) & ~Exists(ended), output_field=BooleanField())
    named = rows.annotate(waits=waits, **{f"in_{name}": known[name] for name in columns})
    return read_sums(query, named.values_list("step", "working_days", "waits", *(f"in_{name}" for name in columns)))


def _groups(sums: Mapping[Any, Mapping[str, Reached]], labels: Mapping[Any, Any]) -> list[Funnel]:
    """Return groups in the order of their labels."""
    return [
        Funnel(label=str(label)[:1].upper() + str(label)[1:], reached=sums[key])
        for key, label in labels.items()
        if key in sums
    ]


def _months(first: date | None, on: date) -> Iterable[date]:
    """Yield the first day of each month up to that of a day; none where nothing was filed."""
    while first and first <= on:
        yield first
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)
