"""Learning how firms speak of their needs, at night."""

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from tasks.app import app


@app.task(name="language.learn", max_retries=1, time_limit=900)
def learn() -> None:
    run_if_due(name="language.learn", on=current_day())
