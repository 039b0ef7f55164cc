"""Links are made when an e-mail is sent: what is kept of it opens nothing, and each attempt carries links that do."""

import json
import re
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.db import connection

from backend.accounts.services import invite, off_board
from backend.links.models import Kind, Link
from backend.links.services import find_link
from backend.notifications.frequency_cap import Turn
from backend.notifications.kinds import UnknownLink
from backend.notifications.models import Notification
from backend.notifications.placeholders import MARK, placeholder
from backend.notifications.services import Message, deliver, email_of, enqueue_email, stopped_by
from tests.factories import DAY, as_sent, led_to, make_officer, make_submission
from tests.neighbour import ours

pytestmark = pytest.mark.django_db
LINK = re.compile(r"lien-[\w-]{24}|/(?:resultat|confirmer|arreter|acces|apercu|bilan|mot-de-passe/nouveau)/[\w-]+")
PASSWORD_PATH = re.compile(r"/compte/mot-de-passe/nouveau/\S+")


def enqueue(text="", *, kind="alert", html="", about=("submission:1",), recipient="paul@firm.example"):
    message = Message(subject="L’objet", text=text, html=html or "<p>Du HTML</p>")
    turn = Turn(firm=uuid4().hex, on=DAY)
    return enqueue_email(kind=kind, key=f"{kind}:{text}", recipient=recipient, message=message, about=about, turn=turn)


def test_what_is_kept_of_every_email_has_a_mark_where_its_links_are():
    invite(user=make_officer())
    make_submission(confirmed=True, wants_alerts=True)
    emails = list(ours(Notification))
    assert {email.kind for email in emails} >= {"invitation", "confirm_address", "receipt"}
    for email in emails:
        kept = json.dumps([email.subject, email.text, email.html, email.links])
        assert not LINK.search(kept), email.kind
        sent = as_sent(email)
        assert (MARK in email.text) == bool(LINK.search(sent.text))
        assert (MARK in email.html) == bool(LINK.search(sent.html))
        assert MARK not in sent.text + sent.html


def test_nothing_of_a_sent_link_is_in_any_table(client):
    make_submission(confirmed=True)
    tokens = {token for email in ours(Notification) for token in LINK.findall(as_sent(email).text)}
    tokens = {token.rpartition("/")[2] for token in tokens}
    assert len(tokens) == 2
    client.get(f"/resultat/{next(iter(tokens))}/")
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f'SELECT t::text FROM "{model._meta.db_table}" t')  # noqa: S608 -- names of our tables
            kept = " ".join(row for (row,) in cursor.fetchall())
            assert not any(token in kept for token in tokens), model


def test_a_link_is_one_in_text_and_html_and_another_at_each_attempt(client):
    make_submission(confirmed=True)
    receipt = ours(Notification).get(kind="receipt")
    first, second = as_sent(receipt), as_sent(receipt)
    links = [re.search(r"/resultat/[\w-]+/", body).group() for body in (first.text, first.html, second.text)]
    assert links[0] == links[1] != links[2]
    assert {client.get(link).status_code for link in links} == {200}


def test_the_links_that_arrive_lead_where_they_say(postman):
    submission = make_submission(confirmed=True)
    receipt = ours(Notification).get(kind="receipt")
    assert deliver(pk=receipt.pk, attempt=0)
    body = postman.accepted[0].get_body(("plain",)).get_content()
    assert led_to(re.search(r"/resultat/[\w-]+/", body).group()) == submission
    assert MARK not in postman.accepted[0].as_string()


def test_an_attempt_that_failed_leaves_links_for_the_next(nobody_listens, request):
    submission = make_submission()
    email = ours(Notification).get(kind="confirm_address")
    assert not deliver(pk=email.pk, attempt=0)
    ours(Notification).update(due_at=email.owed_at)
    email.refresh_from_db()
    assert MARK in email.text
    open_again = request.getfixturevalue("postman")
    assert deliver(pk=email.pk, attempt=1)
    body = open_again.accepted[0].get_body(("plain",)).get_content()
    token = re.search(r"/confirmer/([\w-]+)/", body).group(1)
    assert find_link(kind=Kind.CONFIRM, token=token).object_id == submission.pk


def test_a_stop_link_is_short_and_stops_the_topic_of_its_email():
    email = enqueue(f"Arrêter : {placeholder(Kind.STOP)}")
    url = re.search(r"http\S+", email_of(email).body).group()
    assert len(url) < 200
    assert url.isascii()
    token = url.rstrip("/").rpartition("/")[2]
    assert stopped_by(find_link(kind=Kind.STOP, token=token)) == ("paul@firm.example", "alerts:submission:1")


def test_a_stop_link_whose_email_was_erased_stops_nothing(client):
    email = enqueue(placeholder(Kind.STOP))
    path = re.search(r"/arreter/\S+", email_of(email).body).group()
    ours(Notification).delete()
    assert client.post(path).status_code == 404


@pytest.mark.parametrize(
    "typed", [MARK, f"{MARK}{MARK}", "lien.0123456789abcdef0123456789abcdef.WyJyZXN1bHQiLDEsIiJd."]
)
def test_what_a_person_typed_never_becomes_a_link(typed):
    make_submission()  # an object to lead to
    email = enqueue(f"Nom : {typed}. {placeholder(Kind.RESULT, 1)}")
    body = email_of(email).body
    assert Link.objects.filter(kind=Kind.RESULT, object_id=1).count() == 1
    assert body.count("/resultat/") == 1
    assert body.startswith(f"Nom : {typed.replace(MARK, '(lien)')}. http")


def test_an_email_of_a_kind_without_links_carries_none():
    with pytest.raises(UnknownLink, match="access_link"):
        enqueue(placeholder(Kind.RESULT, 1), kind="access_link")
    assert not ours(Notification).exists()


def test_a_password_link_counts_from_its_sending_and_not_to_a_closed_account(client):
    officer = make_officer()
    invite(user=officer)
    email = ours(Notification).get(kind="invitation")
    officer.last_login = email.owed_at  # a link made when it was owed would be spent by this sign-in
    officer.save()
    path = PASSWORD_PATH.search(email_of(email).body).group()
    page = client.get(path, follow=True)
    client.post(page.context["action_url"], {"password1": "un-nouveau-mot-long", "password2": "un-nouveau-mot-long"})
    assert authenticate(email=officer.email, password="un-nouveau-mot-long")
    off_board(user=officer)
    with pytest.raises(ValueError, match="closed"):
        email_of(email)


def test_an_invitation_to_a_closed_account_is_given_up_without_a_word(postman):
    officer = make_officer()
    invite(user=officer)
    off_board(user=officer)
    email = ours(Notification).get(kind="invitation")
    assert not deliver(pk=email.pk, attempt=0)
    email.refresh_from_db()
    assert email.state == Notification.State.FAILED
    assert not postman.accepted


def test_what_a_server_quotes_of_a_refused_email_is_kept_without_its_link(postman):
    make_submission(confirmed=True)
    email = ours(Notification).get(kind="receipt")
    postman.answers["DATA"] = "554 refused: http://x.example/resultat/lien-AAAAAAAAAAAAAAAAAAAAAAAA/ is listed"
    assert not deliver(pk=email.pk, attempt=0)
    email.refresh_from_db()
    assert "/resultat/[lien]/" in email.error
    assert "lien-" not in email.error


def test_administrators_read_marks(client):
    make_submission(confirmed=True)
    admin = make_officer(is_staff=True, is_superuser=True)
    client.force_login(admin)
    for email in ours(Notification):
        body = client.get(f"/administration/notifications/notification/{email.pk}/change/").content.decode()
        assert not LINK.search(body), email.kind
    assert MARK in body
