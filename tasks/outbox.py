"""Sending what the outbox owes."""

from django.conf import settings

from backend.notifications import services as notifications
from tasks.app import app

# A sender is killed well before another may take its claim over, so that two never send the same e-mail at once.
DELIVER_SECONDS = settings.OUTBOX_LEASE_SECONDS * 0.8


@app.task(name="outbox.sweep", max_retries=2, time_limit=60)
def sweep() -> None:
    """Hand out all that is due; what is still queued at the next sweep is void, since that one hands it out again."""
    for pk, attempt in notifications.deliverable():
        deliver.apply_async((pk, attempt), expires=settings.OUTBOX_SECONDS)


@app.task(name="outbox.deliver", max_retries=2, time_limit=DELIVER_SECONDS)
def deliver(pk: int, attempt: int) -> None:
    notifications.deliver(pk=pk, attempt=attempt)
