import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from celery.schedules import crontab

from backend.jobs.registry import JOBS
from backend.webhooks.delivery import LEASE, LIMITS
from tasks.app import EMAILS, QUEUE, app

ROOT = Path(__file__).resolve().parents[2]
app.loader.import_default_modules()
OURS = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


@pytest.mark.parametrize("entry", app.conf.beat_schedule.values(), ids=app.conf.beat_schedule.keys())
def test_each_beat_entry_names_a_registered_task_and_expires(entry):
    assert entry["task"] in OURS
    schedule = entry["schedule"]
    seconds = 3600 if isinstance(schedule, crontab) else schedule
    assert entry["options"]["expires"] <= seconds
    if isinstance(schedule, crontab):
        assert (len(schedule.minute), len(schedule.hour)) == (1, 24), "a daily job is asked for once in each hour"


@pytest.mark.parametrize("task", [OURS[name] for name in sorted(OURS)], ids=sorted(OURS))  # the same in each worker
def test_each_task_has_an_explicit_name_and_bounds(task):
    module, function = task.__module__, task.__name__
    assert task.name != f"{module}.{function}", "a renamed function would orphan the messages in flight"
    assert task.acks_late
    assert task.max_retries is not None, "a task that kills its process would come back for ever"
    assert task.time_limit


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_sends_emails_has_a_queue_of_its_own(name):
    queue = app.amqp.router.route({}, name)["queue"].name
    assert queue == (EMAILS if name.startswith("outbox.") else QUEUE)


def test_there_are_tasks_and_two_queues_for_them():
    assert OURS
    assert list(app.amqp.queues) == [QUEUE, EMAILS]


def test_a_sender_is_killed_before_its_lease_is_over(settings):
    assert OURS["outbox.deliver"].time_limit < settings.OUTBOX_LEASE_SECONDS
    assert app.conf.broker_transport_options["visibility_timeout"] > settings.OUTBOX_LEASE_SECONDS
    assert LIMITS.total_seconds < OURS["webhooks.deliver"].time_limit < LEASE.total_seconds()


def test_the_engine_loads_without_django_in_a_fresh_interpreter():
    code = (
        "import matching, sys; assert not {'django', 'celery', 'redis'} & {name.split('.')[0] for name in sys.modules}"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True)


def test_each_job_has_its_task_and_its_tick():
    """A job that nobody would ask for could never be on time."""
    assert set(JOBS) == set(app.conf.beat_schedule)
    for name, job in JOBS.items():
        assert (OURS[name].time_limit, OURS[name].max_retries) == (job.seconds, job.retries)
        schedule = app.conf.beat_schedule[name]["schedule"]
        if job.at:
            assert schedule.minute == {job.at.minute}, "asked for at the minute from which it is due"
            assert job.late_after > timedelta(days=1)
        else:
            assert schedule == job.every_seconds
            assert job.late_after > timedelta(seconds=2 * job.every_seconds)


def test_no_task_outlives_the_time_after_which_redis_hands_it_out_again():
    assert max(task.time_limit for task in OURS.values()) < app.conf.broker_transport_options["visibility_timeout"]
