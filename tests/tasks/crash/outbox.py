"""The outbox as the suite sees it: what it owes, and what the database says meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg


def fill(count: int) -> None:
    """Make the tables and owe e-mails, each to an address of its own, as the services do."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    from backend.notifications.services import Message, enqueue_email

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        for number in range(count):
            message = Message(subject=f"Essai {number}", text=f"Numéro {number}\n", html=f"<p>Numéro {number}</p>")
            enqueue_email(
                kind="alert",
                key=f"crash:{number}",
                recipient=f"n{number}@jonction.example",
                message=message,
                about=(f"submission:{number}",),
            )


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

    def n_sent(self) -> int:
        return self._number("SELECT count(*) FROM notifications_notification WHERE state = 'sent'")

    def n_claims_cut(self) -> int:
        """Return how many claims did not end in a sending, once all is sent."""
        return self._number("SELECT sum(attempt - 1) FROM notifications_notification")

    def cut_connections(self) -> int:
        """Cut the connections of everybody else; return how many."""
        return self._number(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def owed(self) -> Mapping[str, tuple[str, str]]:
        """Return recipient and text by Message-ID."""
        rows = self._connection.execute("SELECT message_id, recipient, text FROM notifications_notification")
        return {message_id: (recipient, text.strip()) for message_id, recipient, text in rows}

    def _number(self, query: str) -> int:
        return self._connection.execute(query).fetchone()[0]
