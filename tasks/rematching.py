"""Trying what changed of the catalogue on every firm."""

from django.conf import settings

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from backend.matchmaking import rematching
from tasks.app import app


@app.task(name="rematch.sweep", max_retries=2, time_limit=60)
def sweep() -> None:
    """Hand out every shard that waits; one still queued at the next sweep is void: that hands it out again."""
    run_if_due(name="rematch.sweep", on=current_day(), hand_out=_hand_out)


def _hand_out(pk: int) -> None:
    take_in.apply_async((pk,), expires=settings.ALERT_SECONDS)


@app.task(name="rematch.take_in", max_retries=2, time_limit=300)
def take_in(pk: int) -> None:
    rematching.take_in(pk=pk)
