"""State-aid rules that are arithmetic: what de minimis aid is left, the most a regime pays.

Ceilings and rates that Brussels changes are arguments, dated and by regulation. A figure that is not known is an
:class:`~matching.facts.Interval`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf

from matching.enterprise_size import SIZES
from matching.facts import Interval
from matching.outcomes import MET, NOT_MET, UNKNOWN, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """What one de minimis regulation lets a single undertaking receive over any three years.

    Parameters
    ----------
    regulation : str
        Short name such as ``general``, the same as in :class:`Grant`.
    amount : float
        In euros, itself admitted.
    counts : frozenset of str
        Regulations whose aids are known to count under this ceiling. Whether those of another count is unknown.
    valid_from, valid_until : datetime.date
        First and last day on which aid may be granted under it.
    """

    regulation: str
    amount: float
    counts: frozenset[str]
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A de minimis aid, granted on the day the right to it was given (not the day it was paid).

    Parameters
    ----------
    on : datetime.date
    amount : float or None
        Gross grant equivalent in euros; ``None`` when not known.
    regulation : str
        Short name, as in :class:`Ceiling`.
    """

    on: date
    amount: float | None
    regulation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """What de minimis aid may still be granted to a single undertaking on a day.

    Parameters
    ----------
    left : Interval
        Euros under the ceiling. The low bound is 0 unless the history is complete and each amount known; the high
        bound is infinite where no ceiling is known.
    used : Interval
        Euros of the aids that count, and of those that may.
    counted : tuple of Grant
        Those aids, the oldest first.
    freed_on : datetime.date or None
        Day from which the oldest of them no longer counts.
    freed : Interval
        Euros that no longer count from that day.
    """

    left: Interval
    used: Interval
    counted: tuple[Grant, ...]
    freed_on: date | None
    freed: Interval


def ceiling_on(ceilings: Sequence[Ceiling], *, regulation: str, on: date) -> Ceiling | None:
    """Return the ceiling of a regulation on a day; ``None``, unknown, when it is not in force."""
    for ceiling in ceilings:
        if ceiling.regulation == regulation and ceiling.valid_from <= on <= ceiling.valid_until:
            return ceiling
    return None


def headroom(grants: Sequence[Grant], *, on: date, ceiling: Ceiling | None, complete: bool) -> Headroom:
    """Return what is left under a ceiling, counting the aids of the three years that end on a day.

    The three years roll, from date to date: an aid counts on its day and until the eve of the same date three years
    later. One of a 29 February counts until 28 February, its month's last day by then (Regulation (EEC, Euratom)
    No 1182/71, Article 3(2)(c)).

    Parameters
    ----------
    grants : sequence of Grant
        To the single undertaking, which is the firm with those it controls or is controlled by (Article 2(2)).
    on : datetime.date
    ceiling : Ceiling or None
        As :func:`ceiling_on` returns it; under an unknown ceiling every aid may count.
    complete : bool
        Whether nothing else was granted in the three years. If not, something may have been, and 0 may be left.

    References
    ----------
    Commission Regulation (EU) 2023/2831, Articles 3(2) and 5(2); Commission Regulation (EU) 2023/2832, Article 3(2).

    Examples
    --------
    >>> rule = Ceiling(regulation="general", amount=300_000, counts=frozenset({"general"}),
    ...                valid_from=date(2024, 1, 1), valid_until=date(2030, 12, 31))
    >>> grants = [Grant(on=date(2024, 3, 3), amount=120_000, regulation="general")]
    >>> found = headroom(grants, on=date(2026, 11, 24), ceiling=rule, complete=True)
    >>> found.left, found.freed_on
    (Interval(low=180000, high=180000), datetime.date(2027, 3, 3))
    """
    counted = sorted((g for g in grants if g.on <= on < leaves_window_on(g.on)), key=lambda grant: grant.on)
    used = _total(counted, ceiling)
    freed_on = leaves_window_on(counted[0].on) if counted else None
    freed = _total([grant for grant in counted if leaves_window_on(grant.on) == freed_on], ceiling)
    high = inf if ceiling is None else max(ceiling.amount - used.low, 0)
    low = max(ceiling.amount - used.high, 0) if ceiling is not None and complete else 0
    return Headroom(left=Interval(low, high), used=used, counted=tuple(counted), freed_on=freed_on, freed=freed)


def leaves_window_on(granted_on: date) -> date:
    """Return the first day on which an aid is more than three years old.

    >>> leaves_window_on(date(2024, 2, 28)), leaves_window_on(date(2024, 2, 29))
    (datetime.date(2027, 2, 28), datetime.date(2027, 3, 1))
    """
    year = granted_on.year + 3
    if (granted_on.month, granted_on.day) == (2, 29):  # three years after a leap year there is no such day
        return date(year, 3, 1)
    return granted_on.replace(year=year)


def _total(grants: Sequence[Grant], ceiling: Ceiling | None) -> Interval:
    certain = [grant for grant in grants if ceiling is not None and grant.regulation in ceiling.counts]
    low = sum(grant.amount or 0 for grant in certain)
    high = sum(inf if grant.amount is None else grant.amount for grant in grants)
    return Interval(low, high)


def fits(amount: Interval, left: Interval) -> Outcome:
    """Tell whether a new aid fits in what is left; one that does not fit loses the regulation for all of it.

    References
    ----------
    Commission Regulation (EU) 2023/2831, Article 3(7).

    Examples
    --------
    >>> fits(Interval(50_000, 50_000), Interval(0, 180_000)).name
    'UNKNOWN'
    """
    return MET if amount.high <= left.low else UNKNOWN if amount.low <= left.high else NOT_MET


@dataclass(frozen=True, slots=True, kw_only=True)
class Intensity:
    """The largest part of a cost that aid may pay under an article of a regime, by size.

    Parameters
    ----------
    regime, article : str
        Such as ``GBER`` and ``17``.
    percent : mapping of str to Interval
        By size of ``SIZES``; an interval where the text gives more for some projects. A size left out is unknown.
    valid_from, valid_until : datetime.date
        First and last day of the regime. What follows it is unknown until it is entered.
    """

    regime: str
    article: str
    percent: Mapping[str, Interval]
    valid_from: date
    valid_until: date


def intensity(
    records: Sequence[Intensity], *, regime: str, article: str, sizes: tuple[int, int], on: date
) -> Interval | None:
    """Return the percentage that an article of a regime admits on a day, over the sizes the firm may have.

    Parameters
    ----------
    records : sequence of Intensity
        An article with several purposes has a record for each; the answer spans them.
    sizes : tuple of int
        As :func:`~matching.enterprise_size.size_range` returns it.

    Returns
    -------
    Interval or None
        ``None``, unknown, when no record is in force on the day or says nothing of a size the firm may have.
    """
    possible = SIZES[sizes[0] : sizes[1] + 1]
    current = [
        record.percent
        for record in records
        if (record.regime, record.article) == (regime, article) and record.valid_from <= on <= record.valid_until
    ]
    if not current or not all(size in percent for percent in current for size in possible):
        return None
    found = [percent[size] for percent in current for size in possible]
    return Interval(min(part.low for part in found), max(part.high for part in found))
