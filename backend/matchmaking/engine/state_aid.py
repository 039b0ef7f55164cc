"""State aid: the size of a group, what de minimis aid is left, what a regime pays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import inf
from typing import Any

from django.conf import settings

import matching
from backend.common.files import read_yaml
from backend.matchmaking.engine.firms import Facts, profile
from backend.matchmaking.engine.ranking import OUTCOMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """One line of a consolidated sum; each figure is a pair of low and high, ``None`` where nothing bounds it."""

    name: str
    link: str
    share: float
    headcount: tuple[float, float | None]
    turnover: tuple[float, float | None]
    balance_sheet: tuple[float, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The size of a firm with its group: the sum, and the smallest and the largest category it may have, as positions
    from micro to large; ``last_year`` is what the last closed year alone would give.
    """

    parts: tuple[Sum, ...]
    total: Sum
    is_group_known: bool
    is_public: bool
    n_years: int
    positions: tuple[int, int]
    last_year: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What de minimis aid is left under a regulation on a day, in euros; ``None`` where nothing bounds it."""

    ceiling: float | None
    ended_on: date | None  # the regulation's last day, where its ceiling is no longer known
    low: float
    high: float | None
    used: tuple[float, float | None]
    freed_on: date | None
    freed: tuple[float, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a regime pays at most for one purpose, in percent; both bounds ``None`` where that is unknown."""

    purpose: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The rates of an article of a regime on a day; ``until`` is its last day, passed or to come."""

    regime: str
    rates: tuple[Rate, ...]
    until: date
    is_over: bool


@dataclass(frozen=True, slots=True)
class _AidRules:
    ceilings: tuple[matching.Ceiling, ...]
    rates: tuple[tuple[str, matching.Intensity], ...]
    regimes: Mapping[str, tuple[str, date]]  # in words, and the last day


@lru_cache(maxsize=1)
def _aid_rules() -> _AidRules:
    """Read the ceilings and rates that somebody has read in their source; the others are not used."""
    content = read_yaml(settings.BASE_DIR / "fixtures" / "state_aid.yaml")
    ceilings, rates, regimes = (
        [row for row in content[name] if row["read"]] for name in ("ceilings", "intensities", "regimes")
    )
    return _AidRules(
        tuple(
            matching.Ceiling(
                regulation=row["regulation"],
                amount=row["amount"],
                counts=frozenset(row["counts"]),
                valid_from=row["valid_from"],
                valid_until=row["valid_until"],
            )
            for row in ceilings
        ),
        tuple(
            (
                row["purpose"],
                matching.Intensity(
                    regime=row["regime"],
                    article=row["article"],
                    percent={size: _percent(percent) for size, percent in row["percent"].items()},
                    valid_from=row["valid_from"],
                    valid_until=row["valid_until"],
                ),
            )
            for row in rates
        ),
        {row["regime"]: (row["text"], row["valid_until"]) for row in regimes},
    )


def _percent(value: Any) -> matching.Interval:
    """Read one rate, or the lower and the upper one."""
    return matching.Interval(*value) if isinstance(value, list) else matching.Interval(value, value)


def size_of(facts: Facts, *, on: date) -> Size:
    """Return the size of a firm from its own figures, its group's and those of the years before."""
    firm = profile(facts, on=on)
    found = matching.consolidate(firm.figures, firm.group)
    years = (found.figures, *firm.previous_years)
    public = matching.is_publicly_held(firm.group)
    return Size(
        parts=tuple(_sum(part.name, part.link, part.share, part.figures) for part in found.parts),
        total=_sum("", "total", 100, found.figures),
        is_group_known=found.complete,
        is_public=public is True,
        n_years=len(years),
        positions=matching.size_range(years, public=public),
        last_year=matching.size_range(years[:1], public=public),
    )


def _sum(name: str, link: str, share: float, figures: matching.Figures) -> Sum:
    return Sum(
        name=name,
        link=link,
        share=share,
        headcount=_pair(figures.headcount),
        turnover=_pair(figures.turnover),
        balance_sheet=_pair(figures.balance_sheet),
    )


def _pair(interval: matching.Interval) -> tuple[float, float | None]:
    return interval.low, None if interval.high == inf else interval.high


def _between(low: float, high: float | None) -> matching.Interval:
    return matching.Interval(low, inf if high is None else high)


def leaves_window_on(granted_on: date) -> date:
    """Return the day from which a de minimis aid no longer counts."""
    return matching.leaves_window_on(granted_on)


def de_minimis_left(
    grants: Iterable[tuple[date, float | None, str]], *, on: date, complete: bool, regulation: str = "general"
) -> Left:
    """Return what is left under a regulation's ceiling; a grant is its day, its amount if known, its regulation."""
    rows = [matching.Grant(on=day, amount=amount, regulation=name) for day, amount, name in grants]
    ceilings = _aid_rules().ceilings
    ceiling = matching.ceiling_on(ceilings, regulation=regulation, on=on)
    found = matching.headroom(rows, on=on, ceiling=ceiling, complete=complete)
    ended = [one.valid_until for one in ceilings if one.regulation == regulation and one.valid_until < on]
    low, high = _pair(found.left)
    return Left(
        ceiling=ceiling.amount if ceiling else None,
        ended_on=None if ceiling else max(ended, default=None),
        low=low,
        high=high,
        used=_pair(found.used),
        freed_on=found.freed_on,
        freed=_pair(found.freed),
    )


def fits_left(low: float, high: float | None, left: Left) -> str:
    """Tell whether a new aid between two amounts fits in what is left."""
    return OUTCOMES[matching.fits(_between(low, high), _between(left.low, left.high))]


def rates_of(regime: str, article: str, *, sizes: tuple[int, int], on: date) -> Rates:
    """Return the most that an article of a regime pays on a day, purpose by purpose."""
    rules = _aid_rules()
    text, until = rules.regimes[regime]
    rates = []
    for purpose, record in rules.rates:
        if (record.regime, record.article) == (regime, article):
            percent = matching.intensity([record], regime=regime, article=article, sizes=sizes, on=on)
            low, high = _pair(percent) if percent else (None, None)
            rates.append(Rate(purpose=purpose, low=low, high=high))
    return Rates(regime=text, rates=tuple(rates), until=until, is_over=until < on)
