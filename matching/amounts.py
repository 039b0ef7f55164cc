"""How much a scheme may give for one project: what its owner states, and a range where anything is open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from matching.enterprise_size import SIZES
from matching.facts import ANY_NUMBER, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an owner states of an aid that is a share of a spend; rates in percent, the rest in euros.

    Parameters
    ----------
    rate_max : float or None
        The highest rate; a firm may get less.
    rates : mapping of str to float
        The rate of each size of firm that one is stated for.
    floor, ceiling : float or None
        The least and the most that is given.
    spend_min, spend_max : float or None
        A smaller spend gets nothing; of a larger one, no more than ``spend_max`` counts.
    """

    rate_max: float | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    floor: float | None = None
    ceiling: float | None = None
    spend_min: float | None = None
    spend_max: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What an aid may be, if the whole spend counts; both bounds included.

    Parameters
    ----------
    aid : Interval
        In euros.
    rate : Interval
        In percent.
    spend : Interval
        The part of the spend that counts, in euros.
    """

    aid: Interval
    rate: Interval
    spend: Interval


def estimate(terms: Terms, spend: Interval, sizes: tuple[int, int] = (0, len(SIZES) - 1)) -> Estimate | None:
    """Return what an aid may be for a spend; ``None`` where nothing bounds it.

    Parameters
    ----------
    terms : Terms
    spend : Interval
        What the project costs, in euros.
    sizes : pair of int
        The smallest and the largest size that the firm may have, as positions in ``SIZES``.

    Returns
    -------
    Estimate or None
        ``None`` where the spend is not known, where a size that the firm may have has no rate, where nothing says how
        high it may go, and where the sum is under the floor: whether less is given then, the owner knows.
    """
    rate = _rate(terms, sizes)
    if rate is None or spend == ANY_NUMBER:
        return None
    most = inf if terms.spend_max is None else terms.spend_max
    counted = Interval(min(max(spend.low, 0.0), most), min(spend.high, most))
    cap = inf if terms.ceiling is None else terms.ceiling
    low, high = min(rate.low * counted.low / 100, cap), min(_times(rate.high, counted.high) / 100, cap)
    if terms.spend_min is not None and spend.low < terms.spend_min:
        low = 0.0
        if spend.high < terms.spend_min:
            high = 0.0
    if terms.floor is not None and low < terms.floor:
        low = 0.0
        if 0.0 < high < terms.floor:
            return None
    return None if high == inf else Estimate(aid=Interval(low, high), rate=rate, spend=counted)


def _rate(terms: Terms, sizes: tuple[int, int]) -> Interval | None:
    possible = SIZES[sizes[0] : sizes[1] + 1]
    stated = [terms.rates[size] for size in possible if size in terms.rates]
    if len(stated) == len(possible):
        return Interval(min(stated), max(stated))
    if terms.rate_max is None:
        return None
    return Interval(0.0, terms.rate_max)


def _times(rate: float, spend: float) -> float:
    return 0.0 if rate == 0 else rate * spend
