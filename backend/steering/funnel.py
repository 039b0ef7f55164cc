"""How far files get, and in how many working days: in all, by intercommunality, size, need and month of filing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from backend.common.percents import whole_percent
from backend.companies.size_bands import SIZE_LABELS
from backend.matchmaking.models import AnswerCount
from backend.schemes.catalogue.taxonomy import families
from backend.steering.models import Step
from backend.steering.scopes import Filters, Scope
from backend.steering.step_counts import NOWHERE, Counts, Integers, code_of, counted, months_from

WAY = tuple(step for step in Step if step not in (Step.REFUSED, Step.CLOSED))
STEPS = tuple(map(code_of, WAY))


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
            yield step, reached, whole_percent(reached.n, self.filed)


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
    found = counted(scope, filters, Q(need=filters.need) if filters.need else Q())
    files = found.of_need(filters.need)
    epcis = {**{epci.pk: epci.usual_name for epci in scope.epcis}, NOWHERE: "Commune inconnue"}
    sizes = {code_of(key): label for key, label in SIZE_LABELS.items()}
    needs = {need.key: need.label for need in families()}
    by_month = dict(zip(files.months, _reached(files, files.month, len(files.months)), strict=True))
    asked = [first for first, reached in by_month.items() if reached]
    return Funnels(
        total=Funnel(label="", reached=_reached(files, np.zeros(len(files.rows), dtype=int), 1)[0]),
        by_epci=_groups(epcis, _reached(files, files.places("epci", list(epcis)), len(epcis))),
        by_size=_groups(sizes, _reached(files, files.places("size", list(sizes)), len(sizes))),
        by_need=_groups(needs, _reached(found, found.places_of_needs(list(needs)), len(needs))),
        by_month=[
            Month(first=first, funnel=Funnel(label="", reached=by_month.get(first, {})))
            for first in months_from(min(asked, default=None), on)
        ],
    )


def answers_before_a_name(scope: Scope, filters: Filters) -> int:
    """Return to how many needs an answer was shown to those who had given no name; of all sizes, which nobody gave."""
    asked = {"epci": filters.epci, "sub_need__need": filters.need, "on__gte": filters.since}
    wanted = Q(**{name: value for name, value in asked.items() if value})
    rows = AnswerCount.objects.filter(scope.rows("epci"), wanted)
    return int(rows.aggregate(n=Coalesce(Sum("n_answers"), 0))["n"])


def _reached(counts: Counts, groups: Integers, n_groups: int) -> list[dict[str, Reached]]:
    """Return what reached each step in each group: a percentile is the fewest days that so many do not exceed.

    ``groups`` says the group of each row; rows of none, which is -1, are left out.
    """
    steps = counts.places("step", STEPS)
    kept = (groups >= 0) & (steps >= 0)
    rows, places, n_places = counts.rows[kept], (groups * len(WAY) + steps)[kept], n_groups * len(WAY)
    days = rows["working_days"].astype(int)
    width = days.max(initial=0) + 1
    files = np.bincount(places * width + days, rows["n"], minlength=n_places * width).reshape(n_places, width)
    up_to = files.cumsum(axis=1)
    n, waiting = up_to[:, -1], np.bincount(places, rows["n_waiting"], minlength=n_places)
    median, ninth = ((10 * up_to >= tenths * n[:, None]).argmax(axis=1) for tenths in (5, 9))
    table = np.stack([n, median, ninth, waiting], axis=1).astype(int).reshape(n_groups, len(WAY), 4)
    return [
        {
            step: Reached(n=n, median=median, ninth=ninth, n_waiting=n_waiting)
            for step, (n, median, ninth, n_waiting) in zip(WAY, group, strict=True)
            if n
        }
        for group in table.tolist()
    ]


def _groups(labels: Mapping[Any, Any], groups: Sequence[Mapping[str, Reached]]) -> list[Funnel]:
    """Return the groups in which there is a file, in the order of their labels."""
    return [
        Funnel(label=str(label)[:1].upper() + str(label)[1:], reached=reached)
        for label, reached in zip(labels.values(), groups, strict=True)
        if reached
    ]
