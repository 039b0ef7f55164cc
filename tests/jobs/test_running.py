"""Running jobs: alone, counted, once for each day, and again after a failure. The clock is an argument."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from backend.common.work import Work
from backend.jobs import registry
from backend.jobs.job import Job
from backend.jobs.models import JobRun, JobState
from backend.jobs.registry import JOBS
from backend.jobs.running import INTERRUPTED, LOCK_CLASS, run, run_if_due
from backend.notifications.models import Notification
from tests.conftest import ROOT
from tests.factories import DAY

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)  # 4:10 in Paris


@pytest.fixture
def daily(monkeypatch):
    """Add a job that is due each day from 4:00 on; it does what ``answers`` say, and notes the days in ``asked``."""
    answers: list[Work | Exception] = []
    asked = []

    def work(*, on, **options):
        asked.append(on)
        answer = answers.pop(0) if answers else Work(n_looked_at=7, n_changed=2)
        if isinstance(answer, Exception):
            raise answer
        return answer

    late = timedelta(hours=30)
    job = Job(name="test.daily", label="Essai", what="Rien.", work=work, at=time(4, 0), late_after=late)
    monkeypatch.setitem(JOBS, job.name, job)
    work.answers, work.asked = answers, asked
    return work


def tick(now: datetime = NIGHT) -> JobRun | None:
    return run_if_due(name="test.daily", on=DAY, now=now)


def state(name: str = "test.daily") -> JobState:
    return JobState.objects.get(name=name)


def test_a_run_is_counted(daily):
    tick()
    kept, now = JobRun.objects.get(), state()
    assert (kept.n_looked_at, kept.n_changed, kept.error, daily.asked) == (7, 2, "", [DAY])
    assert (now.n_looked_at, now.n_changed, now.n_failures) == (7, 2, 0)
    assert now.succeeded_at == kept.ended_at >= kept.started_at == NIGHT


@pytest.mark.parametrize(
    ("succeeded_at", "now", "is_done"),
    [
        (None, NIGHT, True),  # never: whatever the hour
        (None, NIGHT - timedelta(hours=3), True),
        (datetime(2026, 11, 23, 3, 30, tzinfo=UTC), NIGHT, True),
        (datetime(2026, 11, 23, 3, 30, tzinfo=UTC), NIGHT - timedelta(minutes=11), False),  # 3:59 in Paris
        (datetime(2026, 11, 24, 3, 0, tzinfo=UTC), NIGHT, False),  # 4:00 in Paris, just on its hour
        (datetime(2026, 11, 24, 2, 59, tzinfo=UTC), NIGHT, True),
        (datetime(2026, 11, 20, 3, 30, tzinfo=UTC), datetime(2026, 11, 24, 0, 30, tzinfo=UTC), True),  # was down
        (datetime(2026, 7, 1, 1, 30, tzinfo=UTC), datetime(2026, 7, 1, 2, 10, tzinfo=UTC), True),  # summer: 4:10
        (datetime(2026, 7, 1, 2, 0, tzinfo=UTC), datetime(2026, 7, 1, 2, 10, tzinfo=UTC), False),
    ],
)
def test_a_daily_job_is_done_once_from_its_hour_on_in_paris(daily, succeeded_at, now, is_done):
    if succeeded_at:
        JobState.objects.create(
            name="test.daily",
            known_since=succeeded_at,
            succeeded_at=succeeded_at,
            seconds=1,
            n_looked_at=1,
            n_changed=0,
        )
    assert bool(tick(now)) == is_done


def test_a_failure_is_kept_and_tried_again_at_the_next_tick(daily):
    daily.answers[:] = [ValueError("La liste est vide."), ValueError("La liste est vide.")]
    tick()
    tick(NIGHT + timedelta(hours=1))
    assert state().n_failures == 2
    assert state().error == "ValueError : La liste est vide."
    assert [each.error for each in JobRun.objects.all()] == ["ValueError : La liste est vide."] * 2
    assert tick(NIGHT + timedelta(hours=2)).error == ""
    assert (state().n_failures, state().succeeded_at is not None) == (0, True)
    assert tick(NIGHT + timedelta(minutes=1)) is None


def test_a_part_asked_for_by_hand_is_no_success(daily):
    run(name="test.daily", on=DAY, is_partial=True)
    assert JobRun.objects.get().is_partial
    assert not JobState.objects.filter(succeeded_at__isnull=False).exists()
    assert tick()


def test_old_runs_are_erased(daily):
    tick(NIGHT - timedelta(days=181))
    JobState.objects.all().delete()
    tick()
    assert [each.started_at for each in JobRun.objects.all()] == [NIGHT]


def test_a_job_that_is_switched_off_is_done_by_hand_only(daily, monkeypatch):
    monkeypatch.setitem(JOBS, "test.daily", replace(JOBS["test.daily"], is_on=False))
    assert tick() is None
    assert run(name="test.daily", on=DAY)


# -- two at once


@pytest.fixture
def elsewhere():
    """Return another connection to the same database."""
    settings = connection.settings_dict
    parameters = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    with psycopg.connect(
        dbname=settings["NAME"], password=settings["PASSWORD"] or None, autocommit=True, **parameters
    ) as other:
        yield other
        other.execute("SELECT pg_advisory_unlock_all()")  # a closed connection gives its locks back a moment later


def hold(other, name: str = "test.daily") -> None:
    other.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [LOCK_CLASS, name])


def test_what_runs_elsewhere_is_left_alone(daily, elsewhere):
    hold(elsewhere)
    assert tick() is None
    assert run(name="test.daily", on=DAY) is None
    assert (daily.asked, JobRun.objects.count()) == ([], 0)
    with pytest.raises(CommandError, match="déjà en cours"):
        call_command("run_job", "test.daily")


def test_the_lock_is_given_back_whatever_happens(daily, elsewhere):
    daily.answers[:] = [ValueError("Non.")]
    tick()
    tick()
    taken = elsewhere.execute("SELECT pg_try_advisory_lock(%s, hashtext('test.daily'))", [LOCK_CLASS]).fetchone()
    assert taken == (True,)


def test_another_job_is_not_held_up(daily, elsewhere):
    hold(elsewhere, "sessions.erase")
    assert tick()


def test_what_claims_each_row_needs_no_lock(elsewhere):
    hold(elsewhere, "outbox.sweep")
    assert run_if_due(name="outbox.sweep", on=DAY)


@pytest.fixture
def committing(elsewhere):
    """Return a function that ticks on a connection of its own, whose rows last; they are erased at the end."""

    def committed_tick(now: datetime = NIGHT) -> None:
        try:
            tick(now)
        finally:
            connection.close()

    def start(now: datetime = NIGHT) -> threading.Thread:
        thread = threading.Thread(target=committed_tick, args=[now])
        thread.start()
        return thread

    yield start
    elsewhere.execute("DELETE FROM jobs_jobrun WHERE name = 'test.daily'")
    elsewhere.execute("DELETE FROM jobs_jobstate WHERE name = 'test.daily'")


def test_two_at_once_do_it_once(daily, committing, monkeypatch):
    """Both ask at the same moment, each on its own connection; the second does nothing, then finds it done."""
    begun, may_end = threading.Event(), threading.Event()

    def work(*, on):
        begun.set()
        assert may_end.wait(10)
        return daily(on=on)

    monkeypatch.setitem(JOBS, "test.daily", replace(JOBS["test.daily"], work=work))
    first = committing()
    assert begun.wait(10)
    assert tick() is None
    may_end.set()
    first.join()
    assert tick() is None
    assert len(daily.asked) == 1


KILLED = """
import django, time
django.setup()
from datetime import date, time as hour, timedelta
from backend.jobs.job import Job
from backend.jobs.registry import JOBS
from backend.jobs.running import run

def work(*, on):
    print("begun", flush=True)
    time.sleep(60)

late = timedelta(hours=30)
JOBS["test.daily"] = Job(name="test.daily", label="", what="", work=work, at=hour(4), late_after=late)
run(name="test.daily", on=date(2026, 11, 24))
"""


def test_a_process_that_is_killed_frees_its_job_and_is_told_of(daily, committing, elsewhere):
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    environment = {**os.environ, "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}"}
    with subprocess.Popen([sys.executable, "-c", KILLED], cwd=ROOT, env=environment, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"begun\n"
        assert tick() is None
        os.kill(child.pid, signal.SIGKILL)
    elsewhere.execute("SET lock_timeout = '10s'")
    hold(elsewhere)  # once PostgreSQL has noticed that the process is dead
    elsewhere.execute("SELECT pg_advisory_unlock_all()")
    committing(datetime.now(UTC)).join()
    assert JobRun.objects.failed().get().error == INTERRUPTED
    assert (state().error, state().n_failures) == (INTERRUPTED, 0)  # it succeeded since
    assert JobRun.objects.count() == 2


# -- jobs of every few seconds


def test_a_frequent_job_changes_one_row_only(make_owed_now):
    for _ in range(3):
        assert run_if_due(name="outbox.sweep", on=DAY, hand_out=make_owed_now.append)
    assert (JobState.objects.count(), JobRun.objects.count()) == (1, 0)


@pytest.fixture
def make_owed_now():
    class HandedOut(list):
        def append(self, pk, attempt=None):
            super().append((pk, attempt))

    return HandedOut()


def test_a_frequent_job_keeps_the_first_failure_of_a_row(monkeypatch):
    def fail(*, on):
        raise ConnectionError("Redis est parti.")

    monkeypatch.setitem(JOBS, "outbox.sweep", replace(JOBS["outbox.sweep"], work=fail))
    for _ in range(4):
        run_if_due(name="outbox.sweep", on=DAY)
    assert JobRun.objects.get().error == "ConnectionError : Redis est parti."
    assert state("outbox.sweep").n_failures == 4


def test_a_frequent_job_costs_few_queries(django_assert_num_queries):
    run_if_due(name="outbox.sweep", on=DAY)
    with django_assert_num_queries(2):  # what is due, and how it went
        run_if_due(name="outbox.sweep", on=DAY)


# -- by hand


def test_the_command_does_a_job_or_lists_them():
    Notification.objects.all().delete()
    out = StringIO()
    call_command("run_job", "outbox.sweep", stdout=out)
    assert out.getvalue() == "outbox.sweep : 0 regardée, 0 changée.\n"
    call_command("run_job", stdout=out)
    assert all(name in out.getvalue() for name in JOBS)
    with pytest.raises(CommandError, match=r"« rien » n’est pas une tâche. Celles qui existent : outbox\.sweep"):
        call_command("run_job", "rien")


def test_the_command_fails_where_the_job_does(daily):
    daily.answers[:] = [ValueError("Non.")]
    with pytest.raises(CommandError, match=r"La tâche a échoué : ValueError : Non\."):
        call_command("run_job", "test.daily")


@pytest.mark.slow
def test_every_job_can_be_done_by_hand():
    """Each for real on the reference data, twice: the second changes nothing."""
    for name, job in registry.JOBS.items():
        if job.is_on:
            assert run(name=name, on=DAY).error == "", name
            again = run(name=name, on=DAY)
            assert (again.error, again.n_changed) == ("", 0), name


@pytest.mark.parametrize(
    "columns",
    [
        {"succeeded_at": NIGHT},
        {"n_failures": 1},
        {"n_failures": 1, "failed_at": NIGHT},
    ],
)
def test_the_database_refuses_a_state_that_says_half(columns):
    with pytest.raises(IntegrityError), transaction.atomic():
        JobState.objects.create(name="x", known_since=NIGHT, **columns)
