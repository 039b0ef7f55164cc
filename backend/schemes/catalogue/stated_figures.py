"""Sums, rates and days that a French text states, compared as numbers: « 15 k€ » is « 15 000 € »."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

EUROS, PERCENT = "€", "%"

type Value = tuple[float, str]  # in euros or in percents

_SPACE = r"[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]"
_NUMBER = rf"\d{{1,3}}(?:(?:{_SPACE}|\.)\d{{3}})+(?:,\d+)?(?!\d)|\d+(?:[.,]\d+)?"
# Each unit with what a number is multiplied by; the first that fits counts.
_UNITS = {
    r"%|pour cent\b": (PERCENT, 1),
    r"(?:[kK]|milliers?\b)": (EUROS, 1_000),
    r"(?:Md|milliards?\b)": (EUROS, 1_000_000_000),
    r"(?:M|millions?\b)": (EUROS, 1_000_000),
    r"": (EUROS, 1),
}
_MONEY = rf"(?:{_SPACE}?(?:d['’])?(?:€|euros?\b))"
_UNIT = rf"%|pour cent\b|(?:[kK]|Md|M|milliers?|milliards?|millions?)?{_MONEY}|(?:milliards?|millions?)\b"
_STATED = re.compile(rf"(?<![\w,.])(?P<number>{_NUMBER})(?:{_SPACE}?(?P<unit>{_UNIT}))?")
_RANGE = re.compile(rf"{_SPACE}?(?:à|ou|et|-|–){_SPACE}?")  # between two numbers, of which only the second has a unit
_BETWEEN = re.compile(rf"\bentre{_SPACE}$", re.IGNORECASE)
_IN_WORDS: dict[str, frozenset[Value]] = {
    r"\bgratuit": frozenset({(0.0, EUROS), (100.0, PERCENT)}),
    r"\b(?:totalité|intégralité|intégralement)\b": frozenset({(100.0, PERCENT)}),
    r"\bmoitié\b": frozenset({(50.0, PERCENT)}),
}
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
_DAY = re.compile(
    rf"(?<!\d)(?:(?P<day>\d{{1,2}})(?:er)?{_SPACE})?(?P<name>{'|'.join(_MONTHS)})(?:{_SPACE}(?P<year>\d{{4}}))?"
    rf"|(?<!\d)(?P<day_in_figures>\d{{1,2}})/(?P<month>\d{{1,2}})/(?P<year_in_figures>\d{{4}})(?!\d)"
    rf"|\bfin{_SPACE}(?P<last>\d{{4}})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StatedFigure:
    """A sum or a rate as a text writes it; two values where its scale may be that of the next number or none."""

    text: str
    values: frozenset[Value]


@dataclass(frozen=True, slots=True)
class StatedDay:
    """A day as a text writes it; ``None`` where it names no day of the month, or no year."""

    text: str
    day: int | None
    month: int
    year: int | None

    def may_be(self, on: date) -> bool:
        """Tell whether the text may mean this day."""
        return self.month == on.month and self.day in (None, on.day) and self.year in (None, on.year)


def figures_in(text: str) -> list[StatedFigure]:
    """Return the sums and rates that a text writes in figures, in its order.

    >>> [(one.text, sorted(one.values)) for one in figures_in("50 % de 15 k€, pour 3 salariés")]
    [('50 %', [(50.0, '%')]), ('15 k€', [(15000.0, '€')])]
    >>> [sorted(one.values) for one in figures_in("de 1 à 5 M€")]
    [[(1.0, '€'), (1000000.0, '€')], [(5000000.0, '€')]]
    """
    found: list[StatedFigure] = []
    following: re.Match[str] | None = None
    scale: tuple[str, int] | None = None
    for said in reversed(list(_STATED.finditer(text))):
        value = _number(said["number"])
        if said["unit"]:
            scale = _scale(said["unit"])
            found.append(StatedFigure(said[0], frozenset({(value * scale[1], scale[0])})))
        elif scale and following and _is_range(text, said, following):
            found.append(StatedFigure(said[0], frozenset({(value * scale[1], scale[0]), (value, scale[0])})))
            scale = None  # a range has two ends
        else:
            scale = None
        following = said
    return found[::-1]


def _is_range(text: str, low: re.Match[str], high: re.Match[str]) -> bool:
    """Tell whether two numbers are the ends of a range; « et » joins them after « entre » only."""
    between = text[low.end() : high.start()]
    return bool(_RANGE.fullmatch(between)) and ("et" not in between or bool(_BETWEEN.search(text[: low.start()])))


def values_in(text: str) -> frozenset[Value]:
    """Return every sum and rate that a text may mean, in figures or in words such as « gratuit » or « la moitié »."""
    in_figures = (one.values for one in figures_in(text))
    in_words = (values for words, values in _IN_WORDS.items() if re.search(words, text, re.IGNORECASE))
    return frozenset().union(*in_figures, *in_words)


def days_in(text: str) -> Iterator[StatedDay]:
    """Yield the days that a text states, in its order.

    >>> [(one.day, one.month, one.year) for one in days_in("du 1er mars 2026 au 31/12/2026, puis en juin ; fin 2027")]
    [(1, 3, 2026), (31, 12, 2026), (None, 6, None), (31, 12, 2027)]
    """
    for said in _DAY.finditer(text):
        if said["name"]:
            day, year = said["day"], said["year"]
            month = _MONTHS.index(said["name"].lower()) + 1
            yield StatedDay(said[0], int(day) if day else None, month, int(year) if year else None)
        elif said["last"]:
            yield StatedDay(said[0], 31, 12, int(said["last"]))
        else:
            yield StatedDay(said[0], int(said["day_in_figures"]), int(said["month"]), int(said["year_in_figures"]))


def _number(written: str) -> float:
    plain = re.sub(_SPACE, "", written)
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", plain):  # 15.000 € is fifteen thousand
        plain = plain.replace(".", "")
    return float(plain.replace(",", "."))


def _scale(unit: str) -> tuple[str, int]:
    return next(scale for written, scale in _UNITS.items() if re.match(written, unit))
