"""A real mail server on loopback, in a thread."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from backend.notifications.sending import connection


@contextmanager
def mail_server(handler: Any) -> Iterator[int]:
    """Serve until the end of the block; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield port
    finally:
        connection.close()  # a server waits for its last client
        server.stop()


class Postman:
    """What a mail server answers at each step, and what it accepted."""

    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.raw: list[bytes] = []  # the same, as they came over the wire
        self.answers: dict[str, str] = {}
        self.meanwhile: Callable[[], Any] = lambda: None  # what happens elsewhere before the message is accepted

    async def handle_MAIL(self, server, session, envelope, address, options) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server, session, envelope) -> str:
        await asyncio.to_thread(self.meanwhile)
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.raw.append(envelope.content)
        self.accepted.append(message_from_bytes(envelope.content, EmailMessage, policy=policy.default))
        return "250 OK"
