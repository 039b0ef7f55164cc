"""Figures that anybody reads: two fixed tables, as of the end of last month, in which no small number can be told.

A cell of 0 to 4 is not said, another is rounded to the nearest multiple of 5, and no total is given. Files by size add
up to those of the intercommunality, and no need has more: a need from which a small size could be told is hidden.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.db.models import Count, F, Func

from backend.schemes.models import TaxonomyNeed
from backend.schemes.vocabulary import ONE_SIZE
from backend.steering.models import FileFact, Step
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


def published(*, on: date) -> Published:
    """Return the tables of the files that were filed, and their address confirmed, before the month of a day."""
    until = on.replace(day=1) - timedelta(days=1)
    confirmed = FileFact.objects.filter(
        filed_on__lte=until, steps__step=Step.CONFIRMED, steps__on__lte=until, epci__isnull=False
    ).order_by()
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
    return Published(
        until=until,
        tables=(
            Table(name="besoins", columns=tuple(needs.values()), rows=tuple(rows_of_needs)),
            Table(name="tailles", columns=tuple(sizes.values()), rows=tuple(rows_of_sizes)),
        ),
    )


def _counts(rows: Iterable[tuple[int, str, int]]) -> Iterable[tuple[tuple[int, str], int]]:
    return (((epci, key), n) for epci, key, n in rows)


def shown(n: int) -> Cell:
    """Return what is said of a number."""
    return Hidden.FEW if n < LEAST else STEP * round(n / STEP)


def bounds(cell: Cell) -> tuple[int, float]:
    """Return the least and the most that a number may be of which a cell is said."""
    if isinstance(cell, Hidden):
        return 0, float("inf") if cell is Hidden.KEPT_BACK else LEAST - 1
    return max(LEAST, cell - 2), cell + 2


def kept_back(needs: tuple[Cell, ...], sizes: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Hide the needs from whose number a small size could be told: the other sizes must be able to have them all."""
    most = [bounds(cell)[1] for cell in sizes]
    few = [place for place, cell in enumerate(sizes) if cell is Hidden.FEW]
    without = min((sum(most) - most[place] for place in few), default=float("inf"))
    return tuple(Hidden.KEPT_BACK if bounds(cell)[0] > without else cell for cell in needs)


def as_rows(table: Table) -> Iterable[Mapping[str, str]]:
    """Yield a row for each cell, as it is said."""
    for epci, cells in table.by_epci():
        for column, cell in cells:
            yield {"intercommunalité": epci, table.name.removesuffix("s"): column, "demandes": str(cell)}
