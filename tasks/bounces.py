"""Reading what comes back of the e-mails, and asking to telephone."""

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from tasks.app import app


@app.task(name="bounces.read", max_retries=2, time_limit=900)
def read() -> None:
    run_if_due(name="bounces.read", on=current_day())


@app.task(name="addresses.follow", max_retries=2, time_limit=300)
def follow_addresses() -> None:
    run_if_due(name="addresses.follow", on=current_day())
