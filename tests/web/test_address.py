"""Links in e-mails: opening one changes nothing, its button does, once."""

import re
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.links.models import Kind
from backend.links.services import revoke_links
from backend.matchmaking.access_links import RESEND_SECONDS, send_space_link
from backend.matchmaking.correspondence import refuse_emails
from backend.matchmaking.models import Submission
from backend.notifications.kinds import ALERTS, OFFICER_NOTICES
from backend.notifications.models import Notification, Stop
from backend.notifications.services import stop
from tests.factories import as_sent, led_to, link_to, make_officer, make_submission, next_morning, stop_link
from tests.neighbour import ours
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return make_submission()


def confirm_path(submission):
    return f"/confirmer/{link_to(submission, Kind.CONFIRM)}/"


def stop_path(submission):
    return f"/arreter/{stop_link(submission.contact.email, ALERTS.format(about=submission.topic))}/"


def owed(kind):
    return ours(Notification).filter(kind=kind)


def test_the_link_of_the_email_is_the_one_that_confirms(client):
    fill(client)
    path = re.search(r"(/confirmer/\S+)", as_sent(ours(Notification).get()).text).group(1)
    client.post(path)
    assert ours(Submission).get().confirmed_at


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_opening_the_link_changes_nothing(client, submission, method):
    response = getattr(client, method)(confirm_path(submission))
    assert response.status_code in (200, 405)
    submission.refresh_from_db()
    assert submission.confirmed_at is None
    assert ours(Notification).count() == 1


def test_confirming_twice_sends_one_receipt_and_each_officer_reads_of_it_once(client, submission):
    officers = [make_officer(), make_officer()]
    make_officer("CCLO")
    for _ in range(2):
        response = client.post(confirm_path(submission))
        assert led_to(response["Location"]) == submission
    assert owed("receipt").count() == 1
    assert not owed("waiting_digest")
    for _ in range(2):
        next_morning()
    assert sorted(row.recipient for row in owed("waiting_digest")) == sorted(officer.email for officer in officers)
    assert "L’adresse isabelle.morel@tolerie.example est déjà confirmée" in text_of(
        client.get(confirm_path(submission))
    )


def test_the_result_page_says_what_is_awaited(client, submission):
    path = f"/resultat/{link_to(submission)}/"
    assert "Confirmez votre adresse" in text_of(client.get(path))
    client.post(confirm_path(submission))
    assert "n’est pas encore relue" in text_of(client.get(path))


@pytest.mark.cases(2)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("change", ["altered", "cut", "of another kind", "revoked", "null"])
def test_an_altered_link_is_not_found_and_offers_another(client, submission, method, change):
    token, other = link_to(submission, Kind.CONFIRM), link_to(submission, Kind.RESULT)
    if change == "revoked":
        revoke_links(kind=Kind.CONFIRM, object_id=submission.pk)
    token = {
        "altered": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "cut": token[:-5],
        "of another kind": other,
        "revoked": token,
        "null": "%00",
    }[change]
    response = getattr(client, method)(f"/confirmer/{token}/")
    assert response.status_code == 404
    assert "Ce lien ne fonctionne plus" in text_of(response)
    assert "Recevoir un nouveau lien" in text_of(response)
    submission.refresh_from_db()
    assert submission.confirmed_at is None


@pytest.mark.parametrize(("days", "status"), [(29, 200), (31, 404)])
def test_a_link_lives_thirty_days(client, submission, monkeypatch, days, status):
    path = confirm_path(submission)
    now = timezone.now() + timedelta(days=days)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert client.get(path).status_code == status


def far_from_the_turn():
    """Wait if the period between two e-mails is about to turn."""
    left = RESEND_SECONDS - time.time() % RESEND_SECONDS
    if left < 5:
        time.sleep(left)


def test_asking_for_the_link_while_it_waits_to_leave_sends_no_other(client, submission):
    far_from_the_turn()
    for _ in range(2):
        assert client.post("/espace/", {"email": submission.contact.email}).status_code == 200
    assert owed("confirm_address").count() == 1


def test_the_answer_is_the_same_whether_the_address_is_known_or_not(client, submission):
    known = submission.contact.email
    texts = {
        text_of(client.post("/espace/", {"email": email})).replace(email, "…") for email in (known, "x@y.example")
    }
    assert len(texts) == 1
    assert not ours(Notification).filter(recipient="x@y.example").exists()


@pytest.mark.parametrize("email", ["", "camille@", "camille roux", "a@b.example\nBcc: c@d.example"])
def test_a_link_is_asked_for_with_a_whole_address(client, email):
    response = client.post("/espace/", {"email": email})
    assert response.status_code == 422
    assert not ours(Notification).exists()


def test_opening_the_stop_link_changes_nothing(client, submission):
    text = text_of(client.get(stop_path(submission)))
    assert "les alertes sur votre résultat à l’adresse isabelle.morel@tolerie.example" in text
    assert not Stop.objects.exists()


@pytest.mark.parametrize("body", [{"List-Unsubscribe": "One-Click"}, {}])
def test_a_mail_program_stops_without_a_cookie(submission, body):
    program = Client(enforce_csrf_checks=True)
    response = program.post(stop_path(submission), body)
    assert response.status_code == 200
    assert "C’est fait" in text_of(response)
    assert Stop.objects.get().topics == [ALERTS.format(about=submission.topic)]


def test_a_one_click_stop_of_the_alerts_never_holds_correspondence_back(client, submission):
    other = make_submission()
    client.post(stop_path(submission))
    client.post(confirm_path(submission))
    client.post(confirm_path(other))
    letters = ours(Notification).exclude(kind="alert")
    assert {email.state for email in letters} == {Notification.State.DUE}
    assert client.get(f"/resultat/{link_to(submission)}/").status_code == 200


def test_after_a_refusal_only_what_is_asked_for_is_sent(client, submission):
    refuse_emails(submission=submission, phone="03 44 00 00 00")
    client.post(confirm_path(submission))
    assert owed("receipt").get().state == Notification.State.STOPPED
    send_space_link(email=submission.contact.email)
    assert owed("access_link").get().state == Notification.State.DUE


def test_a_confirmation_asked_for_after_a_refusal_is_sent(submission):
    refuse_emails(submission=submission, phone="03 44 00 00 00")
    owed("confirm_address").update(due_at=timezone.now() - timedelta(days=2), state=Notification.State.SENT)
    send_space_link(email=submission.contact.email)
    assert owed("confirm_address").latest("pk").state == Notification.State.DUE


def test_an_officer_who_stops_the_notices_still_gets_a_password(client, submission):
    officer = make_officer()
    stop(address=officer.email, topic=OFFICER_NOTICES)
    client.post(confirm_path(submission))
    next_morning()
    assert owed("waiting_digest").get().state == Notification.State.STOPPED
    client.post("/compte/mot-de-passe/oublie/", {"email": officer.email})
    assert owed("password_reset").get().state == Notification.State.DUE


@pytest.mark.parametrize(
    "token",
    ["x", "%00", "lien-" + "A" * 24],
    ids=["short", "nothing", "made up"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_altered_stop_link_is_not_found(client, token, method):
    assert getattr(client, method)(f"/arreter/{token}/").status_code == 404
    assert not Stop.objects.exists()


@pytest.mark.parametrize("path", ["/confirmer/{}/", "/espace/", "/demande/besoin/"])
def test_every_other_form_is_refused_without_its_cookie_in_french(submission, path):
    response = Client(enforce_csrf_checks=True).post(path.format(link_to(submission, Kind.CONFIRM)))
    assert response.status_code == 403
    assert "Le formulaire n’a pas été envoyé" in text_of(response)
    submission.refresh_from_db()
    assert submission.confirmed_at is None
