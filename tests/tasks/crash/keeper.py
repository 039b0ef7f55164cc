"""The mail server of the suite: the development catcher, with a gate before and after it keeps a message."""

import asyncio
import mailbox
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from enum import Enum
from pathlib import Path

from backend.notifications import mail_server
from tests.tasks.crash.outbox import DEAD, GONE, SLOW
from tests.tasks.crash.programs import POLL_SECONDS, START_SECONDS, wait_until

REPORTS = "reports"  # a Maildir beside the folder of what arrived
REPORT = (Path(__file__).parents[2] / "notifications" / "reports" / "postfix.eml").read_text()
PATIENCE_SECONDS = 2  # a gate waits no longer: the tasks' time limit would kill whoever is held at it


class Moment(Enum):
    RECEIVED = "before the message is kept"
    KEPT = "after the message is kept, before the 250"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message held at the gate, and the port from which it comes; ``is_first`` tells a first copy."""

    message_id: str
    port: int
    is_first: bool


class GateKeeper(mail_server.Keeper):
    """It takes ``slowness`` seconds on each side of that moment, and more while another thread holds its gate."""

    def __init__(self, folder: Path, *, slowness: float) -> None:
        super().__init__(folder)
        self._slowness = slowness
        self._put_off: set[str] = set()
        self._reports = mailbox.Maildir(folder.parent / REPORTS)
        self.n_received = 0
        self.copies: Counter[str] = Counter()
        self._closed: Moment | None = None
        self._held: list[Letter] = []

    @property
    def held(self) -> tuple[Letter, ...]:
        return tuple(self._held)

    @property
    def n_extras(self) -> int:
        return self.n_received - len(self.copies)

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address.startswith(DEAD):
            return "550 5.1.1 User unknown"
        if address.startswith(SLOW) and address not in self._put_off:
            self._put_off.add(address)
            return "450 4.7.1 Greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        message_id, port = str(message_from_bytes(envelope.content)["Message-ID"]), session.peer[1]
        await self._pass(Moment.RECEIVED, Letter(message_id, port, is_first=message_id not in self.copies))
        answer = await super().handle_DATA(server, session, envelope)
        if envelope.rcpt_tos[0].startswith(GONE):
            self._send_back(envelope.mail_from, envelope.rcpt_tos[0])
        self.copies[message_id] += 1
        self.n_received += 1
        await self._pass(Moment.KEPT, Letter(message_id, port, is_first=self.copies[message_id] == 1))
        return answer

    def _send_back(self, sender: str, recipient: str) -> None:
        """Report that an e-mail was not delivered after all, as its envelope sender is told."""
        identifier = sender.partition("+")[2].partition("@")[0]
        self._reports.add(REPORT.replace("IDENTIFIER", identifier).replace("paul@firm.example", recipient).encode())

    async def _pass(self, moment: Moment, letter: Letter) -> None:
        await asyncio.sleep(self._slowness)
        if self._closed is not moment:
            return
        self._held.append(letter)
        try:
            while self._closed is moment:
                await asyncio.sleep(POLL_SECONDS)
        finally:  # aiosmtpd cancels us when the sender dies
            self._held.remove(letter)

    @contextmanager
    def hold(self, moment: Moment, *, count: int = 1) -> Iterator[list[Letter]]:
        """Begin the block once ``count`` first copies are held; let none past ``moment`` until it ends."""
        try:
            yield self._gather(moment, count)
        finally:
            self._closed = None

    def _gather(self, moment: Moment, count: int) -> list[Letter]:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self._closed = moment
            patience = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < patience:
                letters = [letter for letter in self.held if letter.is_first]
                if len(letters) >= count:
                    return letters
                time.sleep(POLL_SECONDS)
            self._closed = None
            wait_until(lambda: not self.held)
        raise TimeoutError(f"No {count} messages were held {moment.value} within {START_SECONDS} s.")
