"""Where it plays: servers and a database of its own, the mail server, and the programs of Celery."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import redis

from tests.notifications.servers import mail_server
from tests.tasks.crash.keeper import REPORTS, GateKeeper
from tests.tasks.crash.outbox import Outbox
from tests.tasks.crash.programs import ROOT, Beat, Program, private_services, scratch_database

EMAILS = "emails"  # the queue of what sends them
TOGETHER = 2  # readers of what comes back
SENDERS = 4  # sending processes of a worker
LEASE_SECONDS = 8


@dataclass(frozen=True, kw_only=True)
class Stage:
    outbox: Outbox
    broker: redis.Redis
    port: int  # of the mail server
    folder: Path
    environment: dict[str, str]
    stack: ExitStack  # what is started is stopped at its end

    def owe(self, count: int) -> None:
        """Make the tables and owe e-mails."""
        fill = f"from tests.tasks.crash.outbox import fill; fill({count})"
        subprocess.run([sys.executable, "-c", fill], cwd=ROOT, env=self.environment, check=True)

    def read_reports(self) -> list[subprocess.Popen[bytes]]:
        """Start to read what came back, twice at once."""
        code = f"from tests.tasks.crash.outbox import read_reports; read_reports({str(self.folder / REPORTS)!r})"
        log = self.stack.enter_context((self.folder / "reports.log").open("ab"))
        read = [sys.executable, "-c", code]
        return [
            subprocess.Popen(read, cwd=ROOT, env=self.environment, stdout=log, stderr=log) for _ in range(TOGETHER)
        ]

    def start_worker(self) -> Program:
        options = ["--queues", EMAILS, "--without-gossip", "--without-mingle", "--concurrency", str(SENDERS)]
        return self._start(Program, "worker", "worker", *options)

    def start_beat(self, name: str) -> Beat:
        return self._start(Beat, name, "beat", "--schedule", str(self.folder / f"{name}-schedule"), *Beat.OPTIONS)

    def n_tasks(self) -> int:
        """Return how many tasks that send e-mails wait in Redis."""
        return self.broker.llen(EMAILS)

    def n_tasks_twice(self) -> int:
        """Return how many of those with arguments, and not void yet, repeat another one of them."""
        now = datetime.now(UTC)
        headers = [json.loads(message)["headers"] for message in self.broker.lrange(EMAILS, 0, -1)]
        tasks = [
            (header["task"], header["argsrepr"])
            for header in headers
            if header["argsrepr"] != "()" and datetime.fromisoformat(header["expires"]) > now
        ]
        return len(tasks) - len(set(tasks))

    def _start[P: Program](self, kind: type[P], name: str, *command: str) -> P:
        celery = ("-m", "celery", "-A", "tasks.app", *command)
        program = kind(name, *celery, folder=self.folder, environment=self.environment)
        self.stack.callback(program.stop)
        return program


@contextmanager
def set_stage(keeper: GateKeeper, *, sweep_seconds: float, folder: Path, copied: str | None = None) -> Iterator[Stage]:
    """Start the servers; stop everything at the end of the block. Beat ticks every ``sweep_seconds``."""
    with ExitStack() as stack:
        services = stack.enter_context(private_services(folder))
        database = stack.enter_context(scratch_database(services["DATABASE_URL"], copied=copied))
        port = stack.enter_context(mail_server(keeper))
        environment = {
            **os.environ,
            **services,
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "backend.config.settings",
            "JONCTION_DEMO": "1",
            "JONCTION_SECRET_KEY": "crash-only-" + "0" * 40,
            "JONCTION_MAIL_HOST": "127.0.0.1",
            "JONCTION_MAIL_PORT": str(port),
            "JONCTION_MAIL_PER_DOMAIN": "0",
            "JONCTION_BOUNCE_ADDRESS": "bounces@jonction.example",
            "JONCTION_OUTBOX_SECONDS": str(sweep_seconds),
            "JONCTION_OUTBOX_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        yield Stage(
            outbox=Outbox(stack.enter_context(psycopg.connect(database, autocommit=True))),
            broker=stack.enter_context(redis.Redis.from_url(services["REDIS_URL"])),
            port=port,
            folder=folder,
            environment=environment,
            stack=stack,
        )
