"""Telling one firm what is new in its result."""

from django.conf import settings

from backend.common.days import current_day
from backend.matchmaking import alerts
from tasks.app import app


@app.task(name="alerts.tell", max_retries=2, time_limit=60)
def tell(pk: int) -> None:
    alerts.tell(pk=pk, on=current_day())


def hand_out(pk: int) -> None:
    tell.apply_async((pk,), expires=settings.ALERT_SECONDS)
