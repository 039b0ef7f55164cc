"""One run: a file found, read, brought in, and its report kept, whatever came of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.ingestion.importers.addresses import LocalFile, keep_copy, local_file, shown
from backend.schemes.ingestion.importers.files import ImportFileError, digest_file
from backend.schemes.ingestion.importers.loading import import_records
from backend.schemes.ingestion.importers.reports import Report
from backend.schemes.ingestion.importers.sidecar import Sidecar, read_sidecar
from backend.schemes.ingestion.importers.sources import SOURCES
from backend.schemes.models import ImportRun, Scheme

MAX_LOST = 0.2  # of its source's records that a file may leave out unasked
N_NAMED = 5  # of them that the refusal names; the report that is kept holds them all


def run_import(
    *,
    source: str,
    location: str,
    dated: date | None = None,
    projects: Mapping[str, Sequence[str]] | None = None,
    sidecar: Path | None = None,
    by: User | None = None,
    dry_run: bool = False,
    may_drop: bool = False,
) -> tuple[ImportRun, Report]:
    """Bring the records of a path or an address into the catalogue of a source, and keep the report of it.

    A trial keeps its report and nothing else. Raises ``ImportFileError`` where the file is refused as a whole, or held
    since over a fifth of its source's records left it and nobody said that they ``may_drop``: nothing is changed then,
    and that is kept too.
    """
    run = ImportRun(
        source=source, file_name=shown(location), dated=dated, started_at=timezone.now(), by=by, is_trial=dry_run
    )
    try:
        with local_file(location) as found:
            run.digest, run.dated = digest_file(found.path), dated or found.dated
            complement = read_sidecar(sidecar) if sidecar else None
            return run, _bring_in(run, found, on=run.dated, projects=projects, sidecar=complement, may_drop=may_drop)
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
    may_drop: bool,
) -> Report:
    present = _present(run.source)
    report = import_records(
        source=run.source,
        records=SOURCES[run.source].open(found.path),
        on=on,
        projects=projects,
        sidecar=sidecar,
        dry_run=run.is_trial,
    )
    lost = present.intersection(report.gone)
    if len(lost) > MAX_LOST * len(present) and not may_drop:
        held = _held(found.name, lost, n_present=len(present))
        if not run.is_trial:
            run.report = {"gone": sorted(lost)}
            raise ImportFileError(held)
        report.notices.append(held)
    report.notices[:0] = found.notices
    if found.fresh and not run.is_trial:
        keep_copy(found.fresh)
    for name in ("created", "updated", "unchanged", "rejected"):
        setattr(run, f"n_{name}", len(getattr(report, name)))
    run.report = report.as_json()
    _end(run)
    return report


def _present(source: str) -> set[str]:
    """Return the keys of the records that were in the last whole file of a source, or came since."""
    keys = set(Scheme.objects.of_source(source).described().values_list("source_key", flat=True))
    runs = ImportRun.objects.filter(source=source, is_trial=False, failure="")
    whole = Q(report__is_partial=False) | ~Q(report__has_key="is_partial")  # which reports from before do not say
    last = runs.filter(whole).order_by("-pk").first()
    return keys - set(last.report.get("gone", ())) if last else keys


def _held(name: str, lost: Collection[str], *, n_present: int) -> str:
    some = ", ".join(sorted(lost)[:N_NAMED]) + (" …" if len(lost) > N_NAMED else "")
    return (
        f"{name} n’a plus {len(lost)} des {n_present} fiches de sa source, plus d’une sur cinq ({some}) : il est "
        "retenu jusqu’à ce que quelqu’un confirme. S’il est entier, relancez la même commande avec --yes."
    )


def _end(run: ImportRun) -> None:
    run.ended_at = max(timezone.now(), run.started_at)  # a clock may be set back meanwhile
    run.save()
