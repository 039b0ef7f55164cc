"""A review that ends again with nothing changed: its firm has the answer already, and does not receive it twice."""

import pytest
from django.utils import timezone

from backend.matchmaking.models import ReviewEnd
from backend.matchmaking.reviews import end_review, reopen_review
from backend.matchmaking.services import correct_submission
from backend.notifications.models import Notification
from tests.factories import DAY, decide, first_matches, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
SENT = Notification.State.SENT
REPEATED = "l’entreprise a déjà reçu cette réponse, elle ne repart pas"


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission(officer):
    made = make_submission(confirmed=True)
    decide(made, first_matches(made)[0].scheme, officer)
    end_review(submission=made, officer=officer, on=DAY, message="Bonjour.")
    return made


def answers():
    return ours(Notification).filter(kind="reviewed").order_by("pk")


def leave():
    """Let what is due leave, as the mailer does."""
    answers().filter(state="due").update(state=SENT, claimed_at=timezone.now(), ended_at=timezone.now(), attempt=1)


def end_again(submission, officer, *, message="Bonjour."):
    reopen_review(submission=submission, officer=officer)
    submission.refresh_from_db()
    return end_review(submission=submission, officer=officer, on=DAY, message=message)


def test_the_same_answer_does_not_leave_twice(submission, officer):
    leave()
    end = end_again(submission, officer)
    submission.refresh_from_db()
    assert answers().count() == 1
    assert submission.reviewed_at == end.ended_at
    assert ours(ReviewEnd).count() == 2
    end_again(submission, officer)  # and not a third time
    assert answers().count() == 1


def test_an_answer_that_had_not_left_is_replaced(submission, officer):
    end_again(submission, officer)
    assert [row.state for row in answers()] == ["failed", "due"]


def other_words(submission, officer):
    return "Bonjour, je vous appelle jeudi."


def another_verdict(submission, officer):
    decide(submission, first_matches(submission, 2)[1].scheme, officer, "not_worth_it")
    return "Bonjour."


def another_fact(submission, officer):
    correct_submission(submission=submission, facts={"headcount": 48.0}, on=DAY)
    return "Bonjour."


def another_need(submission, officer):
    correct_submission(submission=submission, facts={}, ticked=["competences.recruter"], on=DAY)
    return "Bonjour."


@pytest.mark.cases(2)
@pytest.mark.parametrize("change", [other_words, another_verdict, another_fact, another_need])
def test_an_answer_after_something_changed_leaves(submission, officer, change):
    leave()
    reopen_review(submission=submission, officer=officer)
    message = change(submission, officer)
    submission.refresh_from_db()
    end_review(submission=submission, officer=officer, on=DAY, message=message)
    assert answers().count() == 2


def test_an_answer_to_another_address_leaves(submission, officer):
    leave()
    submission.contact.email = "autre@firm.example"
    submission.contact.save()
    end_again(submission, officer)
    assert answers().count() == 2


def test_the_page_says_that_nothing_leaves(client, submission, officer):
    client.force_login(officer)
    leave()
    for message, is_repeated in (("Bonjour.", True), ("Autre chose.", False)):
        client.post(f"/agent/{submission.pk}/reprendre/")
        page = client.post(f"/agent/{submission.pk}/terminer/", {"message": message}, follow=True)
        assert (REPEATED in text_of(page)) is is_repeated
        assert ("il part dans la minute" in text_of(page)) is not is_repeated
