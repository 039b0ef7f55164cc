"""Whether firms of each size and place are answered as much as others: means of each month, and an alarm on drift."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django.db import transaction

from backend.common.files import read_yaml
from backend.common.territory_files import territory_file
from backend.companies.size_bands import SIZE_LABELS
from backend.matchmaking import engine
from backend.matchmaking.fairness import seen
from backend.matchmaking.models import Submission
from backend.matchmaking.results import request_of
from backend.steering.models import FairnessMonth, FileFact, Step
from backend.territories.models import ServedEpci

Kind = FairnessMonth.Kind
SHARD = 200  # files asked of the engine at once
N_SAMPLES = 2_000  # of the bootstrap of a mean
MEASURES = {"eligible": "dispositifs éligibles", "exposure": "exposition"}


@lru_cache(maxsize=1)
def thresholds() -> dict[str, int]:
    """Return what ``fixtures/fairness.yaml`` says of drift."""
    content: dict[str, int] = read_yaml(territory_file("fairness.yaml"))
    return content


def keep_fairness(*, on: date) -> int:
    """Keep the means of the month before that of a day, once; return how many groups that is.

    Of the files that were filed in it and confirmed since, answered on what is known of each firm now.
    """
    last = on.replace(day=1) - timedelta(days=1)
    month = last.replace(day=1)
    if FairnessMonth.objects.filter(month=month).exists():
        return 0
    facts = FileFact.objects.filter(filed_on__range=(month, last), steps__step=Step.CONFIRMED)
    groups = {pk: (size, epci) for pk, size, epci in facts.values_list("pk", "size", "epci__short_name")}
    values: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for pk, found in _answered(sorted(groups), on):
        size, epci = groups[pk]
        for key in ((Kind.ALL, ""), (Kind.SIZE, size), (Kind.EPCI, epci or "")):
            values[key].append(found)
    rows = [_row(month, *key, found) for key, found in values.items()]
    with transaction.atomic():
        FairnessMonth.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _answered(keys: Sequence[int], on: date) -> Iterator[tuple[int, tuple[int, float]]]:
    """Yield each file that is not erased, with how many schemes are eligible and how much of them is seen."""
    rules = engine.in_force()
    for first in range(0, len(keys), SHARD):
        rows = Submission.objects.filter(pk__in=keys[first : first + SHARD], erased_at=None).order_by("pk")
        files = list(rows.select_related("sheet").prefetch_related("needs"))
        asked = [request_of(file, on=on) for file in files]
        ranked = engine.rank(asked, compiled=rules.compiled, weights=rules.weights, ranker=rules.ranker)
        for file, found in zip(files, ranked, strict=True):
            yield file.pk, seen(found)


def _row(month: date, kind: str, group: str, values: list[tuple[int, float]]) -> FairnessMonth:
    eligible, exposure = zip(*values, strict=True)
    return FairnessMonth(
        month=month,
        kind=kind,
        group=group,
        n_files=len(values),
        eligible=list(engine.paired_interval(eligible, n_samples=N_SAMPLES)),
        exposure=list(engine.paired_interval(exposure, n_samples=N_SAMPLES)),
    )


# -- reading it


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A group's share of the mean of all: what it is, its bounds and what it was, in percent; and whether it moved."""

    label: str
    measure: str
    has_drifted: bool
    now: int
    low: int
    high: int
    before: int


def months() -> dict[date, list[FairnessMonth]]:
    """Return what was kept, the last month first."""
    found: dict[date, list[FairnessMonth]] = defaultdict(list)
    for row in FairnessMonth.objects.all():
        found[row.month].append(row)
    return dict(found)


def labels(epcis: Iterable[ServedEpci]) -> dict[tuple[str, str], str]:
    """Return what to call each group, in the order to read them: all, sizes from small to large, places."""
    sizes: dict[tuple[str, str], str] = {("size", key): label for key, label in SIZE_LABELS.items()}
    places: dict[tuple[str, str], str] = {("epci", epci.short_name): epci.usual_name for epci in epcis}
    return {("all", ""): "Toutes", **sizes, **places, ("epci", ""): "Commune inconnue"}


def compared(kept: Mapping[date, list[FairnessMonth]], names: Mapping[tuple[str, str], str]) -> list[Compared]:
    """Compare each group in the last month with itself in the months before, both in percent of all.

    A group of few files in either, and what nobody is answered, is left out: nothing can be told of it.
    """
    if len(kept) < 2:
        return []
    limits = thresholds()
    last, *earlier = sorted(kept, reverse=True)
    before = [row for month in earlier[: limits["months_before"]] for row in kept[month]]
    found = []
    for row in kept[last]:
        mine = [other for other in before if (other.kind, other.group) == (row.kind, row.group)]
        enough = min(row.n_files, sum(other.n_files for other in mine)) >= limits["least_files"]
        if enough and row.kind != Kind.ALL:
            label = names.get((row.kind, row.group), row.group)
            found += [_compared(label, measure, row, mine, kept[last], before) for measure in MEASURES]
    return [each for each in found if each]


def _compared(
    label: str,
    measure: str,
    row: FairnessMonth,
    mine: Sequence[FairnessMonth],
    now: Sequence[FairnessMonth],
    before: Sequence[FairnessMonth],
) -> Compared | None:
    reference, reference_before = (
        _mean([one for one in rows if one.kind == Kind.ALL], measure) for rows in (now, before)
    )
    if not reference or not reference_before:
        return None
    mean, low, high = (100 * value / reference for value in getattr(row, measure))
    was = 100 * _mean(mine, measure) / reference_before
    shown: dict[str, Any] = {"now": round(mean), "low": round(low), "high": round(high), "before": round(was)}
    most = thresholds()["drift_percent"]
    return Compared(label=label, measure=MEASURES[measure], has_drifted=high < was - most or low > was + most, **shown)


def _mean(rows: Sequence[FairnessMonth], measure: str) -> float:
    """Return the mean over the files of some months."""
    n_files = sum(row.n_files for row in rows)
    return sum(getattr(row, measure)[0] * row.n_files for row in rows) / n_files if n_files else 0.0
