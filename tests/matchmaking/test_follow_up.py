"""Who follows a file, what happened, what people write: and who sees it."""

import pytest
from django.core.exceptions import PermissionDenied

from backend.accounts.models import Membership
from backend.accounts.services import off_board
from backend.companies.models import Contact, Fact, ReceivedAid
from backend.matchmaking.alerts import subscribe
from backend.matchmaking.closing import close_file
from backend.matchmaking.follow_up import (
    FollowUpError,
    answer_offers,
    close_step,
    offer_file,
    record_step,
    reopen_step,
    take_file,
    withdraw_note,
    write_note,
)
from backend.matchmaking.models import (
    Alert,
    FollowUp,
    HandOver,
    Match,
    Note,
    Result,
    Review,
    ReviewEnd,
    SchemeEvent,
    Submission,
)
from backend.matchmaking.portfolios import offer_portfolio
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say, undo_last
from backend.matchmaking.state_aid import declare_aid
from backend.notifications.models import Notification
from tests.factories import (
    ARC,
    CCLO,
    DAY,
    decide,
    first_matches,
    make_lead,
    make_officer,
    make_submission,
    rewriting,
    take_back,
)
from tests.neighbour import ours

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


def offers_sent():
    return list(ours(Notification).filter(kind="handed_over").order_by("pk"))


# -- who follows


def test_a_file_is_taken_by_the_last_who_takes_it(submission, officer):
    colleague = make_officer()
    for person in (officer, colleague):
        take_file(submission=submission, officer=person)
        submission.refresh_from_db()
        assert submission.officer == person


def test_an_offer_is_told_and_changes_nothing_until_it_is_accepted(submission, officer):
    colleague = make_officer()
    take_file(submission=submission, officer=officer)
    offer = offer_file(submission=submission, by=officer, to=colleague, note="Je pars lundi.")
    (email,) = offers_sent()
    assert (email.recipient, email.reply_to) == (colleague.email, officer.email)
    assert "Je pars lundi." in email.text
    submission.refresh_from_db()
    assert submission.officer == officer
    assert answer_offers(hand_overs=[offer], to=colleague, accept=True) == 1
    submission.refresh_from_db()
    assert submission.officer == colleague
    assert answer_offers(hand_overs=[offer], to=colleague, accept=True) == 0


def test_a_declined_offer_leaves_the_file_where_it_was(submission, officer):
    colleague = make_officer()
    take_file(submission=submission, officer=officer)
    offer = offer_file(submission=submission, by=officer, to=colleague)
    answer_offers(hand_overs=[offer], to=colleague, accept=False)
    submission.refresh_from_db()
    offer.refresh_from_db()
    assert (submission.officer, offer.state) == (officer, HandOver.State.DECLINED)


def test_an_officer_elsewhere_sees_the_file_while_it_is_offered_and_has_it_once_accepted(submission, officer):
    other = make_officer(CCLO)
    assert submission not in ours(Submission).visible_to(other)
    offer = offer_file(submission=submission, by=officer, to=other)
    assert submission in ours(Submission).visible_to(other)
    with pytest.raises(PermissionDenied):
        take_file(submission=submission, officer=other)  # one looks first, then answers
    answer_offers(hand_overs=[offer], to=other, accept=True)
    submission.refresh_from_db()
    assert submission.epci.short_name == CCLO
    assert submission not in ours(Submission).visible_to(officer)


def test_a_declined_offer_closes_the_file_again(submission, officer):
    other = make_officer(CCLO)
    offer = offer_file(submission=submission, by=officer, to=other)
    answer_offers(hand_overs=[offer], to=other, accept=False)
    assert submission not in ours(Submission).visible_to(other)


def test_nobody_answers_an_offer_made_to_another(submission, officer):
    colleague, third = make_officer(), make_officer()
    offer = offer_file(submission=submission, by=officer, to=colleague)
    assert answer_offers(hand_overs=[offer], to=third, accept=True) == 0
    submission.refresh_from_db()
    assert submission.officer is None


def test_a_second_offer_takes_the_first_one_back(submission, officer):
    colleague, third = make_officer(), make_officer()
    first = offer_file(submission=submission, by=officer, to=colleague)
    offer_file(submission=submission, by=officer, to=third)
    assert answer_offers(hand_overs=[first], to=colleague, accept=True) == 0
    with pytest.raises(FollowUpError, match="déjà proposé"):
        offer_file(submission=submission, by=officer, to=third)


@pytest.mark.parametrize("make_other", [make_lead, lambda: make_officer(role=Membership.Role.PARTNER)])
def test_a_file_is_offered_to_those_who_review_only(submission, officer, make_other):
    with pytest.raises(FollowUpError, match="ne relit pas"):
        offer_file(submission=submission, by=officer, to=make_other())


def test_a_file_is_not_offered_to_oneself_nor_to_who_follows_it(submission, officer):
    colleague = make_officer()
    take_file(submission=submission, officer=colleague)
    for person in (officer, colleague):
        with pytest.raises(FollowUpError):
            offer_file(submission=submission, by=officer, to=person)


def test_a_whole_portfolio_is_offered_in_one_email_and_accepted_in_one_action(officer):
    files = [make_submission(confirmed=True) for _ in range(3)]
    for file in files:
        take_file(submission=file, officer=officer)
    make_submission(confirmed=True)  # nobody's
    colleague = make_officer()
    assert offer_portfolio(by=officer, to=colleague, note="Je change de poste.") == 3
    assert len(offers_sent()) == 1
    assert answer_offers(hand_overs=ours(HandOver).all(), to=colleague, accept=True) == 3
    assert set(ours(Submission).filter(officer=colleague)) == set(files)


def test_a_portfolio_of_nothing_or_for_nobody_says_so(officer):
    with pytest.raises(FollowUpError, match="aucun dossier"):
        offer_portfolio(by=officer, to=make_officer())
    with pytest.raises(FollowUpError, match="en poste"):
        offer_portfolio(by=officer, to=make_officer(is_active=False))


def test_an_offer_to_someone_who_left_is_no_longer_waiting(submission, officer):
    other = make_officer(CCLO)
    offer = offer_file(submission=submission, by=officer, to=other)
    off_board(user=other)
    assert not ours(HandOver).waiting().exists()
    assert answer_offers(hand_overs=[offer], to=other, accept=True) == 0


# -- what happened


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("step", "note", "sentence"),
    [
        ("?", "", "dans la liste"),
        ("granted", "", "dans la liste"),
        ("partner", " ", "quel partenaire"),
        ("call_back", "", "quel jour"),
    ],
)
def test_a_step_that_is_not_complete_says_what_is_missing(submission, officer, step, note, sentence):
    with pytest.raises(FollowUpError, match=sentence):
        record_step(submission=submission, officer=officer, step=step, note=note)


def test_a_partner_to_find_is_to_do_until_it_is_done(submission, officer):
    step = record_step(submission=submission, officer=officer, step="partner", note="un laboratoire")
    assert ours(FollowUp).to_do().get() == step
    close_step(follow_up=step, officer=officer)
    step.refresh_from_db()
    assert (step.done_by, step.is_to_do) == (officer, False)


def test_what_was_said_done_by_mistake_is_to_do_again(submission, officer):
    step = record_step(submission=submission, officer=officer, step="partner", note="un laboratoire")
    other = record_step(submission=submission, officer=officer, step="partner", note="une banque")
    for one in (step, other):
        close_step(follow_up=one, officer=officer)
    reopen_step(follow_up=step, officer=officer)
    assert ours(FollowUp).to_do().get() == step


def test_a_step_to_do_again_opens_its_closed_file(submission, officer):
    step = record_step(submission=submission, officer=officer, step="partner", note="un laboratoire")
    close_step(follow_up=step, officer=officer)
    other = make_submission(confirmed=True)
    for file in (submission, other):
        close_file(submission=file, officer=officer, reason="helped")
    reopen_step(follow_up=step, officer=officer)
    assert list(ours(Submission).filter(closed_at=None)) == [submission]
    assert submission.file_events.filter(kind="reopened", actor=officer).count() == 1


def test_a_step_that_was_cancelled_opens_nothing(submission, officer):
    step = record_step(submission=submission, officer=officer, step="partner", note="un laboratoire")
    close_file(submission=submission, officer=officer, reason="helped")
    reopen_step(follow_up=step, officer=officer)
    assert not ours(Submission).filter(closed_at=None).exists()


def test_a_call_that_was_made_is_not_to_do_again(submission, officer):
    step = record_step(submission=submission, officer=officer, step="contacted")
    with pytest.raises(FollowUpError, match="notez-en une autre"):
        reopen_step(follow_up=step, officer=officer)


def test_a_step_recorded_by_mistake_is_cancelled_and_kept(submission, officer):
    step = record_step(submission=submission, officer=officer, step="contacted")
    close_step(follow_up=step, officer=officer, cancel=True)
    assert not ours(FollowUp).standing().exists()
    assert ours(FollowUp).exists()


# -- notes


@pytest.mark.parametrize(("audience", "text"), [("", "Bonjour"), ("tous", "Bonjour"), ("firm", "  ")])
def test_a_note_needs_an_audience_and_words(submission, officer, audience, text):
    with pytest.raises(FollowUpError):
        write_note(submission=submission, author=officer, audience=audience, text=text)
    assert not ours(Note).exists()


@pytest.mark.parametrize(
    ("audience", "for_colleague", "for_other", "for_firm"),
    [("internal", True, False, False), ("shared", True, True, False), ("firm", True, True, True)],
)
def test_a_note_is_read_by_its_audience_only(submission, officer, audience, for_colleague, for_other, for_firm):
    note = write_note(submission=submission, author=officer, audience=audience, text="Un mot.")
    assert (note in ours(Note).visible_to(officer)) is True
    assert (note in ours(Note).visible_to(make_officer(ARC))) is for_colleague
    for person in (make_lead(), make_officer(CCLO)):
        assert (note in ours(Note).visible_to(person)) is for_other
    assert (note in submission.notes.for_the_firm()) is for_firm


def test_a_note_taken_back_is_read_by_nobody(submission, officer):
    note = write_note(submission=submission, author=officer, audience="firm", text="Un mot.")
    assert withdraw_note(note=note, author=make_officer()) is None  # not theirs
    assert submission.notes.for_the_firm().exists()
    assert withdraw_note(note=note, author=officer)
    assert withdraw_note(note=note, author=officer) is None
    assert not submission.notes.for_the_firm().exists()
    assert not ours(Note).visible_to(officer).exists()


@pytest.mark.parametrize("make_person", [make_lead, lambda: make_officer(CCLO)])
def test_only_those_in_charge_act_on_a_file(submission, officer, make_person):
    person = make_person()
    step = record_step(submission=submission, officer=officer, step="contacted")
    for act in (
        lambda: take_file(submission=submission, officer=person),
        lambda: offer_file(submission=submission, by=person, to=officer),
        lambda: record_step(submission=submission, officer=person, step="contacted"),
        lambda: close_step(follow_up=step, officer=person),
        lambda: reopen_step(follow_up=step, officer=person),
        lambda: write_note(submission=submission, author=person, audience="firm", text="Un mot."),
    ):
        with pytest.raises(PermissionDenied):
            act()


# -- erasing


def test_an_administrator_erases_a_file_with_all_that_was_written_around_it(submission, officer):
    first, second, third = (match.scheme for match in first_matches(submission, 3))
    decide(submission, first, officer, "better_alternative", alternative=second)
    decide(submission, third, officer, "wrong_fact", fact="headcount")
    decide(submission, second, officer, "wrong_criterion")
    take_back(submission, first, officer)
    write_note(submission=submission, author=officer, audience="firm", text="Un mot.")
    record_step(submission=submission, officer=officer, step="partner", note="un laboratoire")
    said = {"submission": submission, "scheme": third, "on": DAY}
    say(**said, state="followed")
    undo_last(**said)
    offer_file(submission=submission, by=officer, to=make_officer())
    subscribe(submission=submission, frequency="weekly", paused_until=None, on=DAY)
    declare_aid(submission=submission, on=DAY, granted_on=DAY, amount_eur=None)
    submission.refresh_from_db()
    end_review(submission=submission, officer=officer, on=DAY)
    sheet, contact = submission.sheet, submission.contact
    with rewriting():
        submission.delete()
        sheet.delete()
        contact.delete()
    for model in (
        Submission,
        Result,
        Match,
        Review,
        ReviewEnd,
        Note,
        FollowUp,
        SchemeEvent,
        HandOver,
        Alert,
        Fact,
        ReceivedAid,
        Contact,
    ):
        assert not ours(model).exists(), model
