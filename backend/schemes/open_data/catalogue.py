"""The whole catalogue in the national schema with its sidecar: one service for the command and for the downloads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

from django.db.models import F, QuerySet

from backend.schemes.catalogue.national.entries import VERSION, Entry, entry_of
from backend.schemes.catalogue.national.rows import Row, row_of, write_csv
from backend.schemes.catalogue.records import read_record
from backend.schemes.models import Revision, Scheme
from backend.schemes.open_data.licence import LICENCE, LICENCE_URL

SCHEMA = "https://github.com/etalab/schema-dispositif-aide/raw/v0.2.0/build/dispositif-aide-professionnels/schema.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """Each scheme as a row and as what the row cannot say, in the same order."""

    on: date
    rows: list[Row]
    entries: list[Entry]

    def write_csv(self, file: IO[str]) -> None:
        write_csv(self.rows, file)

    def write_workbook(self, file: IO[bytes]) -> None:
        from backend.schemes.open_data.workbook import write_workbook  # no other format waits for its library

        write_workbook(self.rows, file)

    def sidecar(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "licence": LICENCE,
            "licence_url": LICENCE_URL,
            "schema": SCHEMA,
            "on": self.on.isoformat(),
            "count": len(self.entries),
            "schemes": self.entries,
        }


def export_national(*, on: date) -> Exported:
    """Export every published scheme of ours, a parent before its variants, with its sentences as of a day."""
    revisions = list(_in_order(_published()))
    records = [read_record(revision) for revision in revisions]
    keys = {record["key"] for record in records}
    both = list(zip(revisions, records, strict=True))
    return Exported(
        on=on,
        rows=[row_of(revision, record, on=on) for revision, record in both],
        entries=[entry_of(revision, record, exported=keys) for revision, record in both],
    )


def _published() -> QuerySet[Revision]:
    schemes = Scheme.objects.of_source(Scheme.OWN).published()
    rows = Revision.objects.filter(scheme__in=schemes, scheme__current=F("pk")).select_related("scheme")
    return rows.order_by("scheme__source_key").prefetch_related("sources", "served_needs", "relations", "criteria")


def _in_order(revisions: Iterable[Revision]) -> Iterator[Revision]:
    """Give parents first: who reads the file from its top knows each scheme before what is a variant of it."""
    yield from sorted(revisions, key=lambda revision: bool(revision.variant_of))
