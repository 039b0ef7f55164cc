"""Which schemes a firm is known to have: what officers learnt of it, as facts that the engine reads."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from backend.companies.models import Fact
from backend.matchmaking.models import FollowUp, Review, Submission
from backend.matchmaking.ownership import Readings, readings_of
from backend.schemes.models import Fusion
from backend.schemes.succession import keys_that_lead_to


def held_schemes(submission: Submission) -> dict[str, bool]:
    """Return the schemes that a firm has, by the names of facts: set aside as already had, or granted in the end.

    Any file that is read with this one says so. What was refused or given up is no "no": the firm may have it from
    before.
    """
    return held_by(readings_of([submission])).get(submission.pk, {})


def held_by(readings: Readings, *, among: QuerySet[Submission] | None = None) -> dict[int, dict[str, bool]]:
    """Return the same of many files at once, by file; those of which none is known are left out.

    Of those of which ``readings`` says who is read with them, and ``among`` others, too many to be named. Who has a
    scheme whose sheet gave way to another one has that one: they are the same.
    """
    together = {pk: {pk, *(other.pk for other in others)} for pk, others in readings.items()}
    files = Q(submission__in={pk for several in together.values() for pk in several})
    if among is not None:
        files |= Q(submission__in=among.order_by().values("pk"))
    found = list(_held(files))
    led = keys_that_lead_to() if any(gave_way for *_, gave_way in found) else {}
    held: defaultdict[int, set[str]] = defaultdict(set)
    for file, key, _ in found:
        held[file] |= {key, led.get(key, key)}
    if among is not None:
        together = {pk: {pk} for pk in held} | together
    keys = {pk: sorted({key for file in several for key in held.get(file, ())}) for pk, several in together.items()}
    return {pk: {f"{Fact.SCHEME}{key}": True for key in several} for pk, several in keys.items() if several}


def _held(files: Q) -> Iterator[tuple[int, str, bool]]:
    """Give each file, each scheme that it has, and whether that gave way to another; one query.

    The last decision on a scheme counts, and what its last demand came to.
    """
    review, end = "review", "end"
    columns = ("said_by", "submission", "scheme", "scheme__source", "scheme__source_key", "gave_way")
    gave_way = Exists(Fusion.objects.done().filter(gone=OuterRef("scheme")))
    reviews = Review.objects.filter(files).annotate(
        said_by=Value(review), at=F("decided_at"), said=Concat("verdict", Value(" "), "reason"), gave_way=gave_way
    )
    ends = FollowUp.objects.standing().filter(files, step__in=FollowUp.ENDS, scheme__isnull=False)
    ends = ends.annotate(said_by=Value(end), at=F("recorded_at"), said=F("step"), gave_way=gave_way)
    first, second = (rows.order_by().values_list(*columns, "said", "at", "pk") for rows in (reviews, ends))
    both: QuerySet[Any, Any] = first.union(second, all=True)
    last = {row[:3]: row for row in both.order_by("at", "pk")}
    has = (f"{Review.Verdict.REJECTED} {Review.Reason.ALREADY_HAS_IT}", FollowUp.Step.GRANTED)
    for _, file, _, source, key, is_gone, said, *_ in last.values():
        if said in has:
            yield file, f"{source}:{key}", is_gone
