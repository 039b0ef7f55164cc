"""What waits, told each morning of work; files that are done, closed each night; what came of them, asked."""

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from tasks.app import app


@app.task(name="files.escalate", max_retries=2, time_limit=300)
def tell_who_waits() -> None:
    run_if_due(name="files.escalate", on=current_day())


@app.task(name="files.close", max_retries=2, time_limit=900)
def close_done_files() -> None:
    run_if_due(name="files.close", on=current_day())


@app.task(name="surveys.send", max_retries=2, time_limit=900)
def send_surveys() -> None:
    run_if_due(name="surveys.send", on=current_day())
