"""Reading what the catcher received, as the people it is for would."""

import email
import re
from email import policy
from email.message import EmailMessage

from tests.e2e.conftest import Service, wait_for


def messages_to(service: Service, address: str) -> list[EmailMessage]:
    """Return what the catcher received for an address, oldest first."""
    found = []
    for path in sorted(service.mail.glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        if address in str(message["To"]):
            found.append(message)
    return found


def wait_for_message(service: Service, address: str, subject: str) -> EmailMessage:
    return wait_for(
        lambda: next((m for m in messages_to(service, address) if re.search(subject, str(m["Subject"]))), None),
        f"an e-mail to {address} about {subject!r}",
    )


def body(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return part.get_content()


def link(message: EmailMessage, path: str) -> str:
    found = re.search(rf"https?://\S+/{path}/\S+", body(message))
    assert found, f"no link to {path} in {body(message)}"
    return found.group()


def links(message: EmailMessage) -> set[str]:
    """Return every address that an e-mail holds, in its parts and in its headers: what a scanner opens."""
    texts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    texts += [str(value) for value in message.values()]
    return {found.rstrip(".,;)>") for text in texts for found in re.findall(r"https?://[^\s\"'<>]+", text)}
