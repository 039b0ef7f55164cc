"""The crash suite: workers are killed and Redis is emptied while e-mails leave; what arrives is counted.

    python -m tests.tasks.crash [NUMBER]

Real processes and servers: a database of its own on the server of DATABASE_URL (a private server where that is unset),
a private Redis, since nobody else's may be emptied, the tasks' worker and beat, and the development mail catcher, made
slow on both sides of the moment it keeps a message, so that kills land before and after it.

What must hold: each e-mail owed arrives, and a killed sending process costs at most one extra copy, under the same
Message-ID; cutting the connections to PostgreSQL costs none. Exit code 0 if it does.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg import sql

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.test")

from backend.notifications import catcher
from tests.notifications.servers import mail_server

ROOT = Path(__file__).resolve().parents[2]
SENDERS = 4  # sending processes of a worker
SLOWNESS_SECONDS = 0.15  # on each side of the moment a message is kept
LEASE_SECONDS = 8
SWEEP_SECONDS = 0.5
START_SECONDS = 60
END_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Report:
    owed: int
    received: int
    missing: int
    strangers: int
    changed: int
    senders_killed: int
    claims_cut: int
    seconds: float

    @property
    def distinct(self) -> int:
        return self.owed - self.missing

    @property
    def extras(self) -> int:
        return self.received - self.distinct

    @property
    def faults(self) -> list[str]:
        found = {
            f"{self.missing} e-mails never arrived": self.missing > 0,
            f"{self.strangers} Message-IDs are of no e-mail owed": self.strangers > 0,
            f"{self.changed} copies differ from what is owed": self.changed > 0,
            f"{self.extras} extra copies for {self.senders_killed} senders killed": self.extras > self.senders_killed,
            "no kill landed while an e-mail was leaving": self.claims_cut == 0,
        }
        return [fault for fault, is_true in found.items() if is_true]

    def __str__(self) -> str:
        return (
            f"crash: {self.owed} owed, {self.distinct} distinct Message-IDs received, {self.missing} missing, "
            f"{self.extras} extra copies for {self.senders_killed} sending processes killed "
            f"({self.claims_cut} while sending), 2 workers killed, 2 FLUSHALL, database connections cut once, "
            f"{self.seconds:.0f} s: {'; '.join(self.faults) or 'holds'}"
        )


class SlowKeeper(catcher.Keeper):
    async def handle_DATA(self, *arguments) -> str:
        await asyncio.sleep(SLOWNESS_SECONDS)
        answer = await super().handle_DATA(*arguments)
        await asyncio.sleep(SLOWNESS_SECONDS)
        return answer


class Program:
    """A process and its children, in a group of their own, with a log."""

    def __init__(self, name: str, *command: str, folder: Path, environment: dict[str, str]) -> None:
        self._log = folder / f"{name}.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def wait_for(self, ready: Callable[[], bool], *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"{self._log} says why:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.02)

    def children(self) -> list[int]:
        return [
            int(pid)
            for pid in Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        ]

    def kill_one_child(self) -> None:
        os.kill(self.children()[0], signal.SIGKILL)

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Ask to end, and kill what does not."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


def run_crash(owed: int, *, folder: Path) -> Report:
    """Owe e-mails, start everything, break it while they leave, and count what arrives in ``folder``."""
    started = time.monotonic()
    mail = folder / "mail"
    mail.mkdir()
    with ExitStack() as stack:
        services = stack.enter_context(private_services(folder))
        database = stack.enter_context(scratch_database(services["DATABASE_URL"]))
        port = stack.enter_context(mail_server(SlowKeeper(mail)))
        environment = {
            **os.environ,
            **services,
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "backend.config.settings",
            "JONCTION_DEMO": "1",
            "JONCTION_SECRET_KEY": "crash-only-" + "0" * 40,
            "JONCTION_MAIL_HOST": "127.0.0.1",
            "JONCTION_MAIL_PORT": str(port),
            "JONCTION_OUTBOX_SECONDS": str(SWEEP_SECONDS),
            "JONCTION_OUTBOX_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        for command in (
            ["manage.py", "migrate", "--verbosity=0"],
            ["-c", f"from tests.tasks.crash import owe_all; owe_all({owed})"],
        ):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)

        def start(name: str, *options: str) -> Program:
            program = Program(
                name, "-m", "celery", "-A", "tasks.app", name, *options, folder=folder, environment=environment
            )
            stack.callback(program.stop)
            return program

        def start_worker() -> Program:
            options = ["--without-gossip", "--without-mingle", "--concurrency", str(SENDERS)]
            return start("worker", *options)

        def start_beat() -> Program:
            return start("beat", "--schedule", str(folder / "beat-schedule"), "--pidfile=")

        connection = stack.enter_context(psycopg.connect(database, autocommit=True))
        broker = stack.enter_context(redis.Redis.from_url(services["REDIS_URL"]))

        def n_sent() -> int:
            query = "SELECT count(*) FROM notifications_notification WHERE state = 'sent'"
            return connection.execute(query).fetchone()[0]

        def claims() -> set[tuple[int, int]]:
            query = "SELECT id, attempt FROM notifications_notification WHERE state = 'claimed'"
            return set(connection.execute(query).fetchall())

        def cut_database_connections() -> None:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

        def received() -> int:
            return sum(1 for _ in mail.glob(f"*{catcher.SUFFIX}"))

        def wait_for_part(part: float) -> None:
            worker.wait_for(lambda: received() >= owed * part, seconds=START_SECONDS)

        beat, worker = start_beat(), start_worker()

        wait_for_part(0.15)
        worker.kill()
        claims_cut = claims()
        worker = start_worker()

        wait_for_part(0.3)
        broker.flushall()
        wait_for_part(0.4)
        cut_database_connections()
        wait_for_part(0.5)
        worker.kill_one_child()

        wait_for_part(0.6)
        worker.kill()
        beat.kill()
        claims_cut |= claims()
        broker.flushall()
        beat, worker = start_beat(), start_worker()

        worker.wait_for(lambda: n_sent() == owed, seconds=END_SECONDS)
        beat.stop()
        worker.stop()
        rows = connection.execute("SELECT message_id, recipient, text FROM notifications_notification").fetchall()

    expected = {message_id: (recipient, text.strip()) for message_id, recipient, text in rows}
    caught = catcher.messages(mail)
    copies = Counter(message.message_id for message in caught)
    return Report(
        owed=owed,
        received=len(caught),
        missing=len(expected.keys() - copies.keys()),
        strangers=len(copies.keys() - expected.keys()),
        changed=sum(
            expected.get(message.message_id) != (message.recipient, message.text.strip()) for message in caught
        ),
        senders_killed=2 * SENDERS + 1,
        claims_cut=len(claims_cut),
        seconds=time.monotonic() - started,
    )


def owe_all(count: int) -> None:
    """Owe e-mails, each to an address of its own, as the services do."""
    import django

    django.setup()
    from backend.notifications.services import Message, owe

    for number in range(count):
        message = Message(subject=f"Essai {number}", text=f"Numéro {number}\n", html=f"<p>Numéro {number}</p>")
        owe(
            kind="crash",
            key=f"crash:{number}",
            recipient=f"n{number}@jonction.example",
            message=message,
            topic="crash",
        )


@contextmanager
def private_services(folder: Path) -> Iterator[dict[str, str]]:
    """Start a Redis that may be emptied, and PostgreSQL where none is given; yield their URLs."""
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    services = Program(
        "services", "scripts/services.py", str(folder), "--ephemeral", folder=folder, environment=environment
    )
    try:
        written = folder / "services.env"
        services.wait_for(written.exists, seconds=START_SECONDS)
        lines = (line.removeprefix("export ").split("=", 1) for line in written.read_text().splitlines())
        yield {"DATABASE_URL": os.environ.get("DATABASE_URL", ""), **dict(lines)}
    finally:
        services.stop()


@contextmanager
def scratch_database(url: str) -> Iterator[str]:
    """Make a database beside the one of ``url`` and drop it at the end."""
    name = f"jonction_crash_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("owed", metavar="NUMBER", type=int, nargs="?", default=200)
    with tempfile.TemporaryDirectory() as folder:
        report = run_crash(parser.parse_args().owed, folder=Path(folder))
    sys.stdout.write(f"{report}\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
