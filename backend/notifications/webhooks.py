"""What a provider says of our e-mails, in its own words, which django-anymail reads; only where one is configured.

django-anymail checks the secret and does not send: providers speak SMTP too, and one way to send is enough.
"""

from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, tracking
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from django.conf import settings
from django.dispatch import receiver
from django.urls import URLPattern, path

from backend.notifications.bounces import MESSAGE_ID, Report, apply_report
from backend.notifications.models import Notification
from backend.notifications.refusals import diagnose

Delivery = Notification.Delivery
VIEWS = {"brevo": BrevoTrackingWebhookView, "mailjet": MailjetTrackingWebhookView}
# Their words for a mailbox that does not exist, where they quote no server.
DEAD_EVENTS = {"invalid_email"}
DEAD_ERRORS = {"user unknown", "mailbox inactive", "invalid domain", "no mail host", "typofix"}


def webhook_urls() -> list[URLPattern]:
    """Return the address at which the configured provider reports, none where there is no provider."""
    name = settings.MAIL_PROVIDER
    return [path(f"courriels/retours/{name}/", VIEWS[name].as_view())] if name else []


@receiver(tracking)
def record_event(event: AnymailTrackingEvent, **signal: Any) -> None:
    """Record an event about an e-mail of ours, as a report that came by e-mail is."""
    delivery = _delivery_of(event)
    if delivery == Delivery.UNKNOWN:
        return
    known = str((event.metadata or {}).get("identifier", ""))
    identifiers = (known, *MESSAGE_ID.findall(str(event.message_id or "")))
    addresses = frozenset({event.recipient.lower()}) if event.recipient else frozenset[str]()
    apply_report(Report(identifiers, delivery, addresses, detail=_answer_of(event)))


def _delivery_of(event: AnymailTrackingEvent) -> Notification.Delivery:
    """Return what an event proves; a provider tries again by itself after a soft bounce."""
    said = event.esp_event
    if event.event_type == EventType.COMPLAINED:
        return Delivery.COMPLAINED
    if event.event_type not in (EventType.BOUNCED, EventType.REJECTED, EventType.FAILED):
        return Delivery.UNKNOWN
    if said.get("event") == "soft_bounce" or said.get("hard_bounce") is False:
        return Delivery.UNKNOWN
    if said.get("event") in DEAD_EVENTS or said.get("error") in DEAD_ERRORS:
        return Delivery.DEAD
    delivery = diagnose(_answer_of(event))
    return Delivery.REFUSED if delivery == Delivery.UNKNOWN else delivery


def _answer_of(event: AnymailTrackingEvent) -> str:
    return str(event.mta_response or event.esp_event.get("error") or event.event_type)
