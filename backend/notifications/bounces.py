"""What comes back after sending: delivery status notifications (RFC 3464) and complaints (RFC 5965).

A report is matched by an identifier that only its e-mail held, from its envelope sender (VERP) or its Message-ID; an
address named in a report proves nothing, since anybody can write one. Whatever is not understood changes nothing.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string, policy
from email.errors import MessageError
from email.message import Message

from django.conf import settings

from backend.notifications.models import Notification
from backend.notifications.refusals import diagnose
from backend.notifications.suppression import record_delivery

Delivery = Notification.Delivery

MOST_BYTES = 1_000_000  # the report comes first: of the message it returns, the headers are enough
MOST_PARTS = 50
IDENTIFIER = r"([0-9a-f]{40})"
VERP = re.compile(rf"\+{IDENTIFIER}@")
MESSAGE_ID = re.compile(rf"<{IDENTIFIER}@")
PROVIDER_HEADERS = {"brevo": "X-Mailin-custom", "mailjet": "X-MJ-EventPayload"}
ADDRESSED_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
COMPLAINTS = {"abuse", "fraud", "virus", "other"}  # and not "not-spam", which takes one back
UNKNOWN_EMAIL = "Ignoré : aucun courriel envoyé n’a cet identifiant."
SEVERITY = [Delivery.UNKNOWN, Delivery.REFUSED, Delivery.DEAD]


class UnreadableReport(ValueError):
    """A message that reports nothing we can use, with a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Report:
    """``addresses`` are those it says it is about; ``detail`` is what the server answered."""

    identifiers: tuple[str, ...]
    delivery: Notification.Delivery
    addresses: frozenset[str] = frozenset()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    is_known: bool  # it is about an e-mail of ours: nobody needs to read it
    is_recorded: bool
    sentence: str


def envelope_sender(notification: Notification) -> str:
    """Return the address that reports about an e-mail come back to, none where the service has no such address."""
    local, _, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    return f"{local}+{identifier_of(notification)}@{domain}" if local else ""


def identifier_of(notification: Notification) -> str:
    """Return what only this e-mail holds: 160 bits of a digest keyed with the secret key."""
    return notification.message_id.strip("<>").partition("@")[0]


def provider_headers(notification: Notification) -> dict[str, str]:
    """Return the header that the configured provider repeats in what it reports of an e-mail."""
    header = PROVIDER_HEADERS.get(settings.MAIL_PROVIDER)
    return {header: json.dumps({"identifier": identifier_of(notification)})} if header else {}


def record_report(raw: bytes) -> Outcome:
    """Record what a message reports of an e-mail of ours."""
    try:
        report = parse_report(raw)
    except UnreadableReport as error:
        return Outcome(is_known=False, is_recorded=False, sentence=str(error))
    return apply_report(report)


def apply_report(report: Report) -> Outcome:
    """Record what is reported of an e-mail, where it is one of ours that left."""
    message_ids = [f"<{identifier}@{settings.MESSAGE_ID_DOMAIN}>" for identifier in report.identifiers]
    notification = Notification.objects.filter(message_id__in=message_ids, attempt__gt=0).first()
    if notification is None:
        return Outcome(is_known=False, is_recorded=False, sentence=UNKNOWN_EMAIL)
    delivery = report.delivery
    if delivery == Delivery.DEAD and report.addresses and notification.recipient.lower() not in report.addresses:
        delivery = Delivery.REFUSED  # one of those to whom the recipient passes it on: others may read it
    if delivery == Delivery.UNKNOWN:
        return Outcome(is_known=True, is_recorded=False, sentence="Sans suite : le serveur essaie encore.")
    if record_delivery(notification=notification, delivery=delivery, detail=report.detail):
        label = Delivery(delivery).label
        return Outcome(is_known=True, is_recorded=True, sentence=f"Noté : courriel {notification.pk}, {label}.")
    return Outcome(is_known=True, is_recorded=False, sentence="Déjà noté.")


def parse_report(raw: bytes) -> Report:
    """Read a report; raise ``UnreadableReport`` where it is none."""
    try:
        # The oldest policy parses no header before it is asked for, and raises on nothing.
        message = message_from_bytes(raw[:MOST_BYTES], policy=policy.compat32)
        parts = _parts(message)
        identifiers = tuple(dict.fromkeys(_identifiers(message, parts)))
        by_type = {part.get_content_type(): part for part in reversed(parts)}
        if "message/feedback-report" in by_type:
            return _complaint(by_type["message/feedback-report"], identifiers)
        if "message/delivery-status" in by_type:
            return _delivery_status(by_type["message/delivery-status"], identifiers)
    except (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        if isinstance(error, UnreadableReport):
            raise
        raise UnreadableReport(f"Ignoré : message illisible ({type(error).__name__}).") from error
    raise UnreadableReport("Ignoré : ce n’est ni un avis de non-remise ni un signalement.")


def _parts(message: Message) -> list[Message]:
    parts: list[Message] = []
    for part in message.walk():
        if len(parts) == MOST_PARTS:
            raise UnreadableReport(f"Ignoré : plus de {MOST_PARTS} parties.")
        parts.append(part)
    return parts


def _identifiers(message: Message, parts: list[Message]) -> Iterator[str]:
    for name in ADDRESSED_TO:
        for value in message.get_all(name, []):
            yield from VERP.findall(str(value))
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            yield from VERP.findall(_field(_fields(part), "Original-Mail-From"))
        elif kind == "message/rfc822":
            yield from MESSAGE_ID.findall(_field(_fields(part), "Message-ID"))
        elif kind == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            yield from MESSAGE_ID.findall(_field(message_from_string(text), "Message-ID"))
    for name in ("In-Reply-To", "References"):  # all that Exchange and Gmail leave of it where they return no headers
        yield from MESSAGE_ID.findall(_field(message, name))


def _fields(part: Message) -> Message:
    """Return the fields that a part of type ``message/…`` holds."""
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    return Message()


def _field(fields: Message, name: str) -> str:
    return str(fields.get(name, ""))


def _complaint(part: Message, identifiers: tuple[str, ...]) -> Report:
    kind = _field(_fields(part), "Feedback-Type").strip().lower()
    if kind not in COMPLAINTS:
        raise UnreadableReport(f"Ignoré : signalement de nature {kind[:40]!r}.")
    return Report(identifiers, Delivery.COMPLAINED)


def _delivery_status(part: Message, identifiers: tuple[str, ...]) -> Report:
    """Return the worst of what is said of each recipient; the first group of fields is about the message."""
    groups = part.get_payload()
    recipients = [group for group in groups if isinstance(group, Message)] if isinstance(groups, list) else []
    found = [_of_recipient(group) for group in recipients if group.get("Action")]
    if not found:
        raise UnreadableReport("Ignoré : l’avis ne dit rien d’aucun destinataire.")
    worst = max(found, key=lambda report: SEVERITY.index(report.delivery))
    addresses = frozenset().union(*(report.addresses for report in found if report.delivery == worst.delivery))
    return Report(identifiers, worst.delivery, addresses, worst.detail)


def _of_recipient(group: Message) -> Report:
    """Return what is said of one recipient, without the e-mail that it is about."""
    action, status = (_field(group, name).partition("(")[0].strip().lower() for name in ("Action", "Status"))
    detail = " ".join(_field(group, "Diagnostic-Code").split()) or status
    named = (_field(group, name).rpartition(";")[2] for name in ("Original-Recipient", "Final-Recipient"))
    addresses = frozenset(name.strip(" <>\t\r\n").lower() for name in named if "@" in name)
    delivery = Delivery.UNKNOWN
    if action == "failed":  # given up for good, even where each try failed for a passing reason
        delivery = diagnose(detail, status=status)
        delivery = Delivery.REFUSED if delivery == Delivery.UNKNOWN else delivery
    return Report((), delivery, addresses, detail)
