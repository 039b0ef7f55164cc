"""What a firm is asked once its file is closed: each once, on its day, never where it may not be asked."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from backend.common.work import SomeFailed
from backend.links.models import Link
from backend.matchmaking.closing import close_file, reopen_file
from backend.matchmaking.file_events import record_closing
from backend.matchmaking.models import FollowUp, Submission, Survey
from backend.matchmaking.queue import Filters, Tab, counts_for, queue_of
from backend.matchmaking.scheme_events import say
from backend.matchmaking.surveys import answer_outcome, months_before, send_surveys
from backend.notifications.frequency_cap import Turn
from backend.notifications.models import Notification
from backend.notifications.rendering import Message
from backend.notifications.services import enqueue_email, stop
from backend.privacy.consent import withdraw_consent
from backend.privacy.erasing import erase_submission
from tests.days import in_days
from tests.factories import (
    DAY,
    bounce,
    failing,
    first_matches,
    make_officer,
    make_submission,
    survey_link,
)
from tests.matchmaking.closings import closed
from tests.neighbour import ours
from tests.undone import undone

HALF_A_YEAR, A_YEAR = 184, 366  # days from an answer to the surveys about it
pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def file():
    return make_submission(confirmed=True)


def asked(kind=None):
    emails = ours(Notification).filter(kind="survey")
    rows = ours(Survey).all()
    assert len(emails) == len(rows)
    return [row.kind for row in rows.order_by("pk") if kind in (None, row.kind)]


@pytest.mark.parametrize(
    ("day", "n", "before"),
    [
        (date(2027, 8, 31), 6, date(2027, 2, 28)),
        (date(2028, 8, 30), 6, date(2028, 2, 29)),
        (date(2027, 1, 15), 12, date(2026, 1, 15)),
        (date(2027, 5, 1), 6, date(2026, 11, 1)),
    ],
)
def test_months_are_counted_in_the_calendar(day, n, before):
    assert months_before(day, n) == before


def test_whether_it_helped_is_asked_the_day_after_and_once(file, officer):
    closed(file, officer)
    send_surveys(on=in_days(0))
    assert asked() == []
    for _ in range(3):
        send_surveys(on=in_days(1))
    assert asked() == ["satisfaction"]
    reopen_file(submission=file, officer=officer, on=DAY)
    close_file(submission=file, officer=officer, reason="not_helped")
    send_surveys(on=in_days(2))
    assert asked() == ["satisfaction"]
    email = ours(Notification).get(kind="survey")
    assert email.recipient == file.contact.email
    assert "Bon vent." in email.text


def test_a_file_that_opened_again_within_the_day_is_not_asked(file, officer):
    closed(file, officer)
    reopen_file(submission=file, officer=officer, on=DAY)
    send_surveys(on=in_days(1))
    assert asked() == []


@pytest.mark.cases(1)
@pytest.mark.parametrize("states", [("applied",), ("followed",)])
def test_what_came_of_it_is_asked_after_6_and_12_months(file, officer, states):
    scheme = closed(file, officer, *states)
    for days in (0, 2, *range(HALF_A_YEAR - 6, HALF_A_YEAR + 4, 2), *range(A_YEAR - 6, A_YEAR + 4, 2), A_YEAR + 30):
        send_surveys(on=in_days(days))
    assert asked() == ["satisfaction", "6_months", "12_months"]
    half, year = ours(Survey).get(kind="6_months"), ours(Survey).get(kind="12_months")
    assert months_before(half.asked_on - timedelta(days=2), 6) < in_days(0) <= months_before(half.asked_on, 6)
    assert months_before(year.asked_on - timedelta(days=2), 12) < in_days(0) <= months_before(year.asked_on, 12)
    text = ours(Notification).filter(kind="survey").order_by("pk").last().text
    assert str(scheme) in text


def test_what_is_known_is_not_asked(file, officer):
    for states in ((), ("applied", "granted"), ("applied", "refused"), ("followed", "given_up")):
        with undone():
            closed(Submission.objects.get(pk=file.pk), officer, *states)
            send_surveys(on=in_days(HALF_A_YEAR))
            assert asked("6_months") == [], states


def test_a_firm_that_nobody_could_reach_is_not_asked_whether_it_helped(file, officer):
    say(submission=file, scheme=first_matches(file)[0].scheme, state="applied", on=DAY)
    close_file(submission=file, officer=officer, reason="unreachable")
    send_surveys(on=in_days(1))
    assert asked() == []
    send_surveys(on=in_days(HALF_A_YEAR))
    assert asked() == ["6_months"]


CLOSINGS = {"helped": "l’a clos le", "not_helped": "l’a clos le", "ended": "a une issue", "silence": "90 jours"}


@pytest.mark.parametrize("alerts", ["heard", "stopped", ""])
def test_the_question_says_how_the_file_was_closed_and_what_goes_on(officer, alerts):
    make_submission(confirmed=True, siren="", wants_alerts=True)  # of another firm
    file = make_submission(confirmed=True, wants_alerts=bool(alerts))
    if alerts == "stopped":
        stop(address=file.contact.email, topic=f"alerts:{file.topic}")
    for reason, said in CLOSINGS.items():
        with undone():
            actor = officer if reason in Submission.CHOSEN else None
            record_closing(Submission.objects.get(pk=file.pk), reason=reason, actor=actor)
            send_surveys(on=in_days(1))
            (email,) = ours(Notification).filter(kind="survey")
            for body in (email.text, " ".join(email.html.split())):
                assert said in body
                assert ("Vos alertes continuent" in body) is (alerts == "heard")
                assert (str(officer) in body) is (reason in Submission.CHOSEN)
                assert "vous a répondu" not in body


def test_one_file_that_fails_keeps_no_other_question_back(officer):
    files = [make_submission(confirmed=True, siren="", email=f"{n}@a.example") for n in range(3)]
    for one in files:
        closed(one, officer)
    with failing("matchmaking_survey", files[0]), pytest.raises(SomeFailed, match="1 sur 3"):
        send_surveys(on=in_days(1))
    assert set(ours(Survey).values_list("submission", flat=True)) == {files[1].pk, files[2].pk}
    send_surveys(on=in_days(1))
    assert ours(Survey).count() == ours(Notification).filter(kind="survey").count() == 3


def test_what_was_missed_for_30_days_is_not_asked_any_more(file, officer):
    closed(file, officer, "applied")
    send_surveys(on=in_days(HALF_A_YEAR + 40))
    assert asked() == []


REFUSED = {
    "withdrawn": lambda file: withdraw_consent(submission=file),
    "dead": bounce,
    "stopped": lambda file: stop(address=file.contact.email, topic=f"surveys:{file.topic}"),
    "refuses e-mails": lambda file: stop(address=file.contact.email, topic=file.topic),
    "not confirmed": lambda file: Submission.objects.filter(pk=file.pk).update(confirmed_at=None),
}


def test_who_may_not_be_written_to_is_not_asked(file, officer):
    closed(file, officer, "applied")
    for why, refuse in REFUSED.items():
        with undone():
            refuse(Submission.objects.get(pk=file.pk))
            for on in (in_days(1), in_days(HALF_A_YEAR), in_days(A_YEAR)):
                send_surveys(on=on)
            assert asked() == [], why
    erase_submission(submission=Submission.objects.get(pk=file.pk))
    send_surveys(on=in_days(HALF_A_YEAR))
    assert asked() == []


def test_a_question_takes_its_turn_after_another_email_of_the_day(file, officer):
    closed(file, officer)
    with transaction.atomic():
        enqueue_email(
            kind="alert",
            key="other",
            recipient=file.contact.email,
            message=Message(subject="x", text="x", html="x"),
            about=(file.topic,),
            turn=Turn(firm=file.firm, on=in_days(1)),
        )
    send_surveys(on=in_days(1))
    assert asked() == []
    send_surveys(on=in_days(2))
    assert asked() == ["satisfaction"]


# -- what stays unanswered


def test_an_unanswered_question_goes_to_the_officers_after_30_days_once(file, officer):
    scheme = closed(file, officer, "applied")
    send_surveys(on=in_days(HALF_A_YEAR))
    kept = ours(Survey).get(kind="6_months").asked_on

    def listed():
        return file in queue_of(officer, Filters(tab=Tab.TO_DO), on=in_days(0))

    send_surveys(on=kept + timedelta(days=29))
    assert not listed()
    before = counts_for(officer, on=in_days(0)).by_tab[Tab.TO_DO]
    for days in (30, 31, 60):
        send_surveys(on=kept + timedelta(days=days))
    assert listed()
    assert counts_for(officer, on=in_days(0)).by_tab[Tab.TO_DO] == before + 1
    assert file not in queue_of(officer, Filters(tab=Tab.FOLLOWED), on=in_days(0))
    assert ours(FollowUp).filter(step="outcome").count() == 1
    survey = ours(Survey).get(kind="6_months")
    answer_outcome(survey=survey, scheme=scheme, answer="granted", on=DAY)
    assert not listed()


def test_whether_it_helped_is_nothing_that_officers_are_left_to_ask(file, officer):
    closed(file, officer)
    send_surveys(on=in_days(1))
    send_surveys(on=in_days(101))
    assert not ours(FollowUp).filter(step="outcome").exists()


def test_a_question_whose_answer_came_otherwise_is_not_left_to_officers(file, officer):
    scheme = closed(file, officer, "applied")
    send_surveys(on=in_days(HALF_A_YEAR))
    say(submission=file, scheme=scheme, state="refused", officer=officer, on=DAY)
    send_surveys(on=in_days(HALF_A_YEAR + 60))
    assert not ours(FollowUp).filter(step="outcome").exists()


def test_the_links_of_questions_go_with_the_file(file, officer):
    closed(file, officer)
    send_surveys(on=in_days(1))
    survey_link(file)
    assert Link.objects.filter(kind="survey", object_id=file.pk).exists()
    erase_submission(submission=Submission.objects.get(pk=file.pk))
    assert not Link.objects.filter(kind="survey", object_id=file.pk).exists()
