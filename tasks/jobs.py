"""Looking after the other jobs."""

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from tasks.app import app


@app.task(name="jobs.watch", max_retries=2, time_limit=60)
def watch() -> None:
    run_if_due(name="jobs.watch", on=current_day())
