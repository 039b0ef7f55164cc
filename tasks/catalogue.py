"""Keeping the catalogue true."""

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from tasks.app import app


@app.task(name="catalogue.publish", max_retries=2, time_limit=240)
def publish_what_is_due() -> None:
    run_if_due(name="catalogue.publish", on=current_day())


# It stops by itself after 20 minutes (BUDGET_SECONDS); killed, it keeps nothing of the day.
@app.task(name="links.check", max_retries=0, soft_time_limit=1500, time_limit=1560)
def check_links() -> None:
    run_if_due(name="links.check", on=current_day())


@app.task(name="catalogue.expiry", max_retries=2, time_limit=300)
def check_expiry() -> None:
    run_if_due(name="catalogue.expiry", on=current_day())


@app.task(name="catalogue.review", max_retries=2, time_limit=300)
def check_reviews() -> None:
    run_if_due(name="catalogue.review", on=current_day())


@app.task(name="catalogue.windows", max_retries=2, time_limit=300)
def follow_windows() -> None:
    run_if_due(name="catalogue.windows", on=current_day())


@app.task(name="catalogue.completeness", max_retries=2, time_limit=300)
def score_sheets() -> None:
    run_if_due(name="catalogue.completeness", on=current_day())


@app.task(name="catalogue.duplicates", max_retries=1, time_limit=900)
def search_duplicates() -> None:
    run_if_due(name="catalogue.duplicates", on=current_day())


@app.task(name="catalogue.summary", max_retries=2, time_limit=300)
def send_summaries() -> None:
    run_if_due(name="catalogue.summary", on=current_day())


@app.task(name="reports.erase", max_retries=2, time_limit=300)
def erase_addresses() -> None:
    run_if_due(name="reports.erase", on=current_day())
