"""What is known of a firm and of its project: plain values, each of which may be unknown.

Nothing here knows today's date: the day is a fact of the question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matching.errors import FactError
from matching.facts import ANY_NUMBER, ANYWHERE, Interval, Place
from matching.outcomes import UNKNOWN, OutcomeArray, constant

type FloatArray = NDArray[np.float64]
type DayArray = NDArray[np.datetime64]

NUMBERS = ("headcount", "turnover", "balance_sheet", "spend")
NOT_A_DAY = np.datetime64("NaT", "D")

# NAF rév. 2 (décret no 2007-1888 du 26 décembre 2007): last division of each section, in order.
_LAST_DIVISION = {
    "A": 3, "B": 9, "C": 33, "D": 35, "E": 39, "F": 43, "G": 47, "H": 53, "I": 56, "J": 63, "K": 66,
    "L": 68, "M": 75, "N": 82, "O": 84, "P": 85, "Q": 88, "R": 93, "S": 96, "T": 98, "U": 99,
}  # fmt: skip


def activity_path(code: str) -> str:
    """Write an activity code of NAF rév. 2 with its section first, so that any level is a prefix of the levels below.

    Parameters
    ----------
    code : str
        A section letter or a division, group, class or sub-class, with or without the dot.

    Raises
    ------
    FactError
        If the code has no such shape or its division is in no section.

    Examples
    --------
    >>> activity_path("25.62B"), activity_path("C"), activity_path("24")
    ('C2562B', 'C', 'C24')
    """
    plain = code.replace(".", "").strip().upper()
    if plain in _LAST_DIVISION:
        return plain
    digits, letter = (plain[:-1], plain[-1]) if len(plain) == 5 else (plain, "")
    if digits.isascii() and digits.isdigit() and 2 <= len(digits) <= 4 and letter.isalpha() == bool(letter):
        division = int(digits[:2])
        section = next((name for name, last in _LAST_DIVISION.items() if division <= last), None)
        if section and division:
            return section + digits + letter
    raise FactError(f"{code!r} is no NAF rév. 2 code; a section letter or 2 to 4 digits and a letter are expected.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The facts of one submission on one day; whatever is left out is unknown.

    Parameters
    ----------
    on : datetime.date
        The day of the question, in Paris.
    headcount, turnover, balance_sheet : Interval
        Of the company (legal unit): annual work units, euros of the last year, euros.
    spend : Interval
        What the project will cost, in euros before tax.
    place, project_place : Place
        Of the establishment and of the project.
    activity : str
        NAF rév. 2 code of the establishment at any level; empty when unknown.
    legal_category : str
        INSEE "catégorie juridique", 1 to 4 digits; empty when unknown.
    created_on : datetime.date or None
        Creation of the company.
    micro_entrepreneur, started : bool or None
        Whether the firm has that status; whether the project has begun (a signed quote is a beginning).
    answers : mapping of str to bool
        What a person answered to the conditions that only a person can check, by the name of the condition.
    """

    on: date
    headcount: Interval = ANY_NUMBER
    turnover: Interval = ANY_NUMBER
    balance_sheet: Interval = ANY_NUMBER
    spend: Interval = ANY_NUMBER
    place: Place = ANYWHERE
    project_place: Place = ANYWHERE
    activity: str = ""
    legal_category: str = ""
    created_on: date | None = None
    micro_entrepreneur: bool | None = None
    started: bool | None = None
    answers: Mapping[str, bool] = field(default_factory=dict)


def _ternary(values: Sequence[bool | None]) -> OutcomeArray:
    column = constant(UNKNOWN, len(values))
    for row, value in enumerate(values):
        if value is not None:
            column[row] = 1 if value else -1
    return column


def _distinct[T](values: Sequence[T]) -> tuple[tuple[T, ...], NDArray[np.intp]]:
    """Return the distinct values and, for each row, the position of its own, so that a test runs once a value."""
    positions: dict[T, int] = {}
    codes = np.array([positions.setdefault(value, len(positions)) for value in values], dtype=np.intp)
    return tuple(positions), codes


class Profiles:
    """Profiles as columns, each of shape (n,).

    Parameters
    ----------
    rows : sequence of Profile
        ``n`` profiles, in the order of every result.
    """

    def __init__(self, rows: Sequence[Profile]) -> None:
        self.n = len(rows)
        self.on: DayArray = np.array([row.on for row in rows], dtype="datetime64[D]")
        self._numbers: dict[str, tuple[FloatArray, FloatArray]] = {}
        for name in NUMBERS:
            intervals = [getattr(row, name) for row in rows]
            self._numbers[name] = (
                np.array([interval.low for interval in intervals], dtype=np.float64),
                np.array([interval.high for interval in intervals], dtype=np.float64),
            )
        self.created_on: DayArray = np.array([row.created_on or NOT_A_DAY for row in rows], dtype="datetime64[D]")
        self.activities, self.activity = _distinct([row.activity and activity_path(row.activity) for row in rows])
        self.legal_categories, self.legal_category = _distinct([row.legal_category for row in rows])
        self._places = {
            "establishment": _distinct([row.place for row in rows]),
            "project": _distinct([row.project_place for row in rows]),
        }
        self.micro_entrepreneur = _ternary([row.micro_entrepreneur for row in rows])
        self.started = _ternary([row.started for row in rows])
        self._answers = [row.answers for row in rows]

    def number(self, fact: str) -> tuple[FloatArray, FloatArray]:
        """Return the low and high bounds of a number, two arrays of shape (n,)."""
        return self._numbers[fact]

    def places(self, level: str) -> tuple[tuple[Place, ...], NDArray[np.intp]]:
        """Return the distinct places of a level and each row's position among them."""
        return self._places[level]

    def answer(self, condition: str) -> OutcomeArray:
        """Return what a person answered to a condition, unknown where nobody did."""
        return _ternary([answers.get(condition) for answers in self._answers])
