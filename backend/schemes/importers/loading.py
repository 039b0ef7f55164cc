"""Bringing the records of another site into the catalogue: the good ones go in, the bad ones are told, none is lost.

An imported scheme is a draft of its own source: no page, no search, no e-mail nor the public API shows it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from backend.schemes.importers.cleaning import clean_line
from backend.schemes.importers.faults import RowError, get_text, get_texts, show
from backend.schemes.importers.files import ImportFileError, read_json_list
from backend.schemes.importers.reading import Read
from backend.schemes.importers.reports import Rejected, Report
from backend.schemes.importers.sources import SOURCES
from backend.schemes.models import Scheme
from backend.schemes.publishing import put_in_force
from backend.schemes.records import Record, RecordError, digest_of, told, write_revision
from backend.schemes.sayings import load_sayings

PROJECT = "project:"  # before the name of a project among the labels of a scheme


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
    dry_run: bool = False,
) -> Report:
    """Bring records into the catalogue of a source; ``on`` is the day of the file. A dry run keeps nothing.

    Without ``projects``, those under which a record was filed stay.
    """
    report = Report()
    reader = SOURCES[source].reader()
    rows: dict[str, int] = {}
    for row, given in enumerate(records, 1):
        key = ""
        try:
            if isinstance(given, RowError):
                raise given
            if not isinstance(given, dict):
                raise RowError(f"La fiche est {show(given)} ; attendu : un objet JSON.")
            key = reader.key(given)
            if key in rows:
                raise RowError(f"« id » vaut {show(key)}, déjà donné à la fiche {rows[key]} ; attendu : un par fiche.")
            rows[key] = row
            read = reader.read(given, on=on)
            filed = None if projects is None else projects.get(key, ())
            getattr(report, _write(source, key, read, projects=filed)).append(key)
        except (RowError, RecordError) as error:
            report.rejected.append(Rejected(row, key, str(error)))
        except ValidationError as error:
            report.rejected.append(Rejected(row, key, told(error)))
        except DatabaseError as error:
            report.rejected.append(Rejected(row, key, f"Refusée par la base : {str(error).splitlines()[0]}"))
        else:
            report.note(key, read)
    load_sayings(source)
    kept = Scheme.objects.of_source(source).described().exclude(source_key__in=rows)
    report.gone = list(kept.order_by("source_key").values_list("source_key", flat=True))
    if dry_run:
        transaction.set_rollback(True)
    return report


@transaction.atomic
def _write(source: str, key: str, read: Read, *, projects: Sequence[str] | None) -> str:
    """Write the next revision where the content changed; return the list of the report in which the record goes."""
    _, created = Scheme.objects.get_or_create(source=source, source_key=key)
    scheme = Scheme.objects.select_for_update(of=("self",)).get(source=source, source_key=key)
    _file_under(scheme, read.labels, projects=projects)
    record = read.record
    if scheme.current is not None and digest_of(_as_of(record, scheme.current.as_of)) == scheme.current.digest:
        return "unchanged"
    revision = write_revision(record, scheme=scheme)
    put_in_force(scheme=scheme, revision=revision, state=scheme.state)
    return "created" if created else "updated"


def _file_under(scheme: Scheme, labels: Sequence[str], *, projects: Sequence[str] | None) -> None:
    """Keep what its source files a scheme under: this only makes proposals, and is no part of a revision."""
    if projects is None:
        projects = [label for label in scheme.labels if label.startswith(PROJECT)]
    filed = [*labels, *projects]
    if filed != scheme.labels:
        scheme.labels, scheme.changed_at = filed, timezone.now()
        scheme.save(update_fields=["labels", "changed_at"])


def _as_of(record: Record, day: date) -> Record:
    """Return what a file of another day would say with the same content: a new date alone makes no new revision."""
    sources = [{**source, "dated": day.isoformat()} for source in record["sources"]]
    return {**record, "as_of": day, "sources": sources}
