"""One run: the days go by, a worker does each morning, and is killed each week in the middle of one."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import groupby
from pathlib import Path

import psycopg
from django.db import connection
from django.utils import timezone

from backend.accounts.absences import declare_absence, name_stand_in
from backend.jobs.models import JobRun
from backend.matchmaking.calls import end_call
from backend.matchmaking.follow_up import close_step, record_step
from backend.matchmaking.models import CallRequest, Escalation, FollowUp, Submission
from backend.matchmaking.reviews import end_review
from backend.notifications.models import Notification
from tests.factories import COMMUNES, DAY, make_call, make_officer, make_submission
from tests.tasks.crash.programs import Program, wait_until
from tests.tasks.year import plan
from tests.tasks.year.worker import JOB, morning

PATIENCE_SECONDS = 60  # other programs work beside
# What a worker writes in a morning, in order: it is killed as it comes to one of these tables.
MOMENTS = {
    "before a reminder is kept": "matchmaking_escalation",
    "reminders kept, before their e-mail": "notifications_notification",
    "e-mails owed, before the job says it succeeded": "jobs_jobstate",
}
BLOCKED = """
SELECT pid FROM pg_locks WHERE NOT granted AND relation = %s::regclass
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

type Told = dict[tuple[tuple[str, int], str], list[tuple[date, str]]]  # by wait and rung: mornings and people


@dataclass
class Report:
    """What was told beside what was to be told."""

    last: date
    expected: dict[tuple[tuple[str, int], str], tuple[date, set[str]]]
    kills: Counter[str] = field(default_factory=Counter)
    told: Told = field(default_factory=dict)
    n_emails: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        days = list(plan.days(self.last))
        lines = [
            f"{len(days)} days from {plan.FIRST} to {self.last}, {sum(map(plan.is_working, days))} of work; "
            f"{sum(each.starts_on <= self.last for each in plan.absences())} absences of 5 people",
            f"{sum(wait.made_on <= self.last for wait in plan.waits())} waits, {len(self.told)} rungs told, "
            f"{sum(map(len, self.told.values()))} reminders in {self.n_emails} e-mails",
            "| Wait | Rung | Working day | Due | On their morning | Other morning | Twice | To who is away | Lost |",
            "|---|---|---|---|---|---|---|---|---|",
            *(f"| {' | '.join(map(str, row))} |" for row in self.rows()),
            *(f"worker killed {self.kills[name]} times {name}" for name in MOMENTS),
            *self.faults,
            "DOES NOT HOLD" if self.faults else "holds",
        ]
        return "\n".join(lines)

    def rows(self) -> Iterator[tuple[str | int, ...]]:
        away = plan.absences()
        for kind, rungs in plan.RUNGS.items():
            for rung, n in rungs.items():
                due = {key: row for key, row in self.expected.items() if key[0][0] == kind and key[1] == rung}
                told = {key: row for key, row in self.told.items() if key[0][0] == kind and key[1] == rung}
                mornings = {key: {on for on, _who in row} for key, row in told.items()}
                right = sum(mornings.get(key) == {on} for key, (on, _who) in due.items())
                other = sum(mornings[key] != {due[key][0]} if key in due else True for key in told)
                twice = sum(len(row) != len({who for _on, who in row}) for row in told.values())
                absent = sum(
                    each.who == who and each.starts_on <= on <= each.ends_on
                    for row in told.values() for on, who in row for each in away
                )  # fmt: skip
                yield kind, rung, n, len(due), right, other, twice, absent, len(due.keys() - told.keys())

    def judge(self) -> None:
        for key in sorted(self.expected.keys() | self.told.keys()):
            on, people = self.expected.get(key, (None, set()))
            found = sorted(self.told.get(key, []))
            if found != sorted((on, who) for who in people):
                self.faults.append(f"{key}: {found} was told, {sorted(people)} on {on} was to be")


class Office:
    """People who file, answer and call, each at ten o'clock."""

    def __init__(self) -> None:
        self.people = {who: make_officer(place, role=role) for who, (place, role) in plan.PEOPLE.items()}
        for who, other in plan.STANDS_IN.items():
            name_stand_in(user=self.people[who], stand_in=self.people[other], by=self.people[who])
        # Who is named stands in for others when they are named, and falls ill afterwards.
        for each in sorted(plan.absences(), key=lambda absence: absence.stand_in is None):
            stand_in = self.people[each.stand_in] if each.stand_in else None
            user = self.people[each.who]
            declare_absence(user=user, starts_on=each.starts_on, ends_on=each.ends_on, stand_in=stand_in, by=user)
        self.waits = plan.waits()
        self.keys: dict[tuple[str, int], int] = {}

    def work(self, day: date) -> None:
        for wait in self.waits:
            if wait.made_on == day:
                self.keys[wait.key] = self._begin(wait)
            if wait.done_on == day:
                self._end(wait)

    def _begin(self, wait: plan.Wait) -> int:
        at = timezone.make_aware(datetime.combine(wait.made_on, time(10)))
        if wait.kind == "call":
            call = make_call(wait.place)
            CallRequest.objects.filter(pk=call.pk).update(asked_at=at)
            return call.pk
        facts, email = {"commune": COMMUNES[wait.place]}, f"{wait.kind}{wait.number}@firm.example"
        file = make_submission(confirmed=True, siret="", siren="", email=email, facts=facts)
        officer = self.people[wait.officer] if wait.officer else None
        Submission.objects.filter(pk=file.pk).update(officer=officer, filed_at=at, confirmed_at=at)
        if wait.kind == "file":
            return file.pk
        assert officer
        end_review(submission=file, officer=officer, on=DAY, message="Je vous rappelle.")
        due_on = plan.working(wait.since, 1)
        return record_step(submission=file, officer=officer, step=FollowUp.Step.CALL_BACK, due_on=due_on).pk

    def _end(self, wait: plan.Wait) -> None:
        officer, pk = self.people[wait.officer or {"ARC": "officer", "CCLO": "far"}[wait.place]], self.keys[wait.key]
        match wait.kind:
            case "file":
                end_review(submission=Submission.objects.get(pk=pk), officer=officer, on=DAY, message="Bonjour.")
            case "call":
                end_call(call=CallRequest.objects.get(pk=pk), officer=officer)
            case "promise":
                close_step(follow_up=FollowUp.objects.get(pk=pk), officer=officer)


class Hands:
    """A worker of Celery, started again each time it is killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.start()

    def start(self) -> None:
        command = ("-m", "celery", "-A", "tests.tasks.year.worker", "worker", "--queues", "jonction")
        options = ("--without-gossip", "--without-mingle", "--concurrency", "1")
        self.program = Program("worker", *command, *options, folder=self._folder, environment=dict(os.environ))

    def do(self, day: date) -> None:
        """Let the worker do a morning, and wait until it has."""
        n = mornings_done()
        morning.delay(day.isoformat())
        self.program.wait_for(lambda: mornings_done() > n, seconds=PATIENCE_SECONDS)

    def is_killed(self, day: date, table: str) -> bool:
        """Kill the worker as it comes to a table, and start another; tell whether it came to it."""
        n = mornings_done()
        with held(table) as blocked:
            morning.delay(day.isoformat())
            self.program.wait_for(lambda: blocked() or mornings_done() > n, seconds=PATIENCE_SECONDS)
            if not (waiting := blocked()):
                return False
            self.program.kill()
            for pid in waiting:  # PostgreSQL notices at its next word that nobody listens: here at once
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
            wait_until(lambda: not blocked(), seconds=PATIENCE_SECONDS)
        self.start()
        return True


@contextmanager
def held(table: str) -> Iterator:
    """Lock a table against writes; yield a function that returns the sessions waiting for the lock."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as lock:
        lock.execute(f"LOCK TABLE {table} IN SHARE MODE")
        yield lambda: [pid for (pid,) in lock.execute(BLOCKED, [table]).fetchall()]
        lock.rollback()


def mornings_done() -> int:
    return JobRun.objects.filter(name=JOB, ended_at__isnull=False, error="").count()


def run_year(n_days: int, *, folder: Path) -> Report:
    """Play so many days of the year on the database of the settings, which is loaded."""
    days = list(plan.days(plan.LAST))[:n_days]
    report = Report(days[-1], plan.reminders(days[-1]))
    office, hands = Office(), Hands(folder)
    names, killed_in = list(MOMENTS), 0  # the last week in which the worker was killed
    try:
        for n, day in enumerate(days):
            week = n // 7 + 1
            moment = names[week % len(names)]
            if week > killed_in and n % 7 >= week % 5 and hands.is_killed(day, MOMENTS[moment]):
                killed_in = week
                report.kills[moment] += 1
            hands.do(day)
            office.work(day)
    finally:
        hands.program.stop()
    report.told = told_by(office)
    report.judge()
    report.n_emails = n_emails(report)
    if report.kills.total() < n_days // 7:
        report.faults.append(f"the worker was killed {report.kills.total()} times in {n_days // 7} weeks")
    return report


def told_by(office: Office) -> Told:
    waits = {(key[0], pk): key for key, pk in office.keys.items()}
    names = {person.pk: who for who, person in office.people.items()}
    found: Told = defaultdict(list)
    for row in Escalation.objects.all():
        kind = "file" if row.submission_id else "call" if row.call_id else "promise"
        key = waits[kind, row.submission_id or row.call_id or row.follow_up_id]
        found[key, row.rung].append((row.told_on, names[row.to_id]))
    return dict(found)


def n_emails(report: Report) -> int:
    """Count the e-mails owed; find fault where they are not one for each person and morning, which names all of it."""
    rows = Escalation.objects.order_by("to", "told_on", "pk").select_related("to")
    owed = {one.dedupe_key: one for one in Notification.objects.filter(kind="waiting_digest")}
    expected = {}
    for _person_and_morning, group in groupby(rows, key=lambda row: (row.to_id, row.told_on)):
        first = next(group)
        expected[f"waiting:{first.pk}"] = first.to.email
    if {key: one.recipient for key, one in owed.items()} != expected:
        report.faults.append(f"{len(owed)} e-mails are owed, {len(expected)} people and mornings had reminders")
    return len(owed)
