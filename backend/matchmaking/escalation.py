"""A clock that forgets nobody: who is told, each morning of work, that a file or a call waits.

The first rung says that a file arrived, or came back; the others that it still waits. Their working days are in
``fixtures/escalations.yaml``. Where nobody of a rung is in post and present, those of the next one are told that very
morning. Each rung of each wait is told once, in one e-mail a person and day.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone

from backend.accounts.models import Absence, Membership, User
from backend.common.days import add_working_days, is_working_day
from backend.common.work import Work, change_each
from backend.matchmaking.emails import enqueue_digest
from backend.matchmaking.models import CallRequest, Escalation, FollowUp, HandOver, Submission
from backend.matchmaking.rungs import days_of_rungs, first_delays

RUNGS = tuple(Escalation.Rung)
Rung = Escalation.Rung
EVERYWHERE = Q()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A file, a call asked for, a step promised or owed, or a referral that waits: since when, and in whose hands."""

    submission: Submission | None = None
    call: CallRequest | None = None
    promise: FollowUp | None = None
    referral: HandOver | None = None
    since: date
    epci_id: int | None
    officer: User | None

    @property
    def columns(self) -> dict[str, Any]:
        """What tells this wait from others, as ``Escalation`` names it."""
        return {
            "submission": self.submission,
            "call": self.call,
            "follow_up": self.promise,
            "hand_over": self.referral,
            "starts_on": self.since,
        }

    @property
    def key(self) -> tuple[int | date | None, ...]:
        return tuple(value.pk if isinstance(value, Model) else value for value in self.columns.values())

    @property
    def kind(self) -> str:
        """What kind of wait it is, as ``fixtures/escalations.yaml`` names it."""
        is_answer = self.promise and self.promise.step in FollowUp.TO_READ
        return "files" if self.submission else "offers" if self.referral else "answers" if is_answer else "calls"

    def due(self, *, on: date) -> Iterator[Rung]:
        """Yield the rungs whose day has come."""
        days = days_of_rungs(self.kind)
        return (rung for rung in RUNGS if rung in days and _day_of(self.since, days[rung]) <= on)

    def is_late(self, *, on: date) -> bool:
        """Tell whether its first delay is over: whether or not anybody was reminded of it."""
        return _day_of(self.since, first_delays()[self.kind]) <= on


@lru_cache(maxsize=10_000)
def _day_of(since: date, days: int) -> date:
    return add_working_days(since, days)


def tell_who_waits(*, on: date) -> Work:
    """Owe each person one e-mail for what waits and is theirs to know since this morning; nothing on days off.

    One that fails keeps no other back; ``SomeFailed`` is raised at the end, and another run of that day owes it.
    """
    if not is_working_day(on):
        return Work(n_looked_at=0, n_changed=0)
    team, waiting = Team(on), [*_files(), *_calls(), *_promises(on), *_answers(), *_referrals()]
    columns = ("submission", "call", "follow_up", "hand_over", "starts_on", "rung")
    still = (
        Q(submission__isnull=False, submission__reviewed_at=None)
        | Q(call__isnull=False, call__done_at=None)
        | Q(follow_up__isnull=False, follow_up__done_at=None)
        | Q(hand_over__isnull=False, hand_over__answered_at=None)
    )
    told: dict[tuple[Any, ...], dict[int, date]] = defaultdict(dict)
    for *key, person, day in Escalation.objects.filter(still).values_list(*columns, "to", "told_on"):
        told[tuple(key)][person] = day
    rows: dict[int, list[Escalation]] = defaultdict(list)
    for wait in waiting:
        wanted = {**wait.columns, "told_on": on}
        for rung in wait.due(on=on):
            before = told.get((*wait.key, rung), {})
            # Once for all, but that a file placed nowhere any more has not arrived yet for those of other places; and
            # what others were told this very morning leaves those whose e-mail failed.
            is_told = any(day < on for day in before.values()) and not (rung == Rung.ARRIVAL and wait.epci_id is None)
            for person in () if is_told else set(team.told(wait, rung)) - before.keys():
                rows[person].append(Escalation(**wanted, rung=rung, to_id=person))
    n_changed = change_each(lambda person: _tell(team, person, rows[person]), rows)
    return Work(n_looked_at=len(waiting), n_changed=n_changed)


@transaction.atomic
def _tell(team: "Team", person: int, rows: list[Escalation]) -> bool:
    first, *_others = Escalation.objects.bulk_create(rows)
    enqueue_digest(team.people[person], rows, key=f"waiting:{first.pk}", is_here=team.is_here)
    return True


def waits_too_long(epcis: Collection[int], *, on: date) -> list[Waiting]:
    """Return what waits in some intercommunalities beyond its first delay, the oldest first."""
    there = Q(epci__in=epcis)
    waiting = (
        *_files(there),
        *_calls(there),
        *_promises(on, Q(submission__epci__in=epcis)),
        *_answers(Q(submission__epci__in=epcis)),
        *_referrals(Q(to_epci__in=epcis)),
    )
    return sorted((wait for wait in waiting if wait.is_late(on=on)), key=attrgetter("since"))


def _files(where: Q = EVERYWHERE) -> Iterator[Waiting]:
    files = Submission.objects.open_to_officers(timezone.now()).still_open().waiting().filter(where)
    for file in files.select_related("sheet", "epci", "officer", "contact"):
        yield Waiting(submission=file, since=file.waits_since, epci_id=file.epci_id, officer=file.officer)


def _calls(where: Q = EVERYWHERE) -> Iterator[Waiting]:
    for call in CallRequest.objects.waiting().filter(where).select_related("epci", "submission__officer"):
        officer = call.submission.officer if call.submission else None
        yield Waiting(call=call, since=timezone.localdate(call.asked_at), epci_id=call.epci_id, officer=officer)


def _promises(on: date, where: Q = EVERYWHERE) -> Iterator[Waiting]:
    """Yield the calls that were promised: their officer is told in the morning of the very day."""
    due = FollowUp.objects.calls_due(on).filter(where, submission__erased_at=None, submission__closed_at=None)
    for row in due.select_related("submission__sheet", "submission__epci", "submission__officer", "recorded_by"):
        if row.due_on:
            since, file = add_working_days(row.due_on, -1), row.submission
            yield Waiting(promise=row, since=since, epci_id=file.epci_id, officer=file.officer or row.recorded_by)


def _answers(where: Q = EVERYWHERE) -> Iterator[Waiting]:
    """Yield what partners and firms wrote and nobody in charge has read."""
    files = Submission.objects.open_to_officers(timezone.now()).still_open()
    rows = FollowUp.objects.to_do().to_read().filter(where, submission__in=files)
    for row in rows.select_related("submission__sheet", "submission__epci", "submission__officer"):
        file = row.submission
        opened = timezone.localdate(file.confirmed_at) if file.confirmed_at else file.waits_since
        since = max(timezone.localdate(row.recorded_at), opened)  # nobody could read it before
        yield Waiting(promise=row, since=since, epci_id=file.epci_id, officer=file.officer)


def _referrals(where: Q = EVERYWHERE) -> Iterator[Waiting]:
    """Yield the files offered to an intercommunality that nobody there answered: its lead decides."""
    offers = (
        HandOver.objects.waiting().referrals().filter(where, submission__erased_at=None, submission__closed_at=None)
    )
    for offer in offers.select_related("submission__sheet", "submission__epci", "to_epci", "by"):
        yield Waiting(referral=offer, since=offer.offered_on, epci_id=offer.to_epci_id, officer=None)


class Team:
    """Who is in post and present on a day, by role and intercommunality."""

    def __init__(self, on: date) -> None:
        self._absences = {row.user_id: row for row in Absence.objects.on(on).select_related("stand_in")}

    @cached_property
    def _roles(self) -> Mapping[tuple[str, int | None], list[int]]:
        found: dict[tuple[str, int | None], list[int]] = defaultdict(list)
        rows = Membership.objects.filter(user__is_active=True).order_by("user")
        for role, epci, user in rows.values_list("role", "organisation__epci", "user"):
            found[role, epci].append(user)
        return found

    @cached_property
    def people(self) -> Mapping[int, User]:
        return User.objects.in_bulk()

    def told(self, wait: Waiting, rung: Rung) -> list[int]:
        """Return who is told at a rung, or at the first one after it that has somebody; nobody where all are away."""
        for each in RUNGS[RUNGS.index(rung) :]:
            if each == Rung.TERRITORY_LEAD and (wait.referral or (wait.submission and wait.submission.awaits_firm)):
                return []  # who answers an offer is of its intercommunality; the other is opened by nobody elsewhere
            people = dict.fromkeys(self._of(wait, each))
            if here := [person for person in people if self.is_here(person) and self._covers(person, wait.epci_id)]:
                return here
        return []

    def _of(self, wait: Waiting, rung: Rung) -> Iterable[int]:
        match rung:
            case Rung.ARRIVAL | Rung.OFFICER:
                officer = wait.officer
                # Who moved to another intercommunality does not see the file any more: it is nobody's.
                if officer is None or (officer.is_active and not self._covers(officer.pk, wait.epci_id)):
                    # Of a file placed nowhere all read that it arrived: the first who calls takes it.
                    return self._reviewing(wait.epci_id, led=rung != Rung.ARRIVAL)
                return [officer.pk]
            case Rung.STAND_IN:
                return self._standing_in(wait.officer) if wait.officer else ()
            case Rung.EPCI_LEAD:
                leads = self._in(Membership.Role.EPCI_LEAD, wait.epci_id)
                # While they are away, the officers there answer an offer (``referrals.may_answer``).
                is_led = not wait.referral or any(map(self.is_here, leads))
                return leads if is_led else self._reviewing(wait.epci_id)
            case Rung.TERRITORY_LEAD:
                return self._in(Membership.Role.TERRITORY_LEAD, None)

    def _reviewing(self, epci_id: int | None, *, led: bool = True) -> list[int]:
        """Those who may take a file that nobody has: of its place, or where that is not known of all, or all leads."""
        leads = self._in(Membership.Role.EPCI_LEAD, epci_id)
        return leads if led and epci_id is None else [*self._in(Membership.Role.OFFICER, epci_id), *leads]

    def _standing_in(self, officer: User) -> list[int]:
        absence = self._absences.get(officer.pk)
        return [pk for pk in (absence.stand_in_id if absence else None, officer.stand_in_id) if pk][:1]

    def _in(self, role: str, epci_id: int | None) -> list[int]:
        everywhere = epci_id is None or role == Membership.Role.TERRITORY_LEAD
        return [
            user
            for (each, epci), users in self._roles.items()
            if each == role and (everywhere or epci == epci_id)
            for user in users
        ]

    def _covers(self, person: int, epci_id: int | None) -> bool:
        """Tell whether somebody may open what waits there: as ``visible_to`` does."""
        reviewing = (self._roles.get((role, epci_id), ()) for role in Membership.REVIEWING)
        leads = self._in(Membership.Role.TERRITORY_LEAD, None)
        anywhere = epci_id is None and any(person in self._in(role, None) for role in Membership.REVIEWING)
        return anywhere or person in leads or any(person in people for people in reviewing)

    def is_here(self, person: int) -> bool:
        return person not in self._absences and self.people[person].is_active
