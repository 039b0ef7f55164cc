"""The mail catcher of a demonstration: it answers as a mail server does, sends nothing on and keeps every message.

It needs aiosmtpd, which the image does not have: only the command that serves it imports this module.
"""

import asyncio
import secrets
import signal
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils import timezone

from backend.notifications.catcher import SUFFIX


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
