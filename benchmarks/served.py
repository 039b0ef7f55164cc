"""The site as production serves it, and the processor time that it takes with its PostgreSQL."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat from the state on: the parent, the time of its own, that of the children that ended.
PARENT, OWN, ENDED = 1, slice(11, 13), slice(13, 15)


@contextmanager
def serve() -> Iterator[tuple[int, int]]:
    """Serve as production does; give the port and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    child = subprocess.Popen(  # noqa: S603
        [ROOT / "scripts" / "start", "web"],
        cwd=ROOT,
        env={**os.environ, "JONCTION_BIND": "127.0.0.1", "JONCTION_PORT": str(port), "PYTHONPATH": str(ROOT)},
    )
    try:
        deadline = time.monotonic() + 60
        while child.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, child.pid
    finally:
        child.terminate()
        child.wait()


def processor_seconds(pid: int) -> dict[str, float]:
    """Return the time of the processor that the server, PostgreSQL and the clients took since they started."""
    return {
        "server": sum(map(_ticks, _children(pid))) / TICKS,
        "PostgreSQL": server_seconds(),
        "clients": time.process_time(),
    }


def server_seconds() -> float:
    """Return the time of the processor that PostgreSQL took: a process a connection, and those that ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = _fields(cursor.fetchone()[0])[PARENT]
    return (sum(map(_ticks, _children(server))) + sum(map(int, _fields(server)[ENDED]))) / TICKS


def _children(pid: int | str) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()


def _fields(pid: int | str) -> list[str]:
    """Return what the system tells of a process, from its state on."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def _ticks(pid: int | str) -> int:
    return sum(map(int, _fields(pid)[OWN]))
