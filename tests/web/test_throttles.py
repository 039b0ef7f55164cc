"""Limits: counted in Redis, told plainly, and never in the way of a firm when Redis is down."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from backend.matchmaking.models import Submission
from backend.matchmaking.services import confirmation_token
from backend.notifications.models import Notification
from backend.web.throttles import client_ip, look, spend
from tests.factories import make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import CONTACT, FIRM, fill, text_of

HOUR = 3600


@pytest.fixture(autouse=True)
def own_counters(settings):
    """Count apart from every other test and run: the prefix of the cache is new each time."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}


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


def test_looking_does_not_count(settings):
    no_turn_of_the_hour()
    limit(settings, a=1)
    assert [look("a", "x") for _ in range(3)] == [0, 0, 0]
    spend("a", "x")
    assert look("a", "x")


def test_the_count_ends_with_its_period(settings):
    settings.THROTTLES = {"a": (1, 1)}
    spend("a", "x")
    time.sleep(1.1)
    assert spend("a", "x") == 0


def test_what_is_not_known_or_not_limited_is_never_refused(settings):
    limit(settings, a=0)
    assert spend("a", "") == 0
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
    client = cache._cache.get_client()
    (row,) = client.keys(f"{settings.CACHES['default']['KEY_PREFIX']}*")
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
        (2, "203.0.113.7", ""),  # it came round one of the proxies
        (1, "", "192.0.2.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "anything", ""),
    ],
)
def test_the_client_is_as_many_steps_back_as_there_are_proxies(settings, proxies, forwarded, found):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded} if forwarded else {})
    request.META["REMOTE_ADDR"] = "192.0.2.1"
    assert client_ip(request) == found


# -- filing


def told(response):
    text = text_of(response)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= HOUR
    assert "03 53 01 50 00" in text
    return text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limits", "second"),
    [
        ({"filing__ip": 1}, {"contact": {"email": "autre@y.example"}, "entreprise": {"number": ""}}),
        ({"filing__email": 1}, {"entreprise": {"number": ""}}),
        ({"filing__company": 1}, {"contact": {"email": "autre@y.example"}}),
    ],
)
def test_filing_too_often_is_refused_and_keeps_what_was_typed(client, settings, limits, second):
    no_turn_of_the_hour()
    limit(settings, **limits)
    assert fill(client).status_code == 302
    response = fill(client, **second)
    text = told(response)
    assert "Trop d’envois en peu de temps" in text
    assert "Vos réponses sont gardées ici" in text
    assert response.context["form"]["contact_name"].value() == CONTACT["contact_name"]
    assert ours(Submission).count() == ours(Notification).count() == 1
    settings.THROTTLES = {}
    assert client.post("/demande/contact/", {**CONTACT, **second.get("contact", {})}).status_code == 302


@pytest.mark.django_db
def test_another_firm_elsewhere_is_not_refused(client, settings):
    limit(settings, filing__ip=1, filing__email=1, filing__company=1)
    fill(client)
    client.defaults["REMOTE_ADDR"] = "192.0.2.77"
    other = {"contact": {"email": "autre@y.example"}, "entreprise": {**FIRM, "number": "552 100 554 00013"}}
    assert fill(client, **other).status_code == 302


# -- links


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["send_again__ip", "send_again__email"])
def test_asking_for_a_link_too_often_is_refused_and_keeps_the_address(client, settings, name):
    no_turn_of_the_hour()
    limit(settings, **{name: 1})
    submission = make_submission()
    sent = {"email": submission.contact.email}
    assert client.post("/retrouver/", sent).status_code == 200
    n = ours(Notification).count()
    response = client.post("/retrouver/", sent)
    told(response)
    assert response.context["form"]["email"].value() == submission.contact.email
    assert ours(Notification).count() == n


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/resultat/x/", "/resultat/x/corriger/", "/confirmer/x/"])
def test_guessing_links_is_refused_even_when_one_would_be_right(client, settings, path):
    no_turn_of_the_hour()
    limit(settings, wrong_link__ip=2)
    submission = make_submission()
    right = f"/resultat/{submission.token}/"
    for _ in range(2):
        assert client.get(path).status_code == 404
    for refused in (path, right, f"/confirmer/{confirmation_token(submission)}/"):
        assert "Trop de demandes en peu de temps" in told(client.get(refused))
    client.defaults["REMOTE_ADDR"] = "192.0.2.77"
    assert client.get(right).status_code == 200


@pytest.mark.django_db
def test_opening_a_right_link_many_times_is_never_refused(client, settings):
    limit(settings, wrong_link__ip=1)
    path = f"/resultat/{make_submission().token}/"
    assert {client.get(path).status_code for _ in range(5)} == {200}


# -- signing in


@pytest.mark.django_db
def test_passwords_cannot_be_tried_one_after_the_other(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key"}
    officer = make_officer()
    for _ in range(5):
        client.post("/compte/connexion/", {"login": officer.email, "password": "faux"})
    response = client.post("/compte/connexion/", {"login": officer.email, "password": "mot-de-passe-long"})
    assert response.status_code == 200
    assert "Trop de tentatives" in text_of(response)
    assert client.get("/agent/").status_code == 302


@pytest.mark.django_db
def test_signing_in_too_often_gets_the_same_page(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/h/ip"}
    client.post("/compte/connexion/", {"login": "x@y.example", "password": "faux"})
    told(client.post("/compte/connexion/", {"login": "x@y.example", "password": "faux"}))


@pytest.mark.django_db
def test_nobody_fills_the_box_of_an_officer_with_new_passwords(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "20/h/ip,3/h/key"}
    officer = make_officer()
    answers = [client.post("/compte/mot-de-passe/oublie/", {"email": officer.email}) for _ in range(5)]
    assert ours(Notification).filter(kind="password_reset").count() == 3
    assert all(answer.status_code < 500 for answer in answers)


# -- without Redis


@pytest.fixture(params=["down", "silent"])
def no_redis(request, settings):
    """Point the cache at a port where nothing listens, or where something listens and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "silent":
            listener.listen()
        location = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": location}}
        limit(settings, filing__ip=0, filing__email=0, filing__company=0, send_again__ip=0, wrong_link__ip=0)
        yield


@pytest.mark.django_db
def test_a_firm_files_and_reads_its_result_without_redis(client, no_redis, caplog):
    before = time.monotonic()
    response = fill(client)
    assert client.get(response["Location"]).status_code == 200
    submission = ours(Submission).get()
    assert client.post(f"/confirmer/{confirmation_token(submission)}/").status_code == 302
    assert client.post("/retrouver/", {"email": submission.contact.email}).status_code == 200
    assert client.get("/resultat/x/").status_code == 404
    assert time.monotonic() - before < 20
    assert "The limit filing.ip is not counted" in caplog.text
    assert submission.contact.email not in caplog.text


@pytest.mark.django_db
def test_nobody_signs_in_uncounted_without_redis_and_who_is_signed_in_goes_on(client, no_redis, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key"}
    client.raise_request_exception = False
    officer = make_officer()
    response = client.post("/compte/connexion/", {"login": officer.email, "password": "mot-de-passe-long"})
    assert response.status_code == 500
    assert "Une panne de notre côté" in text_of(response)
    assert "_auth_user_id" not in client.session
    client.force_login(officer)
    assert client.get("/agent/").status_code == 200
