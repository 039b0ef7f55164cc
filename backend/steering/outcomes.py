"""What came of each scheme in each file, as figures count it: one row for both, made from events and reviews."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Min, Window
from django.utils.timezone import localdate

from backend.common.days import working_days_between
from backend.matchmaking.models import Review, SchemeEvent
from backend.matchmaking.transitions import KEPT, Origin, State, counting
from backend.steering.models import SchemeFact

ASKED = frozenset({State.APPLIED, State.GRANTED, State.REFUSED})
ENDS = ASKED | {State.GIVEN_UP}
ANSWERED = frozenset({State.GRANTED, State.REFUSED})
COLUMNS = ("state", "was_asked", "reason", "is_firms", "euros_asked", "euros_granted", "said_at", "working_days")


class Word(NamedTuple):
    """What one voice said last of a scheme."""

    state: str
    at: datetime
    reason: str = ""


@dataclass(slots=True)
class Said:
    """All that stands of one scheme in one file."""

    firm: Word | None = None
    staff: Word | None = None
    verdict: Word | None = None
    was_asked: bool = False
    asked_at: datetime | None = None  # first, where that was said before what came of it
    euros: dict[str, int] = field(default_factory=dict)  # by state: the last sum


def scheme_facts(keys: Iterable[int]) -> dict[tuple[int, int], SchemeFact]:
    """Return what came of each scheme of some files, by file and scheme; no rows where nothing was decided or asked.

    What has ended since, such as a refusal before a new window, still happened.
    """
    found: dict[tuple[int, int], Said] = {}
    keys = list(keys)
    columns = ("submission", "scheme", "state", "origin", "reason", "refusal", "euros", "recorded_at")
    rows = SchemeEvent.objects.standing().filter(submission__in=keys).exclude(state=State.FOLLOWED)
    for file, scheme, state, origin, reason, refusal, euros, at in rows.order_by("recorded_at", "pk").values_list(
        *columns
    ):
        said = found.setdefault((file, scheme), Said())
        if origin == Origin.FIRM:
            said.firm = Word(state, at, reason)
        else:
            said.staff = Word(state, at, refusal)
        said.was_asked |= state in ASKED
        if state == State.APPLIED and said.asked_at is None:
            said.asked_at = at
        if euros is not None:
            said.euros[state] = euros
    verdicts = Review.objects.filter(submission__in=keys).order_by("decided_at", "pk")
    for file, scheme, verdict, reason, at in verdicts.values_list(
        "submission", "scheme", "verdict", "reason", "decided_at"
    ):
        found.setdefault((file, scheme), Said()).verdict = Word(verdict, at, reason)
    facts = {key: _fact(key, said) for key, said in found.items()}
    return {key: fact for key, fact in facts.items() if fact}


def _fact(key: tuple[int, int], said: Said) -> SchemeFact | None:
    last = counting(said.firm, said.staff)
    file, scheme = key
    fact = SchemeFact(file_id=file, scheme_id=scheme, was_asked=said.was_asked)
    if said.was_asked and last:
        fact.state, fact.said_at = last.state if last.state in ENDS else State.APPLIED, last.at
        if fact.state == State.REFUSED and said.staff and said.staff.state == State.REFUSED:
            fact.reason = said.staff.reason  # the firm says that it was refused, and not why
        if fact.state in ANSWERED and said.asked_at and said.asked_at <= last.at:
            fact.working_days = working_days_between(localdate(said.asked_at), localdate(last.at))
        fact.euros_asked, fact.euros_granted = said.euros.get(State.APPLIED), said.euros.get(State.GRANTED)
    elif said.verdict and said.verdict.state == Review.Verdict.REJECTED:
        fact.state, fact.said_at, fact.reason = State.SET_ASIDE, said.verdict.at, said.verdict.reason
    elif last and last.state in (State.SET_ASIDE, State.GIVEN_UP):
        fact.state, fact.said_at, fact.reason = last.state, last.at, last.reason
        fact.is_firms = last is said.firm
    elif said.verdict and said.verdict.state == KEPT:
        fact.state, fact.said_at = KEPT, said.verdict.at
    else:
        return None
    return fact


def write_scheme_facts(keys: Collection[int]) -> set[int]:
    """Write what came of the schemes of some files where it is not what stands; return the files where it is not."""
    made = scheme_facts(keys)
    standing = {(row.file_id, row.scheme_id): row for row in SchemeFact.objects.filter(file__in=keys)}
    gone = standing.keys() - made.keys()
    SchemeFact.objects.filter(pk__in=[standing[key].pk for key in gone]).delete()
    changed = {key: fact for key, fact in made.items() if key not in standing or _differs(fact, standing[key])}
    SchemeFact.objects.bulk_create(
        changed.values(), update_conflicts=True, unique_fields=["file", "scheme"], update_fields=COLUMNS
    )
    return {file for file, _scheme in gone | changed.keys()}


def mark_firms() -> None:
    """Mark the files of one firm that asked for one scheme with the first of them: the firm counts once for it."""
    of_firm = ["scheme", "file__submission__sheet__company"]
    asked = SchemeFact.objects.filter(was_asked=True, file__submission__sheet__company__isnull=False).annotate(
        n=Window(Count("pk"), partition_by=of_firm), first=Window(Min("file"), partition_by=of_firm)
    )
    wanted = dict(asked.filter(n__gt=1).values_list("pk", "first"))
    standing = dict(SchemeFact.objects.filter(same_firm__isnull=False).values_list("pk", "same_firm"))
    changed = [pk for pk in wanted.keys() | standing.keys() if wanted.get(pk) != standing.get(pk)]
    SchemeFact.objects.bulk_update([SchemeFact(pk=pk, same_firm=wanted.get(pk)) for pk in changed], ["same_firm"])


def _differs(fact: SchemeFact, other: SchemeFact) -> bool:
    return any(getattr(fact, name) != getattr(other, name) for name in COLUMNS)
