"""Rate limits on passwords and codes: they slow down the client that guesses, never the owner of the account.

Counted in PostgreSQL, not in Redis: signing in needs the database anyway, and goes on, just as limited, without Redis.
A client is a browser where the account was signed in before (a signed cookie says so), else the network it is in.
The first is held back by its own mistakes only; all the others of the world together share one count for each account.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.devices import device_of
from backend.accounts.models import Attempt
from backend.common.throttles import client_network, keyed_digest


@dataclass(frozen=True, slots=True)
class Trial:
    """One try, already counted; ``wait`` is how many seconds to refuse it for, 0 where it may be made."""

    wait: int
    rows: tuple[str, ...]

    def give_back(self) -> None:
        """It was no wrong one: do not count it."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_attempt SET n = n - 1 WHERE digest = ANY(%s)", [list(self.rows)])


def begin_trial(request: HttpRequest, *, what: str, account: str) -> Trial:
    """Count one try of ``what``, a limit of the settings, for the address that was typed, known or not."""
    account = account.strip().lower()
    network = client_network(request)
    if device := device_of(request, account):
        keys = [("device", f"{device} {account}")]
    else:
        keys = [("network", network), ("client", f"{network} {account}"), ("account", account)]
    spent: list[str] = []
    for scope, key in keys:
        for allowed, period in settings.SIGN_IN_LIMITS.get(f"{what}.{scope}", ()):
            slot, passed = divmod(int(time.time()), period)
            row = keyed_digest("attempt", what, scope, str(period), str(slot), key)
            if _count_one(row, ends_at=datetime.fromtimestamp((slot + 1) * period, UTC)) > allowed:
                return Trial(period - passed, ())
            spent.append(row)
    return Trial(0, tuple(spent))


def _count_one(row: str, *, ends_at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_attempt (digest, n, ends_at) VALUES (%s, 1, %s)"
            " ON CONFLICT (digest) DO UPDATE SET n = accounts_attempt.n + 1 RETURNING n",
            [row, ends_at],
        )
        return int(cursor.fetchone()[0])


def erase_attempts() -> int:
    """Erase the counts whose period is over; return how many."""
    return Attempt.objects.filter(ends_at__lte=timezone.now()).delete()[0]
