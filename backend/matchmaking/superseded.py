"""The schemes of a file whose sheet gave way to another one: people keep seeing them, with where they went."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from backend.matchmaking.contents import GONE_SHEETS, may_have
from backend.matchmaking.decisions import Decision
from backend.matchmaking.models import Match, Review, SchemeEvent, Submission
from backend.matchmaking.ownership import numbers_read
from backend.schemes.catalogue.succession import successors
from backend.schemes.models import Scheme


@dataclass(frozen=True, slots=True)
class Superseded:
    """A scheme that a file holds, the version that was read last, and the scheme that it is now."""

    scheme: Scheme
    version: int
    now: Scheme
    is_kept: bool


def superseded_schemes(submission: Submission, reviews: Mapping[int, Decision]) -> tuple[Superseded, ...]:
    """Return those that the firm was shown as possible, that people kept as far as told, or that are followed.

    A result that read a file that is not read with this one any more shows nothing.
    """
    led = successors() if may_have(submission, GONE_SHEETS) else {}
    if not led:
        return ()
    results = submission.results.reading_only(numbers_read(submission)).order_by()
    shown = Match.objects.answering().filter(result__in=results.values("pk")).values("scheme")
    kept = {pk for pk, review in reviews.items() if review.is_decided and review.verdict == Review.Verdict.KEPT}
    followed = SchemeEvent.objects.standing().filter(submission=submission).values("scheme")
    rows = Scheme.objects.filter(pk__in=led).filter(Q(pk__in=shown) | Q(pk__in=kept) | Q(pk__in=followed))
    found = list(rows.select_related("current"))
    last = Scheme.objects.select_related("current").in_bulk([led[scheme.pk] for scheme in found])
    superseded = [
        Superseded(scheme, scheme.current.number if scheme.current else 1, last[led[scheme.pk]], scheme.pk in kept)
        for scheme in found
    ]
    return tuple(sorted(superseded, key=lambda each: str(each.scheme)))
