"""Sending what the outbox owes."""

from django.conf import settings

from backend.common.days import current_day
from backend.jobs.running import run_if_due
from backend.notifications import services as notifications
from tasks.app import app

# A sender is killed well before another may take its claim over, so that two never send the same e-mail at once.
DELIVER_SECONDS = settings.OUTBOX_LEASE_SECONDS * 0.8


@app.task(name="outbox.sweep", max_retries=2, time_limit=60)
def sweep() -> None:
    """Hand out all that is due; what is still queued at the next sweep is void, since that one hands it out again."""
    run_if_due(name="outbox.sweep", on=current_day(), hand_out=_hand_out)


def _hand_out(pk: int, attempt: int) -> None:
    deliver.apply_async((pk, attempt), expires=settings.OUTBOX_SECONDS)


@app.task(name="outbox.deliver", max_retries=2, time_limit=DELIVER_SECONDS)
def deliver(pk: int, attempt: int) -> None:
    notifications.deliver(pk=pk, attempt=attempt)
