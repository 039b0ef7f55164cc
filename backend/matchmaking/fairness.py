"""What each group of firms sees in its list, before a change of the order and after."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from statistics import fmean
from typing import Any

from backend.companies.size_bands import SIZE_BANDS, size_band
from backend.matchmaking import engine
from backend.matchmaking.models import Match, Submission
from backend.matchmaking.results import request_of

N_FILES = 300  # the newest
UNKNOWN = ""
SIZES = (*SIZE_BANDS, UNKNOWN)


def fairness(weights: Any, *, champion: Any, challenger: Any, on: date) -> list[dict[str, Any]]:
    """Compare two orders on the newest files: one row for each size of firm, then for each intercommunality.

    ``possible`` is the mean number of schemes in the list, which no order changes; ``before`` and ``after`` are how
    much the firm sees of those it can have for certain: the mean sum of 1 / log2(rank + 1).
    """
    files = list(Submission.objects.confirmed().select_related("sheet", "epci").prefetch_related("needs")[:N_FILES])
    requests = [request_of(file, on=on) for file in files]
    before, after = (
        [_seen(ranked) for ranked in engine.rank(requests, weights=weights, ranker=ranker)]
        for ranker in (champion, challenger)
    )
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, (file, request) in enumerate(zip(files, requests, strict=True)):
        groups["size", size_band(request.facts.get("headcount"))].append(row)
        groups["epci", file.epci.short_name if file.epci else UNKNOWN].append(row)
    return [
        {
            "kind": kind,
            "group": group,
            "n_files": len(rows),
            "possible": fmean(before[row][0] for row in rows),
            "before": fmean(before[row][1] for row in rows),
            "after": fmean(after[row][1] for row in rows),
        }
        for (kind, group), rows in sorted(groups.items(), key=lambda item: _place(*item[0]))
    ]


def seen(ranked: Sequence[engine.Ranked]) -> tuple[int, float]:
    """Return how many schemes answer the need and are eligible for certain, and how much is seen of them."""
    listed = [item for item in ranked if item.answers]
    is_eligible = [item.typed == Match.Verdict.ELIGIBLE for item in listed]
    return sum(is_eligible), engine.exposure(is_eligible)


def _seen(ranked: Sequence[engine.Ranked]) -> tuple[int, float]:
    """Return how many schemes answer the need and are possible, and how much is seen of the eligible ones."""
    listed = [item for item in ranked if item.answers]
    return len(listed), seen(ranked)[1]


def _place(kind: str, group: str) -> tuple[Any, ...]:
    return (0, SIZES.index(group)) if kind == "size" else (1, group == UNKNOWN, group)
