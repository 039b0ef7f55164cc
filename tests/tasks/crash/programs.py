"""The programs the suite starts, waits for and kills."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.tasks.crash import kernel

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 60
POLL_SECONDS = 0.02


def wait_until(ready: Callable[[], object], *, seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not within {seconds} s.")
        time.sleep(POLL_SECONDS)


class Program:
    """A process and its children, in a group of their own, with a log."""

    def __init__(self, name: str, *command: str, folder: Path, environment: dict[str, str]) -> None:
        self._log = folder / f"{name}.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_for(self, ready: Callable[[], object], *, seconds: float = START_SECONDS) -> None:
        """Wait, as long as this program lives."""
        try:
            wait_until(lambda: self._process.poll() is not None or ready(), seconds=seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error} {self._log} says why:\n{self.log[-2000:]}") from None
        if self._process.poll() is not None:
            raise RuntimeError(f"It has ended with {self._process.returncode}: {self._log}\n{self.log[-2000:]}")

    def children(self) -> list[int]:
        return kernel.children(self._process.pid)

    def kill(self) -> None:
        """Kill it and its children, and wait until they are dead."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        wait_until(lambda: not kernel.pids_of_group(self._process.pid))

    def stop(self) -> None:
        """Ask to end, and kill whoever does not."""
        if self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        with suppress(ProcessLookupError):
            self.kill()


class Beat(Program):
    """A beat of Celery, whose log says when it hands out what."""

    OPTIONS = ("--pidfile=", "--loglevel=INFO")

    @property
    def ticks(self) -> int:
        return self.log.count("Sending due task")


def kill(pid: int) -> None:
    """Kill one process, and wait until it is dead."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not kernel.state(pid))


@contextmanager
def private_services(folder: Path) -> Iterator[dict[str, str]]:
    """Start a Redis that may be emptied, and PostgreSQL where none is given; yield their URLs."""
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    services = Program(
        "services", "scripts/services.py", str(folder), "--ephemeral", folder=folder, environment=environment
    )
    try:
        written = folder / "services.env"
        services.wait_for(written.exists)
        lines = (line.removeprefix("export ").split("=", 1) for line in written.read_text().splitlines())
        yield {"DATABASE_URL": os.environ.get("DATABASE_URL", ""), **dict(lines)}
    finally:
        services.stop()


@contextmanager
def scratch_database(url: str, *, copied: str | None = None, suffix: str = "") -> Iterator[str]:
    """Make a database beside the one of ``url``, empty or a copy of another one, and drop it at the end."""
    name = f"jonction_crash_{os.getpid()}{suffix}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        template = sql.Identifier(copied or "template1")
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), template))
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
