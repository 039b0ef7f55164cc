"""Figures that anybody reads: two fixed tables, as of the end of a month, and what stands out of the note of it.

Both are written once a month, as they are said: made again at each correction of an old file, they would let its
correction move a number that is rounded, and so tell the exact one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, Func, QuerySet

from backend.companies.size_bands import SIZE_LABELS
from backend.schemes.models import TaxonomyNeed
from backend.steering.disclosure import Cell, Hidden, Table, kept_back, shown
from backend.steering.models import FileFact, PublishedMonth, Step
from backend.steering.signals import signals
from backend.territories.models import ServedEpci

NAMES = ("besoins", "tailles")
# What each word of the tables means, beside them wherever they are read.
DEFINITIONS = {
    "demande": "Ce qu’une entreprise dépose en une fois. Une demande effacée depuis reste comptée.",
    "besoin": "Une demande qui en exprime plusieurs compte dans chacun : les lignes ne s’additionnent pas.",
    "taille": "L’effectif salarié de l’entreprise, sans son groupe ; inconnu tant qu’il n’a pas été dit.",
    "nombres": (
        "De 0 à 4, le nombre n’est pas dit (« moins de 5 ») ; les autres sont arrondis au multiple de 5 le plus"
        " proche. Un besoin proche du total n’est pas publié, qu’il y ait un petit nombre à protéger ou non."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Both tables, what stands out, and the last day that they count."""

    until: date
    tables: tuple[Table, ...]
    signals: tuple[str, ...] = ()

    def table(self, name: str) -> Table:
        return self.tables[NAMES.index(name)]


def published() -> Published | None:
    """Return what was said of the last month that was published; nothing before the first."""
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
    return Published(until=month.until, tables=tuple(tables), signals=tuple(month.signals))


def _cell(kept: int | str) -> Cell:
    return kept if isinstance(kept, int) else Hidden(kept)


def publish(*, on: date) -> int:
    """Write the tables and the sentences of the month before that of a day, once; return how many months that is.

    Nothing is published before a first file was confirmed in a month that is over.
    """
    until = on.replace(day=1) - timedelta(days=1)
    if PublishedMonth.objects.filter(until__gte=until).exists() or not _confirmed(until).exists():
        return 0
    needs, sizes = _count(until)
    kept = {table.name: {"columns": table.columns, "rows": table.rows} for table in (needs, sizes)}
    said = list(signals(needs=needs, sizes=sizes, files=_confirmed(until), on=on))
    _month, is_new = PublishedMonth.objects.get_or_create(until=until, defaults={"tables": kept, "signals": said})
    return int(is_new)


def first_day(on: date) -> date:
    """Return the day on which the month of a day is published."""
    return (on.replace(day=1) + timedelta(days=31)).replace(day=1)


def _confirmed(until: date) -> QuerySet[FileFact]:
    return FileFact.objects.filter(
        filed_on__lte=until, steps__step=Step.CONFIRMED, steps__on__lte=until, epci__isnull=False
    ).order_by()


def _count(until: date) -> tuple[Table, Table]:
    """Return the files that were filed, and their address confirmed, up to a day: by need, and by size."""
    confirmed = _confirmed(until)
    by_size = dict(_counts(confirmed.values_list("epci", "size").annotate(n=Count("pk"))))
    unnested = confirmed.annotate(need=Func(F("needs"), function="unnest"))
    by_need = dict(_counts(unnested.values_list("epci", "need").annotate(n=Count("pk"))))
    needs = dict(TaxonomyNeed.objects.values_list("key", "label"))
    rows_of_needs, rows_of_sizes = [], []
    for epci in ServedEpci.objects.all():
        of_size = tuple(shown(by_size.get((epci.pk, key), 0)) for key in SIZE_LABELS)
        of_need = tuple(shown(by_need.get((epci.pk, key), 0)) for key in needs)
        rows_of_needs.append((epci.usual_name, kept_back(of_need, of_size)))
        rows_of_sizes.append((epci.usual_name, of_size))
    return (
        Table(name="besoins", columns=tuple(needs.values()), rows=tuple(rows_of_needs)),
        Table(name="tailles", columns=tuple(SIZE_LABELS.values()), rows=tuple(rows_of_sizes)),
    )


def _counts(rows: Iterable[tuple[int, str, int]]) -> Iterable[tuple[tuple[int, str], int]]:
    return (((epci, key), n) for epci, key, n in rows)


def as_rows(table: Table) -> Iterable[tuple[str, str, str]]:
    """Yield a row for each cell: the intercommunality, the column, and the number as it is said."""
    for epci, cells in table.by_epci():
        for column, cell in cells:
            yield epci, column, str(cell)
