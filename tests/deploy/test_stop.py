"""Stopping the processes as a container is stopped: SIGTERM, then patience."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest

from tasks.app import app
from tests.deploy.conftest import REDIS_SERVER, ROOT, Database
from tests.notifications.servers import Postman, mail_server

START_SECONDS = 40
OWE = "from tests.tasks.crash.outbox import fill; fill(1)"
STATE = "SELECT state FROM notifications_notification"


@pytest.fixture
def database(make_database) -> Database:
    return make_database(with_reference_data=True)


@pytest.fixture
def start(database, tmp_path) -> Iterator:
    """Return a function that starts a process of the service, sending its e-mails to a port."""
    started: list[subprocess.Popen[bytes]] = []

    def starter(name: str, mail_port: int) -> subprocess.Popen[bytes]:
        environment = {
            **database.environment,
            "REDIS_URL": f"{REDIS_SERVER}/14",
            "JONCTION_OUTBOX_SECONDS": "1",
            "JONCTION_MAIL_PORT": str(mail_port),
            "JONCTION_STATE_DIR": str(tmp_path),
            "JONCTION_HEARTBEAT_FILE": str(tmp_path / f"{name}.alive"),
        }
        with (tmp_path / f"{name}.log").open("wb") as log:
            command = [ROOT / "scripts" / "start", name]
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        started.append(process)
        return process

    yield starter
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.mark.slow
def test_a_mailer_told_to_stop_ends_the_sending_in_hand_and_takes_no_other(database, start):
    arrived, may_go_on = threading.Event(), threading.Event()
    postman = Postman()
    postman.meanwhile = lambda: (arrived.set(), may_go_on.wait(30))
    with mail_server(postman) as port:
        database.python(OWE)
        mailer, beat = start("mailer", port), start("beat", port)
        assert arrived.wait(START_SECONDS)
        for process in (mailer, beat):
            process.send_signal(signal.SIGTERM)
        time.sleep(2)
        assert mailer.poll() is None, "it left a mail server in the middle of a message"
        assert database.ask(STATE) == [("claimed",)]
        may_go_on.set()
        assert mailer.wait(app.conf.worker_soft_shutdown_timeout + 10) == 0
        assert beat.wait(10) == 0
    assert len(postman.accepted) == 1
    assert database.ask(STATE) == [("sent",)]
