"""« Être appelé » on the page of a filed answer: a number joins the contact, e-mails go on, an officer sees it."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from backend.matchmaking.calls import Call, ask_call
from backend.matchmaking.correspondence import refuses_emails
from backend.matchmaking.follow_up import record_step, take_file
from backend.matchmaking.models import CallRequest
from backend.matchmaking.reviews import end_review
from backend.notifications.models import Notification
from backend.privacy.consent import withdraw_consent
from backend.privacy.erasing import erase_submission
from tests.factories import (
    ARC,
    CCLO,
    COMMUNES,
    DAY,
    guest_link,
    link_to,
    make_guest,
    make_officer,
    make_submission,
    next_morning,
)
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
QUEUE = "/agent/?etat=a-rappeler"
ASKED = {"phone": "0353016077", "call_slot": "morning"}
WAY = 'id="etre-appele"'


@pytest.fixture
def officer():
    return make_officer()


def file(*, phone="", confirmed=True, **changes):
    return make_submission(confirmed=confirmed, phone=phone, **changes)


def ask(client, submission, *, sent=ASKED, token="", follow=True):
    return client.post(reverse("be_called", args=[token or link_to(submission)]), sent, follow=follow)


def seen_by(user):
    desk = Client()
    desk.force_login(user)
    return desk.get(QUEUE)


@pytest.mark.cases(1)
@pytest.mark.parametrize("confirmed", [True, False])
def test_a_firm_that_gave_no_number_gives_it_on_its_answer(client, officer, confirmed):
    submission = file(confirmed=confirmed)
    page = client.get(reverse("result", args=[link_to(submission)]))
    assert page.content.decode().count(WAY) == 1
    assert "Être appelé" in text_of(page)
    page = ask(client, submission)
    ask(client, submission, follow=False)
    submission.refresh_from_db()
    submission.contact.refresh_from_db()
    assert (submission.contact.phone, submission.call_slot) == ("03 53 01 60 77", "morning")
    assert not refuses_emails(submission)
    call = ours(CallRequest).get()
    assert (call.submission, call.phone, call.name) == (submission, "03 53 01 60 77", submission.contact.name)
    assert (call.company_name, call.epci, call.commune) == (submission.sheet.name, submission.epci, COMMUNES[ARC])
    said = f"Appel demandé. {officer} (Service ARC) vous appelle au 03 53 01 60 77, si possible le matin"
    assert said in text_of(page)


def test_its_officers_see_the_call_with_the_file_and_are_told(client, officer):
    submission = file()
    ask(client, submission, follow=False)
    desk = seen_by(officer)
    assert f"/agent/{submission.pk}/" in desk.content.decode()
    assert "Voir son dossier" in text_of(desk)
    assert "Ouvrir un dossier" not in text_of(desk)
    assert [seen.call.submission for seen in desk.context["calls"]] == [submission]
    assert not seen_by(make_officer(CCLO)).context["calls"]
    next_morning()
    (told,) = ours(Notification).filter(kind="waiting_digest", recipient=officer.email)
    assert "1 appel" in told.subject
    colleague = make_officer()
    take_file(submission=submission, officer=colleague)
    assert f"dossier suivi par {colleague}" in text_of(seen_by(officer))


def test_a_file_that_nobody_may_open_yet_is_no_link_on_the_desk(client, officer):
    submission = file(confirmed=False)
    ask(client, submission, follow=False)
    desk = seen_by(officer)
    assert f"/agent/{submission.pk}/" not in desk.content.decode()
    assert "Non vérifié" in text_of(desk)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"phone": ""}, "Écrivez le numéro à appeler."), ({"phone": "12"}, "« 12 » n’est pas un numéro de téléphone.")],
)
def test_what_is_no_number_is_refused_and_shown_again(client, officer, changes, sentence):
    submission = file()
    page = ask(client, submission, sent={**ASKED, **changes})
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert not ours(CallRequest).exists()


def test_a_number_that_is_known_is_said_and_no_link_changes_it(client, officer):
    submission = file(phone="03 53 01 60 35")
    assert WAY not in client.get(reverse("result", args=[link_to(submission)])).content.decode()  # its status says who
    end_review(submission=submission, officer=officer, on=DAY, message="Relu.")
    page = client.get(reverse("result", args=[link_to(submission)]))
    assert "Au 03 53 01 60 35. Vos courriels continuent." in text_of(page)
    ask(client, submission, follow=False)
    submission.contact.refresh_from_db()
    assert submission.contact.phone == ours(CallRequest).get().phone == "03 53 01 60 35"


@pytest.mark.cases(1)
@pytest.mark.parametrize("right", ["read", "answer", "manage"])
def test_no_guest_is_called_in_the_place_of_the_contact(client, officer, right):
    submission = file()
    token = guest_link(make_guest(submission, right=right))
    assert WAY not in client.get(reverse("result", args=[token])).content.decode()
    assert ask(client, submission, token=token).status_code == 403
    ask(client, submission, follow=False)
    assert "53 01 60 77" not in text_of(client.get(reverse("result", args=[token])))


def test_a_call_that_was_made_or_a_file_that_is_closed_waits_no_more(client, officer):
    made, withdrawn = file(), file(email="b@x.example")
    for submission in (made, withdrawn):
        ask(client, submission, follow=False)
    record_step(submission=made, officer=officer, step="contacted")
    assert "Appel demandé" not in text_of(client.get(reverse("result", args=[link_to(made)])))
    withdraw_consent(submission=withdrawn)
    assert not seen_by(officer).context["calls"]
    erase_submission(submission=made)
    assert [call.submission for call in ours(CallRequest)] == [withdrawn]


def test_a_call_asked_before_filing_is_said_on_the_page_of_the_file(client, officer):
    submission = file()
    ask_call(key=submission.filing_key, call=Call(phone="03 53 01 60 88", name="Camille"), on=DAY)
    text = text_of(client.get(reverse("result", args=[link_to(submission)])))
    assert "vous appelle au 03 53 01 60 88." in text


def test_asking_often_is_refused_plainly(client, officer, settings):
    settings.CACHES = {**settings.CACHES, "counters": {**settings.CACHES["counters"], "KEY_PREFIX": uuid4().hex}}
    settings.THROTTLES = {"call.network": (1, 3600)}
    submission = file()
    assert [ask(client, submission).status_code for _ in range(2)] == [200, 429]
