"""What the territory lead decides of endpoints, and what is owed to them. ``delivery`` sends it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.accounts.models import Organisation, User
from backend.accounts.rights import check_leads_territory
from backend.common.field_encryption import decrypt, encrypt
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email
from backend.webhooks.addresses import AddressError, check_address
from backend.webhooks.models import Delivery, Endpoint, EventType
from backend.webhooks.signing import make_secret

FORMER_SECRET = timedelta(hours=24)  # for how long it signs beside the new one
PURPOSE = "webhook secret"


class WebhookError(ValueError):
    """What was asked cannot be done, in a sentence for who asked."""


# -- endpoints


@transaction.atomic
def add_endpoint(*, user: User, organisation: Organisation, url: str, events: Sequence[str]) -> tuple[Endpoint, str]:
    """Add an address of a partner; return it with its secret, which is shown once.

    Raises ``PermissionDenied`` for who does not lead the territory, as all of these do; ``WebhookError`` where the
    address is there already or cannot be sent to.
    """
    check_leads_territory(user)
    secret = make_secret()
    endpoint = Endpoint(
        organisation=organisation,
        url=url,
        events=list(events),
        secret=encrypt(secret, purpose=PURPOSE),
        made_by=user,
        made_at=timezone.now(),
    )
    _save(endpoint)
    _record(Kind.WEBHOOK_ADDED, endpoint, user)
    return endpoint, secret


@transaction.atomic
def change_endpoint(*, user: User, endpoint: Endpoint, url: str, events: Sequence[str]) -> None:
    """Change where and of what a partner is told; what is still owed goes to the new address."""
    check_leads_territory(user)
    endpoint.url, endpoint.events = url, list(events)
    _save(endpoint, "url", "events")
    _record(Kind.WEBHOOK_CHANGED, endpoint, user)


def _save(endpoint: Endpoint, *fields: str) -> None:
    try:
        check_address(endpoint.url)
        with transaction.atomic():  # two touches at once: the rule of the database refuses the second one
            endpoint.save(update_fields=fields or None)
    except AddressError as error:
        raise WebhookError(str(error)) from None
    except IntegrityError:
        raise WebhookError(
            f"{endpoint.organisation} a déjà cette adresse : changez l’autre, ou supprimez-la."
        ) from None


@transaction.atomic
def rotate_secret(*, user: User, endpoint: Endpoint) -> str:
    """Return a new secret, shown once; the former one signs beside it for a day, and one before that no more."""
    check_leads_territory(user)
    held = Endpoint.objects.select_for_update(of=("self",)).get(pk=endpoint.pk)
    secret = make_secret()
    held.former_secret, held.former_until = held.secret, timezone.now() + FORMER_SECRET
    held.secret = encrypt(secret, purpose=PURPOSE)
    held.save(update_fields=["secret", "former_secret", "former_until"])
    _record(Kind.WEBHOOK_SECRET_CHANGED, endpoint, user)
    return secret


def secrets_of(endpoint: Endpoint, *, now: datetime) -> list[str]:
    """Return the secrets that sign what is sent to an endpoint, the newest first."""
    held = [endpoint.secret]
    if endpoint.former_until and endpoint.former_until > now:
        held.append(endpoint.former_secret)
    return [decrypt(secret, purpose=PURPOSE) for secret in held]


def forget_former_secrets() -> None:
    """Erase the secrets that no longer sign anything."""
    over = Endpoint.objects.filter(former_until__lte=timezone.now())
    over.update(former_secret="", former_until=None)


@transaction.atomic
def turn_on(*, user: User, endpoint: Endpoint) -> None:
    """Tell an endpoint of what happens from now on; what it missed is sent again one by one."""
    check_leads_territory(user)
    Endpoint.objects.filter(pk=endpoint.pk).update(state=Endpoint.State.ON, failing_since=None)


@transaction.atomic
def turn_off(*, user: User, endpoint: Endpoint) -> None:
    """Send nothing more to an endpoint."""
    check_leads_territory(user)
    switch_off(endpoint, Endpoint.State.OFF)


def give_up_on(endpoint: Endpoint, *, is_gone: bool) -> None:
    """Switch off an endpoint that is gone or failed for too long, and tell who leads the territory."""
    if not switch_off(endpoint, Endpoint.State.GONE if is_gone else Endpoint.State.FAILED):
        return
    context = {"endpoint": endpoint, "is_gone": is_gone, "url": absolute_url("territory_webhook", endpoint.pk)}
    now = timezone.now()
    for lead in User.objects.territory_leads():
        enqueue_email(
            kind="webhook_off",
            key=f"webhook_off:{endpoint.pk}:{now.isoformat()}:{lead.pk}",
            recipient=lead.email,
            message=render("webhook_off", {**context, "reader": lead}),
        )


def switch_off(endpoint: Endpoint, state: Endpoint.State) -> bool:
    """Switch off an endpoint and stop what is still owed to it, in a transaction; return whether it was on."""
    if not Endpoint.objects.filter(pk=endpoint.pk, state=Endpoint.State.ON).update(state=state):
        return False
    owed = endpoint.deliveries.filter(state__in=(Delivery.State.DUE, Delivery.State.CLAIMED))
    owed.update(state=Delivery.State.STOPPED, ended_at=timezone.now())
    return True


@transaction.atomic
def remove_endpoint(*, user: User, endpoint: Endpoint) -> None:
    """Forget an endpoint, with its secret and what was sent to it."""
    check_leads_territory(user)
    _record(Kind.WEBHOOK_REMOVED, endpoint, user)
    Endpoint.objects.select_for_update(of=("self",)).get(pk=endpoint.pk).delete()


def _record(kind: Kind, endpoint: Endpoint, user: User) -> None:
    record_event(kind=kind, actor=user, detail=f"{endpoint.organisation_id}.{endpoint.pk}")


# -- what is owed


def enqueue_event(*, event: EventType, occurred_at: datetime, data: Mapping[str, object]) -> None:
    """Owe an event to each endpoint that wants it; call it in the transaction of what happened.

    ``data`` goes to others: public facts only.
    """
    _owe(Endpoint.objects.wanting(event), event=event, occurred_at=occurred_at, data=data)


@transaction.atomic
def send_test(*, user: User, endpoint: Endpoint) -> None:
    """Owe a trial to an endpoint, which is sent once."""
    _check_may_send(user, endpoint)
    data = {"message": "Essai demandé depuis la page des webhooks."}
    _owe([endpoint], event=EventType.TEST_PING, occurred_at=timezone.now(), data=data)


@transaction.atomic
def send_again(*, user: User, delivery: Delivery) -> None:
    """Owe a delivery that is over once more, under its own identifier."""
    _check_may_send(user, delivery.endpoint)
    over = Delivery.objects.filter(pk=delivery.pk, state__in=Delivery.ENDED)
    again = {"state": Delivery.State.DUE, "attempt": 0, "due_at": timezone.now(), "ended_at": None, "claimed_at": None}
    if not over.update(**again):
        raise WebhookError("Cet envoi n’est pas terminé : il part de lui-même.")


def _check_may_send(user: User, endpoint: Endpoint) -> None:
    check_leads_territory(user)
    if not endpoint.is_on:
        raise WebhookError("Rien ne part vers une adresse arrêtée : remettez-la d’abord en service.")


def _owe(
    endpoints: Iterable[Endpoint], *, event: EventType, occurred_at: datetime, data: Mapping[str, object]
) -> None:
    webhook_id = f"msg_{uuid4().hex}"
    content = {"type": event, "timestamp": occurred_at.isoformat(), "data": data}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    Delivery.objects.bulk_create(
        Delivery(
            endpoint=endpoint,
            webhook_id=webhook_id,
            event=event,
            body=body,
            occurred_at=occurred_at,
            due_at=occurred_at,
        )
        for endpoint in endpoints
    )
