"""Sessions: a new one at each sign-in, over after a working day without use, erased once over."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from backend.common.days import current_day
from backend.jobs.works import erase_sessions
from backend.web.middleware import SEEN, SEEN_SECONDS
from tests.factories import make_officer
from tests.web.conftest import NEED

pytestmark = pytest.mark.django_db


def sign_in(client, user):
    client.post("/compte/connexion/", {"login": user.email, "password": "mot-de-passe-long"})


def ends_in(client):
    return Session.objects.get(session_key=client.session.session_key).expire_date - timezone.now()


def test_signing_in_gives_another_session(client):
    client.get("/demande/")
    before = client.session.session_key
    sign_in(client, make_officer())
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_an_officer_is_signed_in_for_a_working_day_and_a_draft_for_a_day(client):
    client.get("/demande/")
    assert timedelta(hours=23) < ends_in(client) <= timedelta(days=1)
    sign_in(client, make_officer())
    client.get("/agent/")
    assert timedelta(hours=11) < ends_in(client) <= timedelta(hours=12)


def test_a_session_that_is_used_goes_on(client):
    sign_in(client, make_officer())
    client.get("/agent/")
    age(client, hours=3, seen=SEEN_SECONDS + 1)
    client.get("/agent/")
    assert ends_in(client) > timedelta(hours=11)


def test_a_session_is_written_once_in_a_while_only(client):
    sign_in(client, make_officer())
    client.get("/agent/")
    age(client, hours=3, seen=SEEN_SECONDS - 60)
    client.get("/agent/")
    assert ends_in(client) < timedelta(hours=10)


def age(client, *, hours, seen):
    """Make a session look as if it had been written some hours ago, and last used some seconds ago."""
    session = client.session
    session[SEEN] -= seen
    session.save()
    row = Session.objects.get(session_key=session.session_key)
    row.expire_date -= timedelta(hours=hours)
    row.save()


def test_a_session_that_is_over_opens_nothing(client):
    sign_in(client, make_officer())
    client.get("/agent/")
    age(client, hours=13, seen=0)
    assert client.get("/agent/").status_code == 302


def test_sessions_that_are_over_are_erased_with_their_drafts_and_no_other(client):
    client.post("/demande/besoin/", NEED)
    Session.objects.create(session_key="x" * 32, session_data="", expire_date=timezone.now() - timedelta(seconds=1))
    erase_sessions(on=current_day())
    assert Session.objects.get().session_key == client.session.session_key


def test_signing_out_makes_the_browser_forget_the_pages(client):
    sign_in(client, make_officer())
    assert "Clear-Site-Data" not in client.get("/compte/deconnexion/")  # asked whether to
    response = client.post("/compte/deconnexion/")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/agent/").status_code == 302
