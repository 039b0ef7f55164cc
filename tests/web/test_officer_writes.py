"""What an officer writes to a firm: on its page, and in an e-mail that it may answer."""

import pytest
from django.test import Client
from django.urls import reverse

from backend.matchmaking.batches import write_to_several
from backend.matchmaking.correspondence import refuse_emails
from backend.matchmaking.models import Note
from backend.matchmaking.reviews import end_review
from backend.notifications.models import Notification
from tests.factories import DAY, first_matches, link_to, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "address", "group")]
WORDS = "Apportez le devis <b>signé</b> jeudi."


@pytest.fixture
def officer():
    return make_officer(first_name="Claire", last_name="Vasseur")


@pytest.fixture
def submission(settings):
    settings.FIXED_DAY = DAY
    return make_submission(confirmed=True)


def write(officer, submission, follow=True, **sent):
    desk = Client()
    desk.force_login(officer)
    path = reverse("officer_note", args=[submission.pk])
    return desk.post(path, {"text": WORDS, "audience": "firm", **sent}, follow=follow)


def sent_to(submission):
    return ours(Notification).about(submission.topic).filter(kind="officer_wrote")


def test_what_an_officer_writes_to_the_firm_is_sent_and_stands_on_its_page(client, officer, submission):
    assert "un courriel part dans la minute" in text_of(write(officer, submission))
    email = sent_to(submission).get()
    assert (email.recipient, email.reply_to, email.state) == (submission.contact.email, officer.email, "due")
    assert email.subject == f"Claire Vasseur vous écrit : demande {submission.reference}"
    assert WORDS in email.text
    assert "&lt;b&gt;signé&lt;/b&gt;" in email.html
    assert WORDS in text_of(client.get(reverse("result", args=[link_to(submission)])))


@pytest.mark.parametrize("audience", ["internal", "shared"])
def test_what_is_not_for_the_firm_is_not_sent(officer, submission, audience):
    write(officer, submission, audience=audience, follow=False)
    assert not sent_to(submission).exists()


def take_back(officer, submission, note=None):
    desk = Client()
    desk.force_login(officer)
    note = note or Note.objects.standing().get(submission=submission)
    return text_of(desk.post(reverse("officer_note_back", args=[submission.pk, note.pk]), follow=True))


def test_a_note_taken_back_before_it_left_is_not_sent(officer, submission):
    write(officer, submission, follow=False)
    assert "son courriel ne part pas" in take_back(officer, submission)
    assert [email.state for email in sent_to(submission)] == ["failed"]
    write(officer, submission, follow=False)
    sent_to(submission).filter(state="due").update(state="sent")
    assert "Son courriel est déjà parti" in take_back(officer, submission)
    write(officer, submission, follow=False)
    sent_to(submission).filter(state="due").update(state="claimed")  # it is leaving right now
    assert "Son courriel est déjà parti" in take_back(officer, submission)
    write(officer, submission, audience="internal", follow=False)
    said = take_back(officer, submission)
    assert "Note retirée." in said
    assert "courriel ne" not in said


def test_an_address_that_nobody_confirmed_or_that_refuses_e_mails_gets_none(officer, submission):
    unconfirmed = make_submission(email="autre@firme.example", company_name="Firme nouvelle")
    unconfirmed.officer = officer
    unconfirmed.save()
    assert "Aucun courriel ne part, son adresse n’est pas confirmée" in text_of(write(officer, unconfirmed))
    assert not sent_to(unconfirmed).exists()
    refuse_emails(submission=submission, phone="03 53 01 60 77")
    assert "Aucun courriel ne part, l’entreprise n’en veut pas" in text_of(write(officer, submission))
    assert sent_to(submission).get().state == "stopped"
    for file in (unconfirmed, submission):
        said = take_back(officer, file)
        assert "Note retirée de sa page. Aucun courriel n’est parti." in said
        assert "déjà parti" not in said


@pytest.mark.cases(1)
@pytest.mark.parametrize("audience", ["internal", "firm"])
def test_a_note_taken_back_twice_says_that_it_already_was(officer, submission, audience):
    write(officer, submission, audience=audience, follow=False)
    note = Note.objects.standing().get(submission=submission)
    assert "Note retirée" in take_back(officer, submission, note)
    again = take_back(officer, submission, note)
    assert "Cette note était déjà retirée." in again
    assert "courriel ne" not in again
    assert "déjà parti" not in again


def test_a_word_to_several_firms_takes_turns_and_is_no_e_mail_of_its_own(officer, submission):
    scheme = first_matches(submission)[0].scheme
    end_review(submission=submission, officer=officer, on=DAY, message="Rien de plus.")
    write_to_several(submissions=[submission], scheme=scheme, officer=officer, message=WORDS, on=DAY)
    assert not sent_to(submission).exists()
