"""Telling firms what is new in their result."""

from django.conf import settings

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from backend.matchmaking import alerts
from tasks.app import app


@app.task(name="alerts.sweep", max_retries=2, time_limit=60)
def sweep() -> None:
    """Hand out every subscription whose result may hold news; what is still queued at the next sweep is void."""
    run_if_due(name="alerts.sweep", on=current_day(), hand_out=_hand_out)


def _hand_out(pk: int) -> None:
    tell.apply_async((pk,), expires=settings.ALERT_SECONDS)


@app.task(name="alerts.tell", max_retries=2, time_limit=60)
def tell(pk: int) -> None:
    alerts.tell(pk=pk, on=current_day())
