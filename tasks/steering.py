"""Counting what happens to files."""

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from tasks.app import app


@app.task(name="steering.follow", max_retries=0, time_limit=300)
def follow_files() -> None:
    run_if_due(name="steering.follow", on=current_day())


@app.task(name="steering.rebuild", max_retries=2, time_limit=900)
def rebuild_steering() -> None:
    run_if_due(name="steering.rebuild", on=current_day())
