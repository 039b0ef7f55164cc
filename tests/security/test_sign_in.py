"""Signing in: guesses slow down whoever makes them and never the owner, with Redis and without; sessions that end."""

import re
import socket
import time
from collections import Counter

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core.checks import run_checks
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Attempt
from backend.config import settings as production
from backend.jobs.works import erase_sessions
from backend.journal.models import AuditEvent
from backend.matchmaking.models import Submission
from backend.notifications.models import Notification
from tests.accounts.second_factor import add_application, code_of
from tests.factories import as_sent, make_officer
from tests.neighbour import ours
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db
LOGIN, RESET, CODE = "/compte/connexion/", "/compte/mot-de-passe/oublie/", "/compte/code/"
PASSWORD = "mot-de-passe-long"
TOO_MANY = "Trop de tentatives ratées"
NEW = "girafe tambour lundi parapluie"


@pytest.fixture(autouse=True)
def limits(settings):
    settings.SIGN_IN_LIMITS = production.SIGN_IN_LIMITS
    settings.SECOND_FACTOR = False


@pytest.fixture
def owner():
    return make_officer()


def browser(number: int = 1) -> Client:
    """Return a browser in a network of its own."""
    return Client(REMOTE_ADDR=f"2001:db8:{number:x}::1")


def sign_in(client, user, password=PASSWORD):
    return client.post(LOGIN, {"login": getattr(user, "email", user), "password": password})


def guess(user, *, networks: int, each: int = 5):
    """Try wrong passwords from so many networks; return the answers."""
    strangers = [browser(1000 + number) for number in range(networks)]
    return [sign_in(stranger, user, f"faux-{n}") for stranger in strangers for n in range(each)]


# -- guesses


def test_a_stranger_who_guesses_is_stopped_and_the_owner_signs_in_and_files(owner):
    answers = guess(owner, networks=1, each=8)
    assert [TOO_MANY in text_of(answer) for answer in answers] == [False] * 5 + [True] * 3
    stranger = Client(REMOTE_ADDR="2001:db8:3e8::ffff")  # another address of the same network
    assert TOO_MANY in text_of(sign_in(stranger, owner))  # even with the right password
    mine = browser()
    assert sign_in(mine, owner).status_code == 302
    assert mine.get("/agent/").status_code == 200
    for _ in range(3):
        fill(browser(1000))
    assert fill(browser(2)).status_code == 302
    assert ours(Submission).count() == 4


def test_guesses_from_many_networks_are_bounded_and_the_owner_goes_on_in_a_known_browser_or_by_an_email(owner):
    mine = browser()
    assert sign_in(mine, owner).status_code == 302
    mine.post("/compte/deconnexion/")
    answers = guess(owner, networks=22)
    looked_at = sum(TOO_MANY not in text_of(answer) for answer in answers)
    assert looked_at == 100
    new = browser(2)  # which nobody knows
    assert TOO_MANY in text_of(sign_in(new, owner))
    assert sign_in(mine, owner).status_code == 302
    new.post(RESET, {"email": owner.email})
    text = as_sent(ours(Notification).latest("pk")).text
    page = new.get(re.search(r"/compte/mot-de-passe/nouveau/\S+", text)[0], follow=True)
    assert new.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW}).status_code == 302
    assert sign_in(new, owner, NEW).status_code == 302
    assert new.get("/agent/").status_code == 200


def test_a_known_browser_is_held_back_by_its_own_mistakes_alone(owner):
    mine, colleague = browser(), make_officer()
    sign_in(mine, owner)
    mine.post("/compte/deconnexion/")
    for n in range(5):
        sign_in(mine, owner, f"faux-{n}")
    assert TOO_MANY in text_of(sign_in(mine, owner))
    assert sign_in(mine, colleague).status_code == 302


def test_a_browser_is_not_known_for_the_account_of_somebody_else_nor_by_a_cookie_it_made(owner):
    thief, colleague = browser(1000), make_officer()
    sign_in(thief, colleague)
    thief.post("/compte/deconnexion/")
    for n in range(5):
        sign_in(thief, owner, f"faux-{n}")
    assert TOO_MANY in text_of(sign_in(thief, owner))
    thief.cookies["device"] = "forged:1:x"
    assert TOO_MANY in text_of(sign_in(thief, owner))


def test_right_passwords_are_not_counted(owner):
    mine = browser()
    for _ in range(12):
        assert sign_in(mine, owner).status_code == 302
        mine.post("/compte/deconnexion/")
    assert not Attempt.objects.filter(n__gt=0).exists()


def test_one_network_that_guesses_at_many_accounts_is_stopped(settings):
    settings.SIGN_IN_LIMITS = {"password.network": ((10, 3600),)}
    stranger = browser(1000)
    answers = [sign_in(stranger, f"n{n}@jonction.example", "faux") for n in range(12)]
    assert [TOO_MANY in text_of(answer) for answer in answers] == [False] * 10 + [True] * 2


def test_codes_are_counted_for_who_has_the_password_and_the_owner_signs_in(owner):
    secret = add_application(owner)
    mine, thief = browser(), browser(1000)
    sign_in(thief, owner)
    answers = [thief.post(CODE, {"code": f"{n:06}"}) for n in range(7)]
    assert [TOO_MANY in text_of(answer) for answer in answers] == [False] * 5 + [True] * 2
    sign_in(mine, owner)
    assert mine.post(CODE, {"code": code_of(secret)}).status_code == 302
    assert mine.get("/agent/").status_code == 200


def test_the_database_holds_neither_an_address_nor_an_account_and_forgets(owner):
    guess(owner, networks=1, each=2)
    assert Attempt.objects.exists()
    assert all(len(digest) == 64 for digest in Attempt.objects.values_list("digest", flat=True))
    Attempt.objects.update(ends_at="2026-01-01T00:00:00Z")
    erase_sessions(on=None)
    assert not Attempt.objects.exists()


# -- without Redis


@pytest.fixture(params=["down", "silent"])
def no_redis(request, settings):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "silent":
            listener.listen()
        location = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        settings.CACHES = {**settings.CACHES, "counters": {**settings.CACHES["counters"], "LOCATION": location}}
        settings.THROTTLES = production.THROTTLES
        yield


def test_without_redis_the_owner_signs_in_with_both_factors_and_a_stranger_is_stopped(no_redis, owner):
    secret = add_application(owner)
    answers = guess(owner, networks=1, each=6)
    assert [TOO_MANY in text_of(answer) for answer in answers] == [False] * 5 + [True]
    mine = browser()
    assert sign_in(mine, owner)["Location"].startswith(CODE)
    code = code_of(secret)
    assert mine.post(CODE, {"code": code}).status_code == 302
    assert mine.get("/agent/").status_code == 200
    again = browser(2)
    sign_in(again, owner)
    assert again.post(CODE, {"code": code}).status_code == 200  # a code serves once, without Redis too
    assert again.get("/agent/").status_code == 302
    assert browser(3).post(RESET, {"email": owner.email}).status_code == 302
    assert ours(Notification).filter(kind="password_reset").count() == 1


# -- the same work for an account that is there and for one that is not


@pytest.fixture
def hashed(monkeypatch):
    """Count what takes time when a password is checked."""
    calls = Counter()
    encode = MD5PasswordHasher.encode

    def counted(self, *args, **kwargs):
        calls["encode"] += 1
        return encode(self, *args, **kwargs)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return calls


@pytest.fixture(params=["known", "closed", "invited", "unknown"])
def address(request):
    """Return an address: of an account in use, of one that was closed, of one without a password yet, of nobody."""
    officer = make_officer()
    if request.param == "closed":
        officer.is_active = False
    if request.param == "invited":
        officer.set_unusable_password()
    officer.save()
    return "personne@jonction.example" if request.param == "unknown" else officer.email


def test_a_wrong_password_is_hashed_once_and_answered_alike_whoever_it_is_for(hashed, address):
    hashed.clear()
    answer = browser().post(LOGIN, {"login": address, "password": "faux"})
    assert hashed["encode"] == 1
    assert answer.status_code == 200
    assert text_of(answer) == text_of(browser(2).post(LOGIN, {"login": "autre@jonction.example", "password": "faux"}))


def statements(address):
    """Return what a request for a new password asks of the database, without the values."""
    client = browser()
    client.get(RESET)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.post(RESET, {"email": address})
    assert answer.status_code == 302
    sql = [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries]
    return [" ".join(statement.split()[:12]) for statement in sql if "SAVEPOINT" not in statement]


def test_asking_for_a_new_password_costs_the_same_for_an_address_that_nobody_has(owner):
    statements(owner.email)
    n = ours(Notification).count()
    assert Counter(statements("personne@jonction.example")) == Counter(statements(owner.email))
    assert ours(Notification).count() == n + 1


def test_nobody_fills_the_box_of_an_officer_and_each_refusal_is_a_sentence(owner):
    answers = [browser(1000).post(RESET, {"email": owner.email}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [302] * 3 + [200] * 2
    assert "Le lien du dernier courriel marche toujours" in text_of(answers[4])
    for number in range(20):
        browser(2000 + number).post(RESET, {"email": owner.email})
    assert ours(Notification).filter(kind="password_reset").count() == 10


def test_the_link_of_a_new_password_leads_to_the_public_address_whatever_the_request_says(owner, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "https://jonction.example.org"
    browser().post(RESET, {"email": owner.email}, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    email = as_sent(ours(Notification).get(kind="password_reset"))
    assert "https://jonction.example.org/compte/mot-de-passe/nouveau/" in email.text
    assert "evil" not in email.text + email.html


# -- sessions


def test_a_session_ends_a_day_after_its_sign_in_however_much_it_is_used(owner):
    client = browser()
    sign_in(client, owner)
    session = client.session
    session["opened_at"] = int(time.time()) - 23 * 3600
    session.save()
    assert client.get("/agent/").status_code == 200
    session = client.session
    session["opened_at"] = int(time.time()) - 24 * 3600 - 1
    session.save()
    answer = client.get("/agent/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(LOGIN)
    assert "Votre session a duré un jour" in text_of(answer)
    sign_in(client, owner)
    assert client.get("/agent/").status_code == 200


def test_the_draft_of_a_firm_lives_on_while_it_is_touched():
    client = browser()
    fill(client, upto="projet")
    session = client.session
    draft = {**session["draft"], "opened_at": time.time() - 5 * 24 * 3600}
    session["draft"] = draft
    session.save()
    assert client.get("/demande/reponse/").status_code == 200


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def signed_in(user, agent, address):
    client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
    sign_in(client, user)
    assert client.get("/agent/").status_code == 200
    return client


def test_my_sessions_show_where_i_am_signed_in_and_end_there(owner):
    here = signed_in(owner, FIREFOX, "203.0.113.7")
    there = signed_in(owner, CHROME, "2001:db8:1:2::3")
    other = signed_in(make_officer(), "SecretAgent/1", "198.51.100.9")
    page = here.get("/compte/sessions/")
    text = text_of(page)
    assert "Firefox – Linux Cette session" in text
    assert "Chrome – Windows" in text
    assert "203.0.113.x" in text
    assert "2001:db8:1::/48" in text
    assert "203.0.113.7" not in text
    assert "198.51.100" not in text
    theirs, mine = UserSession.objects.get(user_agent=CHROME), UserSession.objects.get(user_agent="SecretAgent/1")
    here.post("/compte/sessions/", {"end": mine.pk})  # somebody else's
    assert other.get("/agent/").status_code == 200
    here.post("/compte/sessions/", {"end": theirs.pk})
    assert there.get("/agent/").status_code == 302
    assert here.get("/agent/").status_code == 200
    assert "Chrome" not in text_of(here.get("/compte/sessions/"))


def test_all_other_sessions_end_at_once(owner):
    clients = [signed_in(owner, FIREFOX, "203.0.113.7") for _ in range(3)]
    clients[0].post("/compte/sessions/", {"end": "others"})
    assert [client.get("/agent/").status_code for client in clients] == [200, 302, 302]
    assert AuditEvent.objects.filter(actor=owner, kind="session_ended").count() == 2


def test_what_is_known_of_a_session_is_erased_with_it(owner):
    signed_in(owner, FIREFOX, "203.0.113.7")
    Session.objects.all().update(expire_date="2026-01-01T00:00:00Z")
    erase_sessions(on=None)
    assert not UserSession.objects.exists()


# -- passwords


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Camille.Roux2026", "vient de votre nom"),
        ("jonction compiegne", "vient de votre nom ou de celui du service"),
        ("motdepassemotdepasse", "vient de votre nom ou de celui du service"),
        ("azertyuiopqsdf", "se suit sur le clavier"),
        ("bonjourbonjour1", "bonjour"),
        ("aaaaaaaaaaaaaa", "se répète"),
        ("123456789012", ""),
        ("marseille2026", ""),
        ("Dominique1987", ""),
    ],
)
def test_a_password_that_can_be_guessed_is_refused_with_a_reason(owner, password, reason):
    owner.first_name, owner.last_name = "Camille", "Roux"
    owner.save()
    client = browser()
    client.force_login(owner)
    answer = client.post(
        "/compte/mot-de-passe/", {"oldpassword": PASSWORD, "password1": password, "password2": password}
    )
    assert answer.status_code == 200
    text = text_of(answer)
    assert "Ce mot de passe se devine trop vite" in text
    assert reason in text


@pytest.mark.parametrize("password", [NEW, "x" * 3 + "Kq7#vP2!mZ9w" * 8, "tVr8-kkQ2-m4Zx"])
def test_a_password_that_cannot_be_guessed_is_taken(owner, password):
    client = browser()
    client.force_login(owner)
    answer = client.post(
        "/compte/mot-de-passe/", {"oldpassword": PASSWORD, "password1": password, "password2": password}
    )
    assert answer.status_code == 302
    owner.refresh_from_db()
    assert owner.check_password(password)


# -- before opening

WARNINGS = ("jonction.W002", "jonction.W003", "jonction.W004")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"TRUSTED_PROXIES": 0}, ["jonction.W002"]),
        ({"THROTTLES": {}}, ["jonction.W003"]),
        ({"SECOND_FACTOR": False}, ["jonction.W004"]),
    ],
)
def test_check_deploy_warns_where_one_client_could_hurt_the_others(settings, changes, found):
    settings.DEMO, settings.SECOND_FACTOR, settings.TRUSTED_PROXIES = False, True, 1
    settings.THROTTLES = production.THROTTLES
    for name, value in changes.items():
        setattr(settings, name, value)
    said = run_checks(tags=["security"], include_deployment_checks=True)
    assert [warning.id for warning in said if warning.id in WARNINGS] == found
