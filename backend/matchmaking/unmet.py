"""What a result leaves without an answer, need by need, and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from backend.matchmaking import engine
from backend.matchmaking.models import Result, Submission, UnmetNeed
from backend.matchmaking.models.needs import CLEAR
from backend.schemes.models import Revision
from backend.schemes.vocabulary import CRITERION_KINDS

Reason = UnmetNeed.Reason


@dataclass(frozen=True, slots=True)
class Why:
    """Why nothing answers a need; ``blocking`` is the kind of criterion that excludes the firm most often."""

    reason: str
    blocking: str = ""


def record_unmet(
    submission: Submission,
    result: Result,
    ranked: Iterable[engine.Ranked],
    compiled: engine.Catalogue,
    *,
    is_first: bool = False,
) -> None:
    """Bring the unmet needs of a submission up to what its newest result says; each keeps its first day."""
    found = _unmet(result, list(ranked), compiled)
    gone = [row.pk for row in submission.unmet_needs.all() if row.sub_need_id not in found] if not is_first else []
    if gone:
        submission.unmet_needs.filter(pk__in=gone).delete()
    UnmetNeed.objects.bulk_create(
        (
            UnmetNeed(
                submission=submission,
                sub_need_id=sub_need,
                reason=why.reason,
                blocking=why.blocking,
                since=result.on,
            )
            for sub_need, why in found.items()
        ),
        update_conflicts=True,
        unique_fields=["submission", "sub_need"],
        update_fields=["reason", "blocking"],
    )


def why(row: UnmetNeed) -> str:
    """Say why nothing answers, with what excludes the firm."""
    kind = CRITERION_KINDS.get(row.blocking, "")
    return f"{row.get_reason_display()} ({kind[:1].lower()}{kind[1:]})" if kind else row.get_reason_display()


def _unmet(result: Result, ranked: list[engine.Ranked], compiled: engine.Catalogue) -> dict[str | None, Why]:
    """Return the clear needs that nothing answers; none (``None``) where the words themselves were not understood."""
    if not result.stated:
        return {}
    revisions = {item.scheme_key: item.revision_id for item in ranked}
    possible = {item.scheme_key for item in ranked if item.is_possible}
    found: dict[str | None, Why] = {}
    for need in sorted(need for need, weight in result.needs.items() if weight >= CLEAR):
        serving = {scheme.key for scheme in compiled.schemes if need in scheme.needs}
        if not serving:
            found[need] = Why(Reason.NO_SCHEME)
        elif possible.isdisjoint(serving):
            found[need] = _blocked(result, {revisions[key] for key in serving})
    if not found and not any(item.addresses and item.scheme_key in possible for item in ranked):
        found[None] = Why(Reason.NOT_UNDERSTOOD)
    return found


def _blocked(result: Result, revisions: Iterable[int]) -> Why:
    """Tell why none of some schemes is possible: closed, or else what excludes the firm from most of the open ones."""
    rows = Revision.objects.filter(pk__in=revisions).select_related("scheme")
    rows = rows.prefetch_related("criteria", "served_needs__sub_need__need")
    kinds: Counter[str] = Counter()
    for window, *conditions in engine.explain(result.facts, rows, on=result.on).values():
        if window.outcome != "not_met":
            kinds[_blocking(next(line for line in conditions if line.outcome == "not_met"))] += 1
    if not kinds:
        return Why(Reason.NONE_OPEN)
    return Why(Reason.NONE_FOR_FIRM, min(kinds, key=lambda kind: (-kinds[kind], kind)))


def _blocking(line: engine.Line) -> str:
    """Return the kind of the condition that fails; of one made of others, the first of them that does."""
    if not line.parts:
        kind: str = line.definition["kind"]
        return kind
    return _blocking(next((part for part in line.parts if part.outcome == "not_met"), line.parts[0]))
