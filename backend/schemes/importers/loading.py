"""Bringing the records of another site into the catalogue: the good ones go in, the bad ones are told, none is lost.

An imported scheme is a draft of its own source: no page, no search, no e-mail nor the public API shows it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from backend.schemes.importers import transition_ecologique
from backend.schemes.importers.cleaning import clean_line
from backend.schemes.importers.faults import RowError, get_text, get_texts, show
from backend.schemes.importers.transition_ecologique import Read
from backend.schemes.models import Scheme
from backend.schemes.publishing import put_in_force
from backend.schemes.records import Record, RecordError, digest_of, told, write_revision
from backend.schemes.sayings import load_sayings

PROJECT = "project:"  # before the name of a project among the labels of a scheme
READERS = {transition_ecologique.SOURCE: transition_ecologique.Reader}


class ImportFileError(ValueError):
    """A file that cannot be read as a whole: nothing was changed."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was not taken, by its place in the file."""

    row: int
    key: str
    reason: str


@dataclass(slots=True)
class Report:
    """What one run did and found."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    untagged: list[str] = field(default_factory=list)
    contradictions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    nuances: dict[str, list[str]] = field(default_factory=dict)  # what is said → the records that say it
    stated: Counter[str] = field(default_factory=Counter)
    from_text: Counter[str] = field(default_factory=Counter)

    def note(self, key: str, read: Read) -> None:
        """Keep what is to be told of a record that went in."""
        if not read.record["needs"]:
            self.untagged.append(key)
        if read.contradictions:
            self.contradictions[key] = read.contradictions
        for nuance in read.nuances:
            self.nuances.setdefault(nuance, []).append(key)
        for row in read.record["criteria"]:
            (self.from_text if row.get("from_text") else self.stated)[row["kind"]] += 1


def read_file(path: Path) -> list[Any]:
    """Return the records of a file. Raises ``ImportFileError`` where it is no JSON list."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ImportFileError(f"{path} ne peut pas être lu : {error.strerror or error}.") from None
    except UnicodeDecodeError as error:
        raise ImportFileError(f"{path} n’est pas en UTF-8 (octet {error.start + 1}).") from None
    except json.JSONDecodeError as error:
        raise ImportFileError(
            f"{path} n’est pas du JSON : ligne {error.lineno}, colonne {error.colno} ({error.msg})."
        ) from None
    except (ValueError, RecursionError):
        raise ImportFileError(f"{path} n’est pas du JSON que l’on puisse lire.") from None
    if not isinstance(found, list):
        raise ImportFileError(f"{path} contient {show(found)} ; attendu : une liste de fiches.")
    return found


def read_projects(path: Path) -> dict[str, list[str]]:
    """Return the projects under which a source files its records, by record. Raises ``ImportFileError``."""
    found: dict[str, list[str]] = {}
    for row, project in enumerate(read_file(path), 1):
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
    reader = READERS[source]()
    rows: dict[str, int] = {}
    for row, programme in enumerate(records, 1):
        key = ""
        try:
            if not isinstance(programme, dict):
                raise RowError(f"La fiche est {show(programme)} ; attendu : un objet JSON.")
            key = reader.key(programme)
            if key in rows:
                raise RowError(f"« id » vaut {show(key)}, déjà donné à la fiche {rows[key]} ; attendu : un par fiche.")
            rows[key] = row
            read = reader.read(programme, on=on)
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


def describe(report: Report) -> Iterator[str]:
    """Tell a run in French, line by line."""
    if report.contradictions:
        yield f"Le fichier se contredit ({count(len(report.contradictions), 'fiche')}) :"
    for key, contradictions in report.contradictions.items():
        yield from (f"  {key} : {contradiction}" for contradiction in contradictions)
    if report.nuances:
        yield "Le texte et les données diffèrent à une borne près :"
    for nuance, keys in report.nuances.items():
        yield f"  {nuance} ({len(keys)}) : {', '.join(keys)}"
    if report.gone:
        yield f"Absentes du fichier, gardées ({len(report.gone)}) : {', '.join(report.gone)}"
    if report.untagged:
        yield f"Sans besoins relus pour leur texte actuel ({len(report.untagged)}) : {', '.join(report.untagged)}"
    yield f"Critères tirés des données : {_counts(report.stated)}"
    yield f"Critères tirés du texte : {_counts(report.from_text)}"
    if report.rejected:
        yield f"Fiches refusées ({len(report.rejected)}) :"
    for rejected in report.rejected:
        yield f"  fiche {rejected.row}{f' ({rejected.key})' if rejected.key else ''} : {rejected.reason}"


def count(n: int, word: str) -> str:
    """Write a number of things."""
    return f"{n} {word}{'s' if n > 1 else ''}"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in counts.most_common()) or "aucun"
