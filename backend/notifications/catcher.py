"""What the mail catcher of a demonstration received, as its page shows it; ``mail_server`` is what receives."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")
SUFFIX = ".eml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """A message as it arrived; ``name`` is that of its file, and says when."""

    name: str
    subject: str
    sender: str
    recipient: str
    reply_to: str
    date: datetime | None
    message_id: str
    list_unsubscribe: str
    text: str
    html: str


def messages(folder: Path | None = None) -> list[Caught]:
    """Return what was caught, the newest first."""
    folder = folder or settings.CATCHER_DIR
    names = (path.stem for path in folder.glob(f"*{SUFFIX}")) if folder else ()
    caught = (message(name, folder) for name in sorted(names, reverse=True))
    return [one for one in caught if one]


def message(name: str, folder: Path | None = None) -> Caught | None:
    """Return one message, or none where there is no such name."""
    folder = folder or settings.CATCHER_DIR
    path = folder / f"{name}{SUFFIX}" if folder and NAME.fullmatch(name) else None
    return _read(path) if path and path.exists() else None


def _read(path: Path) -> Caught:
    content = message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default)

    def header(name: str) -> str:
        return str(content.get(name, ""))

    def body(kind: str) -> str:
        part = content.get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""

    try:
        date = parsedate_to_datetime(header("Date"))
    except ValueError:
        date = None
    return Caught(
        name=path.stem,
        subject=header("Subject"),
        sender=header("From"),
        recipient=header("To"),
        reply_to=header("Reply-To"),
        date=date,
        message_id=header("Message-ID"),
        list_unsubscribe=header("List-Unsubscribe"),
        text=body("plain"),
        html=body("html"),
    )
