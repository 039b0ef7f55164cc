"""A file is closed by its officer, or at night where nothing is left to follow; whatever happens opens it again."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from backend.matchmaking import alerts
from backend.matchmaking.closing import ClosingError, close_done_files, close_file, reopen_file
from backend.matchmaking.corrections import confirm_needs, correct_need
from backend.matchmaking.escalation import waits_too_long
from backend.matchmaking.file_events import closing_of
from backend.matchmaking.follow_up import offer_file, record_step, write_note
from backend.matchmaking.models import FileEvent, HandOver, SchemeEvent, Submission
from backend.matchmaking.queue import Filters, Tab, counts_for, queue_of
from backend.matchmaking.reviews import end_review, reopen_review
from backend.matchmaking.scheme_events import say, undo_last
from backend.matchmaking.services import confirm_address, correct_submission
from backend.privacy.consent import withdraw_consent
from backend.schemes.models import SubNeed
from backend.steering.facts import follow_files
from backend.steering.models import StepFact
from tests.factories import CCLO, DAY, decide, first_matches, make_lead, make_officer, make_submission, rewriting

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
NIGHT = TODAY + timedelta(days=1)
Closing = Submission.Closing


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def file():
    """A file beside that of another firm, in which nothing happens."""
    make_submission(confirmed=True, siren="")
    return make_submission(confirmed=True)


def reviewed(file, officer, *, kept=1):
    """End the review of a file with the first schemes kept; return them."""
    schemes = [match.scheme for match in first_matches(file, kept)]
    for scheme in schemes:
        decide(file, scheme, officer)
    end_review(submission=file, officer=officer, on=DAY, message="Bonjour.")
    return schemes


def officers_word(file, officer, scheme, *states):
    for state in states:
        say(submission=file, scheme=scheme, state=state, officer=officer, on=DAY)


def reason_of(file):
    file.refresh_from_db()
    return file.closed_reason


@pytest.mark.parametrize("reason", Submission.CHOSEN)
def test_an_officer_closes_with_a_reason_and_opens_again(file, officer, reason):
    close_file(submission=file, officer=officer, reason=reason, note=" Bon vent. ")
    assert reason_of(file) == reason
    closing = closing_of(file)
    assert (closing.actor, closing.reason, closing.note) == (officer, reason, "Bon vent.")
    reopen_file(submission=file, officer=officer, on=DAY)
    assert reason_of(file) == ""
    assert closing_of(file) is None
    assert [event.kind for event in FileEvent.objects.filter(submission=file)] == ["reopened", "closed"]
    assert FileEvent.objects.exclude(submission=file).count() == 0


@pytest.mark.parametrize("reason", ["", "ended", "silence", "withdrawn", "not_entitled", "perdu"])
def test_an_officer_gives_no_other_reason(file, officer, reason):
    with pytest.raises(ClosingError, match="choisissez dans la liste"):
        close_file(submission=file, officer=officer, reason=reason)
    assert reason_of(file) == ""


def test_only_who_reviews_a_file_closes_or_opens_it(file, officer):
    for other in (make_officer(CCLO), make_lead()):
        with pytest.raises(PermissionDenied):
            close_file(submission=file, officer=other, reason="helped")
    close_file(submission=file, officer=officer, reason="helped")
    for other in (make_officer(CCLO), make_lead()):
        with pytest.raises(PermissionDenied):
            reopen_file(submission=file, officer=other, on=DAY)
    with pytest.raises(ClosingError, match="déjà clos"):
        close_file(submission=file, officer=officer, reason="helped")


EVENTS = {
    "the firm says something": lambda file, officer: say(
        submission=file, scheme=first_matches(file)[0].scheme, state="followed", on=DAY
    ),
    "the firm takes its word back": lambda file, officer: undo_last(
        submission=file, scheme=first_matches(file, 2)[1].scheme, on=DAY
    ),
    "the firm corrects a fact": lambda file, officer: correct_submission(
        submission=file, facts={"headcount": 77}, on=DAY
    ),
    "an officer corrects a fact": lambda file, officer: correct_submission(
        submission=file, facts={"headcount": 78}, on=DAY, author=officer
    ),
    "the firm corrects its needs": lambda file, officer: confirm_needs(
        submission=file, has=[other_need(file).pk], has_not=[], on=DAY
    ),
    "an officer corrects its needs": lambda file, officer: correct_need(
        submission=file, sub_need=other_need(file), change="added", officer=officer, on=DAY
    ),
    "a decision": lambda file, officer: decide(file, first_matches(file, 3)[2].scheme, officer),
    "a review begins again": lambda file, officer: reopen_review(submission=file, officer=officer),
    "a review ends": lambda file, officer: end_review(submission=file, officer=officer, on=DAY, message="x"),
    "a step": lambda file, officer: record_step(submission=file, officer=officer, step="contacted"),
    "a note": lambda file, officer: write_note(submission=file, author=officer, audience="firm", text="x"),
}


def other_need(file):
    return SubNeed.objects.exclude(pk__in=file.needs.values("sub_need")).first()


@pytest.mark.parametrize("event", EVENTS)
def test_whatever_happens_opens_a_closed_file_again_once(file, officer, event):
    say(submission=file, scheme=first_matches(file, 2)[1].scheme, state="followed", on=DAY)
    close_file(submission=file, officer=officer, reason="helped")
    file.refresh_from_db()
    EVENTS[event](file, officer)
    assert reason_of(file) == ""
    assert FileEvent.objects.filter(kind="reopened").count() == 1


def test_what_changes_nothing_opens_nothing(file, officer):
    close_file(submission=file, officer=officer, reason="helped")
    known = correct_submission(submission=file, facts={}, on=DAY).facts
    correct_submission(submission=file, facts={"headcount": known["headcount"]}, on=DAY)
    assert reason_of(file) == "helped"


def test_a_firm_that_confirms_its_address_opens_its_file_and_its_review_waits_from_then_on(officer):
    file = make_submission()
    close_file(submission=file, officer=officer, reason="unreachable")
    with rewriting():
        Submission.objects.filter(pk=file.pk).update(filed_at=timezone.now() - timedelta(days=60))
    confirm_address(submission=file)
    file.refresh_from_db()
    assert file.closed_at is None
    assert file.waits_since == TODAY


def test_a_barred_file_is_opened_by_nothing_that_happens(file):
    withdraw_consent(submission=file)
    correct_submission(submission=file, facts={"headcount": 77}, on=DAY)
    assert reason_of(file) == "withdrawn"
    assert closing_of(file).who == "l’entreprise"


def test_a_firm_withdraws_a_file_that_was_closed(file, officer):
    close_file(submission=file, officer=officer, reason="helped")
    assert withdraw_consent(submission=file) is True
    assert reason_of(file) == "withdrawn"
    with pytest.raises(PermissionDenied):
        reopen_file(submission=file, officer=officer, on=DAY)


def test_lists_and_clock_leave_a_closed_file_out_and_all_files_keep_it(file, officer):
    record_step(submission=file, officer=officer, step="partner", note="un labo")
    offer_file(submission=file, by=officer, to=make_officer(CCLO), note="")
    lists = (Tab.TO_READ, Tab.TO_DO, Tab.FOLLOWED, Tab.ALL)

    def places():
        return [tab for tab in lists if file in queue_of(officer, Filters(tab=tab), on=TODAY)]

    later = TODAY + timedelta(days=60)
    assert places() == [Tab.TO_READ, Tab.TO_DO, Tab.ALL]
    assert file in [wait.submission for wait in waits_too_long([file.epci_id], on=later)]
    before = counts_for(officer, on=TODAY).by_tab
    close_file(submission=file, officer=officer, reason="not_helped")
    after = counts_for(officer, on=TODAY).by_tab
    assert places() == [Tab.ALL]
    assert [before[tab] - after[tab] for tab in lists] == [1, 1, 0, 0]
    assert file not in [wait.submission for wait in waits_too_long([file.epci_id], on=later)]
    assert not HandOver.objects.waiting().exists()


def test_alerts_go_on_for_a_closed_file_and_end_with_a_barred_one(officer):
    file = make_submission(confirmed=True, wants_alerts=True)
    close_file(submission=file, officer=officer, reason="helped")
    assert alerts.due(on=DAY + timedelta(days=1)) == [file.alert.pk]
    withdraw_consent(submission=file)
    assert alerts.due(on=DAY + timedelta(days=1)) == []


def test_figures_get_the_step_and_lose_it_when_the_file_opens_again(file, officer):
    def steps():
        follow_files(on=TODAY)
        return set(StepFact.objects.filter(step="closed").values_list("file", flat=True))

    assert steps() == set()
    close_file(submission=file, officer=officer, reason="helped")
    assert steps() == {file.pk}
    reopen_file(submission=file, officer=officer, on=DAY)
    assert steps() == set()


# -- at night


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([("applied", "granted"), ("applied", "refused")], "ended"),
        ([("applied", "granted"), ("given_up",)], "ended"),
        ([("applied", "granted"), ()], ""),  # one is kept, and nobody said more of it
        ([("applied", "granted"), ("applied",)], ""),
        ([("followed",), ("followed",)], ""),
        ([(), ()], ""),
    ],
)
def test_a_file_closes_the_night_after_each_scheme_has_ended(file, officer, words, reason):
    schemes = reviewed(file, officer, kept=2)
    for scheme, said in zip(schemes, words, strict=True):
        officers_word(file, officer, scheme, *said)
    close_done_files(on=NIGHT)
    assert reason_of(file) == reason
    assert Submission.objects.exclude(pk=file.pk).filter(closed_at__isnull=False).count() == 0


def test_what_the_firm_sets_aside_has_ended_and_what_it_follows_has_not(file, officer):
    (kept,) = reviewed(file, officer)
    say(submission=file, scheme=kept, state="set_aside", reason="not_worth_it", on=DAY)
    other = next(match.scheme for match in first_matches(file, 4) if match.scheme != kept)
    say(submission=file, scheme=other, state="followed", on=DAY)
    close_done_files(on=NIGHT)
    assert reason_of(file) == ""
    undo_last(submission=file, scheme=other, on=DAY)
    close_done_files(on=NIGHT)
    assert reason_of(file) == "ended"


def test_to_set_aside_what_nobody_followed_ends_nothing(file, officer):
    scheme = first_matches(file)[0].scheme
    decide(file, scheme, officer, "not_worth_it")
    end_review(submission=file, officer=officer, on=DAY)
    say(submission=file, scheme=first_matches(file, 2)[1].scheme, state="set_aside", reason="other_project", on=DAY)
    close_done_files(on=NIGHT)
    assert reason_of(file) == ""


def test_a_file_that_is_not_reviewed_is_not_closed_at_night(file, officer):
    scheme = first_matches(file)[0].scheme
    officers_word(file, officer, scheme, "applied", "granted")
    close_done_files(on=NIGHT + timedelta(days=400))
    assert reason_of(file) == ""


def test_a_file_opened_by_hand_stays_open_until_something_ends_again(file, officer):
    first, second = reviewed(file, officer, kept=2)
    officers_word(file, officer, first, "applied", "granted")
    officers_word(file, officer, second, "given_up")
    close_done_files(on=NIGHT)
    reopen_file(submission=file, officer=officer, on=DAY)
    close_done_files(on=NIGHT)
    assert reason_of(file) == ""
    officers_word(file, officer, second, "applied", "refused")
    close_done_files(on=NIGHT)
    assert reason_of(file) == "ended"


@pytest.mark.parametrize(("days", "reason"), [(89, ""), (90, "silence"), (91, "silence")])
def test_a_file_closes_after_90_days_without_an_event(file, officer, days, reason):
    reviewed(file, officer)
    close_done_files(on=TODAY + timedelta(days=days))
    assert reason_of(file) == reason
    if reason:
        assert closing_of(file).who == "le service"


@pytest.mark.parametrize("said", ["applied", "followed"])
def test_silence_closes_nothing_that_was_asked_for(file, officer, said):
    (scheme,) = reviewed(file, officer)
    say(submission=file, scheme=scheme, state=said, on=DAY)
    close_done_files(on=TODAY + timedelta(days=500))
    assert reason_of(file) == ("" if said == "applied" else "silence")


def test_silence_closes_nothing_where_a_call_is_promised(file, officer):
    reviewed(file, officer)
    record_step(submission=file, officer=officer, step="call_back", due_on=TODAY + timedelta(days=200))
    close_done_files(on=TODAY + timedelta(days=100))
    assert reason_of(file) == ""


def test_the_days_count_from_the_last_reopening(file, officer):
    reviewed(file, officer)
    close_done_files(on=TODAY + timedelta(days=90))
    reopen_file(submission=file, officer=officer, on=DAY)
    long_ago = timezone.now() - timedelta(days=95)
    with rewriting():
        FileEvent.objects.filter(kind="closed").update(recorded_at=long_ago)
    close_done_files(on=TODAY + timedelta(days=89))
    assert reason_of(file) == ""
    close_done_files(on=TODAY + timedelta(days=90))
    assert reason_of(file) == "silence"


def test_a_night_done_twice_closes_once(file, officer):
    (scheme,) = reviewed(file, officer)
    officers_word(file, officer, scheme, "applied", "refused")
    assert [close_done_files(on=NIGHT).n_changed for _ in range(2)] == [1, 0]
    assert FileEvent.objects.filter(submission=file).count() == 1
    assert SchemeEvent.objects.filter(submission=file).count() == 2
