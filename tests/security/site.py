"""The site as scripts/start serves it, on a port of its own, without a proxy."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """A site that was started, and bytes sent to it."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log

    @property
    def processes(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError):
                if self.get("/healthz", timeout=5)[0] == 200:
                    return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise TimeoutError(self.log.read_text())

    def connect(self, timeout: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def get(self, path: str, timeout: float = 10) -> tuple[int, float]:
        """Return the status and how many seconds it took."""
        before = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as answer:
            return answer.status, time.monotonic() - before


def read_all(link: socket.socket) -> str:
    """Read until the other side closes."""
    received = b""
    while data := link.recv(65_536):
        received += data
    return received.decode()


@contextmanager
def served(log: Path, *options: str) -> Iterator[Site]:
    """Start the site as ``./run`` and ``scripts/start web`` do, on the tests' database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    environment = {
        **os.environ,
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "JONCTION_PORT": str(port),
        "JONCTION_BIND": "127.0.0.1",
    }
    with log.open("wb") as output:
        command = [ROOT / "scripts" / "start", "web", *options]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
    site = Site(process, port, log)
    try:
        site.wait_until_it_answers()
        yield site
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
