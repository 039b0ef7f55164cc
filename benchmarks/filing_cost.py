"""What filing costs in the tree that it runs in: JSON on the standard output, of JSON on the standard input.

Read by ``benchmarks/answer_before.py``, which runs it in two trees. It names nothing of ours but addresses, so that an
older tree can run it.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

CONTACT = {"contact_name": "Camille Roux", "call_slot": "any", "consent": "on"}


def main() -> None:
    django.setup()
    settings.FILING_SECONDS = 0  # people take longer
    settings.ALLOWED_HOSTS = ["testserver"]
    connection.settings_dict["CONN_MAX_AGE"] = None  # one session for all, so that its time can be read
    asked = json.load(sys.stdin)
    with transaction.atomic():
        found = {
            name: dict(costs(steps, asked["times"], number))
            for number, (name, steps) in enumerate(asked["firms"].items())
        }
        transaction.set_rollback(True)
    json.dump(found, sys.stdout)


def costs(steps: dict[str, dict[str, str]], times: int, number: int) -> Iterator[tuple[str, float]]:
    """Yield each request of a firm and its seconds of processor, the least of all times but the first."""
    taken: dict[str, list[float]] = {}
    for time_ in range(times + 1):
        for request, seconds in file(steps, number, time_):
            taken.setdefault(request, []).append(seconds)
    for request, each in taken.items():
        yield request, min(each[1:])


def file(steps: dict[str, dict[str, str]], number: int, time_: int) -> Iterator[tuple[str, float]]:
    """Go from the first step to the page of what was filed; yield what the requests that are compared took."""
    client = Client(REMOTE_ADDR=f"10.{number}.{time_}.1")
    timed(client, "get", "/demande/")
    for step, typed in steps.items():
        last, _ = timed(client, "post", f"/demande/{step}/", typed)
    yield "the last step", last
    if shows_the_answer(client):
        yield "the answer", timed(client, "get", "/demande/reponse/")[0]
    filing, response = timed(client, "post", "/demande/contact/", CONTACT | {"email": f"{time_}@{number}.example"})
    yield "filing", filing
    yield "what was filed", timed(client, "get", response["Location"])[0]


def shows_the_answer(client: Any) -> bool:
    return bool(client.get("/demande/reponse/", secure=True).status_code == 200)


def timed(client: Any, method: str, path: str, data: dict[str, str] | None = None) -> tuple[float, Any]:
    """Return the processor time of a request, here and in PostgreSQL, and its response."""
    start = time.process_time() + postgres_seconds()
    response = getattr(client, method)(path, data, secure=True)
    seconds = time.process_time() + postgres_seconds() - start
    assert response.status_code in (200, 302), (path, response.status_code, response.content.decode()[-2000:])
    return seconds, response


def postgres_seconds() -> float:
    """Return the processor time of our session of PostgreSQL, which must be on this machine.

    In nanoseconds of the scheduler: the ticks of ``stat`` are ten milliseconds, half of what is measured.
    """
    connection.ensure_connection()
    return int(Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text("ascii").split()[0]) / 1e9


if __name__ == "__main__":
    main()
