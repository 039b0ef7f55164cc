"""Plain values that facts are made of: an interval, a place, the figures of a year, another enterprise of the group.

Numbers are closed intervals, because the company register gives bands ("10 à 19 salariés") and people say "about
thirty".
"""

from dataclasses import dataclass, field
from math import inf, isnan
from typing import Literal, get_args

from matching.errors import FactError

type Holder = Literal["company", "public_body", "exempt_investor"]

HOLDERS: tuple[str, ...] = get_args(Holder.__value__)


@dataclass(frozen=True, slots=True)
class Interval:
    """A number known to lie between two bounds, both included; an infinite bound is open."""

    low: float = -inf
    high: float = inf

    def __post_init__(self) -> None:
        if isnan(self.low) or isnan(self.high) or self.low > self.high:
            raise FactError(f"Interval upside down: [{self.low}, {self.high}]; the low bound comes first.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is, as the codes of the perimeters around it.

    Parameters
    ----------
    inside : frozenset of str
        Perimeters it is in for certain.
    possible : frozenset of str or None
        Perimeters it may be in; ``None`` when any is possible. What is neither inside nor possible is outside.
    """

    inside: frozenset[str] = frozenset()
    possible: frozenset[str] | None = None
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.inside, self.possible)))

    def __hash__(self) -> int:
        return self._hash  # one place is looked up for each of thousands of firms


ANYWHERE = Place()
ANY_NUMBER = Interval()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What an enterprise counts over one closed year: annual work units, euros, euros."""

    headcount: Interval = ANY_NUMBER
    turnover: Interval = ANY_NUMBER
    balance_sheet: Interval = ANY_NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another enterprise, upstream or downstream, that holds part of this one or of which this one holds part.

    Parameters
    ----------
    share : float
        Larger of the shares of capital and of voting rights, in percent, in [0, 100].
    control : bool
        Whether one controls the other otherwise: contract, statutes, agreement among holders.
    holder : {'company', 'public_body', 'exempt_investor'}
        An exempt investor (venture capital, university, small local authority: Annex, Article 3(2)) of up to 50 %
        makes no partner; a public body of 25 % or more makes the firm no SME (Article 3(4)).
    figures : Figures
        Its own figures of the last closed year.
    name : str
        Shown beside its part of the sum.

    References
    ----------
    Commission Recommendation 2003/361/EC, Annex, Article 3.
    """

    share: float
    control: bool = False
    holder: str = "company"
    figures: Figures = Figures()
    name: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 100:
            raise FactError(f"Not a share: {self.share!r}; accepted: a percentage from 0 to 100.")
        if self.holder not in HOLDERS:
            raise FactError(f"Unknown holder {self.holder!r}; accepted: {', '.join(HOLDERS)}.")
