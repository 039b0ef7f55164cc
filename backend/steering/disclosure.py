"""Disclosure control: what is said of a number of files, so that no small one can be told from all that is published.

A cell of 0 to 4 is not said, another is rounded to the nearest multiple of 5, and no total is given. Files by size add
up to those of the intercommunality, and no need has more: a need from which a small size could be told is hidden. A
sentence about some files is said only where the tables beside it leave each small cell what it may be.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LEAST, STEP = 5, 5
LEAST_FILES, LEAST_FIRMS = 10, 5  # that a sentence may be about


class Hidden(StrEnum):
    """What is read in place of a number."""

    FEW = "moins de 5"
    KEPT_BACK = "non publié"


type Cell = int | Hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of files by intercommunality: labels of its columns, and cells row by row."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]

    def by_epci(self) -> Iterable[tuple[str, list[tuple[str, Cell]]]]:
        """Yield each intercommunality with its cells, each with the label of its column."""
        for epci, cells in self.rows:
            yield epci, list(zip(self.columns, cells, strict=True))


def shown(n: int) -> Cell:
    """Return what is said of a number."""
    return Hidden.FEW if n < LEAST else STEP * round(n / STEP)


def bounds(cell: Cell) -> tuple[int, int]:
    """Return the least and the most that a number may be of which a cell is said, one kept back apart."""
    if isinstance(cell, Hidden):
        return 0, LEAST - 1
    return max(LEAST, cell - 2), cell + 2


def most_without(sizes: tuple[Cell, ...]) -> int | None:
    """Return how many files there may be at most where one of the small sizes has none; ``None`` without a small one.

    It reads nothing but what is published of the sizes.
    """
    most = [bounds(cell)[1] for cell in sizes]
    return min((sum(most) - most[place] for place, cell in enumerate(sizes) if cell is Hidden.FEW), default=None)


def kept_back(needs: tuple[Cell, ...], sizes: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Hide each need that may be as many as the other sizes can hold: from more of it a small size could be told.

    That a need is hidden tells no more: it says that the need is at least the lower end of the cell which holds that
    number, and so many files there can be without any of the small size.
    """
    without = most_without(sizes)
    if without is None:
        return needs
    return tuple(Hidden.KEPT_BACK if bounds(cell)[1] >= without else cell for cell in needs)


def most_of_need(cell: Cell, sizes: tuple[Cell, ...]) -> int:
    """Return how many files of a need there may be at most, where any of the small sizes beside it has none."""
    most = sum(bounds(size)[1] for size in sizes)
    without = most_without(sizes)
    held = most if without is None else without
    return held if cell is Hidden.KEPT_BACK else min(held, bounds(cell)[1])


def may_be_said(n: int, cells: Iterable[tuple[Cell, int]]) -> bool:
    """Tell whether a sentence about ``n`` files leaves each small cell what it may be.

    ``cells`` together hold these files, each with the most that it may be. Who reads the sentence knows that they hold
    as many as its number can stand for at least: so many there must be without any one of the small cells.
    """
    found = list(cells)
    without = sum(most for _cell, most in found) - max((most for cell, most in found if cell is Hidden.FEW), default=0)
    return max(LEAST_FILES, bounds(shown(n))[0]) <= without
