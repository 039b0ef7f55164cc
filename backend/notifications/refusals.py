"""What a refusal proves: that the address does not exist, or only that this message was not wanted.

A refusal is text with, most often, an enhanced status code (RFC 3463): ``550 5.1.1 User unknown``. Only one that says
that there is no such mailbox makes an address dead; one about the sender, the content or a full mailbox does not.
"""

import re

from backend.notifications.models import Notification

Delivery = Notification.Delivery

STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Bad mailbox, bad domain, bad syntax, ambiguous, moved, null MX (or Exchange's "not found"), disabled. Left out on
# purpose: 5.1.7 and 5.1.8, which are about our own address.
DEAD = {"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1"}
VAGUE = {"5.0.0", "5.1.0", "5.5.0", "5.3.0"}  # codes that servers give when they do not say why: the words decide
NO_MAILBOX = re.compile(
    r"no such (user|recipient|mailbox|address|person)|(user|recipient|mailbox|address|account)\W+(is )?"
    r"(unknown|not found|invalid|does ?n[o']t exist|disabled)|unknown (user|recipient|mailbox|address)|"
    r"(does not|doesn't) exist|invalid (recipient|mailbox)|no mailbox|not our customer|"
    r"(inconnu|inexistant|n['’]existe (pas|plus)|destinataire invalide|adresse invalide)",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"[^\s<>\"';:,()]+@[^\s<>\"';:,()]+")


def diagnose(text: str, *, status: str = "") -> Notification.Delivery:
    """Return what a refusal proves of an address; ``UNKNOWN`` where it is only temporary."""
    found = STATUS.search(text)
    if not status or status in VAGUE:
        status = found[0] if found else status
    if status.startswith("4"):
        return Delivery.UNKNOWN
    if not status or status in VAGUE:
        return Delivery.DEAD if NO_MAILBOX.search(text) else Delivery.REFUSED
    return Delivery.DEAD if status in DEAD else Delivery.REFUSED


def without_addresses(text: str) -> str:
    """Return the text of a refusal on one line, to keep: servers quote the address in it."""
    return " ".join(ADDRESS.sub("…", text).split())[:300]
