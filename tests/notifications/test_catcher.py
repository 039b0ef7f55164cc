import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backend.notifications import catcher, mail_server

ROOT = Path(__file__).resolve().parents[2]


def make_message(**headers):
    message = EmailMessage()
    for name, value in {"From": "a@jonction.example", "To": "b@firm.example", "Subject": "Été", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content("Bonjour,\n\nà bientôt.\n")
    message.add_alternative("<p>à bientôt</p>", subtype="html")
    return message


def answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def running(tmp_path):
    """Start the command on a free port; yield the port, the folder and the process."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "JONCTION_DEMO": "1",
        "JONCTION_CATCHER_DIR": str(tmp_path / "mail"),
        "JONCTION_MAIL_PORT": str(port),
    }
    command = [sys.executable, "manage.py", "catch_mail"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not answers(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield port, tmp_path / "mail", process
    finally:
        process.kill()
        process.wait()


@pytest.mark.cases(1)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_sent_is_kept_and_the_command_stops_when_asked(running, number):
    port, folder, process = running
    with smtplib.SMTP("127.0.0.1", port) as client:
        for subject in ("Un", "Deux"):
            client.send_message(make_message(Subject=subject))
        process.send_signal(number)  # with a client still connected
        assert process.wait(10) == 0
        client.close()
    assert [message.subject for message in catcher.messages(folder)] == ["Deux", "Un"]
    assert {path.suffix for path in folder.iterdir()} == {catcher.SUFFIX}


def test_a_message_is_read_as_plain_values(tmp_path):
    message = make_message(
        Reply_To="c@epci.example",
        Date="Tue, 24 Nov 2026 10:00:00 +0100",
        Message_ID="<1@jonction.example>",
        List_Unsubscribe="<http://127.0.0.1:8000/arreter/x/>",
    )
    mail_server.Keeper(tmp_path).keep(message.as_bytes())
    (caught,) = catcher.messages(tmp_path)
    assert caught == catcher.Caught(
        name=caught.name,
        subject="Été",
        sender="a@jonction.example",
        recipient="b@firm.example",
        reply_to="c@epci.example",
        date=datetime(2026, 11, 24, 9, tzinfo=UTC),
        message_id="<1@jonction.example>",
        list_unsubscribe="<http://127.0.0.1:8000/arreter/x/>",
        text="Bonjour,\n\nà bientôt.\n",
        html="<p>à bientôt</p>\n",
    )
    assert catcher.message(caught.name, tmp_path) == caught


@pytest.mark.parametrize("content", [b"", b"Subject: x", b"Date: yesterday\r\n\r\nHi", b"\xff\xfe\x00"])
def test_a_poor_message_can_be_read_too(tmp_path, content):
    mail_server.Keeper(tmp_path).keep(content)
    (caught,) = catcher.messages(tmp_path)
    assert caught.date is None


@pytest.mark.parametrize("name", ["", "../secret", "20261124T101530123456-0000000g", "20261124T101530123456-00000000"])
def test_only_a_message_that_was_caught_can_be_read(tmp_path, name):
    (tmp_path / "secret.eml").write_text("no")
    folder = tmp_path / "mail"
    folder.mkdir()
    assert catcher.message(name, folder) is None


def test_nothing_is_caught_outside_a_demonstration(settings):
    settings.CATCHER_DIR = None
    assert catcher.messages() == []
    assert catcher.message("20261124T101530123456-00000000") is None
    with pytest.raises(CommandError, match="JONCTION_CATCHER_DIR"):
        call_command("catch_mail")
    settings.DEMO = False
    with pytest.raises(CommandError, match="réservé aux démonstrations"):
        call_command("catch_mail")
