"""Limits: counted in Redis, told plainly, and never in the way of a firm when Redis is down."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.test import RequestFactory

from backend.common.throttles import client_network, spend
from backend.links.models import Kind
from backend.matchmaking.models import Submission
from backend.notifications.models import Notification
from tests.factories import link_to, make_submission
from tests.neighbour import ours
from tests.web.conftest import CONTACT, fill, text_of

HOUR = 3600


@pytest.fixture(autouse=True)
def own_counters(settings):
    """Count apart from every other test and run: the prefix of the cache is new each time."""
    counters = {**settings.CACHES["counters"], "KEY_PREFIX": uuid4().hex}
    settings.CACHES = {**settings.CACHES, "counters": counters}


def limit(settings, **limits):
    settings.THROTTLES = {name.replace("__", "."): (allowed, HOUR) for name, allowed in limits.items()}


def no_turn_of_the_hour():
    """Wait if the hour that is counted is about to turn."""
    left = HOUR - time.time() % HOUR
    if left < 10:
        time.sleep(left)


# -- counting


def test_the_use_after_the_last_allowed_waits_until_the_period_ends(settings):
    no_turn_of_the_hour()
    limit(settings, a=2)
    assert [spend("a", "x"), spend("a", "x")] == [0, 0]
    assert 0 < spend("a", "x") <= HOUR


def test_each_key_and_each_limit_has_its_own_count(settings):
    limit(settings, a=1, b=1)
    assert [spend("a", "x"), spend("a", "y"), spend("b", "x")] == [0, 0, 0]


def test_capitals_make_no_other_address(settings):
    no_turn_of_the_hour()
    limit(settings, a=1)
    spend("a", "Camille@Y.example")
    assert spend("a", "camille@y.example")


def test_the_count_ends_with_its_period(settings):
    settings.THROTTLES = {"a": (1, 1)}
    spend("a", "x")
    time.sleep(1.1)
    assert spend("a", "x") == 0


def test_what_is_not_limited_is_never_refused(settings):
    limit(settings, a=0)
    assert spend("b", "x") == 0


def test_uses_at_the_same_moment_are_all_counted(settings):
    no_turn_of_the_hour()
    limit(settings, a=30)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: spend("a", "x"), range(40)))
    assert sum(wait > 0 for wait in waits) == 10


def test_redis_holds_no_address_and_forgets_the_count(settings):
    limit(settings, a=1)
    spend("a", "camille@y.example")
    client = caches["counters"]._cache.get_client()
    (row,) = client.keys(f"{settings.CACHES['counters']['KEY_PREFIX']}*")
    assert b"camille" not in row
    assert 0 < client.ttl(row) <= HOUR


# -- whose address it is


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, "203.0.113.7", "192.0.2.1"),  # nobody of ours wrote that header
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.9, 203.0.113.7", "203.0.113.7"),  # what the client wrote itself comes first
        (2, "203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (2, "203.0.113.7", "192.0.2.1"),  # it came round one of the proxies: all who do share one count
        (1, "", "192.0.2.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),  # else all of IPv4 would be one network
        (1, "anything", "192.0.2.1"),
    ],
)
def test_the_client_is_as_many_steps_back_as_there_are_proxies(settings, proxies, forwarded, found):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded} if forwarded else {})
    request.META["REMOTE_ADDR"] = "192.0.2.1"
    assert client_network(request) == found


# -- filing


def told(response):
    text = text_of(response)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= HOUR
    assert "03 53 01 50 00" in text
    return text


@pytest.mark.django_db
def test_filing_too_often_from_one_network_is_refused_and_keeps_what_was_typed(client, settings):
    no_turn_of_the_hour()
    limit(settings, filing__network=1)
    assert fill(client).status_code == 302
    response = fill(client)  # the answer, with the contact that was typed
    text = told(response)
    assert "Trop d’envois en peu de temps" in text
    assert "Vos réponses sont gardées ici" in text
    assert response.context["form"]["contact_name"].value() == CONTACT["contact_name"]
    assert ours(Submission).count() == ours(Notification).count() == 1
    settings.THROTTLES = {}
    assert client.post("/demande/contact/", CONTACT).status_code == 302


@pytest.mark.django_db
def test_another_firm_elsewhere_is_not_refused(client, settings):
    limit(settings, filing__network=1, draft__network=1)
    fill(client)
    client.defaults["REMOTE_ADDR"] = "192.0.2.77"
    assert fill(client).status_code == 302


# -- links


@pytest.mark.django_db
def test_asking_for_a_link_too_often_is_refused_and_keeps_the_address(client, settings):
    no_turn_of_the_hour()
    limit(settings, space__network=1)
    submission = make_submission()
    sent = {"email": submission.contact.email}
    assert client.post("/espace/", sent).status_code == 200
    n = ours(Notification).count()
    response = client.post("/espace/", sent)
    told(response)
    assert response.context["form"]["email"].value() == submission.contact.email
    assert ours(Notification).count() == n


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/resultat/x/", "/resultat/x/corriger/", "/confirmer/x/"])
def test_guessing_links_is_slowed_down_and_a_right_one_opens_all_the_same(client, settings, path):
    no_turn_of_the_hour()
    limit(settings, wrong_link__network=2)
    submission = make_submission()
    for _ in range(2):
        assert client.get(path).status_code == 404
    assert "Trop de demandes en peu de temps" in told(client.get(path))
    assert client.get(f"/resultat/{link_to(submission)}/").status_code == 200
    client.defaults["REMOTE_ADDR"] = "192.0.2.77"
    assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_opening_a_right_link_many_times_is_never_refused(client, settings):
    limit(settings, wrong_link__network=1)
    path = f"/resultat/{link_to(make_submission())}/"
    assert {client.get(path).status_code for _ in range(5)} == {200}


# -- without Redis


@pytest.fixture(params=["down", "silent"])
def no_redis(request, settings):
    """Point the cache at a port where nothing listens, or where something listens and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "silent":
            listener.listen()
        location = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        settings.CACHES = {**settings.CACHES, "counters": {**settings.CACHES["counters"], "LOCATION": location}}
        limit(settings, draft__network=0, filing__network=0, space__network=0, wrong_link__network=0)
        yield


@pytest.mark.cases(1)
@pytest.mark.django_db
def test_a_firm_files_and_reads_its_result_without_redis(client, no_redis, caplog):
    before = time.monotonic()
    response = fill(client)
    assert client.get(response["Location"]).status_code == 200
    submission = ours(Submission).get()
    assert client.post(f"/confirmer/{link_to(submission, Kind.CONFIRM)}/").status_code == 302
    assert client.post("/espace/", {"email": submission.contact.email}).status_code == 200
    assert client.get("/resultat/x/").status_code == 404
    assert time.monotonic() - before < 20
    assert "The limit filing.network is not counted" in caplog.text
    assert submission.contact.email not in caplog.text
