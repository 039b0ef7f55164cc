"""Delivery reports and complaints as servers write them, and what people may write instead."""

import mailbox
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backend.common.work import Work
from backend.notifications.bounce_mailbox import MailboxError, read_imap
from backend.notifications.bounces import MOST_BYTES, MOST_PARTS, Outcome, record_report
from backend.notifications.models import Notification, Suppression
from backend.notifications.services import deliver
from tests.neighbour import ours
from tests.notifications.imap import imap_server
from tests.undone import undone

NO_REPORT = "Ignoré : ce n’est ni un avis de non-remise ni un signalement."
State, Delivery = Notification.State, Notification.Delivery
REPORTS = Path(__file__).parent / "reports"
SERVERS = ["postfix", "exchange", "gmail", "ovh"]
# Where an e-mail is named in each.
PLACES = [
    ("postfix", "Delivered-To"),
    ("postfix", "To"),
    ("postfix", "Message-ID"),
    ("exchange", "In-Reply-To"),
    ("exchange", "References"),
    ("gmail", "Message-ID"),
    ("ovh", "X-Original-To"),
    ("complaint", "Original-Mail-From"),
    ("complaint", "Message-ID"),
]


@pytest.fixture
def sent(make_owed, postman) -> Notification:
    """Return an e-mail that has left, about a firm's file; the neighbour's has left too."""
    for key, recipient in (("ours", "paul@firm.example"), ("theirs", "zoe@neighbour.example")):
        assert deliver(pk=make_owed(key=key, recipient=recipient, kind="alert", about=(key,)).pk, attempt=0)
    return Notification.objects.get(dedupe_key="ours")


@pytest.fixture
def other(sent) -> Notification:
    return Notification.objects.get(dedupe_key="theirs")


def report(name: str, notification: Notification, **changes: str) -> bytes:
    """Return a report about an e-mail, with words of it changed."""
    identifier = notification.message_id[1:41]
    text = (REPORTS / f"{name}.eml").read_text().replace("IDENTIFIER", identifier)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def nothing_changed() -> bool:
    return not Suppression.objects.exists() and not ours(Notification).exclude(delivery=Delivery.UNKNOWN).exists()


# -- real reports


def test_a_server_that_gives_up_on_an_unknown_mailbox_makes_the_address_dead(sent, other):
    said = f"Noté : courriel {sent.pk}, adresse qui n’existe plus."
    for server in SERVERS:
        with undone():
            assert record_report(report(server, sent)) == Outcome(is_known=True, is_recorded=True, sentence=said)
            for row in (sent, other):
                row.refresh_from_db()
            assert (sent.state, sent.delivery) == (State.SENT, Delivery.DEAD), server
            assert sent.suppression.reason == "dead"
            assert "@" not in sent.error
            assert other.delivery == Delivery.UNKNOWN
            assert Suppression.objects.count() == 1


def test_a_report_that_comes_twice_is_recorded_once(sent):
    assert record_report(report("postfix", sent)).is_recorded
    again = record_report(report("gmail", sent))
    assert again == Outcome(is_known=True, is_recorded=False, sentence="Déjà noté.")


def test_an_email_is_known_by_each_place_that_names_it_alone(sent):
    identifier = sent.message_id[1:41]
    for server, place in PLACES:
        lines = report(server, sent).decode().splitlines(keepends=True)
        alone = "".join(line if line.startswith(f"{place}:") else line.replace(identifier, "0" * 40) for line in lines)
        with undone():
            assert record_report(alone.encode()).is_recorded, (server, place)
            sent.refresh_from_db()
            assert sent.delivery == (Delivery.COMPLAINED if server == "complaint" else Delivery.DEAD), server


def test_a_server_that_gives_no_reason_is_known_by_its_status(sent):
    record_report(report("postfix", sent, **{"Diagnostic-Code": "X-Code"}))
    sent.refresh_from_db()
    assert (sent.delivery, sent.error) == (Delivery.DEAD, "5.1.1")


STATUSES = [
    ({"Action: failed": "Action: delayed", "Status: 5.1.1": "Status: 4.4.1"}, Delivery.UNKNOWN),
    ({"Action: failed": "Action: relayed", "Status: 5.1.1": "Status: 2.1.9"}, Delivery.UNKNOWN),
    ({"Status: 5.1.1": "Status: 4.4.1"}, Delivery.REFUSED),  # given up after days without an answer
    ({"Status: 5.1.1": "Status: 5.7.1"}, Delivery.REFUSED),
    ({"Status: 5.1.1": "Status: 5.2.2"}, Delivery.REFUSED),
]


def test_a_delay_changes_nothing_and_a_refusal_suppresses_nothing(sent):
    for changes, delivery in STATUSES:
        waits = delivery == Delivery.UNKNOWN
        said = "Sans suite : le serveur essaie encore." if waits else f"Noté : courriel {sent.pk}, refusé."
        with undone():
            outcome = record_report(report("postfix", sent, **changes))
            assert outcome == Outcome(is_known=True, is_recorded=not waits, sentence=said), changes
            sent.refresh_from_db()
            assert sent.delivery == delivery, changes
            assert not Suppression.objects.exists(), changes


def test_a_dead_mailbox_behind_the_recipient_is_a_refusal(sent):
    """Whoever passes our e-mails on to two people, one of whom has left, still reads them."""
    record_report(report("gmail", sent, **{"rfc822; paul@firm.example": "rfc822; old@firm.example"}))
    sent.refresh_from_db()
    assert sent.delivery == Delivery.REFUSED
    assert not Suppression.objects.exists()


OURS = "Final-Recipient: rfc822; paul@firm.example"
ANOTHER = f"Final-Recipient: rfc822; lea@firm.example\nAction: {{}}\nStatus: {{}}\n\n{OURS}"


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("failed", "5.7.1")])
def test_of_several_recipients_the_worst_counts(sent, action, status):
    record_report(report("postfix", sent, **{OURS: ANOTHER.format(action, status)}))
    sent.refresh_from_db()
    assert sent.delivery == Delivery.DEAD


def test_a_recipient_is_known_by_what_was_written_to_whatever_it_became(sent):
    record_report(
        report(
            "postfix",
            sent,
            **{
                "Original-Recipient: rfc822;paul@firm.example": "Original-Recipient: rfc822; <Paul@firm.example>",
                OURS: "Final-Recipient: rfc822; box12@store.example",
                "Action: failed": "Action: failed (for good)",
            },
        )
    )
    sent.refresh_from_db()
    assert sent.delivery == Delivery.DEAD


def test_a_complaint_suppresses_alerts_only(sent, other, make_owed):
    assert record_report(report("complaint", sent)).is_recorded
    sent.refresh_from_db()
    assert sent.delivery == Delivery.COMPLAINED
    assert make_owed(key="a", kind="alert", about=("ours",)).state == State.STOPPED
    assert make_owed(key="b", kind="receipt", about=("ours",)).state == State.DUE
    assert make_owed(key="c", kind="alert", about=("x",), recipient=other.recipient).state == State.DUE


def test_a_complaint_taken_back_is_none(sent):
    said = "Ignoré : signalement de nature 'not-spam'."
    outcome = record_report(report("complaint", sent, abuse="not-spam"))
    assert outcome == Outcome(is_known=False, is_recorded=False, sentence=said)
    assert nothing_changed()


# -- what people may write


def test_a_report_with_another_identifier_changes_nothing_though_the_address_is_right(sent):
    said = "Ignoré : aucun courriel envoyé n’a cet identifiant."
    for name in (*SERVERS, "complaint"):
        outcome = record_report(report(name, sent).replace(sent.message_id[1:41].encode(), b"0" * 40))
        assert outcome == Outcome(is_known=False, is_recorded=False, sentence=said), name
        assert nothing_changed(), name


def test_an_email_that_has_not_left_cannot_come_back(make_owed):
    owed = make_owed()
    assert not record_report(report("postfix", owed)).is_known
    assert nothing_changed()


def test_an_absence_is_no_report(sent):
    assert record_report(report("absence", sent)).sentence == NO_REPORT
    assert nothing_changed()


def many_parts(sent: Notification) -> bytes:
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    return b"Content-Type: multipart/report; boundary=b\r\n\r\n" + part * (MOST_PARTS + 1) + b"--b--\r\n"


def nested(sent: Notification) -> bytes:
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000))
    return head + report("postfix", sent)


HOSTILE = {
    "nothing": lambda sent: b"",
    "noise": lambda sent: bytes(range(256)) * 50,
    "many parts": many_parts,
    "nested": nested,
    "cut": lambda sent: report("postfix", sent).partition(b"Final-Recipient")[0],
    "no recipient": lambda sent: report("postfix", sent, **{"Action: failed": "X-Action: failed"}),
    "no boundary": lambda sent: report("postfix", sent, **{"boundary=": "x="}),
    "wrong charset": lambda sent: b"Content-Type: message/delivery-status; charset=\xff\r\n\r\n\xff: \xff\r\n",
    "late": lambda sent: b"To: x\r\n" + b"X-Filler: " + b"a" * MOST_BYTES + b"\r\n" + report("postfix", sent),
}


NOBODY = "Ignoré : l’avis ne dit rien d’aucun destinataire."
SAID = {
    "many parts": "Ignoré : plus de 50 parties.",
    "nested": "Ignoré : message illisible (RecursionError).",
    "cut": NOBODY,
    "no recipient": NOBODY,
    "wrong charset": NOBODY,
}


def test_what_cannot_be_read_is_ignored_with_a_sentence(sent):
    for name, hostile in HOSTILE.items():
        outcome = record_report(hostile(sent))
        assert outcome == Outcome(is_known=False, is_recorded=False, sentence=SAID.get(name, NO_REPORT)), name
        assert nothing_changed(), name


# -- the envelope


def test_each_email_leaves_with_an_envelope_sender_of_its_own(make_owed, postman, settings):
    settings.BOUNCE_ADDRESS = "bounces@jonction.example"
    senders = []
    accept = postman.handle_DATA

    async def handle_data(server, session, envelope):
        senders.append(envelope.mail_from)
        return await accept(server, session, envelope)

    postman.handle_DATA = handle_data
    rows = [make_owed(key=key) for key in "ab"]
    for row in rows:
        assert deliver(pk=row.pk, attempt=0)
    assert senders == [f"bounces+{row.message_id[1:41]}@jonction.example" for row in rows]
    assert {message["From"] for message in postman.accepted} == {settings.DEFAULT_FROM_EMAIL}


# -- where reports are read


def test_the_command_reads_one_message_from_a_pipe(sent, capsys, monkeypatch, tmp_path):
    path = tmp_path / "message"
    path.write_bytes(report("postfix", sent) + b"x" * (2 * MOST_BYTES))
    with path.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        call_command("read_bounces")
    assert "adresse qui n’existe plus" in capsys.readouterr().out
    sent.refresh_from_db()
    assert sent.delivery == Delivery.DEAD


@pytest.mark.parametrize("kind", [mailbox.mbox, mailbox.Maildir])
def test_the_command_reads_a_file_and_leaves_it_as_it_is(sent, tmp_path, capsys, kind):
    path = tmp_path / "box"
    box = kind(path)
    for raw in (report("absence", sent), report("exchange", sent)):
        box.add(raw)
    box.close()
    before = sorted(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    call_command("read_bounces", str(path))
    assert "2 messages lus, 1 notés." in capsys.readouterr().out
    assert sorted(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()) == before


def test_what_is_no_mailbox_is_refused_with_a_sentence(db, tmp_path, settings):
    with pytest.raises(CommandError, match="ni un fichier mbox ni un dossier Maildir"):
        call_command("read_bounces", str(tmp_path / "nothing"))
    assert not [*tmp_path.iterdir()]
    settings.BOUNCE_IMAP = ""
    with pytest.raises(CommandError, match="JONCTION_BOUNCE_IMAP"):
        call_command("read_bounces", "imap")


@pytest.mark.parametrize("url", ["imap://a:b@127.0.0.1/INBOX", "imaps://127.0.0.1/INBOX", "rien"])
def test_a_mailbox_is_read_over_tls_only(db, settings, url):
    settings.BOUNCE_IMAP = url
    with pytest.raises(CommandError, match=r"^JONCTION_BOUNCE_IMAP doit avoir la forme imaps://"):
        call_command("read_bounces", "imap")


def test_the_mailbox_is_read_once_and_what_is_not_ours_waits_for_a_person(
    sent, other, settings, capsys, monkeypatch, tmp_path
):
    messages = [report("absence", other), report("ovh", sent), b"noise"]
    with imap_server(messages, tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        settings.BOUNCE_IMAP = f"imaps://bounces%40jonction.example:s%40cret@localhost:{server.port}/INBOX"
        call_command("read_bounces", "imap")
        call_command("read_bounces", "imap")
    assert capsys.readouterr().out.splitlines() == ["3 messages lus, 1 notés.", "0 messages lus, 0 notés."]
    assert server.flags == {1: {r"\Flagged"}, 2: {r"\Seen"}, 3: {r"\Flagged"}}
    assert server.logins == [("bounces@jonction.example", "s@cret")] * 2
    sent.refresh_from_db()
    assert sent.delivery == Delivery.DEAD


@pytest.mark.cases(3)
@pytest.mark.parametrize(
    ("password", "folder", "said"),
    [
        ("b", "/Retours%20de%20courriels", ""),
        ("b", "/Autre", "Le dossier 'Autre' n’existe pas dans la boîte localhost."),
        ("wrong", "/INBOX", "La boîte localhost n’a pu être lue : done"),
        ("b", "", ""),
    ],
)
def test_a_mailbox_is_read_by_folder_or_says_what_is_wrong(
    sent, settings, monkeypatch, tmp_path, password, folder, said
):
    with imap_server([report("ovh", sent)], tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        url = f"imaps://a:{password}@localhost:{server.port}{folder}"
        if said:
            with pytest.raises(MailboxError, match=f"^{re.escape(said)}$"):
                read_imap(url)
        else:
            assert read_imap(url) == Work(n_looked_at=1, n_changed=1)


def test_a_mailbox_with_another_certificate_is_refused(sent, settings, tmp_path):
    with imap_server([report("ovh", sent)], tmp_path) as server:
        settings.BOUNCE_IMAP = f"imaps://a:b@localhost:{server.port}/INBOX"
        with pytest.raises(CommandError, match="ne répond pas"):
            call_command("read_bounces", "imap")
    assert nothing_changed()


def test_a_bounce_address_that_would_be_too_long_is_refused_at_the_start():
    code = "import backend.config.test"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"JONCTION_BOUNCE_ADDRESS": "a-local-part-that-is-too-long@jonction.example"},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert "at most 20 characters" in done.stderr
