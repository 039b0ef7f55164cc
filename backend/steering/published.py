"""Figures that anybody reads: two fixed tables, as of the end of a month, in which no small number can be told.

A cell of 0 to 4 is not said, another is rounded to the nearest multiple of 5, and no total is given. Files by size add
up to those of the intercommunality, and no need has more: a need from which a small size could be told is hidden.

The tables are written once a month, as they are said: made again at each correction of an old file, they would let
its correction move a cell that is rounded, and so tell the exact number.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.db.models import Count, F, Func, QuerySet

from backend.schemes.models import TaxonomyNeed
from backend.schemes.vocabulary import ONE_SIZE
from backend.steering.models import FileFact, PublishedMonth, Step
from backend.territories.models import ServedEpci

LEAST, STEP = 5, 5
NAMES = ("besoins", "tailles")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Both tables, and the last day that they count."""

    until: date
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        return self.tables[NAMES.index(name)]


def published() -> Published | None:
    """Return the tables of the last month that was published; none before the first."""
    month = PublishedMonth.objects.last()
    if month is None:
        return None
    tables = (
        Table(
            name=name,
            columns=tuple(kept["columns"]),
            rows=tuple((epci, tuple(map(_cell, cells))) for epci, cells in kept["rows"]),
        )
        for name, kept in ((name, month.tables[name]) for name in NAMES)
    )
    return Published(until=month.until, tables=tuple(tables))


def _cell(kept: int | str) -> Cell:
    return kept if isinstance(kept, int) else Hidden(kept)


def publish(*, on: date) -> int:
    """Write the tables of the month before that of a day, once; return how many were written.

    Nothing is published before a first file was confirmed in a month that is over.
    """
    until = on.replace(day=1) - timedelta(days=1)
    if PublishedMonth.objects.filter(until__gte=until).exists() or not _confirmed(until).exists():
        return 0
    kept = {table.name: {"columns": table.columns, "rows": table.rows} for table in _count(until)}
    _month, is_new = PublishedMonth.objects.get_or_create(until=until, defaults={"tables": kept})
    return int(is_new)


def first_day(on: date) -> date:
    """Return the day on which the month of a day is published."""
    return (on.replace(day=1) + timedelta(days=31)).replace(day=1)


def _confirmed(until: date) -> QuerySet[FileFact]:
    return FileFact.objects.filter(
        filed_on__lte=until, steps__step=Step.CONFIRMED, steps__on__lte=until, epci__isnull=False
    ).order_by()


def _count(until: date) -> tuple[Table, ...]:
    """Return the tables of the files that were filed, and their address confirmed, up to a day."""
    confirmed = _confirmed(until)
    by_size = dict(_counts(confirmed.values_list("epci", "size").annotate(n=Count("pk"))))
    unnested = confirmed.annotate(need=Func(F("needs"), function="unnest"))
    by_need = dict(_counts(unnested.values_list("epci", "need").annotate(n=Count("pk"))))
    sizes = {**{key: label[:1].upper() + label[1:] for key, label in ONE_SIZE.items()}, "": "Taille inconnue"}
    needs = dict(TaxonomyNeed.objects.values_list("key", "label"))
    rows_of_needs, rows_of_sizes = [], []
    for epci in ServedEpci.objects.all():
        of_size = tuple(shown(by_size.get((epci.pk, key), 0)) for key in sizes)
        of_need = tuple(shown(by_need.get((epci.pk, key), 0)) for key in needs)
        rows_of_needs.append((epci.usual_name, kept_back(of_need, of_size)))
        rows_of_sizes.append((epci.usual_name, of_size))
    return (
        Table(name="besoins", columns=tuple(needs.values()), rows=tuple(rows_of_needs)),
        Table(name="tailles", columns=tuple(sizes.values()), rows=tuple(rows_of_sizes)),
    )


def _counts(rows: Iterable[tuple[int, str, int]]) -> Iterable[tuple[tuple[int, str], int]]:
    return (((epci, key), n) for epci, key, n in rows)


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


def as_rows(table: Table) -> Iterable[tuple[str, str, str]]:
    """Yield a row for each cell: the intercommunality, the column, and the number as it is said."""
    for epci, cells in table.by_epci():
        for column, cell in cells:
            yield epci, column, str(cell)
