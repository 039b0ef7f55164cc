"""The outbox as the suite sees it: what it owes, and what the database says meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from tests.tasks.crash.report import Dead

SLOW, GONE, DEAD = "slow", "gone", "dead"  # addresses: put off at first, accepted and come back, refused
PART = 20  # of each so many e-mails that arrive, one is put off first, one comes back, and one address is refused


def fill(count: int) -> None:
    """Make the tables and owe ``count`` e-mails that arrive, and two for each address that is refused."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0)
    names = [(SLOW, GONE)[n % PART] if n % PART < 2 else "n" for n in range(count)]
    with transaction.atomic():
        for number, name in enumerate(names):
            _enqueue(number, f"{name}{number}@jonction.example", _file(f"{name}{number}") if name == GONE else number)
        for number in range(count, count + 2 * (count // PART), 2):
            address, file = f"{DEAD}{number}@jonction.example", _file(f"{DEAD}{number}")
            _enqueue(number, address, file)
            _enqueue(number + 1, address, file)


def _enqueue(number: int, recipient: str, file: int) -> None:
    from django.utils import timezone

    from backend.notifications.frequency_cap import Turn
    from backend.notifications.services import Message, enqueue_email

    message = Message(subject=f"Essai {number}", text=f"Numéro {number}\n", html=f"<p>Numéro {number}</p>")
    enqueue_email(
        kind="alert",
        key=f"crash:{number}",
        recipient=recipient,
        message=message,
        about=(f"submission:{file}",),
        turn=Turn(firm=f"company:{number}", on=timezone.localdate()),
    )


def _file(name: str) -> int:
    """Make the file of an address, to have its task in: rows only, since nobody reads it."""
    from django.utils import timezone

    from backend.companies.models import Contact, FactSheet
    from backend.matchmaking.models import Submission

    now = timezone.now()
    contact = Contact.objects.create(name=name, email=f"{name}@jonction.example", phone="03 53 01 60 35")
    sheet = FactSheet.objects.create(name=name)
    return Submission.objects.create(sheet=sheet, contact=contact, filed_at=now, consented_at=now, confirmed_at=now).pk


def read_reports(folder: str) -> None:
    """Record all that came back, what was recorded before too, and open tasks as the job does, without its lock."""
    import django

    django.setup()
    from django.core.management import call_command

    from backend.common.days import current_day
    from backend.matchmaking.dead_addresses import follow_dead_addresses

    call_command("read_bounces", folder, verbosity=0)
    follow_dead_addresses(on=current_day())


@dataclass(frozen=True, slots=True)
class Row:
    state: str
    attempt: int


class Outbox:
    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def row(self, message_id: str) -> Row | None:
        query = "SELECT state, attempt FROM notifications_notification WHERE message_id = %s"
        found = self._connection.execute(query, [message_id]).fetchone()
        return Row(*found) if found else None

    def n_claims_cut(self) -> int:
        """Return how many claims did not end in a sending, once all is sent."""
        return self._number(
            "SELECT sum(greatest(attempt - 1, 0)) - count(*) FILTER (WHERE recipient LIKE 'slow%') "
            "FROM notifications_notification"
        )

    def n_left(self) -> int:
        """Return how many e-mails have not ended."""
        return self._number("SELECT count(*) FROM notifications_notification WHERE state IN ('due', 'claimed')")

    def dead(self) -> Dead:
        """Return what became of the addresses that refuse and of those whose e-mails came back."""
        return Dead(
            addresses=self._number(
                "SELECT count(DISTINCT recipient) FROM notifications_notification WHERE recipient ~ '^(dead|gone)'"
            ),
            put_off=self._number("SELECT count(*) FROM notifications_notification WHERE recipient LIKE 'slow%'"),
            known=self._number(
                "SELECT count(DISTINCT recipient) FROM notifications_notification "
                "WHERE recipient ~ '^(dead|gone)' AND delivery = 'dead' AND suppression_id IS NOT NULL"
            ),
            others=self._number(
                "SELECT count(*) FROM notifications_notification "
                "WHERE recipient !~ '^(dead|gone)' AND (delivery <> 'unknown' OR suppression_id IS NOT NULL)"
            ),
            with_a_task=self._number("SELECT count(DISTINCT submission_id) FROM matchmaking_followup"),
            tasks=self._number("SELECT count(*) FROM matchmaking_followup"),
        )

    def cut_connections(self) -> int:
        """Cut the connections of everybody else; return how many."""
        return self._number(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def owed(self) -> Mapping[str, tuple[str, str]]:
        """Return recipient and text, by Message-ID, of what is to arrive."""
        rows = self._connection.execute(
            "SELECT message_id, recipient, text FROM notifications_notification WHERE recipient NOT LIKE 'dead%'"
        )
        return {message_id: (recipient, text.strip()) for message_id, recipient, text in rows}

    def _number(self, query: str) -> int:
        return self._connection.execute(query).fetchone()[0]
