"""What an aid may be for the project of a firm, as far as its facts bound it."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import matching
from backend.matchmaking.engine.firms import Facts, profile
from backend.matchmaking.engine.state_aid import size_of
from backend.schemes.models import Revision

type Bounds = tuple[float, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Pairs of low and high: the aid and the spend that counts, in euros, and the rate, in percent."""

    aid: tuple[float, float]
    rate: tuple[float, float]
    spend: Bounds
    cost: Bounds  # of the whole project


class Project:
    """What is known of a project and of the size of its firm, on a day."""

    def __init__(self, facts: Facts, *, on: date) -> None:
        self._facts, self._on = facts, on

    @cached_property
    def _spend(self) -> matching.Interval:
        return profile(self._facts, on=self._on).spend

    @cached_property
    def _sizes(self) -> tuple[int, int]:
        return size_of(self._facts, on=self._on).positions

    @property
    def spend_kinds(self) -> frozenset[str]:
        """What it consists of; none where that is not known."""
        return frozenset(self._facts.get("project.spend_kinds") or ())

    @property
    def has_a_cost(self) -> bool:
        """Whether anything is known of what it will cost."""
        return self._spend != matching.Interval()

    def estimate(self, revision: Revision) -> Estimate | None:
        """Return what an aid that is a share of the spend may be; nothing where nothing bounds it."""
        found = matching.estimate(_terms(revision), self._spend, self._sizes)
        if found is None:
            return None
        return Estimate(
            aid=(found.aid.low, found.aid.high),
            rate=(found.rate.low, found.rate.high),
            spend=_bounds(found.spend),
            cost=_bounds(self._spend),
        )


def _bounds(interval: matching.Interval) -> Bounds:
    return max(interval.low, 0.0), None if interval.high == float("inf") else interval.high


def _terms(revision: Revision) -> matching.Terms:
    floor, ceiling, spend_min, spend_max, rate_max = (
        None if value is None else float(value)
        for value in (
            revision.floor_eur,
            revision.ceiling_eur,
            revision.spend_min_eur,
            revision.spend_max_eur,
            revision.rate_max_pct,
        )
    )
    return matching.Terms(
        rate_max=rate_max,
        rates={size: float(rate) for size, rate in revision.rates.items()},
        floor=floor,
        ceiling=ceiling,
        spend_min=spend_min,
        spend_max=spend_max,
    )
