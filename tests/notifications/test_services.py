import logging
import re
import socket
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from backend.links.models import Kind
from backend.links.services import find_link
from backend.notifications import services
from backend.notifications.frequency_cap import Turn
from backend.notifications.kinds import KINDS, OptOut, UnknownLink
from backend.notifications.models import Notification, Stop, Suppression
from backend.notifications.placeholders import placeholder
from backend.notifications.services import (
    ATTEMPTS,
    BACK_OFF,
    Message,
    deliver,
    deliverable,
    enqueue_email,
    has_stopped,
    stop,
    stopped_by,
)
from backend.notifications.suppression import record_delivery
from tests.factories import DAY
from tests.notifications.conftest import mailers

State = Notification.State
ALERT = {"kind": "alert", "about": ("submission:1",)}
TOPIC = "alerts:submission:1"
ADDRESS = "paul@firm.example"


def set_row(notification, **fields):
    Notification.objects.filter(pk=notification.pk).update(**fields)
    notification.refresh_from_db()


# -- owing


def test_an_email_is_owed_once_for_each_key(make_owed):
    assert make_owed(key="a").pk == make_owed(key="a").pk != make_owed(key="b").pk


def test_a_kind_of_which_one_leaves_a_day_says_for_which_firm(make_owed):
    with pytest.raises(ValueError, match=r"^An e-mail 'alert' takes turns"):
        make_owed(turn=None, **ALERT)
    assert make_owed(turn=Turn(firm="company:1", on=DAY), **ALERT).cap_firm == "company:1"


def test_an_email_carries_no_secret_link_that_its_kind_may_not(db):
    link = placeholder(Kind.RESULT, 7)
    for text, html in ((link, ""), ("", link)):
        with pytest.raises(UnknownLink, match="'job_alarm' carries"):
            enqueue_email(kind="job_alarm", key="k", recipient=ADDRESS, message=Message("Objet", text, html))
    assert not Notification.objects.filter(dedupe_key="k").exists()


def test_message_ids_differ_and_say_nothing_of_the_key(make_owed):
    one, other = make_owed(key="receipt:1"), make_owed(key="receipt:2")
    assert one.message_id != other.message_id
    assert "receipt" not in one.message_id


def test_one_of_a_spaced_kind_waits_for_its_turn_and_stands_for_the_next_of_its_own_reader(make_owed):
    spaced, wait = {"kind": "confirm_address", "about": ("submission:1",)}, timedelta(minutes=10)
    first = make_owed(key="a", **spaced)
    assert make_owed(key="b", **spaced) == first  # it has not left yet
    set_row(first, state=State.SENT)
    second = make_owed(key="c", **spaced)
    assert (first.due_at, second.due_at) == (first.owed_at, first.due_at + wait)
    assert make_owed(key="d", recipient=ADDRESS.upper(), **spaced) == second
    assert make_owed(key="e", kind="confirm_address", about=("submission:2",)).due_at == second.due_at + wait
    receipt = make_owed(key="f", kind="receipt", about=("submission:1",))
    assert receipt.due_at == receipt.owed_at
    neighbour = make_owed(key="g", recipient="anne@firm.example", **spaced)
    set_row(neighbour, state=State.SENT)
    waits = make_owed(key="h", recipient="anne@firm.example", **spaced)
    assert (waits.recipient, waits.due_at) == ("anne@firm.example", neighbour.due_at + wait)
    assert neighbour.due_at == neighbour.owed_at
    set_row(second, state=State.SENT)
    assert make_owed(key="i", **spaced).dedupe_key == "i"


# -- sending


def test_what_is_sent_is_what_is_owed(make_owed, postman):
    owed = make_owed(reply_to="claire@epci.example")
    assert deliver(pk=owed.pk, attempt=0)
    (sent,) = postman.accepted
    assert (sent["To"], sent["Subject"], sent["Reply-To"]) == (ADDRESS, "L’objet", "claire@epci.example")
    assert sent["Message-ID"] == owed.message_id
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent.get_body(("plain",)).get_content().strip() == "Du texte"
    assert sent.get_body(("html",)).get_content().strip() == "<p>Du HTML</p>"
    owed.refresh_from_db()
    assert owed.state == State.SENT
    assert owed.ended_at


def raw_headers(raw: bytes) -> dict[bytes, list[bytes]]:
    """Return the lines of a message's head by name: a folded line has no name, and fails."""
    found: dict[bytes, list[bytes]] = {}
    for line in raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        name, _, value = line.partition(b": ")
        found.setdefault(name.lower(), []).append(value)
    return found


def test_an_alert_is_stopped_by_one_plain_address_on_one_line_of_the_wire(make_owed, postman):
    deliver(pk=make_owed(**ALERT).pk, attempt=0)
    headers = raw_headers(postman.raw[0])
    assert headers[b"list-unsubscribe-post"] == [b"List-Unsubscribe=One-Click"]
    (value,) = headers[b"list-unsubscribe"]
    url = re.fullmatch(rb"<(https?://[!-;=?-~]+)>", value)[1].decode("ascii")
    assert len(url) < 200
    assert url.startswith(f"{settings.PUBLIC_URL}/arreter/")
    assert stopped_by(find_link(kind=Kind.STOP, token=url.rstrip("/").rsplit("/", 1)[1])) == (ADDRESS, TOPIC)


@pytest.mark.cases(6)
@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.opt_out != OptOut.ONE_CLICK])
def test_nothing_else_has_a_header_that_stops_it(make_owed, postman, kind):
    assert deliver(pk=make_owed(kind=kind, about=("submission:1",)).pk, attempt=0)
    assert b"unsubscribe" not in postman.raw[0].split(b"\r\n\r\n", 1)[0].lower()


def test_a_long_message_id_is_not_encoded(make_owed, postman, settings):
    settings.MESSAGE_ID_DOMAIN = "courriels.jonction.agglomeration-de-la-region.example.org"
    owed = make_owed()
    deliver(pk=owed.pk, attempt=0)
    assert raw_headers(postman.raw[0])[b"message-id"] == [owed.message_id.encode()]


def test_an_email_is_sent_once_whatever_the_number_of_calls(make_owed, postman):
    owed = make_owed()
    assert [deliver(pk=owed.pk, attempt=attempt) for attempt in (0, 0, 1, 2)] == [True, False, False, False]
    assert len(postman.accepted) == 1


def test_an_attempt_that_has_passed_sends_nothing(make_owed, postman):
    owed = make_owed()
    set_row(owed, attempt=1)
    assert deliver(pk=owed.pk, attempt=0) is False
    assert not postman.accepted


def test_nothing_is_sent_before_its_time(make_owed, postman):
    owed = make_owed()
    set_row(owed, due_at=timezone.now() + timedelta(minutes=1))
    assert deliverable() == []
    assert deliver(pk=owed.pk, attempt=0) is False


def test_the_oldest_are_handed_out_first(make_owed):
    late, early = make_owed(key="late"), make_owed(key="early")
    set_row(early, due_at=timezone.now() - timedelta(hours=1))
    assert deliverable() == [(early.pk, 0), (late.pk, 0)]
    assert deliverable(limit=1) == [(early.pk, 0)]


# -- senders that die


@pytest.mark.parametrize(("beyond_lease", "taken"), [(-5, False), (5, True)])
def test_a_claim_is_taken_over_once_its_lease_is_over(make_owed, postman, settings, beyond_lease, taken):
    owed = make_owed()
    age = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + beyond_lease)
    set_row(owed, state=State.CLAIMED, attempt=1, claimed_at=timezone.now() - age)
    assert deliverable() == ([(owed.pk, 1)] if taken else [])
    assert deliver(pk=owed.pk, attempt=1) is taken
    assert [message["Message-ID"] for message in postman.accepted] == [owed.message_id] * taken


def test_an_email_whose_senders_all_die_is_given_up(make_owed, postman):
    owed = make_owed()
    long_ago = timezone.now() - timedelta(days=1)
    for attempt in range(1, ATTEMPTS):
        set_row(owed, state=State.CLAIMED, attempt=attempt, claimed_at=long_ago)
        assert deliverable() == [(owed.pk, attempt)]
    set_row(owed, attempt=ATTEMPTS)
    assert not deliver(pk=owed.pk, attempt=ATTEMPTS)
    owed.refresh_from_db()
    assert owed.state == State.FAILED
    assert not postman.accepted
    assert deliverable() == []


def test_what_has_left_is_sent_even_if_another_took_the_claim_over(make_owed, postman, elsewhere):
    owed = make_owed()
    postman.meanwhile = elsewhere(lambda: set_row(owed, state=State.DUE, attempt=2))
    assert deliver(pk=owed.pk, attempt=0)
    owed.refresh_from_db()
    assert owed.state == State.SENT
    assert deliverable() == []


@pytest.mark.parametrize("state", [State.SENT, State.CLAIMED])
def test_a_failure_does_not_undo_what_another_sender_did(make_owed, postman, elsewhere, state):
    owed = make_owed()
    postman.answers["DATA"] = "451 Try later"
    postman.meanwhile = elsewhere(lambda: set_row(owed, state=state, attempt=2))
    assert deliver(pk=owed.pk, attempt=0) is False
    owed.refresh_from_db()
    assert (owed.state, owed.attempt, owed.error) == (state, 2, "")


# -- servers that refuse


@pytest.mark.parametrize(
    ("step", "answer", "state"),
    [
        ("RCPT", "550 No such user", State.FAILED),
        ("RCPT", "500 Not understood", State.FAILED),
        ("RCPT", "450 Mailbox busy", State.DUE),
        ("DATA", "554 Content refused", State.FAILED),
        ("DATA", "500 Not understood", State.FAILED),
        ("DATA", "451 Try later", State.DUE),
        ("MAIL", "550 Unknown sender", State.DUE),
        ("MAIL", "421 Closing", State.DUE),
    ],
)
def test_only_a_final_refusal_of_the_address_or_the_content_is_final(make_owed, postman, step, answer, state):
    owed = make_owed()
    postman.answers[step] = answer
    assert deliver(pk=owed.pk, attempt=0) is False
    owed.refresh_from_db()
    assert owed.state == state
    assert (owed.delivery != Notification.Delivery.UNKNOWN) is (state == State.FAILED)
    assert answer.split(" ", 1)[1] in owed.error


def test_a_failure_is_kept_of_its_own_email_only_and_no_longer_than_it_may_be(make_owed, postman):
    owed, beside = make_owed(key="a"), make_owed(key="b")
    set_row(beside, state=State.CLAIMED, attempt=1, claimed_at=timezone.now())
    postman.answers["RCPT"] = f"450 {'Busy ' * 90}"
    assert deliver(pk=owed.pk, attempt=0) is False
    owed.refresh_from_db()
    beside.refresh_from_db()
    assert len(owed.error) == 300
    assert (beside.state, beside.error) == (State.CLAIMED, "")


@pytest.mark.parametrize("attempt", range(len(BACK_OFF)))
def test_each_temporary_failure_waits_longer(make_owed, nobody_listens, attempt):
    owed = make_owed()
    set_row(owed, attempt=attempt)
    before = timezone.now()
    deliver(pk=owed.pk, attempt=attempt)
    owed.refresh_from_db()
    wait = timedelta(seconds=BACK_OFF[attempt])
    assert (owed.state, owed.attempt, owed.claimed_at) == (State.DUE, attempt + 1, None)
    assert before + wait <= owed.due_at <= timezone.now() + wait


def test_the_last_failure_gives_up(make_owed, nobody_listens):
    owed = make_owed()
    set_row(owed, attempt=ATTEMPTS - 1)
    deliver(pk=owed.pk, attempt=ATTEMPTS - 1)
    owed.refresh_from_db()
    assert owed.state == State.FAILED
    assert owed.ended_at


def test_an_email_leaves_once_the_server_is_back(make_owed, postman):
    owed = make_owed()
    postman.answers["DATA"] = "451 Try later"
    deliver(pk=owed.pk, attempt=0)
    postman.answers.clear()
    set_row(owed, due_at=timezone.now())
    assert deliver(pk=owed.pk, attempt=1)
    owed.refresh_from_db()
    assert (owed.state, owed.error) == (State.SENT, "")


@contextmanager
def rude_server():
    """Hang up on everybody without a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        thread = threading.Thread(target=lambda: server.accept()[0].close())
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_a_connection_cut_is_temporary(make_owed, settings):
    owed = make_owed()
    with rude_server() as port:
        settings.MAILERS = mailers(port)
        deliver(pk=owed.pk, attempt=0)
    owed.refresh_from_db()
    assert owed.state == State.DUE


@pytest.mark.parametrize(
    "recipient", ["paul", "paul@firm.example\nBcc: all@firm.example", "é@firm.example", "a@b, c@d"]
)
def test_an_address_that_cannot_be_written_to_is_given_up_at_once(make_owed, postman, recipient):
    owed = make_owed(recipient=recipient)
    postman.answers["RCPT"] = "553 Not an address"
    assert deliver(pk=owed.pk, attempt=0) is False
    owed.refresh_from_db()
    assert owed.state == State.FAILED
    assert not postman.accepted


def test_the_log_does_not_hold_addresses(make_owed, postman, caplog):
    postman.answers["RCPT"] = "550 No such user"
    with caplog.at_level(logging.INFO, logger=services.__name__):
        deliver(pk=make_owed().pk, attempt=0)
    (line,) = [record.getMessage() for record in caplog.records if record.name == services.__name__]
    assert "SMTPRecipientsRefused" in line
    assert ADDRESS not in line


# -- addresses that stop


def test_a_stop_holds_back_what_is_owed_about_its_topic_only(make_owed):
    stopped, other = make_owed(key="a", **ALERT), make_owed(key="b", kind="alert", about=("submission:2",))
    untopical, stranger = make_owed(key="c"), make_owed(key="d", recipient="else@firm.example", **ALERT)
    stop(address=ADDRESS.upper(), topic=TOPIC)
    assert {pk for pk, _ in deliverable()} == {other.pk, untopical.pk, stranger.pk}
    stopped.refresh_from_db()
    assert stopped.state == State.STOPPED
    assert stopped.ended_at


def test_a_stop_holds_back_what_comes_later_unless_it_is_asked_for(make_owed):
    stop(address=ADDRESS, topic=TOPIC)
    assert make_owed(key="a", **ALERT).state == State.STOPPED
    assert make_owed(key="b", asked_for=True, **ALERT).state == State.DUE
    assert make_owed(key="c", kind="alert", about=("submission:2",)).state == State.DUE


def test_what_was_stopped_has_ended_and_waits_for_no_address(make_owed):
    dead = make_owed(key="dead")
    record_delivery(notification=dead, delivery=Notification.Delivery.DEAD)
    stop(address=ADDRESS, topic=TOPIC)
    stopped, held = make_owed(key="a", **ALERT), make_owed(key="b", kind="alert", about=("submission:2",))
    assert (stopped.state, stopped.ended_at, stopped.suppression) == (State.STOPPED, stopped.owed_at, None)
    assert held.suppression == Suppression.objects.get()


def test_stopping_twice_changes_nothing(db):
    for topic in (TOPIC, TOPIC, "officer_notices"):
        stop(address=ADDRESS, topic=topic)
    assert Stop.objects.get(address=ADDRESS).topics == [TOPIC, "officer_notices"]
    assert has_stopped(address=ADDRESS.title(), topic=TOPIC)
    assert has_stopped(address=ADDRESS, topic="officer_notices")
    assert not has_stopped(address=ADDRESS, topic="submission:2")


@pytest.mark.parametrize(("answer", "state"), [("250 OK", State.SENT), ("451 Try later", State.STOPPED)])
def test_a_stop_while_the_email_is_leaving(make_owed, postman, elsewhere, answer, state):
    """It cannot be called back; but a failure is not tried again."""
    owed = make_owed(**ALERT)
    if answer != "250 OK":
        postman.answers["DATA"] = answer
    postman.meanwhile = elsewhere(lambda: stop(address=ADDRESS, topic=TOPIC))
    deliver(pk=owed.pk, attempt=0)
    owed.refresh_from_db()
    assert owed.state == state
    assert deliverable() == []


def test_a_stop_holds_back_what_a_dead_sender_left(make_owed, settings):
    owed = make_owed(**ALERT)
    long_ago = timezone.now() - timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + 5)
    set_row(owed, state=State.CLAIMED, attempt=1, claimed_at=long_ago)
    stop(address=ADDRESS, topic=TOPIC)
    assert deliverable() == []


def test_an_email_whose_kind_was_retired_meanwhile_still_leaves(make_owed, postman):
    email = make_owed()
    Notification.objects.filter(pk=email.pk).update(kind="of_a_former_release")
    assert deliver(pk=email.pk, attempt=0)
    assert Notification.objects.get(pk=email.pk).state == Notification.State.SENT
