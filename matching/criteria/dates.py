"""Ages and windows, by calendar; the day of the question is a fact of the profile."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, get_args

import numpy as np

from matching.criteria.base import Criterion, need
from matching.outcomes import MET, NOT_MET, UNKNOWN, BoolArray, Outcome, OutcomeArray, constant, decide
from matching.profiles import DayArray, Profiles

type WindowState = Literal["permanent", "dated", "unknown", "closed", "suspended", "exhausted"]

WINDOW_STATES: tuple[str, ...] = get_args(WindowState.__value__)
SHUT = ("closed", "suspended", "exhausted")  # whatever the days
MONTHS_A_YEAR = 12


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
class AgeMonths(Criterion):
    """Age of the company on the day, in months counted by calendar.

    Parameters
    ----------
    at_least, at_most, below : int, optional
        Months since creation. The anniversary is inside ``at_least`` and ``at_most`` and outside ``below`` ("créée
        depuis moins de huit ans"). A day that its month lacks (31 January plus one month) is that month's last.
    """

    kind: ClassVar[str] = "age_months"
    facts = ("created_on",)
    at_least: int | None = None
    at_most: int | None = None
    below: int | None = None

    def __post_init__(self) -> None:
        highs = [bound for bound in (self.at_most, self.below) if bound is not None]
        need(len(highs) < 2, "two_bounds", "Two bounds on one side", tuple(highs), "at_most or below")
        need(self.at_least is not None or bool(highs), "no_bound", "No bound", None, "at_least, at_most or below")
        if self.at_least is not None and highs:
            upside_down = self.at_least > highs[0] or self.at_least == self.below
            need(not upside_down, "upside_down", "Bounds upside down", (self.at_least, highs[0]), "low then high")

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        known, months, is_anniversary = profiles.ages
        met = known.copy()
        if self.at_least is not None:
            met &= months >= self.at_least
        if self.at_most is not None:
            met &= (months < self.at_most) | ((months == self.at_most) & is_anniversary)
        if self.below is not None:
            met &= months < self.below
        return decide(met, met | ~known)


@dataclass(frozen=True, slots=True)
class Window(Criterion):
    """When a scheme takes applications; the last day is inside.

    Parameters
    ----------
    state : {'permanent', 'dated', 'unknown', 'closed', 'suspended', 'exhausted'}
        ``unknown`` is also a scheme without a last day: no end date is not "open". ``exhausted``: its money is spent.
    opens_on, closes_on : datetime.date, optional
        First and last day.
    yearly : bool
        Whether the same days come back every year, from the first ones on; 29 February is 28 February in other years.
    seen_on, seen_until : datetime.date, optional
        Of ``unknown`` alone: the day it was seen open, and the last one on which that holds. Between them it is met.
    """

    kind: ClassVar[str] = "window"
    choices = {"state": WINDOW_STATES}
    facts = ("window",)
    state: str = "unknown"
    opens_on: date | None = None
    closes_on: date | None = None
    yearly: bool = False
    seen_on: date | None = None
    seen_until: date | None = None

    def __post_init__(self) -> None:
        self.check_choices()
        if self.opens_on or self.closes_on or self.yearly or self.state == "dated":
            self._check_days()
        if self.seen_on or self.seen_until:
            self._check_sighting()

    def _check_sighting(self) -> None:
        given = tuple(day and day.isoformat() for day in (self.seen_on, self.seen_until))
        need(self.state == "unknown", "seen_state", "A sighting of a stated window", self.state, "unknown")
        is_ordered = self.seen_on is not None and (self.seen_until is None or self.seen_on <= self.seen_until)
        need(is_ordered, "seen_days", "A sighting upside down", given, "seen_on, then seen_until")

    def _check_days(self) -> None:
        given = tuple(day and day.isoformat() for day in (self.opens_on, self.closes_on))
        if self.opens_on and self.closes_on:
            need(self.opens_on <= self.closes_on, "upside_down", "Window upside down", given, "in order")
        has_end = self.state != "dated" or self.closes_on is not None
        need(has_end, "no_end", "A dated window without end", given, "closes_on")
        if self.yearly:
            need(None not in given, "yearly_days", "A yearly window needs both days", given, "opens_on and closes_on")
            too_long = self._overlaps()
            need(not too_long, "yearly_length", "A yearly window longer than a year", given, "less than a year")

    def _overlaps(self) -> bool:
        first, last = np.array([self.opens_on, self.closes_on], dtype="datetime64[D]")
        return bool(add_months(np.array([first]), MONTHS_A_YEAR)[0] <= last)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        if self.state in SHUT:
            return constant(NOT_MET, profiles.n)
        inside = np.where(self._is_open(profiles.on), MET, UNKNOWN)
        return np.where(self._holds(profiles.on), inside, NOT_MET).astype(np.int8)

    def _is_open(self, on: DayArray) -> BoolArray:
        """Tell on which days, of those inside, applications are taken for certain."""
        if self.state != "unknown":
            return np.ones(on.shape, dtype=np.bool_)
        if self.seen_on is None or self.seen_until is None:
            return np.zeros(on.shape, dtype=np.bool_)
        return (on >= np.datetime64(self.seen_on)) & (on <= np.datetime64(self.seen_until))

    def _holds(self, on: DayArray) -> BoolArray:
        """Tell which days are between the first and the last one."""
        if self.yearly:
            return self._comes_back(on)
        holds = np.ones(on.shape, dtype=np.bool_)
        if self.opens_on:
            holds &= on >= np.datetime64(self.opens_on)
        if self.closes_on:
            holds &= on <= np.datetime64(self.closes_on)
        return holds

    def _comes_back(self, on: DayArray) -> BoolArray:
        first, last = (np.array([day], dtype="datetime64[D]") for day in (self.opens_on, self.closes_on))
        holds = np.zeros(on.shape, dtype=np.bool_)
        years = np.unique(on.astype("datetime64[Y]") - first.astype("datetime64[Y]")).astype(int)
        # The window that began in the year of the day, and the one before it where it ends in that year.
        for later in {*years.tolist(), *(years - 1).tolist()}:
            if later >= 0:
                start, end = (add_months(day, MONTHS_A_YEAR * later) for day in (first, last))
                holds |= (on >= start) & (on <= end)
        return holds

    def opens_after(self, day: date) -> bool:
        """Tell whether the scheme is known to open after a day."""
        if self.state in SHUT or self.opens_on is None:
            return False
        if self.yearly:
            return not bool(self._comes_back(np.array([day], dtype="datetime64[D]"))[0])
        return day < self.opens_on
