"""The open connection to the mail server, and the pace of each domain."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.smtp import SMTP
from django.core.cache import caches
from django.utils import timezone

from backend.notifications import sending
from backend.notifications.models import Notification
from backend.notifications.services import deliver
from tests.neighbour import ours
from tests.notifications.conftest import mailers
from tests.notifications.servers import Postman, mail_server

NOON = datetime(2026, 11, 24, 11, 0, 20, tzinfo=UTC)


class CountingPostman(Postman):
    """It says from which ports messages came, and can hang up on who sent the last."""

    def __init__(self) -> None:
        super().__init__()
        self.ports: list[int] = []
        self.servers: list[SMTP] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.ports.append(session.peer[1])
        self.servers.append(server)
        return await super().handle_DATA(server, session, envelope)

    def hang_up(self) -> None:
        server = self.servers[-1]
        server.loop.call_soon_threadsafe(server.transport.abort)
        time.sleep(0.1)


@pytest.fixture
def counting(settings):
    postman = CountingPostman()
    with mail_server(postman) as port:
        settings.MAILERS = mailers(port)
        yield postman


def send_all(make_owed, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        assert deliver(pk=make_owed(key=str(number)).pk, attempt=0)


def test_emails_leave_over_one_connection(make_owed, counting):
    send_all(make_owed, 4)
    assert len(counting.ports) == 4
    assert len(set(counting.ports)) == 1


def test_a_connection_that_died_meanwhile_is_opened_again_and_each_email_leaves_once(make_owed, counting):
    send_all(make_owed, 2)
    counting.hang_up()
    send_all(make_owed, 2, start=2)
    assert len(set(counting.ports)) == 2
    ids = [message["Message-ID"] for message in counting.accepted]
    assert len(ids) == len(set(ids)) == 4


def test_a_refusal_leaves_the_connection_usable(make_owed, counting):
    send_all(make_owed, 1)
    counting.answers["RCPT"] = "550 5.7.1 Not now"
    assert not deliver(pk=make_owed(key="refused").pk, attempt=0)
    counting.answers.clear()
    send_all(make_owed, 1, start=1)
    assert len(set(counting.ports)) == 1


def test_a_connection_is_closed_when_nothing_leaves_any_more(make_owed, counting, monkeypatch):
    monkeypatch.setattr(sending, "IDLE_SECONDS", 0.1)
    send_all(make_owed, 1)
    time.sleep(0.5)
    assert counting.servers[0].transport is None  # the server has noticed
    send_all(make_owed, 1, start=1)
    assert len(set(counting.ports)) == 2


def test_a_connection_is_not_used_for_ever(make_owed, counting, monkeypatch):
    monkeypatch.setattr(sending, "MESSAGES", 2)
    send_all(make_owed, 5)
    assert len(set(counting.ports)) == 3


@pytest.fixture
def three_a_minute(settings):
    settings.MAIL_PER_DOMAIN = 3
    caches["counters"].clear()
    yield
    caches["counters"].clear()


def test_a_domain_is_written_to_so_many_times_a_minute(three_a_minute):
    turns = [sending.turn_at(f"n{n}@Firm.example", now=NOON) for n in range(5)]
    assert turns == [None] * 3 + [NOON + timedelta(seconds=40)] * 2
    assert sending.turn_at("zoe@neighbour.example", now=NOON) is None
    assert sending.turn_at("n6@firm.example", now=NOON + timedelta(seconds=40)) is None


def test_an_email_beyond_the_pace_waits_and_uses_no_attempt(make_owed, postman, three_a_minute, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    rows = [make_owed(key=str(n), recipient=f"n{n}@firm.example") for n in range(5)]
    other = make_owed(key="other", recipient="zoe@neighbour.example")
    assert [deliver(pk=row.pk, attempt=0) for row in rows] == [True] * 3 + [False] * 2
    late = ours(Notification).filter(state=Notification.State.DUE).exclude(pk=other.pk)
    assert {(row.attempt, row.due_at) for row in late} == {(0, NOON + timedelta(seconds=40))}
    other.refresh_from_db()
    assert other.due_at == NOON
    assert deliver(pk=other.pk, attempt=0)


def test_without_redis_nobody_waits(make_owed, postman, settings):
    settings.MAIL_PER_DOMAIN = 1
    counters = {**settings.CACHES["counters"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {**settings.CACHES, "counters": counters}
    assert [deliver(pk=make_owed(key=key).pk, attempt=0) for key in "ab"] == [True, True]
