"""State-aid rules that are arithmetic: the size of a group, what de minimis aid is left, the most a regime pays.

Ceilings and rates that Brussels changes are arguments, dated and by regulation; only the ceilings that define a size
are here, because a criterion names sizes. A figure that is not known is an :class:`~matching.facts.Interval`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from math import inf
from typing import Literal, get_args

from matching.facts import Figures, Interval, Related
from matching.outcomes import MET, NOT_MET, UNKNOWN, Outcome

type Size = Literal["micro", "small", "medium", "intermediate", "large"]
type Link = Literal["own", "linked", "partner", "apart"]

SIZES: tuple[str, ...] = get_args(Size.__value__)

# Ceilings of each size: headcount (exclusive), turnover and balance sheet in euros (inclusive; one of the two is
# enough). Micro to medium: Commission Recommendation 2003/361/EC, Annex, Article 2. Intermediate: décret no 2008-1354
# du 18 décembre 2008, article 3. What is above is large.
CEILINGS: dict[str, tuple[float, float, float]] = {
    "micro": (10, 2e6, 2e6),
    "small": (50, 10e6, 10e6),
    "medium": (250, 50e6, 43e6),
    "intermediate": (5000, 1.5e9, 2e9),
}

# Annex of the Recommendation, Article 3: a share that makes a partner, the last one that does, one that ends the SME.
_PARTNER_FROM, _PARTNER_TO = 25, 50
_PUBLIC_FROM = Decimal(25)

_NOTHING = Interval(0, 0)
_NO_FIGURES = Figures(headcount=_NOTHING, turnover=_NOTHING, balance_sheet=_NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One line of a consolidated sum.

    Parameters
    ----------
    name : str
        As it was given; empty for the enterprise itself.
    link : {'own', 'linked', 'partner', 'apart'}
        Why it counts as it does; ``apart`` counts for nothing.
    share : float
        Percentage of its figures that is counted: 100, the share held, or 0.
    figures : Figures
        What it adds, the percentage applied.
    """

    name: str = ""
    link: str
    share: float
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Consolidated:
    """The figures of an enterprise with those it is tied to, and the sum they come from.

    Parameters
    ----------
    figures : Figures
        The total; where the group is not known, at least the enterprise's own figures and no upper bound.
    parts : tuple of Part
        The enterprise first, then the others in the order given.
    complete : bool
        Whether the group is known, so that the parts are all there.
    """

    figures: Figures
    parts: tuple[Part, ...]
    complete: bool


@lru_cache(maxsize=1 << 11)  # several conditions ask for the same one, a chunk of firms after the other
def consolidate(own: Figures, group: tuple[Related, ...] | None) -> Consolidated:
    """Add to an enterprise's figures those of its partners, pro rata, and of the enterprises it is linked to, in full.

    Parameters
    ----------
    own : Figures
        Of the enterprise alone. No figure is below zero, known or not.
    group : tuple of Related or None
        Every enterprise that counts, those of a partner's own group included (Article 6(2) and (3)); empty when the
        enterprise is autonomous, ``None`` when that is not known.

    References
    ----------
    Commission Recommendation 2003/361/EC, Annex, Articles 3 and 6.

    Examples
    --------
    >>> ten = Figures(headcount=Interval(10, 10))
    >>> consolidate(ten, (Related(share=30, figures=ten),)).figures.headcount
    Interval(low=13.0, high=13.0)
    """
    parts = [Part(link="own", share=100, figures=_count(own, 100))]
    for related in group or ():
        link, share = _tie(related)
        parts.append(Part(name=related.name, link=link, share=share, figures=_count(related.figures, share)))
    total = Figures(
        headcount=_add([part.figures.headcount for part in parts], open_ended=group is None),
        turnover=_add([part.figures.turnover for part in parts], open_ended=group is None),
        balance_sheet=_add([part.figures.balance_sheet for part in parts], open_ended=group is None),
    )
    return Consolidated(figures=total, parts=tuple(parts), complete=group is not None)


def _tie(related: Related) -> tuple[Link, float]:
    if related.control or related.share > _PARTNER_TO:
        return "linked", 100
    if related.share < _PARTNER_FROM or related.holder == "exempt_investor":
        return "apart", 0
    return "partner", related.share


def _count(figures: Figures, share: float) -> Figures:
    if share == 0:  # a share of an infinite bound is still nothing
        return _NO_FIGURES
    return Figures(
        headcount=_take(figures.headcount, share),
        turnover=_take(figures.turnover, share),
        balance_sheet=_take(figures.balance_sheet, share),
    )


def _take(number: Interval, share: float) -> Interval:
    return Interval(max(number.low, 0) * share / 100, max(number.high, 0) * share / 100)


def _add(numbers: Sequence[Interval], *, open_ended: bool) -> Interval:
    return Interval(sum(number.low for number in numbers), inf if open_ended else sum(n.high for n in numbers))


def is_publicly_held(group: Sequence[Related] | None) -> bool | None:
    """Tell whether public bodies hold a quarter of the enterprise, together, or control it; ``None`` when not known.

    References
    ----------
    Commission Recommendation 2003/361/EC, Annex, Article 3(4).

    Examples
    --------
    >>> is_publicly_held([Related(share=12.5, holder="public_body"), Related(share=12.5, holder="public_body")])
    True
    """
    if group is None:
        return None
    public = [related for related in group if related.holder == "public_body"]
    held = sum(Decimal(str(related.share)) for related in public)  # 8.3 + 8.3 + 8.4 is 25
    return held >= _PUBLIC_FROM or any(related.control for related in public)


def size_range(years: Sequence[Figures], *, public: bool | None) -> tuple[int, int]:
    """Return the smallest and the largest size an enterprise may have, as positions in ``SIZES``.

    A ceiling crossed counts once it is crossed for two years running, so the status against each ceiling is the
    median of this year, the year before, and the status of the year before. The oldest year known stands as it is,
    which is also the rule of an enterprise too new to have closed two.

    Parameters
    ----------
    years : sequence of Figures
        Consolidated figures, the last closed year first; of none, any size is possible.
    public : bool or None
        Whether a quarter is held by public bodies: then it is no SME, whatever its figures. ``None``: it may be.

    References
    ----------
    Commission Recommendation 2003/361/EC, Annex, Articles 2, 3(4) and 4.

    Examples
    --------
    >>> small, medium = (Figures(headcount=Interval(n, n), turnover=_NOTHING) for n in (49, 50))
    >>> size_range([medium, small], public=False), size_range([medium, medium, small], public=False)
    ((1, 1), (2, 2))
    """
    statuses = [_status(years, size) for size in CEILINGS]
    lowest = sum(status == NOT_MET for status in statuses)  # a larger ceiling is met wherever a smaller one is
    highest = sum(status != MET for status in statuses)
    floor = SIZES.index("intermediate")
    return max(lowest, floor if public else 0), max(highest, 0 if public is False else floor)


def _status(years: Sequence[Figures], size: str) -> Outcome:
    under = [_is_under(figures, size) for figures in reversed(years)] or [UNKNOWN]
    status = under[0]
    for before, this in pairwise(under):
        status = sorted((this, before, status))[1]
    return status


def _is_under(figures: Figures, size: str) -> Outcome:
    staff, turnover, balance_sheet = _tests(figures, size)
    return min(staff, max(turnover, balance_sheet))


def _tests(figures: Figures, size: str) -> tuple[Outcome, Outcome, Outcome]:
    """Test headcount, turnover and balance sheet against the ceilings of a size."""
    headcount, turnover, balance_sheet = CEILINGS[size]
    staff = MET if figures.headcount.high < headcount else UNKNOWN if figures.headcount.low < headcount else NOT_MET
    return staff, _is_at_most(figures.turnover, turnover), _is_at_most(figures.balance_sheet, balance_sheet)


def open_figures(figures: Figures, size: str) -> frozenset[str]:
    """Return which of a year's figures leave open whether it is under the ceilings of a size.

    >>> sorted(open_figures(Figures(headcount=Interval(10, 19)), "medium"))
    ['balance_sheet', 'turnover']
    >>> open_figures(Figures(headcount=Interval(250, 499)), "medium")
    frozenset()
    """
    staff, turnover, balance_sheet = _tests(figures, size)
    euros = max(turnover, balance_sheet)
    if min(staff, euros) != UNKNOWN:
        return frozenset()
    found = {"headcount"} if staff == UNKNOWN else set()
    if euros == UNKNOWN:
        money = {"turnover": turnover, "balance_sheet": balance_sheet}
        found |= {name for name, outcome in money.items() if outcome == UNKNOWN}
    return frozenset(found)


def _is_at_most(number: Interval, ceiling: float) -> Outcome:
    return MET if number.high <= ceiling else UNKNOWN if number.low <= ceiling else NOT_MET


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
        As :func:`size_range` returns it.

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
