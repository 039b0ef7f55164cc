"""What stands out at the end of a month, in sentences that may be handed on.

Each is said of ten files of five firms at least, its number rounded as the published tables are, and only where no
small cell of these tables could be told from it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from statistics import median_high
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import Organisation
from backend.common.days import add_working_days
from backend.common.percents import wilson_interval
from backend.matchmaking.delays import days_to_review, in_working_days
from backend.matchmaking.models import Submission
from backend.matchmaking.standing import Standing
from backend.schemes.catalogue.criteria import sentence
from backend.schemes.models import Criterion, Revision, TaxonomyNeed
from backend.schemes.typography import NBSP
from backend.steering.disclosure import LEAST_FILES, LEAST_FIRMS, Cell, Table, bounds, may_be_said, most_of_need, shown
from backend.steering.models import FileFact, NeedFact, SoleBlocker

MOST_DAYS = 21  # working days after which the lead of an intercommunality is told that a file waits


def signals(*, needs: Table, sizes: Table, files: QuerySet[FileFact], on: date) -> Iterator[str]:
    """Yield what stands out of the files that two tables count, beside which it is read."""
    counted = files.values("pk")
    asked = NeedFact.objects.filter(file__in=counted)
    unmet = asked.exclude(standing__in=NeedFact.POSSIBLE)
    yield from list(_unmet(needs, sizes, counted)) or _having(unmet, "sans dispositif, conseil à part", sizes)
    yield from _having(asked.filter(standing=Standing.TO_SPECIFY), "à préciser : une réponse manque encore", sizes)
    yield from _slow(sizes, counted, on)
    yield from _waiting(sizes, counted, on)


def _unmet(needs: Table, sizes: Table, counted: QuerySet[FileFact, Any]) -> Iterator[str]:
    """Say which needs, or else which parts of them, are surely left without a scheme in more than half of the files.

    Surely: by the lower Wilson bound, 95 %. A file counts once, however many sub-needs of the need it has: those of a
    firm are not independent. The files of a part are files of its need: where so many of a need may be spoken of,
    so may they.
    """
    rows = NeedFact.objects.filter(file__in=counted).order_by().values_list("sub_need", "file", "standing")
    files_of: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for sub_need, file, standing in rows:
        files_of[sub_need].append((file, standing))
    for need in TaxonomyNeed.objects.prefetch_related("sub_needs"):
        if need.label not in needs.columns:
            continue
        cells = list(_cells_of_need(needs, sizes, need.label))
        parts = [(part.label, [part.key]) for part in need.sub_needs.all()]
        whole = _unmet_of([(need.label, [key for _label, (key,) in parts])], files_of, cells, counted)
        yield from whole or _unmet_of(parts, files_of, cells, counted)


def _unmet_of(
    parts: list[tuple[str, list[str]]],
    files_of: Mapping[str, list[tuple[int, str]]],
    cells: list[tuple[Cell, int]],
    counted: QuerySet[FileFact, Any],
) -> list[str]:
    """Return a sentence for each part of a need, or the whole of it, that is surely unmet and may be spoken of."""
    said = []
    for label, keys in parts:
        rows = [row for key in keys for row in files_of[key]]
        files = {file for file, _standing in rows}
        n_unmet = len(files - {file for file, standing in rows if standing in NeedFact.POSSIBLE})
        if not _is_enough(files) or not may_be_said(len(files), cells):
            continue
        if wilson_interval(n_unmet, len(files))[0] > 0.5:
            words = (
                f"{label} : environ {shown(len(files))} demandes, plus d’une sur deux sans dispositif, conseil à part."
            )
            said.append(words + _blocked(keys, counted))
    return said


def _having(needs: QuerySet[NeedFact], words: str, sizes: Table) -> Iterator[str]:
    """Say how many files have one of some needs."""
    files = set(needs.order_by().values_list("file", flat=True))
    if _is_enough(files) and may_be_said(len(files), _cells_of_files(sizes)):
        yield f"Environ {shown(len(files))} demandes ont un besoin {words}."


def _cells_of_need(needs: Table, sizes: Table, label: str) -> Iterator[tuple[Cell, int]]:
    column = needs.columns.index(label)
    for (_epci, of_needs), (_same, of_sizes) in zip(needs.rows, sizes.rows, strict=True):
        yield of_needs[column], most_of_need(of_needs[column], of_sizes)


def _cells_of_files(sizes: Table, epci: str = "") -> Iterator[tuple[Cell, int]]:
    for name, cells in sizes.rows:
        if epci in ("", name):
            yield from ((cell, bounds(cell)[1]) for cell in cells)


def _blocked(sub_needs: list[str], counted: QuerySet[FileFact, Any]) -> str:
    """Say which condition keeps most of the files of a need from a scheme, where those are enough to be spoken of."""
    rows = SoleBlocker.objects.filter(need__sub_need__in=sub_needs, need__file__in=counted)
    files: dict[tuple[int, int | None], set[int]] = defaultdict(set)
    for *pair, file in rows.order_by("revision", "criterion").values_list("revision", "criterion", "need__file"):
        files[pair[0], pair[1]].add(file)
    if not files:
        return ""
    most = max(files, key=lambda pair: len(files[pair]))
    found = files[most]
    if not _is_enough(found):
        return ""
    scheme, criterion = Revision.objects.get(pk=most[0]).name, most[1]
    condition = sentence(Criterion.objects.get(pk=criterion).definition) if criterion else "Ses dates"
    return f" Ce qui en bloque seul le plus, environ {shown(len(found))}{NBSP}: «{NBSP}{condition}{NBSP}» ({scheme})."


def _is_enough(files: Collection[int]) -> bool:
    """Tell whether files are enough, and of enough firms, to be spoken of; without a SIREN they prove one firm."""
    if len(files) < LEAST_FILES:
        return False
    firms = Submission.objects.filter(pk__in=files).values("sheet__company").distinct()
    return firms.count() >= LEAST_FIRMS


def _slow(sizes: Table, counted: QuerySet[FileFact, Any], on: date) -> Iterator[str]:
    """Say which intercommunalities take longer than they promised, over the last 90 days."""
    published = set(counted.values_list("pk", flat=True))
    promising = Organisation.objects.filter(promised_days__isnull=False, epci__isnull=False).order_by("epci")
    for epci, name, promised in promising.values_list("epci", "epci__usual_name", "promised_days"):
        days = {file: n for file, n in days_to_review(epci, on=on).items() if file in published}
        if promised is None or not _is_enough(days):
            continue
        median = median_high(days.values())
        # That there are ten is all that it says of their number.
        if median > promised and may_be_said(LEAST_FILES, _cells_of_files(sizes, name)):
            kept = in_working_days(median)
            yield f"{name} : {in_working_days(promised)} promis, {kept} pour la moitié des demandes."


def _waiting(sizes: Table, counted: QuerySet[FileFact, Any], on: date) -> Iterator[str]:
    limit = add_working_days(on, -MOST_DAYS)
    live = Submission.objects.open_to_officers(timezone.now()).still_open().waiting().filter(pk__in=counted)
    files = {file.pk for file in live if file.waits_since <= limit}
    if _is_enough(files) and may_be_said(len(files), _cells_of_files(sizes)):
        n = shown(len(files))
        yield f"Environ {n} demandes attendent une réponse depuis {in_working_days(MOST_DAYS)} au moins."
