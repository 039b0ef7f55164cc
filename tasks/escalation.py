"""Telling, each morning of work, who has something waiting."""

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from tasks.app import app


@app.task(name="files.escalate", max_retries=2, time_limit=300)
def tell_who_waits() -> None:
    run_if_due(name="files.escalate", on=current_day())
