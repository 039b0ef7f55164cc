"""Sending one request that is owed to a partner's endpoint."""

from django.conf import settings

from backend.webhooks import delivery
from tasks.app import app

# A sender is killed well before another may take its claim over, so that two never send the same request at once.
DELIVER_SECONDS = 60


@app.task(name="webhooks.deliver", max_retries=2, time_limit=DELIVER_SECONDS)
def deliver(pk: int, attempt: int) -> None:
    delivery.deliver(pk=pk, attempt=attempt)


def hand_out(pk: int, attempt: int) -> None:
    deliver.apply_async((pk, attempt), expires=settings.OUTBOX_SECONDS)
