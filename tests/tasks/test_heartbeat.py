"""Real processes, and what the health check of the image says of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import healthy
from tasks.app import app

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240  # patience, not a bound: on a busy machine a worker starts twenty times as slowly


def wait_until(condition, seconds: float = START_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def states_of(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Return the state of each thread, as the kernel says it: T is stopped."""
    for thread in Path(f"/proc/{process.pid}/task").iterdir():
        yield (thread / "stat").read_text().rpartition(")")[2].split()[0]


@pytest.fixture
def heartbeat(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "heartbeat"
    monkeypatch.setenv("JONCTION_HEARTBEAT_FILE", str(path))
    return path


@pytest.fixture
def process(request, heartbeat, tmp_path) -> Iterator[subprocess.Popen[bytes]]:
    """Start ``scripts/start`` with the name the test is given, on a Redis database that nobody else reads."""
    environment = {
        **os.environ,
        "REDIS_URL": f"{os.environ['REDIS_URL'].rpartition('/')[0]}/15",
        "JONCTION_STATE_DIR": str(tmp_path),
        "JONCTION_OUTBOX_SECONDS": "1",
        "JONCTION_SECRET_KEY": "heartbeat-tests-only-" + "0" * 40,
        "JONCTION_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    }
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [ROOT / "scripts" / "start", request.param], env=environment, stdout=log, stderr=log
        ) as child,
    ):
        yield child
        if child.poll() is None:
            child.terminate()
            child.wait(START_SECONDS)


@pytest.mark.cases(1)
@pytest.mark.parametrize("process", ["worker", "mailer", "beat"], indirect=True)
def test_a_process_that_works_is_healthy_says_so_no_longer_where_it_hangs_and_stops_when_told(process, heartbeat):
    assert healthy.main() == 1, "it has not started yet"
    assert wait_until(lambda: healthy.main() == 0)
    first = heartbeat.stat().st_mtime
    assert wait_until(lambda: heartbeat.stat().st_mtime > first)
    process.send_signal(signal.SIGSTOP)
    try:
        assert wait_until(lambda: all(state == "T" for state in states_of(process)))  # a busy machine takes its time
        stopped_at = heartbeat.stat().st_mtime
        time.sleep(3)
        assert heartbeat.stat().st_mtime == stopped_at
    finally:
        process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGTERM)
    assert process.wait(app.conf.worker_soft_shutdown_timeout) == 0, "it waited, with nothing in hand"


@pytest.mark.parametrize(("age", "code"), [(-60, 0), (1, 1)], ids=["still believed", "believed no longer"])
def test_a_process_is_believed_alive_until_the_date_of_its_file(heartbeat, age, code):
    heartbeat.touch()
    os.utime(heartbeat, times=(time.time(), time.time() - age))
    assert healthy.main() == code


def test_a_file_that_is_not_there_is_nobody_alive(heartbeat):
    assert healthy.main() == 1


def test_the_check_needs_none_of_our_libraries():
    """It runs every half minute in each container: it must cost nothing."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import runpy; runpy.run_path('scripts/healthy.py')"], cwd=ROOT
    )
    assert done.returncode == 0
