"""The mail catcher of a demonstration: it answers as a mail server does, sends nothing on and keeps every message."""

import asyncio
import re
import secrets
import signal
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.utils import timezone

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


class Keeper:
    """What aiosmtpd calls with each message: it is in the folder, whole, before the sender is told so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.keep(envelope.content or b"")
        return "250 OK"

    def keep(self, content: bytes | str) -> None:
        content = content.encode() if isinstance(content, str) else content
        path = self._folder / f"{timezone.now():%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}{SUFFIX}"
        unfinished = path.with_suffix(".new")
        unfinished.write_bytes(content)
        unfinished.rename(path)


async def serve(folder: Path, *, host: str, port: int) -> None:
    """Catch what is sent to ``host:port`` until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    keeper = Keeper(folder)
    server = await loop.create_server(lambda: SMTP(keeper, hostname="localhost", loop=loop), host, port)
    await stopped.wait()
    server.close()


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
