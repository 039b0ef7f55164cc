"""Bringing the records of another site into the catalogue: the good ones go in, the bad ones are told, none is lost.

An imported scheme is a draft of its own source: no page, no search, no e-mail nor the public API shows it. Records are
kept many at a time, and one by one where the database refuses some of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import batched
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from backend.common.locks import wait_for_turn
from backend.schemes.catalogue.codes import Memory
from backend.schemes.catalogue.publishing import put_last_in_force
from backend.schemes.catalogue.record_types import SchemeRecord, SourceRecord
from backend.schemes.catalogue.records import RecordError, digest_of
from backend.schemes.catalogue.revising import Draft, compose, keep, told
from backend.schemes.catalogue.scheme_texts import load_scheme_texts
from backend.schemes.ingestion.changes.following import settle_source
from backend.schemes.ingestion.changes.observed import link_records, observe_records
from backend.schemes.ingestion.importers.cleaning import clean_line
from backend.schemes.ingestion.importers.faults import RowError, get_text, get_texts, show
from backend.schemes.ingestion.importers.files import ImportFileError, read_json_list
from backend.schemes.ingestion.importers.reading import Notice, Read, Reader
from backend.schemes.ingestion.importers.reports import Rejected, Report
from backend.schemes.ingestion.importers.returning import Returning
from backend.schemes.ingestion.importers.sidecar import Sidecar
from backend.schemes.ingestion.importers.sources import SOURCES
from backend.schemes.models import Revision, Scheme

PROJECT = "project:"  # before the name of a project among the labels of a scheme
CHUNK = 250  # records kept at a time


def read_projects(path: Path) -> dict[str, list[str]]:
    """Return the projects under which a source files its records, by record. Raises ``ImportFileError``."""
    found: dict[str, list[str]] = {}
    for row, project in enumerate(read_json_list(path), 1):
        try:
            if not isinstance(project, dict):
                raise RowError(f"le projet est {show(project)} ; attendu : un objet JSON.")
            name = clean_line(get_text(project, "slug", needed=True))
            for key in get_texts(project, "programs"):
                found.setdefault(key, []).append(f"{PROJECT}{name}")
        except RowError as error:
            raise ImportFileError(f"{path}, projet {row} : {error}") from None
    return found


@transaction.atomic
def import_records(
    *,
    source: str,
    records: Iterable[Any],
    on: date,
    projects: Mapping[str, Sequence[str]] | None = None,
    sidecar: Sidecar | None = None,
    dry_run: bool = False,
) -> Report:
    """Bring records into the catalogue of a source; ``on`` is the day of the file. A dry run keeps nothing.

    Without ``projects``, those under which a record was filed stay. Two runs of one source wait for each other.
    Schemes of a ``sidecar`` may name each other, whichever comes first: they exist before their rows are read.
    """
    wait_for_turn("import_schemes", source)
    returning = Returning(source, has_sidecar=sidecar is not None, on=on)
    loading = _Loading(source, _reader(source, sidecar), on, projects, returning)
    if sidecar:
        _make_known(source, sidecar.entries)
    for rows in batched(enumerate(loading.without_notices(records), 1), CHUNK, strict=False):
        loading.take(rows)
    if sidecar:
        _forget_unread(source, sidecar.entries)
    load_scheme_texts(source)
    report = loading.report
    report.is_partial = loading.is_partial
    report.rejected.sort(key=lambda rejected: rejected.row)
    if not loading.is_partial:
        kept = Scheme.objects.of_source(source).described().order_by("source_key")
        report.gone = [key for key in kept.values_list("source_key", flat=True) if key not in loading.rows]
    link_records(source)
    observe_records(source, on=on, read=report.taken)
    settled = settle_source(source, gone=report.gone, present=loading.rows)
    report.by_rule, report.to_decide = settled.by_rule, settled.to_decide
    if dry_run:
        transaction.set_rollback(True)
    return report


def _reader(source: str, sidecar: Sidecar | None) -> Reader:
    found = SOURCES[source]
    if sidecar is None:
        return found.reader()
    if found.with_sidecar is None:
        raise ImportFileError(f"La source {source} n’a pas de complément.")
    return found.with_sidecar(sidecar)


def _make_known(source: str, keys: Iterable[str]) -> None:
    rows = [Scheme(source=source, source_key=key) for key in keys]
    Scheme.objects.bulk_create(rows, batch_size=CHUNK, ignore_conflicts=True)


def _forget_unread(source: str, keys: Iterable[str]) -> None:
    """Delete what no row described. Django would also delete what hangs on it, in tables where nobody may."""
    unread = Scheme.objects.of_source(source).filter(source_key__in=keys, revisions=None)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM schemes_scheme WHERE id = ANY (%s)", [list(unread.values_list("pk", flat=True))])


@dataclass(slots=True)
class _Item:
    """A record that was read, on its way into the catalogue."""

    row: int
    key: str
    read: Read
    scheme: Scheme
    is_new: bool  # no row of it yet
    labels: list[str]
    is_filed_anew: bool
    draft: Draft | None = None  # none where what is in force says the same

    @property
    def outcome(self) -> str:
        return "unchanged" if self.draft is None else "created" if self.draft.revision.number == 1 else "updated"

    def begin_again(self) -> None:
        """Forget the keys that the database gave before it refused the whole."""
        if self.is_new:
            self.scheme = Scheme(source=self.scheme.source, source_key=self.key)
        if self.draft is not None:
            self.draft = compose(self.read.record, scheme=self.scheme, number=self.draft.revision.number)


@dataclass(slots=True)
class _Loading:
    source: str
    reader: Reader
    on: date
    projects: Mapping[str, Sequence[str]] | None
    returning: Returning
    report: Report = field(default_factory=Report)
    rows: dict[str, int] = field(default_factory=dict)  # by key
    memory: Memory = field(default_factory=dict)
    is_partial: bool = False

    def without_notices(self, records: Iterable[Any]) -> Iterator[Any]:
        """Give the records, and keep what is told of the file among them."""
        for given in records:
            if isinstance(given, Notice):
                self.report.notices.append(given.text)
                self.is_partial = self.is_partial or given.is_partial
            else:
                yield given

    def take(self, rows: Iterable[tuple[int, Any]]) -> None:
        """Read some records and keep what they say."""
        items = list(self._compare(list(self._read(rows))))
        for kept in self._keep(items):
            getattr(self.report, kept.outcome).append(kept.key)
            self.report.note(kept.key, kept.read)

    def _reject(self, row: int, key: str, error: Exception) -> None:
        match error:
            case ValidationError():
                reason = told(error)
            case DatabaseError():
                reason = f"Refusée par la base : {str(error).splitlines()[0]}"
            case _:
                reason = str(error)
        self.report.rejected.append(Rejected(row, key, reason))

    def _read(self, rows: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, str, Read]]:
        for row, given in rows:
            key = ""
            try:
                if isinstance(given, RowError):
                    raise given
                if not isinstance(given, dict):
                    raise RowError(f"La fiche est {show(given)} ; attendu : un objet JSON.")
                key = self.reader.key(given)
                if key in self.rows:
                    first = self.rows[key]
                    raise RowError(f"« id » vaut {show(key)}, déjà donné à la fiche {first} ; attendu : un par fiche.")
                self.rows[key] = row
                yield row, key, self.reader.read(given, on=self.on)
            except RowError as error:
                self._reject(row, key, error)

    def _compare(self, found: list[tuple[int, str, Read]]) -> Iterator[_Item]:
        """Hold the schemes of some records, and compose the next revision of those that changed."""
        keys = [key for _, key, _ in found]
        held = Scheme.objects.of_source(self.source).filter(source_key__in=keys).order_by("pk")
        schemes = {row.source_key: row for row in held.select_for_update(of=("self",)).select_related("current")}
        schemes |= self.returning.link_new(key for key in keys if key not in schemes or not schemes[key].current)
        numbers = dict(
            Revision.objects.filter(scheme__in=list(schemes.values())).values_list("scheme").annotate(Max("number"))
        )
        for row, key, read in found:
            scheme = schemes.get(key) or Scheme(source=self.source, source_key=key)
            labels = self._labels(scheme, read)
            item = _Item(row, key, read, scheme, scheme.pk is None, labels, labels != scheme.labels)
            try:
                if not _says_the_same(read.record, scheme.current):
                    number = numbers.get(scheme.pk, 0) + 1
                    item.draft = compose(read.record, scheme=scheme, number=number, memory=self.memory)
                yield item
            except (RecordError, ValidationError) as error:
                self._reject(row, key, error)

    def _keep(self, items: list[_Item]) -> list[_Item]:
        """Keep records together, halving them where the database refuses some; return those that it took."""
        if not items:
            return []
        try:
            with transaction.atomic():
                if len(items) == 1 and items[0].draft:
                    items[0].draft.revision.validate_constraints(exclude=["scheme"])  # to say in French what is wrong
                self._write(items)
        except (DatabaseError, ValidationError) as error:
            for item in items:
                item.begin_again()
            if len(items) == 1:
                self._reject(items[0].row, items[0].key, error)
                return []
            middle = len(items) // 2
            return self._keep(items[:middle]) + self._keep(items[middle:])
        return items

    def _write(self, items: list[_Item]) -> None:
        now = timezone.now()
        filed = [item for item in items if item.is_filed_anew]
        for item in filed:
            item.scheme.labels, item.scheme.changed_at = item.labels, now
        Scheme.objects.bulk_create([item.scheme for item in items if item.is_new])
        Scheme.objects.bulk_update([item.scheme for item in filed if not item.is_new], ["labels", "changed_at"])
        keep([item.draft for item in items if item.draft])
        put_last_in_force([item.scheme.pk for item in items if item.draft])

    def _labels(self, scheme: Scheme, read: Read) -> list[str]:
        """Return what its source files a scheme under: this only makes proposals, and is no part of a revision."""
        if self.projects is None:
            projects: Sequence[str] = [label for label in scheme.labels if label.startswith(PROJECT)]
        else:
            projects = self.projects.get(scheme.source_key, ())
        return [*read.labels, *projects]


def _says_the_same(record: SchemeRecord, current: Revision | None) -> bool:
    """Tell whether a record says what is in force; another day of the file alone says nothing new."""
    return current is not None and digest_of(_as_of(record, current.as_of)) == current.digest


def _as_of(record: SchemeRecord, day: date) -> SchemeRecord:
    """Return what a file of another day would say with the same content."""
    today = str(record["as_of"])
    sources: list[SourceRecord] = [
        {**source, "dated": day.isoformat() if source["dated"] == today else source["dated"]}
        for source in record["sources"]
    ]
    return {**record, "as_of": day.isoformat(), "sources": sources}
