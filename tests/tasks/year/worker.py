"""The worker of the service, with one task more: the morning of whatever day the suite says."""

from datetime import date

from tasks.app import app  # before what imports models: it sets Django up

# isort: split
from backend.jobs.running import run

JOB = "files.escalate"


@app.task(name="year.morning")
def morning(day: str) -> None:
    run(name=JOB, on=date.fromisoformat(day))
