"""The mail server: one connection kept open by each process, and a pace for each domain."""

import logging
import os
import smtplib
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.mail import EmailMessage, mailers
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

IDLE_SECONDS = 30  # servers hang up after a few minutes: we say good-bye first
MESSAGES = 100  # on one connection: many servers close it after that many
MINUTE = 60
# Errors after which the session goes on: the server has answered, and smtplib has reset it.
ANSWERS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPSenderRefused, ValueError)


class Connection:
    """The open connection of this process, if it has one. One that died meanwhile is opened again before it is used,
    so that no message is lost for it, nor sent twice.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._backend: Any = None
        self._opened_for: Any = None
        self._messages = 0
        self._timer: threading.Timer | None = None

    def send(self, email: EmailMessage) -> None:
        with self._lock:
            self._wait_no_longer()
            backend = self._live()
            try:
                backend.send_messages([email])
            except ANSWERS:
                raise
            except Exception:
                self.close()
                raise
            finally:
                self._messages += 1
                self._close_when_idle()

    def close(self) -> None:
        with self._lock:
            self._wait_no_longer()
            if self._backend is not None:
                with suppress(OSError, smtplib.SMTPException):
                    self._backend.close()
            self._backend = None

    def _live(self) -> Any:
        opened_for = os.getpid(), settings.MAILERS
        if self._backend is not None and self._opened_for[0] != opened_for[0]:
            self._backend = None  # a parent's: not ours to use nor to end
        if self._opened_for != opened_for or self._messages >= MESSAGES or not self._answers():
            self.close()
        if self._backend is None:
            self._backend, self._opened_for, self._messages = mailers.default, opened_for, 0
            self._backend.open()
        return self._backend

    def _answers(self) -> bool:
        session = getattr(self._backend, "connection", None)
        if not isinstance(session, smtplib.SMTP):
            return True
        try:
            return session.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def _close_when_idle(self) -> None:
        self._timer = threading.Timer(IDLE_SECONDS, self.close)
        self._timer.daemon = True
        self._timer.start()

    def _wait_no_longer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


connection = Connection()


def turn_at(recipient: str, *, now: datetime) -> datetime | None:
    """Take a turn to write to the domain of an address this minute; return when to ask again if there is none left.

    Counted in Redis; without it nobody waits.
    """
    limit = settings.MAIL_PER_DOMAIN
    if not limit:
        return None
    domain = sha256(recipient.rpartition("@")[2].lower().encode()).hexdigest()[:16]
    minute = int(now.timestamp()) // MINUTE
    key = f"mail.pace:{domain}:{minute}"
    try:
        cache = caches["counters"]
        cache.add(key, 0, timeout=2 * MINUTE)
        n_taken = cache.incr(key)
    except (RedisError, ValueError) as error:  # ValueError: Redis was emptied in between
        logger.warning("E-mails are not paced: %s", type(error).__name__)
        return None
    return None if n_taken <= limit else now + timedelta(seconds=MINUTE - now.timestamp() % MINUTE)
