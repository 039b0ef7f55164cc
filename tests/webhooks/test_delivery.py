"""What is owed to endpoints leaves once, is signed, is tried again and is given up: by a real server on loopback."""

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from backend.accounts.models import Membership, Organisation, User
from backend.jobs.running import run
from backend.notifications.models import Notification
from backend.webhooks.delivery import ATTEMPTS, BACK_OFF, JITTER, LEASE, LIMITS, deliver, deliverable
from backend.webhooks.models import PER_SWEEP, Delivery, Endpoint, EventType
from backend.webhooks.services import (
    WebhookError,
    change_endpoint,
    enqueue_event,
    forget_former_secrets,
    remove_endpoint,
    rotate_secret,
    send_again,
    send_test,
    turn_off,
    turn_on,
)
from tasks.webhooks import deliver as deliver_task
from tests.conftest import ROOT
from tests.factories import DAY, make_lead
from tests.webhooks.conftest import make_endpoint

pytestmark = pytest.mark.django_db
State = Delivery.State
DATA = {"key": "hdf-aden", "revision": 3}


def owe(event: EventType = EventType.SCHEME_CHANGED) -> None:
    enqueue_event(event=event, occurred_at=timezone.now(), data=DATA)


def only() -> Delivery:
    return Delivery.objects.select_related("endpoint").get()


def set_row(**fields) -> None:
    Delivery.objects.update(**fields)


def is_signed(secret: str, headers: dict, body: bytes) -> bool:
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = b64encode(hmac.new(b64decode(secret[6:]), content, hashlib.sha256).digest()).decode()
    return f"v1,{expected}" in headers["webhook-signature"].split(" ")


# -- one delivery


def test_an_event_is_posted_as_json_signed_and_received(receiver):
    _endpoint, secret = make_endpoint(receiver.url)
    owe()
    deliver_task(*deliverable()[0])
    assert receiver.site.asked == [("POST", "/webhooks")]
    headers, body, owed = receiver.site.headers[0], receiver.site.bodies[0], only()
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == owed.webhook_id
    assert "." not in owed.webhook_id
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert is_signed(secret, headers, body)
    assert json.loads(body) == {"type": "scheme.changed", "timestamp": owed.occurred_at.isoformat(), "data": DATA}
    assert (owed.state, owed.attempt, owed.status, owed.error) == (State.SENT, 1, 200, "")
    assert owed.ended_at is not None
    assert deliverable() == []


def test_the_job_sends_all_that_is_due(receiver):
    make_endpoint(receiver.url)
    owe()
    owe(EventType.SCHEME_ARCHIVED)
    run(name="webhooks.sweep", on=DAY)
    assert len(set(receiver.ids)) == 2
    run(name="webhooks.sweep", on=DAY)
    assert len(receiver.ids) == 2


def test_a_transaction_that_is_rolled_back_owes_nothing():
    make_endpoint("https://crm.cci.example/")
    with transaction.atomic():
        owe()
        assert Delivery.objects.count() == 1
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


def test_each_endpoint_that_wants_an_event_gets_it_under_one_identifier(receiver):
    make_endpoint(receiver.url)
    make_endpoint(receiver.url, kind=Organisation.Kind.REGION)
    make_endpoint("https://crm.cci.example/", events=[EventType.SCHEME_ARCHIVED])
    off, _secret = make_endpoint("https://off.cci.example/")
    turn_off(user=make_lead(), endpoint=off)
    owe()
    assert {owed.endpoint.url for owed in Delivery.objects.all()} == {receiver.url}
    for pk, attempt in deliverable():
        assert deliver(pk=pk, attempt=attempt)
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    first, second = (headers["webhook-signature"] for headers in receiver.site.headers)
    assert first != second  # each has a secret of its own


# -- failures


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 503])
def test_only_2xx_is_success_and_no_redirect_is_followed(receiver, status):
    receiver.status, receiver.extra = status, {"Location": f"{receiver.site.url}/elsewhere"}
    make_endpoint(receiver.url)
    owe()
    assert not deliver(pk=only().pk, attempt=0)
    owed = only()
    assert (owed.state, owed.status, owed.error, owed.endpoint.state) == (State.DUE, status, "", Endpoint.State.ON)
    assert owed.endpoint.failing_since is not None
    assert receiver.site.asked == [("POST", "/webhooks")]


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_each_2xx_is_success(receiver, status):
    receiver.status = status
    make_endpoint(receiver.url)
    owe()
    assert deliver(pk=only().pk, attempt=0)


def test_what_is_answered_is_neither_read_nor_kept(receiver):
    def endless(request):
        request.send_response(200)
        request.send_header("Content-Encoding", "gzip")
        request.send_header("Content-Length", "999999999")
        request.end_headers()
        request.wfile.write(b"secret de la machine")

    receiver.site.on("/webhooks", endless)
    make_endpoint(receiver.url)
    owe()
    assert deliver(pk=only().pk, attempt=0)
    row = Delivery.objects.values().get()
    assert "secret de la machine" not in str(row)


def test_a_server_that_does_not_answer_is_waited_for_a_bounded_time(receiver, monkeypatch):
    assert LIMITS.total_seconds <= 15
    monkeypatch.setattr("backend.webhooks.delivery.LIMITS", type(LIMITS)(total_seconds=0.3, read_seconds=0.2))
    waiting = threading.Event()
    receiver.meanwhile = lambda: waiting.wait(10) and None
    make_endpoint(receiver.url)
    owe()
    assert not deliver(pk=only().pk, attempt=0)
    waiting.set()
    assert (only().status, only().error) == (None, "timeout")


def test_a_port_where_nobody_listens(receiver):
    make_endpoint("https://127.0.0.1:1025/")
    owe()
    assert not deliver(pk=only().pk, attempt=0)
    assert (only().state, only().error) == (State.DUE, "connection")


def test_retries_follow_the_schedule_with_the_same_identifier_and_end_by_switching_off(receiver):
    receiver.status = 500
    make_endpoint(receiver.url)
    owe()
    owe(EventType.SCHEME_ARCHIVED)
    other = Delivery.objects.latest("pk")
    owed = Delivery.objects.exclude(pk=other.pk).get()
    for attempt, wait in enumerate(BACK_OFF):
        Delivery.objects.filter(pk=owed.pk).update(due_at=timezone.now())
        before = timezone.now()
        assert not deliver(pk=owed.pk, attempt=attempt)
        owed.refresh_from_db()
        low, high = (timedelta(seconds=wait * (1 + side)) for side in (-JITTER, JITTER))
        assert before + low <= owed.due_at <= timezone.now() + high
        assert (owed.state, owed.endpoint.state, owed.attempt) == (State.DUE, Endpoint.State.ON, attempt + 1)
    Delivery.objects.filter(pk=owed.pk).update(due_at=timezone.now())
    assert not deliver(pk=owed.pk, attempt=ATTEMPTS - 1)
    owed.refresh_from_db()
    other.refresh_from_db()
    assert (owed.state, owed.endpoint.state) == (State.FAILED, Endpoint.State.FAILED)
    assert other.state == State.STOPPED
    [told] = Notification.objects.filter(kind="webhook_off")
    assert (told.recipient, receiver.url in told.text) == (owed.endpoint.made_by.email, True)
    assert (len(receiver.ids), len(set(receiver.ids))) == (ATTEMPTS, 1)
    assert deliverable() == []


def test_each_attempt_is_signed_at_its_own_moment(receiver):
    receiver.status = 500
    _endpoint, secret = make_endpoint(receiver.url)
    owe()
    set_row(occurred_at=timezone.now() - timedelta(days=2))
    deliver(pk=only().pk, attempt=0)
    headers = receiver.site.headers[0]
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert is_signed(secret, headers, receiver.site.bodies[0])


def test_an_endpoint_that_is_gone_is_switched_off_at_once(receiver):
    receiver.status = 410
    make_endpoint(receiver.url)
    owe()
    owe()
    assert not deliver(pk=Delivery.objects.earliest("pk").pk, attempt=0)
    assert {owed.endpoint.state for owed in Delivery.objects.all()} == {Endpoint.State.GONE}
    assert sorted(Delivery.objects.values_list("state", flat=True)) == [State.FAILED, State.STOPPED]
    assert Notification.objects.filter(kind="webhook_off", text__contains="410").count() == 1
    owe()
    assert Delivery.objects.count() == 2


def test_a_success_after_failures_is_no_failure_any_more(receiver):
    receiver.status = 503
    make_endpoint(receiver.url)
    owe()
    deliver(pk=only().pk, attempt=0)
    receiver.status = 204
    set_row(due_at=timezone.now())
    assert deliver(pk=only().pk, attempt=1)
    assert only().endpoint.failing_since is None


def test_a_healthy_endpoint_gets_several_at_once_and_one_that_fails_one(receiver):
    make_endpoint(receiver.url)
    failing, _secret = make_endpoint("https://crm.cci.example/")
    Endpoint.objects.filter(pk=failing.pk).update(failing_since=timezone.now())
    for _ in range(PER_SWEEP + 2):
        owe()
    taken = Delivery.objects.filter(pk__in=[pk for pk, _attempt in deliverable()])
    assert taken.exclude(endpoint=failing).count() == PER_SWEEP
    assert taken.get(endpoint=failing) == failing.deliveries.earliest("due_at", "pk")


def test_a_secret_that_cannot_be_read_says_so_and_stops_nothing_else(receiver, settings):
    make_endpoint(receiver.url)
    owe()
    settings.SECRET_KEY = "another-key-of-this-service-whatever"
    assert not deliver(pk=only().pk, attempt=0)
    assert (only().state, only().error) == (State.DUE, "secret")
    assert receiver.ids == []


# -- workers that die, and two at once


def test_a_claim_is_taken_over_once_its_lease_is_over(receiver):
    """The receiver said 200 and nobody wrote it down: what is sent again is the same."""
    make_endpoint(receiver.url)
    owe()
    assert deliver(pk=only().pk, attempt=0)
    # What a kill between the answer and our commit leaves: the claim, and nothing of the answer.
    set_row(state=State.CLAIMED, claimed_at=timezone.now(), status=None, ended_at=None)
    assert deliverable() == []
    set_row(claimed_at=timezone.now() - LEASE)
    assert deliverable() == [(only().pk, 1)]
    assert deliver(pk=only().pk, attempt=1)
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    assert receiver.site.bodies[0] == receiver.site.bodies[1]


def test_a_delivery_whose_senders_all_die_is_given_up(receiver):
    make_endpoint(receiver.url)
    owe()
    set_row(state=State.CLAIMED, claimed_at=timezone.now() - LEASE, attempt=ATTEMPTS)
    assert not deliver(pk=only().pk, attempt=ATTEMPTS)
    assert (only().state, only().error, only().endpoint.state) == (State.FAILED, "killed", Endpoint.State.FAILED)
    assert receiver.ids == []


@pytest.fixture
def committed(receiver):
    """Return a function that works in threads, each on a connection of its own; its rows last until the end."""

    def run_in(n_threads: int, work) -> list:
        with ThreadPoolExecutor(n_threads) as threads:
            return [each.result() for each in [threads.submit(_and_hang_up, work) for _ in range(n_threads)]]

    @transaction.atomic
    def clean() -> None:
        with connection.cursor() as cursor:  # the log keeps who added an endpoint, and refuses to forget it
            cursor.execute("INSERT INTO append_only_permit VALUES (pg_current_xact_id())")
            cursor.execute("DELETE FROM journal_auditevent WHERE kind LIKE 'webhook%'")
            cursor.execute("DELETE FROM append_only_permit")
        rows = Endpoint.objects.filter(url=receiver.url)
        made = list(rows.values_list("organisation", "made_by"))
        rows.delete()
        for organisation, user in made:
            known = {organisation, *Membership.objects.filter(user=user).values_list("organisation", flat=True)}
            User.objects.filter(pk=user).delete()
            Organisation.objects.filter(pk__in=known, memberships=None).delete()

    yield run_in
    run_in(1, clean)


def _and_hang_up(work):
    try:
        return work()
    finally:
        connection.close()


def make_and_owe(receiver) -> Delivery:
    make_endpoint(receiver.url)
    owe()
    return only()


def test_two_workers_at_once_make_one_delivery(receiver, committed):
    [owed] = committed(1, lambda: make_and_owe(receiver))
    together = threading.Barrier(4, timeout=10)

    def work() -> bool:
        together.wait()
        return deliver(pk=owed.pk, attempt=0)

    assert sorted(committed(4, work)) == [False, False, False, True]
    assert receiver.ids == [owed.webhook_id]


KILLED = """
import sys, certifi, django
certifi.where = lambda: sys.argv[2]
django.setup()
from backend.webhooks.delivery import deliver
deliver(pk=int(sys.argv[1]), attempt=0)
"""


def test_a_worker_that_is_killed_while_the_receiver_answers_sends_the_same_identifier_again(
    receiver, committed, certificate
):
    [owed] = committed(1, lambda: make_and_owe(receiver))
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    environment = {**os.environ, "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}"}
    command = [sys.executable, "-c", KILLED, str(owed.pk), str(certificate)]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as child:
        receiver.meanwhile = child.kill
        assert child.wait(60) == -signal.SIGKILL
    receiver.meanwhile = lambda: None
    assert (only().state, only().attempt, len(receiver.ids)) == (State.CLAIMED, 1, 1)
    assert deliverable() == []

    def take_over() -> bool:
        set_row(claimed_at=timezone.now() - LEASE)
        return deliver(pk=owed.pk, attempt=1)

    assert committed(1, take_over) == [True]
    assert receiver.ids == [owed.webhook_id] * 2


# -- what the lead does


def test_a_new_secret_signs_beside_the_former_one_for_a_day(receiver):
    endpoint, first = make_endpoint(receiver.url)
    second = rotate_secret(user=make_lead(), endpoint=endpoint)
    owe()
    deliver(pk=only().pk, attempt=0)
    headers, body = receiver.site.headers[0], receiver.site.bodies[0]
    assert is_signed(first, headers, body)
    assert is_signed(second, headers, body)
    Endpoint.objects.update(former_until=timezone.now())
    Delivery.objects.all().delete()
    owe()
    deliver(pk=only().pk, attempt=0)
    headers, body = receiver.site.headers[1], receiver.site.bodies[1]
    assert not is_signed(first, headers, body)
    assert is_signed(second, headers, body)
    forget_former_secrets()
    assert (Endpoint.objects.get().former_secret, Endpoint.objects.get().former_until) == ("", None)


def test_secrets_are_encrypted_at_rest():
    endpoint, secret = make_endpoint("https://crm.cci.example/")
    second = rotate_secret(user=make_lead(), endpoint=endpoint)
    row = str(Endpoint.objects.values().get())
    assert all(one[6:] not in row for one in (secret, second))


def test_a_trial_is_sent_once_and_switches_nothing_off(receiver):
    endpoint, secret = make_endpoint(receiver.url, events=[EventType.SCHEME_ARCHIVED])
    send_test(user=make_lead(), endpoint=endpoint)
    receiver.status = 500
    assert not deliver(pk=only().pk, attempt=0)
    assert (only().state, only().status, only().endpoint.state) == (State.FAILED, 500, Endpoint.State.ON)
    receiver.status = 200
    send_again(user=make_lead(), delivery=only())
    assert deliver(pk=only().pk, attempt=0)
    assert json.loads(receiver.site.bodies[1])["type"] == "test.ping"
    assert is_signed(secret, receiver.site.headers[1], receiver.site.bodies[1])


def test_sending_again_keeps_the_identifier_and_the_body(receiver):
    make_endpoint(receiver.url)
    owe()
    deliver(pk=only().pk, attempt=0)
    send_again(user=make_lead(), delivery=only())
    with pytest.raises(WebhookError, match="pas terminé"):
        send_again(user=make_lead(), delivery=only())
    [(pk, attempt)] = deliverable()
    assert deliver(pk=pk, attempt=attempt)
    assert len(set(receiver.ids)) == 1
    assert receiver.site.bodies[0] == receiver.site.bodies[1]


def test_nothing_leaves_to_an_endpoint_that_is_off_until_it_is_on_again(receiver):
    lead = make_lead()
    endpoint, _secret = make_endpoint(receiver.url)
    owe()
    turn_off(user=lead, endpoint=endpoint)
    assert only().state == State.STOPPED
    endpoint.refresh_from_db()
    for act in (lambda: send_test(user=lead, endpoint=endpoint), lambda: send_again(user=lead, delivery=only())):
        with pytest.raises(WebhookError, match="en service"):
            act()
    turn_on(user=lead, endpoint=endpoint)
    assert deliverable() == []  # what it missed is sent again one by one
    send_again(user=lead, delivery=only())
    assert deliver(pk=only().pk, attempt=0)


def test_one_that_is_stopped_while_it_leaves_is_not_tried_again(receiver, elsewhere):
    lead = make_lead()
    endpoint, _secret = make_endpoint(receiver.url)
    owe()
    receiver.status, receiver.meanwhile = 500, elsewhere(lambda: turn_off(user=lead, endpoint=endpoint))
    assert not deliver(pk=only().pk, attempt=0)
    assert (only().state, only().status, len(receiver.ids)) == (State.STOPPED, None, 1)


def test_one_that_is_removed_while_it_leaves_is_forgotten(receiver, elsewhere):
    lead = make_lead()
    endpoint, _secret = make_endpoint(receiver.url)
    owe()
    receiver.meanwhile = elsewhere(lambda: remove_endpoint(user=lead, endpoint=endpoint))
    assert deliver(pk=only().pk, attempt=0)
    assert not Delivery.objects.exists()


def test_what_is_owed_goes_to_the_new_address(receiver):
    endpoint, _secret = make_endpoint("https://crm.cci.example/")
    owe()
    change_endpoint(user=make_lead(), endpoint=endpoint, url=receiver.url, events=[EventType.SCHEME_ARCHIVED])
    assert deliver(pk=only().pk, attempt=0)
    owe()
    assert Delivery.objects.count() == 1


def test_an_address_is_there_once_for_each_partner():
    make_endpoint("https://crm.cci.example/")
    make_endpoint("https://crm.cci.example/", kind=Organisation.Kind.REGION)
    with pytest.raises(WebhookError, match="déjà"):
        make_endpoint("https://crm.cci.example/")


def test_removing_an_endpoint_removes_what_was_sent_to_it(receiver):
    endpoint, _secret = make_endpoint(receiver.url)
    owe()
    remove_endpoint(user=make_lead(), endpoint=endpoint)
    assert not Delivery.objects.exists()
