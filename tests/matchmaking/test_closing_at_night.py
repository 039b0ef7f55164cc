"""The night closes files where nothing is left to follow, and none of which somebody owes something."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.common.work import SomeFailed
from backend.matchmaking.closing import close_done_files, reopen_file
from backend.matchmaking.file_events import closing_of
from backend.matchmaking.follow_up import (
    close_step,
    offer_file,
    record_step,
    refer_file,
    take_back_offer,
)
from backend.matchmaking.models import FileEvent, HandOver, Review, SchemeEvent, Submission
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say, undo_last
from backend.territories.models import ServedEpci
from tests.days import in_days
from tests.factories import (
    CCLO,
    DAY,
    decide,
    failing,
    first_matches,
    make_officer,
    make_submission,
    publish_revision,
    rewriting,
)
from tests.matchmaking.closings import officers_word, reason_of, reviewed
from tests.undone import undone

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def file():
    """A file beside that of another firm, in which nothing happens."""
    make_submission(confirmed=True, siren="")
    return make_submission(confirmed=True, text="Nous ne voulons pas de prêt.")


def test_a_file_closes_the_night_after_each_scheme_has_ended(file, officer):
    schemes = reviewed(file, officer, kept=2)
    for words, reason in (
        ([("applied", "granted"), ("applied", "refused")], "ended"),
        ([("applied", "granted"), ("given_up",)], "ended"),
        ([("applied", "granted"), ()], ""),  # one is kept, and nobody said more of it
        ([("applied", "granted"), ("applied",)], ""),
        ([("followed",), ("followed",)], ""),
        ([(), ()], ""),
    ):
        with undone():
            for scheme, said in zip(schemes, words, strict=True):
                officers_word(file, officer, scheme, *said)
            close_done_files(on=in_days(1))
            assert reason_of(file) == reason, words
            assert Submission.objects.exclude(pk=file.pk).filter(closed_at__isnull=False).count() == 0


def test_what_the_firm_sets_aside_has_ended_and_what_it_follows_has_not(file, officer):
    (kept,) = reviewed(file, officer)
    say(submission=file, scheme=kept, state="set_aside", reason="not_worth_it", on=DAY)
    other = next(match.scheme for match in first_matches(file, 4) if match.scheme != kept)
    say(submission=file, scheme=other, state="followed", on=DAY)
    close_done_files(on=in_days(1))
    assert reason_of(file) == ""
    undo_last(submission=file, scheme=other, on=DAY)
    close_done_files(on=in_days(1))
    assert reason_of(file) == "ended"


def test_to_set_aside_what_nobody_followed_ends_nothing(file, officer):
    scheme = first_matches(file)[0].scheme
    decide(file, scheme, officer, "not_worth_it")
    end_review(submission=file, officer=officer, on=DAY)
    say(submission=file, scheme=first_matches(file, 2)[1].scheme, state="set_aside", reason="other_project", on=DAY)
    close_done_files(on=in_days(1))
    assert reason_of(file) == ""


def test_a_file_that_is_not_reviewed_is_not_closed_at_night(file, officer):
    scheme = first_matches(file)[0].scheme
    officers_word(file, officer, scheme, "applied", "granted")
    close_done_files(on=in_days(401))
    assert reason_of(file) == ""


def test_a_file_opened_by_hand_stays_open_until_something_ends_again(file, officer):
    first, second = reviewed(file, officer, kept=2)
    officers_word(file, officer, first, "applied", "granted")
    officers_word(file, officer, second, "given_up")
    close_done_files(on=in_days(1))
    reopen_file(submission=file, officer=officer, on=DAY)
    close_done_files(on=in_days(1))
    assert reason_of(file) == ""
    officers_word(file, officer, second, "applied", "refused")
    close_done_files(on=in_days(1))
    assert reason_of(file) == "ended"


def test_a_file_closes_after_90_days_without_an_event_unless_something_was_asked_for(file, officer):
    (scheme,) = reviewed(file, officer)
    for days, reason in ((89, ""), (90, "silence"), (91, "silence")):
        with undone():
            close_done_files(on=in_days(days))
            assert reason_of(file) == reason, days
            if reason:
                assert closing_of(file).who == "le service"
    for said, reason in (("applied", ""), ("followed", "silence")):
        with undone():
            say(submission=file, scheme=scheme, state=said, on=DAY)
            close_done_files(on=in_days(500))
            assert reason_of(file) == reason, said


OWED = {
    "a call": lambda file, officer: record_step(
        submission=file, officer=officer, step="call_back", due_on=in_days(300)
    ),
    "a partner": lambda file, officer: record_step(submission=file, officer=officer, step="partner", note="un labo"),
    "an offer": lambda file, officer: offer_file(submission=file, by=officer, to=make_officer(CCLO)),
    "a referral": lambda file, officer: refer_file(
        submission=file, by=officer, epci=ServedEpci.objects.get(short_name=CCLO)
    ),
}


@pytest.mark.parametrize("words", [("applied", "granted"), ()])
def test_the_night_keeps_what_is_owed_for_an_end_as_for_a_silence(file, officer, words):
    (scheme,) = reviewed(file, officer)
    officers_word(file, officer, scheme, *words)
    for owed, owe in OWED.items():
        with undone():
            owe(file, officer)
            for on in (in_days(1), in_days(200)):
                close_done_files(on=on)
                assert reason_of(file) == "", owed
            steps, offers = file.follow_ups.to_do(), HandOver.objects.waiting().filter(submission=file)
            assert steps.count() + offers.count() == 1
            if step := steps.first():
                close_step(follow_up=step, officer=officer)
            else:
                take_back_offer(submission=file, officer=officer)
            close_done_files(on=in_days(200))
            assert reason_of(file) == ("ended" if words else "silence"), owed


@pytest.mark.slow
def test_one_file_that_fails_keeps_no_other_open(officer):
    files = [make_submission(confirmed=True, siren="", email=f"{n}@a.example") for n in range(2)]
    for file in files:
        (scheme,) = reviewed(file, officer)
        officers_word(file, officer, scheme, "applied", "granted")
    with failing("matchmaking_fileevent", files[0]), pytest.raises(SomeFailed, match="1 sur 2"):
        close_done_files(on=in_days(1))
    assert [reason_of(file) for file in files] == ["", "ended"]
    close_done_files(on=in_days(1))
    assert reason_of(files[0]) == "ended"


def test_one_file_that_cannot_be_read_keeps_none_of_those_read_with_it_open(officer):
    files = [make_submission(confirmed=True, siren="", email=f"{n}@a.example") for n in range(2)]
    for file in files:
        (scheme,) = reviewed(file, officer)
        officers_word(file, officer, scheme, "applied", "granted")
    other = first_matches(files[0], 2)[1].scheme
    decide(files[0], other, officer, "not_worth_it")
    publish_revision(other, amount_text="Une autre somme")
    with rewriting():
        Review.objects.filter(submission=files[0], scheme=other).update(reason="of a release to come")
    with pytest.raises(SomeFailed, match="1 sur 2 : KeyError"):
        close_done_files(on=in_days(1))
    assert [reason_of(file) for file in files] == ["", "ended"]
    with rewriting():
        Review.objects.filter(submission=files[0], scheme=other).update(reason="not_worth_it")
    close_done_files(on=in_days(1))
    assert reason_of(files[0]) == "ended"


@pytest.mark.slow
def test_the_days_count_from_the_last_reopening(file, officer):
    reviewed(file, officer)
    close_done_files(on=in_days(90))
    reopen_file(submission=file, officer=officer, on=DAY)
    long_ago = timezone.now() - timedelta(days=95)
    with rewriting():
        FileEvent.objects.filter(kind="closed").update(recorded_at=long_ago)
    close_done_files(on=in_days(89))
    assert reason_of(file) == ""
    close_done_files(on=in_days(90))
    assert reason_of(file) == "silence"


def test_a_night_done_twice_closes_once(file, officer):
    (scheme,) = reviewed(file, officer)
    officers_word(file, officer, scheme, "applied", "refused")
    assert [close_done_files(on=in_days(1)).n_changed for _ in range(2)] == [1, 0]
    assert FileEvent.objects.filter(submission=file).count() == 1
    assert SchemeEvent.objects.filter(submission=file).count() == 2
