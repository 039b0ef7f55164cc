"""A file is closed by its officer, or at night where nothing is left to follow; whatever happens opens it again."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from backend.matchmaking import alerts
from backend.matchmaking.closing import ClosingError, close_file, reopen_file
from backend.matchmaking.corrections import confirm_needs, correct_need, correct_preference
from backend.matchmaking.escalation import waits_too_long
from backend.matchmaking.file_events import closing_of, last_event
from backend.matchmaking.follow_up import (
    close_step,
    offer_file,
    record_step,
    take_back_offer,
    write_note,
)
from backend.matchmaking.models import FileEvent, HandOver, Submission
from backend.matchmaking.partners import end_as_officer
from backend.matchmaking.queue import Filters, Tab, counts_for, queue_of
from backend.matchmaking.reviews import end_review, reopen_review
from backend.matchmaking.scheme_events import say, undo_last
from backend.matchmaking.services import confirm_address, correct_submission, decline_question
from backend.matchmaking.state_aid import declare_aid, declare_complete, take_aid_back
from backend.privacy.consent import withdraw_consent
from backend.schemes.models import SubNeed
from backend.steering.facts import follow_files
from backend.steering.models import StepFact
from tests.days import in_days
from tests.factories import (
    CCLO,
    DAY,
    decide,
    first_matches,
    make_lead,
    make_officer,
    make_submission,
    rewriting,
    share_with,
)
from tests.matchmaking.closings import reason_of
from tests.undone import undone

pytestmark = pytest.mark.django_db
Closing = Submission.Closing


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def file():
    """A file beside that of another firm, in which nothing happens."""
    make_submission(confirmed=True, siren="")
    return make_submission(confirmed=True, text="Nous ne voulons pas de prêt.")


def test_an_officer_closes_with_a_reason_of_the_list_and_opens_again(file, officer):
    for reason in ("", "ended", "silence", "withdrawn", "not_entitled", "perdu"):
        with pytest.raises(ClosingError, match="choisissez dans la liste"):
            close_file(submission=file, officer=officer, reason=reason)
        assert reason_of(file) == "", reason
    for reason in Submission.CHOSEN:
        with undone():
            close_file(submission=file, officer=officer, reason=reason, note=" Bon vent. ")
            assert reason_of(file) == reason
            closing = closing_of(file)
            assert (closing.actor, closing.reason, closing.note) == (officer, reason, "Bon vent.")
            reopen_file(submission=file, officer=officer, on=DAY)
            assert reason_of(file) == ""
            assert closing_of(file) is None
            assert [event.kind for event in FileEvent.objects.filter(submission=file)] == ["reopened", "closed"]
            assert FileEvent.objects.exclude(submission=file).count() == 0


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
    "a review begins again": lambda file, officer: review_again(file, officer),
    "a review ends": lambda file, officer: end_review(submission=file, officer=officer, on=DAY, message="x"),
    "a step": lambda file, officer: record_step(submission=file, officer=officer, step="contacted"),
    "a note": lambda file, officer: write_note(submission=file, author=officer, audience="firm", text="x"),
    "the firm takes a preference away": lambda file, officer: correct_preference(
        submission=file, preference="no_loan", holds=False, on=DAY
    ),
    "the firm declares an aid": lambda file, officer: an_aid(file, 1_000),
    "an officer takes an aid back": lambda file, officer: take_aid_back(
        submission=file, aid=file.sheet.aids.get(), author=officer
    ),
    "the firm says that there is no other aid": lambda file, officer: declare_complete(
        submission=file, complete=True, on=DAY
    ),
    "the firm does not know": lambda file, officer: decline_question(submission=file, question="headcount", on=DAY),
    "an offer": lambda file, officer: offer_file(submission=file, by=officer, to=make_officer(CCLO)),
}


def review_again(file, officer):
    end_review(submission=file, officer=officer, on=DAY, message="x")
    reopen_review(submission=file, officer=officer)


def an_aid(file, euros):
    return declare_aid(submission=file, on=DAY, granted_on=DAY - timedelta(days=90), amount_eur=Decimal(euros))


def other_need(file):
    return SubNeed.objects.exclude(pk__in=file.needs.values("sub_need")).first()


def test_whatever_happens_opens_a_closed_file_again_once_and_is_news_of_it(file, officer):
    say(submission=file, scheme=first_matches(file, 2)[1].scheme, state="followed", on=DAY)
    an_aid(file, 2_000)
    close_file(submission=file, officer=officer, reason="helped")
    for event, happens in EVENTS.items():
        with undone():
            assert changed_by(happens, file, officer) == {file.pk}, event
            assert reason_of(file) == "", event
            assert FileEvent.objects.filter(kind="reopened").count() == 1, event


# What is recorded of a file and opens none: what was promised of it, and answers to an offer.
QUIET_EVENTS = {
    "a promise kept": lambda file, officer: close_step(follow_up=file.follow_ups.to_do()[0], officer=officer),
    "a promise taken back": lambda file, officer: close_step(
        follow_up=file.follow_ups.to_do()[0], officer=officer, cancel=True
    ),
    "an offer taken back": lambda file, officer: take_back_offer(submission=file, officer=officer),
    "a share proposed": lambda file, officer: share_with(file, officer, kind="region", agreed=False),
    "a share ended": lambda file, officer: end_as_officer(share=file.partner_shares.get(), officer=officer),
    "an aid taken back": lambda file, officer: take_aid_back(submission=file, aid=file.sheet.aids.get()),
}


def changed_by(happens, file, officer):
    """Return the files of which something is news once it has happened to one of them."""
    before = Submission.objects.annotate(last=last_event()).in_bulk()
    happens(Submission.objects.get(pk=file.pk), officer)
    after = Submission.objects.annotate(last=last_event()).in_bulk()
    return {key for key in before if before[key].last != after[key].last}


def test_whatever_happens_to_an_open_file_is_news_of_it(file, officer):
    say(submission=file, scheme=first_matches(file, 2)[1].scheme, state="followed", on=DAY)
    an_aid(file, 2_000)
    record_step(submission=file, officer=officer, step="partner", note="un labo")
    offer_file(submission=file, by=officer, to=make_officer(CCLO))
    share_with(file, officer)
    for event in ("a decision", "a note", *QUIET_EVENTS):
        with undone():
            assert changed_by({**EVENTS, **QUIET_EVENTS}[event], file, officer) == {file.pk}, event


def test_what_changes_nothing_opens_nothing(file, officer):
    an_aid(file, 2_000)
    decline_question(submission=file, question="headcount", on=DAY)
    close_file(submission=file, officer=officer, reason="helped")
    an_aid(file, 2_000)
    decline_question(submission=file, question="headcount", on=DAY)
    declare_complete(submission=file, complete=False, on=DAY)
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
    assert file.waits_since == in_days(0)


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
        return [tab for tab in lists if file in queue_of(officer, Filters(tab=tab), on=in_days(0))]

    later = in_days(60)
    assert places() == [Tab.TO_READ, Tab.TO_DO, Tab.ALL]
    assert file in [wait.submission for wait in waits_too_long([file.epci_id], on=later)]
    before = counts_for(officer, on=in_days(0)).by_tab
    close_file(submission=file, officer=officer, reason="not_helped")
    after = counts_for(officer, on=in_days(0)).by_tab
    assert places() == [Tab.ALL]
    assert [before[tab] - after[tab] for tab in lists] == [1, 1, 0, 0]
    assert file not in [wait.submission for wait in waits_too_long([file.epci_id], on=later)]
    assert not HandOver.objects.waiting().exists()
    reopen_file(submission=file, officer=officer, on=DAY)
    assert places() == [Tab.TO_READ, Tab.ALL]  # what was promised and offered was cancelled, as the form said


def test_alerts_go_on_for_a_closed_file_and_end_with_a_barred_one(officer):
    file = make_submission(confirmed=True, wants_alerts=True)
    close_file(submission=file, officer=officer, reason="helped")
    assert alerts.due(on=DAY + timedelta(days=1)) == [file.alerts.get().pk]
    withdraw_consent(submission=file)
    assert alerts.due(on=DAY + timedelta(days=1)) == []


def test_figures_get_the_step_and_lose_it_when_the_file_opens_again(file, officer):
    def steps():
        follow_files(on=in_days(0))
        return set(StepFact.objects.filter(step="closed").values_list("file", flat=True))

    assert steps() == set()
    close_file(submission=file, officer=officer, reason="helped")
    assert steps() == {file.pk}
    reopen_file(submission=file, officer=officer, on=DAY)
    assert steps() == set()
