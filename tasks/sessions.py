"""Erasing what is over: sessions with the drafts they hold, and all that was kept for its time."""

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from tasks.app import app


@app.task(name="sessions.erase", max_retries=2, time_limit=300)
def erase() -> None:
    run_if_due(name="sessions.erase", on=current_day())


@app.task(name="retention.apply", max_retries=1, time_limit=1500)
def apply_retention() -> None:
    run_if_due(name="retention.apply", on=current_day())
