"""Which schemes a firm is known to have: what it and its officers said, as facts that the engine reads."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value

from backend.companies.models import Fact
from backend.matchmaking.contents import EVENTS, REVIEWS, may_have
from backend.matchmaking.models import Review, SchemeEvent, Submission
from backend.matchmaking.ownership import Readings, readings_of
from backend.matchmaking.transitions import HELD, Origin, counting, last_of, state_of_verdict
from backend.schemes.catalogue.succession import keys_that_lead_to
from backend.schemes.models import Fusion

VERDICT = "verdict"


class _Word(NamedTuple):
    state: str
    at: datetime


def held_schemes(submission: Submission) -> dict[str, bool]:
    """Return the schemes that a firm has, by the names of facts: already had, or granted in the end.

    Any file that is read with this one says so. What was refused or given up is no "no": the firm may have it from
    before.
    """
    return held_by(readings_of([submission])).get(submission.pk, {})


def may_hold(submission: Submission) -> bool:
    """Tell whether anything that is said in a file itself may be that its firm has a scheme."""
    return may_have(submission, REVIEWS) or may_have(submission, EVENTS)


def held_by(readings: Readings, *, among: QuerySet[Submission] | None = None) -> dict[int, dict[str, bool]]:
    """Return the same of many files at once, by file; those of which none is known are left out.

    Of those of which ``readings`` says who is read with them, and ``among`` others, too many to be named. Who has a
    scheme whose sheet gave way to another one has that one: they are the same.
    """
    if not readings and among is None:
        return {}
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

    Of reviews and of what was said since, the word that counts says so.
    """
    columns = ("submission", "scheme", "scheme__source", "scheme__source_key", "gave_way")
    gave_way = Exists(Fusion.objects.done().filter(gone=OuterRef("scheme")))
    reviews = Review.objects.filter(files).annotate(
        said_by=Value(VERDICT), at=F("decided_at"), said=F("verdict"), why=F("reason"), gave_way=gave_way
    )
    events = SchemeEvent.objects.standing().filter(files)
    events = events.annotate(
        said_by=F("origin"), at=F("recorded_at"), said=F("state"), why=Value(""), gave_way=gave_way
    )
    first, second = (
        rows.order_by().values_list(*columns, "said_by", "said", "why", "at", "pk") for rows in (reviews, events)
    )
    both: QuerySet[Any, Any] = first.union(second, all=True)
    words: defaultdict[tuple[int, int, str, str, bool], dict[str, _Word]] = defaultdict(dict)
    for *key, said_by, said, why, at, _ in both.order_by("at", "pk"):
        voice = said_by if said_by in (VERDICT, Origin.FIRM) else Origin.OFFICER
        words[tuple(key)][voice] = _Word(state_of_verdict(said, why) if voice == VERDICT else said, at)
    for (file, _, source, name, is_gone), voices in words.items():
        verdict = voices.get(VERDICT)
        staff = last_of(verdict if verdict and verdict.state else None, voices.get(Origin.OFFICER))
        last = counting(voices.get(Origin.FIRM), staff)
        if last and last.state in HELD:
            yield file, f"{source}:{name}", is_gone
