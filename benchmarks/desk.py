"""What officers' pages cost beside a page of the layout alone, on the files of a loaded demonstration.

    . .run/env; PYTHONPATH=. .venv/bin/python -P benchmarks/desk.py [--leads] [ADDRESS OF AN ACCOUNT]...

``--leads`` asks for the figures of who leads instead.

Pages are asked of the function that production calls. Processor time is that of this process and of its PostgreSQL
session, which must be on this machine. Nothing is judged here: a test bounds the questions and the weight.
"""

import gzip
import sys
import time
from importlib import import_module
from io import BytesIO
from pathlib import Path
from statistics import median

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.db import connection  # noqa: E402

from backend.accounts.models import User  # noqa: E402
from backend.config.wsgi import application  # noqa: E402
from backend.matchmaking.models import Submission  # noqa: E402

LAYOUT = "/compte/deconnexion/"  # the layout, and one button
LISTS = (
    "/agent/", "/agent/?etat=a-rappeler", "/agent/?etat=offerts", "/agent/?etat=a-traiter", "/agent/?etat=suivis",
    "/agent/?etat=tous&page=20", "/agent/?etat=tous&recherche=lefort&tri=nom",
)  # fmt: skip
TIMES = 40
FIGURES = (
    "/territoire/", "/territoire/?depuis=3", "/territoire/?depuis=tout", "/territoire/?depuis=tout&besoin=numerique",
    "/territoire/carte/", "/territoire/carte/?detail=mobilite.flotte", "/territoire/dispositifs/",
    "/territoire/dispositifs/?depuis=tout", "/territoire/actions/", "/territoire/note/",
)  # fmt: skip
OFFICERS = ("claire.vasseur@jonction.example", "marc.delaunay@jonction.example")


type Cost = tuple[float, float]  # seconds of processor, here and in PostgreSQL


def main(addresses: list[str], *, leads: bool) -> None:
    connection.settings_dict["CONN_MAX_AGE"] = None  # one session for all, so that its time can be read
    print(f"{Submission.objects.count()} files; milliseconds of processor, {TIMES} times each")
    print("| Who | Page | Queries | kB | Compressed | Web | PostgreSQL | Beside the layout |")
    print("|---|---|---|---|---|---|---|---|")
    for address in addresses:
        user = User.objects.get(email=address)
        cookie = signed_in(user)
        for page in FIGURES if leads else pages_of_officer(user):
            layout, cost, n_queries, body = measured(page, cookie)
            weight = f"{len(body) / 1000:.0f} | {len(gzip.compress(body)) / 1000:.1f}"
            times = f"{1000 * cost[0]:.0f} | {1000 * cost[1]:.0f} | {sum(cost) / sum(layout):.1f} ×"
            print(f"| {user} | `{page}` | {n_queries} | {weight} | {times} |")


def pages_of_officer(user: User) -> list[str]:
    first = Submission.objects.visible_to(user).waiting().still_open().order_by("-filed_at").first()
    return [*LISTS, *([f"/agent/{first.pk}/?etat=a-lire"] if first else [])]


def signed_in(user: User) -> str:
    """Open a session as signing in does; return its cookie."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = user._meta.pk.value_to_string(user)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def measured(page: str, cookie: str) -> tuple[Cost, Cost, int, bytes]:
    """Return what the layout and a page cost, asked in turn, how much the page asks of PostgreSQL, and its bytes."""
    costs: dict[str, list[Cost]] = {LAYOUT: [], page: []}
    for _ in range(TIMES + 1):
        for each in (LAYOUT, page):
            here, there = time.process_time(), postgres_seconds()
            get(each, cookie)
            took = time.process_time() - here
            costs[each].append((took, postgres_seconds() - there))
    asked: list[str] = []

    def count(execute, sql, *rest):
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        body = get(page, cookie)
    return *(tuple(map(median, zip(*costs[each][1:], strict=True))) for each in (LAYOUT, page)), len(asked), body


def postgres_seconds() -> float:
    """Return the processor time of our session of PostgreSQL, which stays open between pages."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e9


def get(page: str, cookie: str) -> bytes:
    path, _, query = page.partition("?")
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "", "HTTP_COOKIE": cookie,
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1",
        "HTTP_X_FORWARDED_PROTO": "https", "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(), "wsgi.errors": sys.stderr,
    }  # fmt: skip
    response = application(environ, lambda status, headers: told.append(status))
    body = b"".join(response)
    response.close()
    assert told == ["200 OK"], (page, told)
    return body


if __name__ == "__main__":
    addresses = [address for address in sys.argv[1:] if address != "--leads"]
    main(addresses or list(OFFICERS), leads="--leads" in sys.argv)
