"""What waits for its day and must not leave any more: the firm wants none, the file is barred, or it was said anew."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from backend.matchmaking.correspondence import refuse_emails
from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.models import Alert
from backend.matchmaking.reviews import end_review, reopen_review
from backend.matchmaking.services import correct_submission
from backend.notifications.frequency_cap import Turn
from backend.notifications.models import Notification
from backend.notifications.rendering import Message
from backend.notifications.services import enqueue_email
from backend.privacy.consent import withdraw_consent
from tests.factories import DAY, OUTSIDE, decide, first_matches, make_officer, make_submission

pytestmark = pytest.mark.django_db
DUE = Notification.State.DUE
KINDS = ("alert", "reviewed", "survey")
ENDS = {
    "consent withdrawn": lambda file: withdraw_consent(submission=file),
    "e-mails refused": lambda file: refuse_emails(submission=file, phone="03 44 00 00 00"),
    "author not entitled": lambda file: close_unentitled(submission=file, officer=make_officer(), on=DAY),
    "project outside": lambda file: correct_submission(
        submission=file, facts={"commune": OUTSIDE}, leaves=True, on=DAY
    ),
}


def owe(file):
    """Owe one e-mail of each capped kind about a file, one a day."""
    for n, kind in enumerate(KINDS):
        turn = Turn(firm=file.firm, on=timezone.localdate() + timedelta(days=n))
        message = Message(subject="x", text="x", html="x")
        recipient, about = file.contact.email, (file.topic,)
        with transaction.atomic():
            enqueue_email(
                kind=kind, key=f"{kind}:{file.pk}", recipient=recipient, message=message, about=about, turn=turn
            )


def due(file):
    rows = Notification.objects.about(file.topic).filter(state=DUE, kind__in=KINDS)
    return list(rows.order_by("kind").values_list("kind", flat=True))


@pytest.mark.cases(1)
@pytest.mark.parametrize("end", ENDS)
def test_what_waits_does_not_leave_and_what_waits_for_another_firm_does(end):
    other = make_submission(confirmed=True, siren="", wants_alerts=True)  # of the same address
    file = make_submission(confirmed=True, wants_alerts=True)
    for one in (file, other):
        owe(one)
        assert due(one) == sorted(KINDS)
    ENDS[end](file)
    assert (due(file), due(other)) == ([], sorted(KINDS))
    assert Alert.objects.get(submission=file).ended_at
    assert Alert.objects.get(submission=other).ended_at is None


@pytest.mark.cases(1)
@pytest.mark.parametrize("again", ["opened again", "ended again"])
def test_an_earlier_answer_never_arrives_after_a_later_one(again):
    officer = make_officer()
    files = [make_submission(confirmed=True), make_submission(confirmed=True, siren="", email="b@b.example")]
    for file in files:
        decide(file, first_matches(file)[0].scheme, officer)
        owe(file)  # the day is taken: the answer waits for another one
        end_review(submission=file, officer=officer, on=timezone.localdate(), message="Avant.", takes_turn=True)
    file, other = files
    reopen_review(submission=file, officer=officer)
    assert "reviewed" not in due(file)
    if again == "ended again":
        end_review(submission=file, officer=officer, on=timezone.localdate(), message="Après.")
        (answer,) = Notification.objects.about(file.topic).filter(state=DUE, kind="reviewed")
        assert "Après." in answer.text
    (waiting,) = Notification.objects.about(other.topic).filter(state=DUE, kind="reviewed", text__contains="Avant.")
    assert waiting.cap_day > timezone.localdate()


def test_a_firm_whose_correction_opened_its_review_again_gets_the_later_answer_alone():
    officer, file = make_officer(), make_submission(confirmed=True)
    decide(file, first_matches(file)[0].scheme, officer)
    end_review(submission=file, officer=officer, on=DAY, message="Avant.", takes_turn=True)
    correct_submission(submission=file, facts={"headcount": 77}, on=DAY)
    end_review(submission=file, officer=officer, on=DAY, message="Après.")
    (answer,) = Notification.objects.about(file.topic).filter(state=DUE, kind="reviewed")
    assert "Après." in answer.text
