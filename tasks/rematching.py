"""Trying what changed of the catalogue on one shard of firms."""

from django.conf import settings

from backend.matchmaking import rematching
from tasks.app import app


@app.task(name="rematch.take_in", max_retries=2, time_limit=300)
def take_in(pk: int) -> None:
    rematching.take_in(pk=pk)


def hand_out(pk: int) -> None:
    take_in.apply_async((pk,), expires=settings.ALERT_SECONDS)
