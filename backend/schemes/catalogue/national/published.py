"""The published catalogue as rows and entries of the national schema, for open data and for what comes back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import F, QuerySet

from backend.schemes.catalogue.national.entries import Entry, entry_of
from backend.schemes.catalogue.national.rows import Row, row_of
from backend.schemes.catalogue.records import read_record
from backend.schemes.models import Revision, Scheme


@dataclass(frozen=True, slots=True)
class Published:
    """Each scheme as a row and as what the row cannot say, in the same order."""

    on: date
    rows: list[Row]
    entries: list[Entry]


def read_published(*, on: date) -> Published:
    """Read every published scheme of ours, a parent before its variants, with its sentences as of a day."""
    revisions = list(_in_order(_published()))
    records = [read_record(revision) for revision in revisions]
    keys = {record["key"] for record in records}
    both = list(zip(revisions, records, strict=True))
    return Published(
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
