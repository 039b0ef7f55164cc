"""Addresses that are not written to any more, because a server said that they do not exist or a person complained.

A suppression names its address by a keyed digest, so that it outlives the erasure of whoever had it. What it holds
back, and the e-mail that proved it, name it in turn: that is how the officers' tasks are found.
"""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from backend.common.redaction import redact
from backend.notifications.kinds import KINDS, OptOut
from backend.notifications.models import Notification, Suppression
from backend.notifications.refusals import without_addresses

SALT = "notifications.suppression"
# What came back may come back again, or late and less certain: only a worse answer replaces one.
SEVERITY = [
    Notification.Delivery.UNKNOWN,
    Notification.Delivery.REFUSED,
    Notification.Delivery.COMPLAINED,
    Notification.Delivery.DEAD,
]


def digests(address: str) -> list[str]:
    """Return the digest of an address under the secret key, then under each former one."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac(SALT, address.strip().lower(), secret=key, algorithm="sha256").hexdigest() for key in keys]


def suppression_of(*, address: str, kind: str) -> Suppression | None:
    """Return what holds e-mails of a kind back from an address."""
    return suppressions_of(address=address, kind=kind).first()


def suppressions_of(*, address: str, kind: str) -> QuerySet[Suppression]:
    """Return all that does, what weighs most first: its death holds all of them back, a complaint the alerts."""
    rows = Suppression.objects.active().filter(digest__in=digests(address))
    spec = KINDS.get(kind)  # none: retired since the e-mail was enqueued
    if spec is None or spec.opt_out != OptOut.ONE_CLICK:
        rows = rows.dead()
    return rows.order_by("-reason")  # "dead" before "complained"


def is_dead(address: str) -> bool:
    """Tell whether a server said that an address does not exist, and nobody that it does again."""
    return address in dead_among([address])


def dead_among(addresses: Iterable[str]) -> set[str]:
    """Return those of some addresses of which a server said so, by one query."""
    of_address = {digest: address for address in addresses for digest in digests(address)}
    rows = Suppression.objects.active().dead().filter(digest__in=of_address)
    return {of_address[digest] for digest in rows.values_list("digest", flat=True)}


@transaction.atomic
def record_delivery(*, notification: Notification, delivery: Notification.Delivery, detail: str = "") -> bool:
    """Record what came back of an e-mail, once; return whether it is news.

    A dead address or a complaint suppresses the address it was sent to, which nobody types here.
    """
    row = Notification.objects.select_for_update(of=("self",)).get(pk=notification.pk)
    if SEVERITY.index(delivery) <= SEVERITY.index(Notification.Delivery(row.delivery)):
        return False
    row.delivery = delivery
    row.error = redact(without_addresses(detail))  # servers quote the links of what they refuse
    if delivery in Suppression.Reason.values:
        row.suppression, _ = Suppression.objects.active().get_or_create(
            digest=digests(row.recipient)[0],
            reason=delivery,
            defaults={"suppressed_at": timezone.now(), "detail": row.error},
        )
    row.save(update_fields=["delivery", "error", "suppression"])
    return True


def hold_back(notification: Notification, suppression: Suppression) -> None:
    """End an e-mail that is not sent, since its address is suppressed. The caller saves it or has locked it."""
    notification.state = Notification.State.STOPPED
    notification.ended_at = timezone.now()
    notification.delivery = Notification.Delivery(suppression.reason)
    notification.suppression = suppression
    notification.error = suppression.detail


@transaction.atomic
def lift_suppressions(*, address: str, by: AbstractBaseUser) -> int:
    """Write to an address again, because a person says that it works; return how many suppressions that ends."""
    rows = Suppression.objects.active().filter(digest__in=digests(address))
    return rows.update(lifted_at=timezone.now(), lifted_by=by)
