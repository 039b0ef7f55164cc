"""Telling partners' programs what changed of the public catalogue: what anybody reads at the API, and nothing else."""

from django.utils import timezone

from backend.notifications.services import absolute_url
from backend.schemes.models import Scheme
from backend.webhooks.models import EventType
from backend.webhooks.services import enqueue_event


def announce_change(scheme: Scheme, *, was_public: bool) -> None:
    """Enqueue what a change of a scheme is to the public, if anything; call it in the transaction of the change."""
    if scheme.current is None or not (was_public or scheme.is_public):
        return
    event = EventType.SCHEME_CHANGED if was_public else EventType.SCHEME_PUBLISHED
    if not scheme.is_public:
        event = EventType.SCHEME_ARCHIVED
    data = {
        "key": scheme.source_key,
        "uuid": str(scheme.uuid),
        "revision": scheme.current.number,
        "url": absolute_url("api:scheme", scheme.source_key),
    }
    enqueue_event(event=event, occurred_at=scheme.changed_at or timezone.now(), data=data)
