"""Sending one e-mail that the outbox owes."""

from django.conf import settings

from backend.notifications import services as notifications
from tasks.app import app

# A sender is killed well before another may take its claim over, so that two never send the same e-mail at once.
DELIVER_SECONDS = settings.OUTBOX_LEASE_SECONDS * 0.8


@app.task(name="outbox.deliver", max_retries=2, time_limit=DELIVER_SECONDS)
def deliver(pk: int, attempt: int) -> None:
    notifications.deliver(pk=pk, attempt=attempt)


def hand_out(pk: int, attempt: int) -> None:
    deliver.apply_async((pk, attempt), expires=settings.OUTBOX_SECONDS)
