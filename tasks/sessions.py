"""Erasing the sessions that are over, with the drafts they hold."""

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from tasks.app import app


@app.task(name="sessions.erase", max_retries=2, time_limit=300)
def erase() -> None:
    run_if_due(name="sessions.erase", on=current_day())
