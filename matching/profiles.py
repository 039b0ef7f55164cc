"""What is known of a firm and of its project: plain values, each of which may be unknown.

Nothing here knows today's date: the day is a fact of the question.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import enterprise_size
from matching.domains import Codes, Places
from matching.facts import ANY_NUMBER, ANYWHERE, Figures, Interval, Place, Related
from matching.nomenclatures import WHOLE, activity_path
from matching.outcomes import MET, NOT_MET, UNKNOWN, BoolArray, OutcomeArray

type FloatArray = NDArray[np.float64]
type DayArray = NDArray[np.datetime64]
type RowArray = NDArray[np.intp]
type Positions = RowArray | slice  # of each row's value; a slice where every row has its own

NUMBERS = ("headcount", "turnover", "balance_sheet", "spend")
PLACE_FIELDS = {"establishment": "place", "project": "project_place"}
ACTIVITY_FIELDS = {
    "naf_rev2": ("activity", "possible_activities"),
    "naf_2025": ("activity_2025", "possible_activities_2025"),
}
NOT_A_DAY = np.datetime64("NaT", "D")


def _yes_no(meaning: str) -> Any:
    """Return a field that is yes, no or not known, with what it means in law for the criterion that tests it."""
    return field(default=None, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The facts of one submission on one day; whatever is left out is unknown.

    Parameters
    ----------
    on : datetime.date
        The day of the question, in Paris.
    headcount, turnover, balance_sheet : Interval
        Of the company (legal unit): annual work units, euros of the last year, euros.
    group : tuple of Related or None
        Enterprises it holds or that hold it; empty where it is independent, ``None`` where nobody said.
    previous_years : tuple of Figures
        Consolidated figures of the closed years before the last one, the most recent first.
    spend : Interval
        What the project will cost, in euros before tax.
    spend_kinds : frozenset of str or None
        Every kind of spend of the project, by the names of the caller.
    place, project_place : Place
        Of the establishment and of the project.
    activity, activity_2025 : str
        NAF rév. 2 and NAF 2025 code of the establishment at any level; empty when unknown.
    possible_activities, possible_activities_2025 : frozenset of str
        Paths of what it may be in a nomenclature, as its code in the other one says; empty when that says nothing.
        A whole code of its own nomenclature wins.
    legal_category : str
        INSEE "catégorie juridique", 1 to 4 digits; empty when unknown.
    created_on : datetime.date or None
        Creation of the company.
    micro_entrepreneur, craft_register, public_body, in_difficulty, taxes_up_to_date : bool or None
        What the firm is; their meaning stands beside each.
    started : bool or None
        Whether the project has begun (a signed quote is a beginning).
    tenure, horizon : str
        Of the premises, ``owner`` or ``tenant``; when it begins, by the caller's names. Empty when unknown.
    held : mapping of str to bool
        Other schemes, by key: whether the firm has them.
    answers : mapping of str to bool
        What a person answered to the conditions that only a person can check, by the name of the condition.
    """

    on: date
    headcount: Interval = ANY_NUMBER
    turnover: Interval = ANY_NUMBER
    balance_sheet: Interval = ANY_NUMBER
    group: tuple[Related, ...] | None = None
    previous_years: tuple[Figures, ...] = ()
    spend: Interval = ANY_NUMBER
    spend_kinds: frozenset[str] | None = None
    place: Place = ANYWHERE
    project_place: Place = ANYWHERE
    activity: str = ""
    activity_2025: str = ""
    possible_activities: frozenset[str] = frozenset()
    possible_activities_2025: frozenset[str] = frozenset()
    legal_category: str = ""
    created_on: date | None = None
    micro_entrepreneur: bool | None = _yes_no("The status of micro-entrepreneur (CGI, art. 50-0 and 102 ter).")
    craft_register: bool | None = _yes_no("Registered as a craft business (code de l'artisanat, art. L. 111-1).")
    public_body: bool | None = _yes_no("A public body: not a firm in the sense of most schemes.")
    in_difficulty: bool | None = _yes_no("A firm in difficulty (Regulation (EU) No 651/2014, Article 2(18)).")
    taxes_up_to_date: bool | None = _yes_no("Up to date with taxes and with social contributions.")
    started: bool | None = None
    tenure: str = ""
    horizon: str = ""
    held: Mapping[str, bool] = field(default_factory=dict)
    answers: Mapping[str, bool] = field(default_factory=dict)

    @property
    def figures(self) -> Figures:
        """The company's own figures of the last closed year."""
        return Figures(headcount=self.headcount, turnover=self.turnover, balance_sheet=self.balance_sheet)


# Facts of a company that are yes, no or not known: a criterion of the same name tests each.
YES_NO: dict[str, str] = {one.name: one.metadata["meaning"] for one in fields(Profile) if "meaning" in one.metadata}
STATES = (*YES_NO, "started")


def _ternary(values: Sequence[bool | None]) -> OutcomeArray:
    return np.array([UNKNOWN if value is None else MET if value else NOT_MET for value in values], dtype=np.int8)


def _distinct[T](values: Sequence[T]) -> tuple[tuple[T, ...], Positions]:
    """Return the distinct values and, for each row, the position of its own, so that a test runs once a value."""
    positions: dict[T, int] = {}
    codes = [positions.setdefault(value, len(positions)) for value in values]
    return tuple(positions), slice(None) if len(positions) == len(codes) else np.array(codes, dtype=np.intp)


def activities_of(code: str, possible: frozenset[str], nomenclature: str) -> tuple[str, ...]:
    """Return the paths that an activity may be: its own code, refined by what the other nomenclature says of it."""
    path = activity_path(code, nomenclature) if code else ""
    under = tuple(sorted(other for other in possible if other.startswith(path)))
    return under if under and len(path) < WHOLE else (path,)


def _month_start(months: NDArray[np.int32]) -> DayArray:
    """Return the first day of months counted from January 1970."""
    return months.astype("datetime64[M]").astype("datetime64[D]")


def _calendar(days: DayArray) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the month of each day, counted from January 1970, and its place in the month, from 1."""
    months = days.astype("datetime64[M]").astype(np.int32)
    return months, (days - _month_start(months)).astype(np.int32) + 1


class Activities:
    """Distinct activities, each of which may be several codes.

    Parameters
    ----------
    several : sequence of tuple of str
        The paths that each may be, one at least.
    """

    def __init__(self, several: Sequence[tuple[str, ...]]) -> None:
        paths = dict.fromkeys(path for each in several for path in each)
        self._codes = Codes(list(paths))
        rows = dict(zip(paths, range(len(paths)), strict=True))
        self._rows: RowArray = np.array([rows[path] for each in several for path in each], dtype=np.intp)
        sizes = [len(each) for each in several]
        self._starts: RowArray | None = None if len(self._rows) == len(sizes) else np.cumsum([0, *sizes[:-1]])

    def hold(self, test: Callable[[Codes], OutcomeArray]) -> OutcomeArray:
        """Return what a test of codes says of each activity; unknown where its codes differ."""
        found = test(self._codes)[self._rows]
        if self._starts is None:
            return found
        low, high = np.minimum.reduceat(found, self._starts), np.maximum.reduceat(found, self._starts)
        return np.where(low == high, low, UNKNOWN).astype(np.int8)


def _bounds(intervals: Sequence[Interval]) -> tuple[FloatArray, FloatArray]:
    return (
        np.array([interval.low for interval in intervals], dtype=np.float64),
        np.array([interval.high for interval in intervals], dtype=np.float64),
    )


class Profiles:
    """Profiles as columns, each of shape (n,).

    Parameters
    ----------
    rows : sequence of Profile
        ``n`` profiles, in the order of every result.
    """

    def __init__(self, rows: Sequence[Profile]) -> None:
        self.rows = tuple(rows)
        self.n = len(rows)
        self._kept: dict[tuple[str, str], Any] = {}

    def _keep[T](self, kind: str, name: str, make: Callable[[], T]) -> T:
        """Return a column, made when it is first read: most conditions read one."""
        if (kind, name) not in self._kept:
            self._kept[kind, name] = make()
        found: T = self._kept[kind, name]
        return found

    def _values(self, name: str) -> list[Any]:
        return list(map(attrgetter(name), self.rows))

    @cached_property
    def on(self) -> DayArray:
        """The day of each question."""
        return np.array(self._values("on"), dtype="datetime64[D]")

    @cached_property
    def created_on(self) -> DayArray:
        """The day each company was created, ``NaT`` where nobody knows."""
        return np.array([day or NOT_A_DAY for day in self._values("created_on")], dtype="datetime64[D]")

    def number(self, fact: str) -> tuple[FloatArray, FloatArray]:
        """Return the low and high bounds of a number of the company or of the project, two arrays of shape (n,)."""
        return self._keep("number", fact, lambda: _bounds(self._values(fact)))

    def consolidated(self, fact: str) -> tuple[FloatArray, FloatArray]:
        """Return the bounds of a number summed over the company and its group, two arrays of shape (n,)."""
        return _bounds([getattr(years[0], fact) for years in self._consolidated_years])

    @cached_property
    def sizes(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """The smallest and the largest size that each may be, as positions in ``SIZES``; shape (n,)."""
        ranges = [
            enterprise_size.size_range(years, public=enterprise_size.is_publicly_held(row.group))
            for row, years in zip(self.rows, self._consolidated_years, strict=True)
        ]
        low, high = zip(*ranges, strict=True) if ranges else ((), ())
        return np.array(low, dtype=np.int8), np.array(high, dtype=np.int8)

    @cached_property
    def sums(self) -> list[enterprise_size.Consolidated]:
        """The figures of each company with those of its group."""
        return [enterprise_size.consolidate(row.figures, row.group) for row in self.rows]

    @cached_property
    def _consolidated_years(self) -> list[tuple[Figures, ...]]:
        return [(whole.figures, *row.previous_years) for whole, row in zip(self.sums, self.rows, strict=True)]

    def open_under(self, size: str, find: Callable[[], Mapping[str, BoolArray]]) -> Mapping[str, BoolArray]:
        """Return the facts that leave open whether each is under a size, as ``find`` does, which is asked once."""
        return self._keep("open", size, find)

    @cached_property
    def ages(self) -> tuple[BoolArray, NDArray[np.int32], BoolArray]:
        """Whether each company's age is known, its whole months by calendar, and whether the day is an anniversary.

        A day that its month lacks (31 January plus one month) is that month's last. Arrays of shape (n,).
        """
        known = ~np.isnat(self.created_on)
        born = np.where(known, self.created_on, self.on)
        (born_month, born_day), (month, day) = _calendar(born), _calendar(self.on)
        last = _calendar(_month_start(month + 1) - np.timedelta64(1, "D"))[1]
        due = np.minimum(born_day, last)
        return known, month - born_month - (day < due), day == due

    def consolidated_years(self, row: int) -> tuple[Figures, ...]:
        """Return the consolidated figures of one profile, the last closed year first."""
        return self._consolidated_years[row]

    def activities(self, nomenclature: str) -> tuple[Activities, Positions]:
        """Return the distinct activities and each row's position among them."""
        return self._keep("activities", nomenclature, lambda: self._read_activities(nomenclature))

    def _read_activities(self, nomenclature: str) -> tuple[Activities, Positions]:
        names = ACTIVITY_FIELDS[nomenclature]
        several = [activities_of(*told, nomenclature) for told in map(attrgetter(*names), self.rows)]
        distinct, positions = _distinct(several)
        return Activities(distinct), positions

    def places(self, level: str) -> tuple[Places, Positions]:
        """Return the distinct places of a level and each row's position among them."""
        return self._keep("places", level, lambda: self._read_places(PLACE_FIELDS[level]))

    def _read_places(self, name: str) -> tuple[Places, Positions]:
        distinct, positions = _distinct(self._values(name))
        return Places(distinct), positions

    def legal_categories(self) -> tuple[Codes, Positions]:
        """Return the distinct legal categories and each row's position among them."""
        return self._keep("codes", "legal_category", self._read_legal_categories)

    def _read_legal_categories(self) -> tuple[Codes, Positions]:
        distinct, positions = _distinct(self._values("legal_category"))
        return Codes(distinct), positions

    def choice(self, fact: str) -> tuple[tuple[str, ...], Positions]:
        """Return the distinct answers to a question of few answers and each row's position among them."""
        return self._keep("choice", fact, lambda: _distinct(self._values(fact)))

    def state(self, fact: str) -> OutcomeArray:
        """Return what is known of a yes or no, of shape (n,)."""
        return self._keep("state", fact, lambda: _ternary(self._values(fact)))

    @cached_property
    def autonomous(self) -> OutcomeArray:
        """Whether each has neither partner nor linked enterprise, of shape (n,)."""
        return _ternary([enterprise_size.is_autonomous(row.group) for row in self.rows])

    @property
    def spend_kinds(self) -> list[frozenset[str] | None]:
        """Kinds of spend of each project, all of them where any is known."""
        return [row.spend_kinds for row in self.rows]

    @property
    def held(self) -> list[Mapping[str, bool]]:
        """Whether each firm has the schemes that somebody asked about."""
        return [row.held for row in self.rows]

    def answer(self, condition: str) -> OutcomeArray:
        """Return what a person answered to a condition, unknown where nobody did."""
        return _ternary([row.answers.get(condition) for row in self.rows])
