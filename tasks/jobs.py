"""A task for each job of the registry: Celery asks, the database says whether it is due."""

from typing import Any

from backend.common.days import current_day
from backend.jobs.job import Job
from backend.jobs.registry import JOBS
from backend.jobs.running import run_if_due
from tasks import alerts, outbox, rematching, webhooks
from tasks.app import app

# Those that share their work out among the workers. What is still queued at the next sweep is void: that one hands it
# out again.
HANDING_OUT = {
    "outbox.sweep": outbox.hand_out,
    "alerts.sweep": alerts.hand_out,
    "rematch.sweep": rematching.hand_out,
    "webhooks.sweep": webhooks.hand_out,
}


def _register(job: Job) -> None:
    options: dict[str, Any] = {"hand_out": HANDING_OUT[job.name]} if job.name in HANDING_OUT else {}

    @app.task(name=job.name, max_retries=job.retries, soft_time_limit=job.soft_seconds, time_limit=job.seconds)
    def run() -> None:
        run_if_due(name=job.name, on=current_day(), **options)


for _job in JOBS.values():
    _register(_job)
