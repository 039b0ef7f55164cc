"""Numbers between bounds: staff and figures of a company or of its group, cost of a project, size of an enterprise."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal, get_args

import numpy as np

from matching import enterprise_size
from matching.criteria.base import Criterion, OpenFacts, need
from matching.enterprise_size import SIZES
from matching.facts import Figures, Interval
from matching.outcomes import UNKNOWN, BoolArray, Outcome, OutcomeArray, all_of, decide
from matching.profiles import FloatArray, Profile, Profiles

type NumberLevel = Literal["company", "group"]
type StaffLevel = Literal["company", "establishment", "group"]

NUMBER_LEVELS: tuple[str, ...] = get_args(NumberLevel.__value__)
STAFF_LEVELS: tuple[str, ...] = get_args(StaffLevel.__value__)
SME_SIZES = ("micro", "small", "medium")
FIGURES = ("headcount", "turnover", "balance_sheet")


@dataclass(frozen=True, slots=True)
class _Bounded(Criterion):
    """A number between bounds; the strict ones are ``above`` and ``below``."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def __post_init__(self) -> None:
        self.check_choices()
        lows = [bound for bound in (self.at_least, self.above) if bound is not None]
        highs = [bound for bound in (self.at_most, self.below) if bound is not None]
        has_one_a_side = len(lows) < 2 and len(highs) < 2
        need(has_one_a_side, "two_bounds", "Two bounds on one side", (*lows, *highs), "one low, one high")
        need(bool(lows or highs), "no_bound", f"{self.kind} has no bound", None, "at_least, above, at_most or below")
        if lows and highs:
            strict = self.above is not None or self.below is not None
            upside_down = lows[0] > highs[0] or (strict and lows[0] == highs[0])
            need(not upside_down, "upside_down", "Bounds upside down", (lows[0], highs[0]), "low then high")

    def bounds(self, profiles: Profiles) -> tuple[FloatArray, FloatArray]:
        """Return the low and high bounds of the number tested, two arrays of shape (n,)."""
        return profiles.number(self.kind)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return self._test(*self.bounds(profiles))

    def _test(self, low: FloatArray, high: FloatArray) -> OutcomeArray:
        columns = []
        if self.at_least is not None:
            columns.append(decide(low >= self.at_least, high >= self.at_least))
        if self.above is not None:
            columns.append(decide(low > self.above, high > self.above))
        if self.at_most is not None:
            columns.append(decide(high <= self.at_most, low <= self.at_most))
        if self.below is not None:
            columns.append(decide(high < self.below, low < self.below))
        return all_of(columns, len(low))


@dataclass(frozen=True, slots=True)
class _Figure(_Bounded):
    """A figure of the company, or the sum over its group (Recommendation 2003/361/EC, Annex, Article 6)."""

    choices = {"level": NUMBER_LEVELS}
    level: str = "company"

    @property
    def facts(self) -> tuple[str, ...]:
        return (self.kind, "group") if self.level == "group" else (self.kind,)

    def bounds(self, profiles: Profiles) -> tuple[FloatArray, FloatArray]:
        return profiles.consolidated(self.kind) if self.level == "group" else profiles.number(self.kind)

    def open_facts(self, profiles: Profiles, *, assume: Outcome | None = None) -> OpenFacts:
        unknown = self.evaluate(profiles) == UNKNOWN
        if self.level != "group":
            return {self.kind: unknown}
        own_open = self._test(*profiles.number(self.kind)) == UNKNOWN
        return _by_fact(
            profiles,
            (
                (row, _open_of_sum(profiles.rows[row], profiles.sums[row], self.kind, bool(own_open[row])))
                for row in _rows(unknown)
            ),
        )


@dataclass(frozen=True, slots=True)
class Headcount(_Figure):
    """Staff in annual work units (decimals exist: "fewer than 250" is ``below=250``).

    Parameters
    ----------
    level : {'company', 'establishment', 'group'}
        Whose staff. That of a site is not asked: it is at most the company's.
    """

    kind: ClassVar[str] = "headcount"
    choices = {"level": STAFF_LEVELS}

    def bounds(self, profiles: Profiles) -> tuple[FloatArray, FloatArray]:
        low, high = _Figure.bounds(self, profiles)
        return (np.zeros_like(low), high) if self.level == "establishment" else (low, high)


@dataclass(frozen=True, slots=True)
class Turnover(_Figure):
    """Turnover over the last year, in euros."""

    kind: ClassVar[str] = "turnover"


@dataclass(frozen=True, slots=True)
class BalanceSheet(_Figure):
    """Balance sheet total, in euros."""

    kind: ClassVar[str] = "balance_sheet"


@dataclass(frozen=True, slots=True)
class Spend(_Bounded):
    """Cost of the project before tax, in euros."""

    kind: ClassVar[str] = "spend"
    facts = ("project.spend",)


@dataclass(frozen=True, slots=True)
class SizeCategory(Criterion):
    """Size of the enterprise between two categories, on the figures of its whole group and over its closed years.

    ``medium`` and under is the European SME, micro-enterprises included.

    Parameters
    ----------
    from_size, to_size : {'micro', 'small', 'medium', 'intermediate', 'large'}, optional
        Smallest and largest category admitted. Written ``from`` and ``to`` in JSON.

    References
    ----------
    Commission Recommendation 2003/361/EC, Annex; décret no 2008-1354 du 18 décembre 2008.
    """

    kind: ClassVar[str] = "size_category"
    choices = {"from_size": SIZES, "to_size": SIZES}
    facts = (*FIGURES, "group", "previous_years")
    from_size: str = "micro"
    to_size: str = "large"

    def __post_init__(self) -> None:
        self.check_choices()
        both = (self.from_size, self.to_size)
        need(self._first <= self._last, "upside_down", "Sizes upside down", both, "from then to")
        need(both != ("micro", "large"), "every_size", "Every size is admitted", both, "from or to")

    @property
    def _first(self) -> int:
        return SIZES.index(self.from_size)

    @property
    def _last(self) -> int:
        return SIZES.index(self.to_size)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        low, high = profiles.sizes
        return decide(
            (low >= self._first) & (high <= self._last),
            (high >= self._first) & (low <= self._last),
        )

    def open_facts(self, profiles: Profiles, *, assume: Outcome | None = None) -> OpenFacts:
        unknown, found = self.evaluate(profiles) == UNKNOWN, dict[str, BoolArray]()
        for ceiling in (self._first - 1, self._last):  # those that matter here
            if 0 <= ceiling < len(SIZES) - 1:
                opened = profiles.open_under(SIZES[ceiling], partial(_open_under, profiles, ceiling))
                for fact, flags in opened.items():
                    found[fact] = found.get(fact, False) | flags
        return {fact: unknown & flags for fact, flags in found.items()}


def _open_under(profiles: Profiles, ceiling: int) -> OpenFacts:
    """Return the facts that leave open which enterprises are under the ceilings of a size."""
    low, high = profiles.sizes
    rows = _rows((low <= ceiling) & (ceiling < high))
    return _by_fact(profiles, ((row, _open_at(profiles, row, SIZES[ceiling])) for row in rows))


def _open_at(profiles: Profiles, row: int, size: str) -> frozenset[str]:
    """Return the facts that leave open whether an enterprise is under the ceilings of a size."""
    profile, (last, *earlier) = profiles.rows[row], profiles.consolidated_years(row)
    own, found = enterprise_size.open_figures(profile.figures, size), set[str]()
    for figure in enterprise_size.open_figures(last, size):
        found |= _open_of_sum(profile, profiles.sums[row], figure, figure in own)
    if any(enterprise_size.open_figures(year, size) for year in earlier):
        found.add("previous_years")
    if profile.group is None and size in SME_SIZES:  # it may be held by public bodies
        found.add("group")
    return frozenset(found)


def _open_of_sum(profile: Profile, whole: enterprise_size.Consolidated, figure: str, own_open: bool) -> set[str]:
    """Return what leaves a sum over a group open: the company's own figure, what is said of the group, or both.

    Where nothing is said of the group, the company's own figure is asked only if it would decide alone.
    """
    found: set[str] = set()
    if _is_open(profile.figures, figure) and (own_open or profile.group is not None):
        found.add(figure)
    if profile.group is None or any(_is_open(part.figures, figure) for part in whole.parts[1:]):
        found.add("group")
    return found


def _is_open(figures: Figures, figure: str) -> bool:
    interval: Interval = getattr(figures, figure)
    return interval.low != interval.high


def _rows(mask: BoolArray) -> list[int]:
    return [int(row) for row in np.flatnonzero(mask)]


def _by_fact(profiles: Profiles, found: Iterable[tuple[int, Collection[str]]]) -> OpenFacts:
    columns: OpenFacts = {}
    for row, facts in found:
        for fact in facts:
            columns.setdefault(fact, np.zeros(profiles.n, dtype=np.bool_))[row] = True
    return columns
