"""Sending what is owed to endpoints.

A worker claims a row, sends outside any transaction, and records how it ended. A worker that dies between the two
leaves a claim that another may take once the lease is over: what it sends again has the same ``webhook-id``. No sender
may live longer than the lease; tasks/webhooks.py sees to that.
"""

import logging
from datetime import timedelta
from random import SystemRandom
from typing import Any

from cryptography.fernet import InvalidToken
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from backend.common.fetching import FetchError, Limits, post
from backend.webhooks.addresses import AddressError, check_address
from backend.webhooks.models import Delivery, Endpoint, EventType
from backend.webhooks.services import give_up_on, secrets_of
from backend.webhooks.signing import signed_headers

logger = logging.getLogger(__name__)
Failure = Delivery.Failure

# Seconds before each new try, those of the specification; each is drawn from a tenth less to a tenth more.
BACK_OFF = (5, 5 * 60, 30 * 60, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)))
JITTER = 0.1
ATTEMPTS = len(BACK_OFF) + 1
LEASE = timedelta(minutes=2)
LIMITS = Limits(connect_seconds=5, read_seconds=10, total_seconds=15)
GONE = 410
_random = SystemRandom()


def deliverable() -> list[tuple[int, int]]:
    """Return what is due, as keys and attempts, the oldest first."""
    rows = Delivery.objects.deliverable(timezone.now(), LEASE).in_turn()
    return list(rows.order_by("due_at", "pk").values_list("pk", "attempt"))


def deliver(*, pk: int, attempt: int) -> bool:
    """Send one delivery, unless somebody else did or does; return whether it was received."""
    delivery = _claim(pk=pk, attempt=attempt)
    if delivery is None:
        return False
    if delivery.attempt > _attempts(delivery):  # every sender died: perhaps because of this very request
        _put_off(delivery, None, Failure.KILLED)
        return False
    status, error = _send(delivery)
    if status is None or not 200 <= status < 300:
        _put_off(delivery, status, error)
        return False
    try:
        _record_sent(delivery, status)
    except (OperationalError, InterfaceError):  # the database closed our connection while the request was leaving
        connection.close()
        _record_sent(delivery, status)
    return True


@transaction.atomic(durable=True)  # the claim is committed before anything leaves
def _claim(*, pk: int, attempt: int) -> Delivery | None:
    rows = Delivery.objects.deliverable(timezone.now(), LEASE).select_for_update(skip_locked=True, of=("self",))
    delivery = rows.select_related("endpoint").filter(pk=pk, attempt=attempt).first()
    if delivery is None:
        return None
    delivery.state, delivery.claimed_at = Delivery.State.CLAIMED, timezone.now()
    delivery.attempt += 1
    delivery.save(update_fields=["state", "attempt", "claimed_at"])
    return delivery


def _attempts(delivery: Delivery) -> int:
    return 1 if delivery.event == EventType.TEST_PING else ATTEMPTS


def _send(delivery: Delivery) -> tuple[int | None, str]:
    """Return the status that was answered, or none and why; nothing else of an answer is kept."""
    endpoint, now, body = delivery.endpoint, timezone.now(), delivery.body.encode()
    try:
        check_address(endpoint.url)
        signed = signed_headers(
            secrets_of(endpoint, now=now), webhook_id=delivery.webhook_id, timestamp=int(now.timestamp()), body=body
        )
        return post(endpoint.url, body=body, headers={"Content-Type": "application/json", **signed}, limits=LIMITS), ""
    except AddressError:
        return None, Failure.BAD_URL
    except InvalidToken:  # encrypted under a key that this process does not have
        return None, Failure.SECRET
    except FetchError as error:
        return None, error.reason


@transaction.atomic
def _put_off(delivery: Delivery, status: int | None, error: str) -> None:
    """Record a failure, unless the claim is no longer ours: stopped meanwhile, or taken by another worker."""
    logger.warning("Webhook %s failed (attempt %s): %s", delivery.pk, delivery.attempt, error or status)
    _hold_endpoint(delivery)
    ours = Delivery.objects.filter(pk=delivery.pk, attempt=delivery.attempt, state=Delivery.State.CLAIMED)
    is_last = status == GONE or delivery.attempt >= _attempts(delivery)
    now = timezone.now()
    outcome: dict[str, Any] = {"state": Delivery.State.FAILED, "ended_at": now}
    if not is_last:
        wait = BACK_OFF[delivery.attempt - 1] * _random.uniform(1 - JITTER, 1 + JITTER)
        outcome = {"state": Delivery.State.DUE, "due_at": now + timedelta(seconds=wait)}
    if not ours.update(status=status, error=error, **outcome):
        return
    Endpoint.objects.filter(pk=delivery.endpoint_id, failing_since=None).update(failing_since=now)
    if status == GONE or (is_last and delivery.event != EventType.TEST_PING):
        give_up_on(delivery.endpoint, is_gone=status == GONE)


def _hold_endpoint(delivery: Delivery) -> None:
    """Lock the endpoint before its deliveries, as who switches it off does: else the two may wait for each other."""
    Endpoint.objects.select_for_update(of=("self",)).filter(pk=delivery.endpoint_id).first()


@transaction.atomic
def _record_sent(delivery: Delivery, status: int) -> None:
    """Whoever holds the row by now, the request was received."""
    _hold_endpoint(delivery)
    Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.State.SENT).update(
        state=Delivery.State.SENT, ended_at=timezone.now(), status=status, error=""
    )
    Endpoint.objects.filter(pk=delivery.endpoint_id).update(failing_since=None)
