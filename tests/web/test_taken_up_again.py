"""A review that is taken up again, or handed over: what its firm reads meanwhile, and whom it is told to call."""

import pytest

from backend.matchmaking.models import Submission
from backend.matchmaking.reviews import end_review, reopen_review
from backend.matchmaking.services import correct_submission
from backend.notifications.models import Notification
from tests.factories import DAY, decide, first_matches, link_to, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
WORD = "Je vous appelle jeudi."


@pytest.fixture
def officer():
    return make_officer(phone="03 53 01 10 12")


@pytest.fixture
def submission(officer):
    made = make_submission(confirmed=True)
    decide(made, first_matches(made)[0].scheme, officer)
    end_review(submission=made, officer=officer, on=DAY, message=WORD)
    ours(Notification).filter(kind="reviewed").update(state="sent", claimed_at=made.filed_at, ended_at=made.filed_at)
    return made


def firm_reads(client, submission):
    return text_of(client.get(f"/resultat/{link_to(submission)}/"))


def test_the_firm_keeps_its_answer_until_the_review_ends_again(client, officer, submission):
    page = f"/resultat/{link_to(submission)}/"
    before = text_of(client.get(page))
    reopen_review(submission=submission, officer=officer)
    assert WORD in before
    assert text_of(client.get(page)) == before
    assert "n’est pas encore relue" not in before


def test_a_correction_of_the_firm_meanwhile_waits_to_be_read(client, officer, submission):
    reopen_review(submission=submission, officer=officer)
    submission.refresh_from_db()
    correct_submission(submission=submission, facts={"headcount": 48.0}, on=DAY)
    reads = firm_reads(client, submission)
    assert "n’est pas encore relue" in reads
    assert WORD not in reads


def test_the_word_is_in_its_field_and_the_same_answer_does_not_leave_again(client, officer, submission):
    client.force_login(officer)
    client.post(f"/agent/{submission.pk}/reprendre/")
    page = client.get(f"/agent/{submission.pk}/")
    word = page.context["end_form"]["message"].value()
    assert word == WORD
    client.post(f"/agent/{submission.pk}/terminer/", {"message": word})
    assert ours(Notification).filter(kind="reviewed").count() == 1
    assert client.get(f"/agent/{submission.pk}/").context["end_form"]["message"].value() == ""


def test_whom_to_call_is_who_follows_the_file_now(client, officer, submission):
    colleague = make_officer(first_name="Sophie", last_name="Carlier", phone="03 44 00 00 07")
    Submission.objects.filter(pk=submission.pk).update(officer=colleague)
    reads = firm_reads(client, submission)
    assert f"Relu par {officer} le " in reads
    assert "Votre dossier est maintenant suivi par Sophie Carlier – 03 44 00 00 07 – " + colleague.email in reads
    assert officer.phone not in reads
    assert officer.email not in reads


def test_an_account_that_closed_leaves_who_read_the_file(client, officer, submission):
    closed = make_officer(first_name="Paul", last_name="Rivière", phone="03 44 00 00 08", is_active=False)
    Submission.objects.filter(pk=submission.pk).update(officer=closed)
    reads = firm_reads(client, submission)
    assert officer.phone in reads
    assert "Rivière" not in reads
