"""A line of days drawn on the server as SVG: a mark for each date, numbered as in the list beside it, and months."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format

WIDTH, MARGIN, ROW, RADIUS = 340, 20, 26, 10  # units: about pixels on a phone
FOOT = 26  # under the line, for the names of months
MOST_TICKS = 6
STEPS = (1, 2, 3, 6, 12, 24, 60)  # months between two names


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A date: ``number`` is its place in the list."""

    x: int
    y: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The first day of a month, named under the line."""

    x: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What to draw, in units; ``axis`` is where the line lies."""

    width: int
    height: int
    axis: int
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]


def timeline(days: Sequence[date], *, on: date) -> Timeline:
    """Draw dates in their order, from a day on: one that would cover another stands above it.

    Raises ``ValueError`` where there is none, or one before ``on``.
    """
    if not days or min(days) < on:
        raise ValueError("A line of days begins on its first day, and leads to another.")
    span = max((max(days) - on).days, 1)

    def place(day: date) -> int:
        return MARGIN + round((WIDTH - 2 * MARGIN) * (day - on).days / span)

    ends: list[int] = []  # of each row, the last mark
    placed = []
    for number, day in enumerate(days, 1):
        x = place(day)
        row = next((row for row, end in enumerate(ends) if x - end > 2 * RADIUS), len(ends))
        ends[row : row + 1] = [x]
        placed.append((x, row, number))
    axis = ROW * len(ends) + RADIUS
    return Timeline(
        width=WIDTH,
        height=axis + FOOT,
        axis=axis,
        marks=tuple(Mark(x=x, y=axis - ROW * row - ROW // 2 - 4, number=number) for x, row, number in placed),
        ticks=tuple(Tick(x=place(day), label=date_format(day, "M Y")) for day in _months(on, max(days))),
    )


def _months(first: date, last: date) -> Iterator[date]:
    """Yield the first days of months between two days, as few as can be read."""
    n_months = 12 * (last.year - first.year) + last.month - first.month
    step = next((step for step in STEPS if n_months / step <= MOST_TICKS - 1), STEPS[-1])
    for months in range(12 * first.year + first.month, 12 * last.year + last.month):
        day = date(months // 12, months % 12 + 1, 1)
        if (day.month - 1 + 12 * day.year) % step == 0:
            yield day
