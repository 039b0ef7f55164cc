"""One run: a file found, read, brought in, and its report kept, whatever came of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.importers.addresses import LocalFile, keep_copy, local_file, shown
from backend.schemes.importers.files import ImportFileError, digest_file
from backend.schemes.importers.loading import import_records
from backend.schemes.importers.reports import Report
from backend.schemes.importers.sidecar import Sidecar, read_sidecar
from backend.schemes.importers.sources import SOURCES
from backend.schemes.models import ImportRun


def run_import(
    *,
    source: str,
    location: str,
    dated: date | None = None,
    projects: Mapping[str, Sequence[str]] | None = None,
    sidecar: Path | None = None,
    by: User | None = None,
    dry_run: bool = False,
) -> tuple[ImportRun, Report]:
    """Bring the records of a path or an address into the catalogue of a source, and keep the report of it.

    A trial keeps its report and nothing else. Raises ``ImportFileError`` where the file is refused as a whole: nothing
    is changed then, and that is kept too.
    """
    run = ImportRun(
        source=source, file_name=shown(location), dated=dated, started_at=timezone.now(), by=by, is_trial=dry_run
    )
    try:
        with local_file(location) as found:
            run.digest, run.dated = digest_file(found.path), dated or found.dated
            complement = read_sidecar(sidecar) if sidecar else None
            return run, _bring_in(run, found, on=run.dated, projects=projects, sidecar=complement)
    except ImportFileError as error:
        run.failure = str(error)
        _end(run)
        raise


@transaction.atomic
def _bring_in(
    run: ImportRun,
    found: LocalFile,
    *,
    on: date,
    projects: Mapping[str, Sequence[str]] | None,
    sidecar: Sidecar | None,
) -> Report:
    report = import_records(
        source=run.source,
        records=SOURCES[run.source].open(found.path),
        on=on,
        projects=projects,
        sidecar=sidecar,
        dry_run=run.is_trial,
    )
    report.notices[:0] = found.notices
    if found.fresh and not run.is_trial:
        keep_copy(found.fresh)
    for name in ("created", "updated", "unchanged", "rejected"):
        setattr(run, f"n_{name}", len(getattr(report, name)))
    run.report = report.as_json()
    _end(run)
    return report


def _end(run: ImportRun) -> None:
    run.ended_at = max(timezone.now(), run.started_at)  # a clock may be set back meanwhile
    run.save()
