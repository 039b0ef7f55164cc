"""What a firm answers once its file is closed, and when each question has its answer."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from backend.matchmaking.closing import close_done_files, close_file
from backend.matchmaking.follow_up import record_step, write_note
from backend.matchmaking.models import FileEvent, FollowUp, SchemeEvent, Submission, Survey
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import StateError, say
from backend.matchmaking.states import states_of
from backend.matchmaking.surveys import answer_outcome, rate, send_surveys
from backend.privacy.erasing import erase_submission
from tests.days import in_days
from tests.factories import (
    DAY,
    decide,
    first_matches,
    make_officer,
    make_submission,
    rewriting,
)
from tests.matchmaking.closings import closed
from tests.neighbour import ours

HALF_A_YEAR, A_YEAR = 184, 366  # days from an answer to the surveys about it
pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def file():
    return make_submission(confirmed=True)


@pytest.mark.cases(3)
@pytest.mark.parametrize(
    ("before", "answer", "after"),
    [
        ("followed", "granted", ["followed", "applied", "granted"]),
        ("followed", "refused", ["followed", "applied", "refused"]),
        ("followed", "waiting", ["followed", "applied"]),
        ("followed", "given_up", ["followed", "given_up"]),
        ("applied", "granted", ["applied", "granted"]),
        ("applied", "refused", ["applied", "refused"]),
        ("applied", "waiting", ["applied"]),
        ("applied", "given_up", ["applied", "given_up"]),
    ],
)
def test_an_answer_is_what_the_firm_says_of_the_scheme(file, officer, before, answer, after):
    scheme = closed(file, officer, before)
    survey = Survey.objects.create(submission=file, kind="6_months", asked_on=DAY)
    answer_outcome(survey=survey, scheme=scheme, answer=answer, on=DAY, euros=12_500)
    events = SchemeEvent.objects.filter(submission=file).order_by("pk")
    assert [event.state for event in events] == after
    assert {event.origin for event in events} == {"firm"}
    assert [event.euros for event in events if event.euros] == ([12_500] if answer == "granted" else [])
    survey.refresh_from_db()
    assert survey.answered_at


def test_an_answer_that_ends_all_closes_the_file_again_and_one_that_waits_is_asked_after_12_months(officer):
    ended, waiting = make_submission(confirmed=True), make_submission(confirmed=True, email="b@b.example", siren="")
    for file, answer in ((ended, "granted"), (waiting, "waiting")):
        scheme = first_matches(file)[0].scheme
        decide(file, scheme, officer)
        end_review(submission=file, officer=officer, on=DAY)
        scheme = closed(file, officer, "followed")
        survey = Survey.objects.create(submission=file, kind="6_months", asked_on=DAY)
        answer_outcome(survey=survey, scheme=scheme, answer=answer, on=DAY)
    close_done_files(on=in_days(HALF_A_YEAR))
    ended.refresh_from_db()
    waiting.refresh_from_db()
    assert (ended.closed_reason, waiting.closed_reason) == ("ended", "")
    long_ago = timezone.now()
    with rewriting():
        FileEvent.objects.filter(kind="closed").update(recorded_at=long_ago)
    send_surveys(on=in_days(A_YEAR))
    assert list(ours(Survey).filter(kind="12_months").values_list("submission", flat=True)) == [waiting.pk]


def test_what_was_settled_meanwhile_is_refused_with_a_sentence(file, officer):
    scheme = closed(file, officer, "applied", "granted")
    survey = Survey.objects.create(submission=file, kind="6_months", asked_on=DAY)
    with pytest.raises(StateError, match="n’attend plus de réponse"):
        answer_outcome(survey=survey, scheme=scheme, answer="refused", on=DAY)
    with pytest.raises(StateError, match="Choisissez une des réponses"):
        answer_outcome(survey=survey, scheme=scheme, answer="perdu", on=DAY)
    assert states_of(file, told=True).own[scheme.pk].counts.state == "granted"


def test_nothing_is_written_of_a_file_that_was_erased_meanwhile(file, officer):
    closed(file, officer)
    survey = Survey.objects.create(submission=file, kind="satisfaction", asked_on=DAY)
    erase_submission(submission=Submission.objects.get(pk=file.pk))
    for write in (
        lambda: rate(survey=survey, grade="no", comment="Trop long."),
        lambda: write_note(submission=file, author=officer, audience="internal", text="Trop tard."),
        lambda: record_step(submission=file, officer=officer, step="partner", note="Trop tard."),
    ):
        with pytest.raises(PermissionDenied):
            write()
    survey.refresh_from_db()
    assert (survey.grade, survey.comment, survey.answered_at) == ("", "", None)
    assert not file.notes.exists()
    assert not file.follow_ups.exists()


# -- when a question is answered


@pytest.fixture
def two(file, officer):
    """Two schemes that a firm follows and asked for in a closed file, half a year ago; it was asked last week."""
    schemes = [match.scheme for match in first_matches(file, 2)]
    for scheme, state in zip(schemes, ("followed", "applied"), strict=True):
        say(submission=file, scheme=scheme, state=state, on=DAY)
    close_file(submission=file, officer=officer, reason="helped")
    other = make_submission(confirmed=True, siren="", email="b@b.example")
    for one in (file, other):
        Survey.objects.create(submission=one, kind="6_months", asked_on=DAY, handed_on=DAY)
        FollowUp.objects.create(submission=one, step="outcome", recorded_at=timezone.now())
    say(submission=other, scheme=schemes[1], state="applied", on=DAY)
    long_ago = timezone.now() - timedelta(days=184)
    with rewriting():
        SchemeEvent.objects.update(recorded_at=long_ago)
    Survey.objects.update(answered_at=None)
    FollowUp.objects.update(done_at=None)
    return schemes


def is_left(file):
    """Tell whether the question of a file is open, and then its officers have it to ask: never one alone."""
    left = ours(Survey).filter(submission=file, answered_at=None).exists()
    assert ours(FollowUp).to_do().outcomes().filter(submission=file).exists() is left
    return left


WORDS = {
    "behind the link": lambda file, officer, scheme, answer: answer_outcome(
        survey=ours(Survey).get(submission=file), scheme=scheme, answer=answer, on=DAY
    ),
    "on the result": lambda file, officer, scheme, answer: say(
        submission=file, scheme=scheme, state="given_up" if answer == "waiting" else answer, on=DAY
    ),
    "by an officer": lambda file, officer, scheme, answer: say(
        submission=file, scheme=scheme, state="given_up" if answer == "waiting" else answer, officer=officer, on=DAY
    ),
}


@pytest.mark.cases(2)
@pytest.mark.parametrize("second", WORDS)
@pytest.mark.parametrize("first", WORDS)
@pytest.mark.parametrize("answer", ["waiting", "refused", "given_up"])
def test_a_question_is_answered_once_each_of_its_schemes_is(file, officer, two, first, second, answer):
    followed, applied = two
    WORDS[first](file, officer, applied, answer)
    assert is_left(file)
    WORDS[first](file, officer, applied, answer)
    assert is_left(file)
    WORDS[second](file, officer, followed, "given_up")
    assert not is_left(file)
    other = Submission.objects.get(contact__email="b@b.example")
    assert is_left(other)


def test_a_scheme_that_is_asked_for_since_has_had_its_word(file, officer, two):
    followed, applied = two
    say(submission=file, scheme=followed, state="applied", on=DAY)
    assert is_left(file)
    say(submission=file, scheme=applied, state="granted", officer=officer, on=DAY)
    assert not is_left(file)


def test_officers_are_left_to_ask_what_one_answer_of_two_does_not_say(file, officer, two):
    ours(Survey).filter(submission=file).update(handed_on=None)
    ours(FollowUp).all().delete()
    answer_outcome(survey=ours(Survey).get(submission=file), scheme=two[1], answer="waiting", on=DAY)
    send_surveys(on=DAY + timedelta(days=30))
    assert is_left(file)


def test_two_answers_sent_at_once_are_both_kept(file, two):
    ours(Survey).filter(submission=file).update(handed_on=None)
    read_before = [ours(Survey).get(submission=file) for _ in two]
    for survey, scheme in zip(read_before, two, strict=True):
        answer_outcome(survey=survey, scheme=scheme, answer="waiting", on=DAY)
    assert set(ours(Survey).get(submission=file).still_waiting) == {scheme.pk for scheme in two}
    assert Survey.objects.get(submission__contact__email="b@b.example").still_waiting == []


@pytest.mark.cases(2)
@pytest.mark.parametrize(("reason", "ends"), [("already_has_it", True), ("", False), ("not_worth_it", True)])
def test_a_verdict_that_ends_a_scheme_ends_its_question_at_once(file, officer, two, reason, ends):
    followed, applied = two
    say(submission=file, scheme=applied, state="refused", on=DAY)
    assert is_left(file)
    decide(file, followed, officer, reason)  # to keep it says nothing of what came of it
    assert is_left(file) is not ends
    other = Submission.objects.get(contact__email="b@b.example")
    assert is_left(other)
