"""Criteria of eligibility: small frozen values that test one thing of every profile at once.

``matching.definitions`` reads them from JSON and writes them back. The sentence of a criterion and its source belong
to the catalogue, not to the engine.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import ClassVar, Literal, get_args

import numpy as np

from matching.errors import CriterionError, FactError
from matching.facts import Place
from matching.outcomes import (
    MET,
    NOT_MET,
    UNKNOWN,
    BoolArray,
    Outcome,
    OutcomeArray,
    all_of,
    any_of,
    constant,
    decide,
    negate,
)
from matching.profiles import DayArray, FloatArray, Profiles, activity_path

type OpenFacts = dict[str, BoolArray]
type Size = Literal["micro", "small", "medium", "intermediate", "large"]
type WindowState = Literal["permanent", "dated", "unknown", "closed", "suspended"]

SIZES: tuple[str, ...] = get_args(Size.__value__)
WINDOW_STATES: tuple[str, ...] = get_args(WindowState.__value__)


class Criterion(ABC):
    """One testable condition.

    ``facts`` names what it reads, as a user of the engine names it: a fact that is missing leaves it unknown.
    """

    kind: ClassVar[str]
    facts: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        """Test every profile.

        Parameters
        ----------
        profiles : Profiles
            ``n`` profiles.
        assume : Outcome, optional
            Taken for every manual condition instead of its answer. With ``MET`` the result is the typed one: what the
            facts alone say, manual conditions given the benefit of the doubt.

        Returns
        -------
        ndarray of int8, shape (n,)
            ``Outcome`` values.
        """

    def open_facts(self, profiles: Profiles, *, assume: Outcome | None = None) -> OpenFacts:
        """Return, by fact, the profiles whose outcome that fact leaves unknown: bool arrays of shape (n,)."""
        unknown = self.evaluate(profiles, assume=assume) == UNKNOWN
        return dict.fromkeys(self.facts, unknown)

    def children(self) -> tuple["Criterion", ...]:
        """Return the criteria this one is made of."""
        return ()


@dataclass(frozen=True, slots=True)
class InTerritory(Criterion):
    """In one of some perimeters and in none of some others.

    Parameters
    ----------
    any_of, none_of : tuple of str
        Perimeter codes such as ``REG-32``; empty means no such condition. What is excluded wins.
    level : {'establishment', 'project'}
        Whose place is tested.
    """

    kind: ClassVar[str] = "in_territory"
    facts: ClassVar[tuple[str, ...]] = ("commune",)
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    level: str = "establishment"

    def __post_init__(self) -> None:
        _need(bool(self.any_of or self.none_of), "in_territory names no perimeter", self.any_of, "one code at least")
        _need(self.level in ("establishment", "project"), "Unknown level", self.level, "establishment or project")

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        places, rows = profiles.places(self.level)
        table = np.array([self._outcome(place) for place in places], dtype=np.int8)
        return table[rows]

    def _outcome(self, place: Place) -> Outcome:
        wanted = max((_position(place, code) for code in self.any_of), default=MET)
        excluded = max((_position(place, code) for code in self.none_of), default=NOT_MET)
        return min(wanted, Outcome(-excluded))


def _position(place: Place, code: str) -> Outcome:
    if code in place.inside:
        return MET
    return UNKNOWN if place.possible is None or code in place.possible else NOT_MET


@dataclass(frozen=True, slots=True)
class Activity(Criterion):
    """Activity code of the establishment under one of some codes of NAF rév. 2, and under none of some others.

    Parameters
    ----------
    any_of, none_of : tuple of str
        Codes at any level, as :func:`matching.profiles.activity_path` accepts them; exclusions win.
    """

    kind: ClassVar[str] = "activity"
    facts: ClassVar[tuple[str, ...]] = ("naf",)
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _need(bool(self.any_of or self.none_of), "activity names no code", self.any_of, "one code at least")
        try:
            for code in (*self.any_of, *self.none_of):
                activity_path(code)
        except FactError as error:
            raise CriterionError(str(error)) from None

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        wanted = tuple(map(activity_path, self.any_of))
        excluded = tuple(map(activity_path, self.none_of))
        table = np.array(
            [
                min(
                    max((under(path, prefix) for prefix in wanted), default=MET),
                    -max((under(path, prefix) for prefix in excluded), default=NOT_MET),
                )
                for path in profiles.activities
            ],
            dtype=np.int8,
        )
        return table[profiles.activity]


def under(path: str, prefix: str) -> Outcome:
    """Tell whether a code is at or under another, both as paths; a code known only at a higher level is unknown.

    >>> under("C2562B", "C25").name, under("C25", "C2562B").name, under("C24", "C25").name, under("", "C").name
    ('MET', 'UNKNOWN', 'NOT_MET', 'UNKNOWN')
    """
    if path.startswith(prefix):
        return MET
    return UNKNOWN if prefix.startswith(path) else NOT_MET


@dataclass(frozen=True, slots=True)
class _Bounded(Criterion):
    """A number between bounds; the strict ones are ``above`` and ``below``."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def __post_init__(self) -> None:
        lows = [bound for bound in (self.at_least, self.above) if bound is not None]
        highs = [bound for bound in (self.at_most, self.below) if bound is not None]
        _need(len(lows) < 2 and len(highs) < 2, "Two bounds on one side", (*lows, *highs), "one low, one high")
        _need(bool(lows or highs), f"{self.kind} has no bound", None, "at_least, above, at_most or below")
        if lows and highs:
            strict = self.above is not None or self.below is not None
            upside_down = lows[0] > highs[0] or (strict and lows[0] == highs[0])
            _need(not upside_down, "Bounds upside down", (lows[0], highs[0]), "low then high")

    def bounds(self, profiles: Profiles) -> tuple[FloatArray, FloatArray]:
        """Return the low and high bounds of the number tested, two arrays of shape (n,)."""
        return profiles.number(self.kind)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        low, high = self.bounds(profiles)
        columns = []
        if self.at_least is not None:
            columns.append(decide(low >= self.at_least, high >= self.at_least))
        if self.above is not None:
            columns.append(decide(low > self.above, high > self.above))
        if self.at_most is not None:
            columns.append(decide(high <= self.at_most, low <= self.at_most))
        if self.below is not None:
            columns.append(decide(high < self.below, low < self.below))
        return all_of(columns, profiles.n)


@dataclass(frozen=True, slots=True)
class Headcount(_Bounded):
    """Staff in annual work units (decimals exist: "fewer than 250" is ``below=250``).

    Parameters
    ----------
    level : {'company', 'establishment', 'group'}
        Whose staff. Only the company's is asked: a site has at most that, a group at least that.
    """

    kind: ClassVar[str] = "headcount"
    facts: ClassVar[tuple[str, ...]] = ("headcount",)
    level: str = "company"

    def __post_init__(self) -> None:
        _Bounded.__post_init__(self)
        levels = ("company", "establishment", "group")
        _need(self.level in levels, "Unknown level", self.level, ", ".join(levels))

    def bounds(self, profiles: Profiles) -> tuple[FloatArray, FloatArray]:
        low, high = profiles.number(self.kind)
        if self.level == "establishment":
            return np.zeros_like(low), high
        if self.level == "group":
            return low, np.full_like(high, inf)
        return low, high


@dataclass(frozen=True, slots=True)
class Turnover(_Bounded):
    """Turnover of the company over its last year, in euros."""

    kind: ClassVar[str] = "turnover"
    facts: ClassVar[tuple[str, ...]] = ("turnover",)


@dataclass(frozen=True, slots=True)
class BalanceSheet(_Bounded):
    """Balance sheet total of the company, in euros."""

    kind: ClassVar[str] = "balance_sheet"
    facts: ClassVar[tuple[str, ...]] = ("balance_sheet",)


@dataclass(frozen=True, slots=True)
class Spend(_Bounded):
    """Cost of the project before tax, in euros."""

    kind: ClassVar[str] = "spend"
    facts: ClassVar[tuple[str, ...]] = ("project.spend",)


# Ceilings of each size: headcount (exclusive), turnover and balance sheet in euros (inclusive; one of the two is
# enough). Micro to medium: Commission Recommendation 2003/361/EC, Annex, Article 2. Intermediate: décret no 2008-1354
# du 18 décembre 2008, article 3. What is above is large.
_CEILINGS: dict[str, tuple[float, float, float]] = {
    "micro": (10, 2e6, 2e6),
    "small": (50, 10e6, 10e6),
    "medium": (250, 50e6, 43e6),
    "intermediate": (5000, 1.5e9, 2e9),
}


@dataclass(frozen=True, slots=True)
class SizeCategory(Criterion):
    """Size of the company between two categories, on its own figures; ``medium`` and under is the European SME.

    Parameters
    ----------
    from_size, to_size : {'micro', 'small', 'medium', 'intermediate', 'large'}, optional
        Smallest and largest category admitted. Written ``from`` and ``to`` in JSON.

    References
    ----------
    Commission Recommendation 2003/361/EC; décret no 2008-1354 du 18 décembre 2008.
    """

    kind: ClassVar[str] = "size_category"
    facts: ClassVar[tuple[str, ...]] = ("headcount", "turnover", "balance_sheet")
    from_size: str = "micro"
    to_size: str = "large"

    def __post_init__(self) -> None:
        for size in (self.from_size, self.to_size):
            _need(size in SIZES, "Unknown size", size, ", ".join(SIZES))
        _need(SIZES.index(self.from_size) <= SIZES.index(self.to_size), "Sizes upside down", self, "from then to")
        _need((self.from_size, self.to_size) != ("micro", "large"), "Every size is admitted", self, "from or to")

    def expanded(self) -> Criterion:
        """Return the same condition in headcount, turnover and balance sheet."""
        parts: list[Criterion] = []
        if self.to_size != "large":
            parts.append(_at_most(self.to_size))
        if self.from_size != "micro":
            parts.append(Not(_at_most(SIZES[SIZES.index(self.from_size) - 1])))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return self.expanded().evaluate(profiles, assume=assume)

    def open_facts(self, profiles: Profiles, *, assume: Outcome | None = None) -> OpenFacts:
        return self.expanded().open_facts(profiles, assume=assume)


def _at_most(size: str) -> Criterion:
    headcount, turnover, balance_sheet = _CEILINGS[size]
    figures = AnyOf((Turnover(at_most=turnover), BalanceSheet(at_most=balance_sheet)))
    return All((Headcount(below=headcount), figures))


@dataclass(frozen=True, slots=True)
class AgeMonths(Criterion):
    """Age of the company on the day, in months counted by calendar; the anniversary is inside both bounds.

    Parameters
    ----------
    at_least, at_most : int, optional
        Months since creation. A day that its month lacks (31 January plus one month) is that month's last.
    """

    kind: ClassVar[str] = "age_months"
    facts: ClassVar[tuple[str, ...]] = ("created_on",)
    at_least: int | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        _need(self.at_least is not None or self.at_most is not None, "No bound", None, "at_least or at_most")
        if self.at_least is not None and self.at_most is not None:
            _need(self.at_least <= self.at_most, "Bounds upside down", (self.at_least, self.at_most), "low then high")

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        known = ~np.isnat(profiles.created_on)
        met = known.copy()
        if self.at_least is not None:
            met &= add_months(profiles.created_on, self.at_least) <= profiles.on
        if self.at_most is not None:
            met &= profiles.on <= add_months(profiles.created_on, self.at_most)
        return decide(met, met | ~known)


def add_months(days: DayArray, months: int) -> DayArray:
    """Add months by calendar to days of shape (n,); the day stays or becomes the last of a shorter month.

    >>> str(add_months(np.array(["2024-01-31"], dtype="datetime64[D]"), 1)[0])
    '2024-02-29'
    """
    month = days.astype("datetime64[M]")
    target = month + np.timedelta64(months, "M")
    day_of_month = days - month.astype("datetime64[D]")
    last = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    result: DayArray = np.minimum(target.astype("datetime64[D]") + day_of_month, last)
    return result


@dataclass(frozen=True, slots=True)
class LegalForm(Criterion):
    """Legal form of the company by INSEE "catégorie juridique", at any of its levels; exclusions win.

    Parameters
    ----------
    any_of, none_of : tuple of str
        Prefixes of 1 to 4 digits, such as ``57`` for simplified joint-stock companies.
    """

    kind: ClassVar[str] = "legal_form"
    facts: ClassVar[tuple[str, ...]] = ("legal_category",)
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _need(bool(self.any_of or self.none_of), "legal_form names no category", self.any_of, "one at least")
        for code in (*self.any_of, *self.none_of):
            _need(code.isdigit() and len(code) <= 4, "Not a legal category", code, "1 to 4 digits")

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        table = np.array(
            [
                min(
                    max((under(category, prefix) for prefix in self.any_of), default=MET),
                    -max((under(category, prefix) for prefix in self.none_of), default=NOT_MET),
                )
                for category in profiles.legal_categories
            ],
            dtype=np.int8,
        )
        return table[profiles.legal_category]


@dataclass(frozen=True, slots=True)
class MicroEntrepreneur(Criterion):
    """The firm has, or has not, the status of micro-entrepreneur (CGI, art. 50-0 and 102 ter)."""

    kind: ClassVar[str] = "micro_entrepreneur"
    facts: ClassVar[tuple[str, ...]] = ("micro_entrepreneur",)
    expected: bool = True

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return profiles.micro_entrepreneur if self.expected else negate(profiles.micro_entrepreneur)


@dataclass(frozen=True, slots=True)
class ProjectNotStarted(Criterion):
    """Nothing is signed or begun: the incentive effect (Regulation (EU) No 651/2014, Article 6)."""

    kind: ClassVar[str] = "project_not_started"
    facts: ClassVar[tuple[str, ...]] = ("project.started",)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return negate(profiles.started)


@dataclass(frozen=True, slots=True)
class Window(Criterion):
    """When a scheme takes applications; the last day is inside.

    Parameters
    ----------
    state : {'permanent', 'dated', 'unknown', 'closed', 'suspended'}
        ``unknown`` is also a scheme without a last day: no end date is not "open".
    opens_on, closes_on : datetime.date, optional
        First and last day.
    """

    kind: ClassVar[str] = "window"
    facts: ClassVar[tuple[str, ...]] = ("window",)
    state: str = "unknown"
    opens_on: date | None = None
    closes_on: date | None = None

    def __post_init__(self) -> None:
        _need(self.state in WINDOW_STATES, "Unknown state of a window", self.state, ", ".join(WINDOW_STATES))
        if self.opens_on and self.closes_on:
            _need(self.opens_on <= self.closes_on, "Window upside down", (self.opens_on, self.closes_on), "in order")
        _need(self.state != "dated" or self.closes_on is not None, "A dated window without end", self, "closes_on")

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        if self.state in ("closed", "suspended"):
            return constant(NOT_MET, profiles.n)
        out = np.zeros(profiles.n, dtype=np.bool_)
        if self.opens_on:
            out |= profiles.on < np.datetime64(self.opens_on)
        if self.closes_on:
            out |= profiles.on > np.datetime64(self.closes_on)
        inside = MET if self.state in ("permanent", "dated") else UNKNOWN
        return np.where(out, NOT_MET, inside).astype(np.int8)

    def opens_after(self, day: date) -> bool:
        """Tell whether the scheme is known to open after a day."""
        return self.state not in ("closed", "suspended") and self.opens_on is not None and day < self.opens_on


@dataclass(frozen=True, slots=True)
class Manual(Criterion):
    """A condition that only a person can check: unknown until one answers it.

    Parameters
    ----------
    fact : str
        Name of the condition, shared by every scheme that asks the same thing.
    sentence : str
        What must be true, in the language of the catalogue; the engine never reads it.
    ask : {'firm', 'officer', 'operator'}
        Who can answer.
    """

    kind: ClassVar[str] = "manual"
    facts: ClassVar[tuple[str, ...]] = ("manual",)
    fact: str = ""
    sentence: str = ""
    ask: str = "operator"

    def __post_init__(self) -> None:
        _need(bool(self.fact and self.sentence), "A manual condition needs both", self.fact, "fact and sentence")
        _need(self.ask in ("firm", "officer", "operator"), "Nobody to ask", self.ask, "firm, officer or operator")

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return profiles.answer(self.fact) if assume is None else constant(assume, profiles.n)


@dataclass(frozen=True, slots=True)
class _Composite(Criterion):
    of: tuple[Criterion, ...] = ()

    def __post_init__(self) -> None:
        _need(bool(self.of), f"{self.kind!r} of nothing", self.of, "one criterion at least")

    def children(self) -> tuple[Criterion, ...]:
        return self.of

    def open_facts(self, profiles: Profiles, *, assume: Outcome | None = None) -> OpenFacts:
        return _open_below(self, profiles, assume, assume)


@dataclass(frozen=True, slots=True)
class All(_Composite):
    """Every one of its criteria."""

    kind: ClassVar[str] = "all"

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return all_of((part.evaluate(profiles, assume=assume) for part in self.of), profiles.n)


@dataclass(frozen=True, slots=True)
class AnyOf(_Composite):
    """At least one of its criteria."""

    kind: ClassVar[str] = "any"

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return any_of((part.evaluate(profiles, assume=assume) for part in self.of), profiles.n)


@dataclass(frozen=True, slots=True)
class Not(Criterion):
    """The contrary of one criterion."""

    kind: ClassVar[str] = "not"
    of: Criterion

    def children(self) -> tuple[Criterion, ...]:
        return (self.of,)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return negate(self.of.evaluate(profiles, assume=_mirror(assume)))

    def open_facts(self, profiles: Profiles, *, assume: Outcome | None = None) -> OpenFacts:
        return _open_below(self, profiles, assume, _mirror(assume))


def _mirror(assume: Outcome | None) -> Outcome | None:
    """Turn an assumption over, so that under a "not" the benefit of the doubt still benefits the firm."""
    return None if assume is None else Outcome(-assume)


def _open_below(
    composite: Criterion, profiles: Profiles, assume: Outcome | None, assume_below: Outcome | None
) -> OpenFacts:
    """Return the open facts of the parts, where the whole is unknown: a part that decides nothing asks nothing."""
    unknown = composite.evaluate(profiles, assume=assume) == UNKNOWN
    found: OpenFacts = {}
    for part in composite.children():
        for fact, rows in part.open_facts(profiles, assume=assume_below).items():
            found[fact] = found.get(fact, False) | (rows & unknown)
    return found


def leaves(criterion: Criterion) -> tuple[Criterion, ...]:
    """Return the criteria at the ends of the tree."""
    parts = criterion.children()
    return tuple(leaf for part in parts for leaf in leaves(part)) if parts else (criterion,)


def _need(condition: bool, what: str, given: object, accepted: str) -> None:
    if not condition:
        raise CriterionError(f"{what}: {given!r} was given; accepted: {accepted}.")
