"""How large an enterprise is for European law: its figures with those of its group, and the size they give.

The ceilings that define a size are here, because a criterion names sizes. A figure that is not known is an
:class:`~matching.facts.Interval`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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


def is_autonomous(group: Sequence[Related] | None) -> bool | None:
    """Tell whether an enterprise has neither partner nor linked enterprise; ``None`` when its group is not known.

    References
    ----------
    Commission Recommendation 2003/361/EC, Annex, Article 3(1) and (2).

    Examples
    --------
    >>> is_autonomous([Related(share=24.9), Related(share=50, holder="exempt_investor")])
    True
    """
    return None if group is None else all(_tie(related)[0] == "apart" for related in group)


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
