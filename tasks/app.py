"""Celery: a clock and some hands. The database says what is due, so that Redis may be emptied and nothing is lost."""

import os
from typing import Any

import django
from celery import Celery
from celery.schedules import crontab
from kombu.entity import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
django.setup()  # the task modules import models

from django.conf import settings  # noqa: E402 -- readable once Django is set up

from backend.jobs.job import Job  # noqa: E402
from backend.jobs.registry import JOBS  # noqa: E402

QUEUE = "jonction"
EMAILS = "emails"  # read by a process of its own (scripts/start mailer): no long job holds an e-mail back

MODULES = ["tasks.heartbeat", "tasks.jobs"]


def _tick(job: Job) -> dict[str, Any]:
    """Ask for a daily job in every hour: a beat restarted each day without its schedule file would never do it."""
    schedule = crontab(minute=str(job.at.minute)) if job.at else job.every_seconds
    return {"task": job.name, "schedule": schedule, "options": {"expires": job.every_seconds or 3600}}


app = Celery("jonction", include=MODULES)
app.conf.update(
    broker_url=settings.REDIS_URL,
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    timezone=settings.TIME_ZONE,
    task_default_queue=QUEUE,
    task_queues=[Queue(QUEUE), Queue(EMAILS)],  # type: ignore[no-untyped-call]
    task_routes={"outbox.*": {"queue": EMAILS}},
    task_create_missing_queues=False,  # a misspelt queue is an error, not a queue that nobody reads
    # A message is given up only once its task has ended. A task that kills its process is run again max_retries times:
    # without the third line it would come back for ever.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_retry_on_worker_lost=True,
    task_acks_on_failure=True,
    task_acks_on_timeout=True,
    worker_prefetch_multiplier=1,
    # A lost connection to Redis must not kill a process that is sending: the attempt in its message already keeps
    # a second delivery from doing anything.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_soft_shutdown_timeout=20,  # where SIGTERM is remapped to SIGQUIT, as in a container
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 1800,  # longer than any task
        # A connection cut without a word is noticed within seconds; with the defaults the worker stays deaf for ever.
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
    # Ticks in a Redis outage are lost, not late. That is harmless: each looks for all that is due.
    beat_schedule={name: _tick(job) for name, job in JOBS.items()},
)
