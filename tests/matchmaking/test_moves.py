"""Whoever a file leaves learns who follows it now: once for all the files of one act, and nobody of what they did."""

import pytest
from django.urls import reverse

from backend.accounts.models import Membership
from backend.accounts.services import off_board
from backend.matchmaking.follow_up import answer_offers, offer_file, refer_file, take_file
from backend.matchmaking.models import HandOver, Submission
from backend.matchmaking.portfolios import assign_portfolio, offer_portfolio, take_files
from backend.notifications.kinds import OFFICER_NOTICES
from backend.notifications.models import Notification
from backend.notifications.services import stop
from backend.territories.models import ServedEpci
from tests.factories import ARC, CCLO, make_officer, make_submission
from tests.neighbour import ours

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make_officer(first_name="Odile", last_name="Ferrand")


@pytest.fixture
def colleague():
    return make_officer(first_name="Noé", last_name="Lambert")


@pytest.fixture
def submission(officer):
    return followed_by(officer)


def followed_by(officer) -> Submission:
    made = make_submission(confirmed=True)
    made.officer = officer
    made.save()
    return made


def told():
    """Return who was told, and of how many files."""
    return [(row.recipient, len(row.about)) for row in ours(Notification).filter(kind="file_moved").order_by("pk")]


def test_who_followed_a_file_learns_that_a_colleague_took_it(submission, officer, colleague):
    take_file(submission=submission, officer=colleague)
    (letter,) = ours(Notification).filter(kind="file_moved")
    assert (letter.recipient, letter.reply_to, letter.about) == (officer.email, colleague.email, [submission.topic])
    for words in (letter.subject, letter.text, letter.html):
        assert "Noé Lambert" in words
    for words in (letter.text, letter.html):
        assert "a pris un dossier" in " ".join(words.split())
        assert submission.reference in words


def test_nobody_is_told_of_a_file_that_nobody_had_nor_of_one_s_own(officer):
    file = make_submission(confirmed=True)
    take_file(submission=file, officer=officer)
    take_file(submission=file, officer=officer)  # a second click
    assert told() == []


def test_several_files_taken_at_once_are_told_in_one_email(officer, colleague):
    files = [followed_by(officer) for _ in range(3)]
    take_files(submissions=[*files, make_submission(confirmed=True)], officer=colleague)
    assert told() == [(officer.email, 3)]


def test_a_lead_gives_files_and_both_their_officers_learn_it(submission, officer, colleague):
    lead = make_officer(ARC, role=Membership.Role.EPCI_LEAD)
    assign_portfolio(holder=officer, to=colleague, by=lead)
    (letter,) = ours(Notification).filter(kind="file_moved")
    assert (letter.recipient, letter.reply_to) == (officer.email, lead.email)
    assert f"{lead} a confié à Noé Lambert un dossier" in letter.text
    assert ours(Notification).filter(kind="handed_over", recipient=colleague.email).count() == 1


def test_who_offered_files_learns_that_they_were_accepted(officer, colleague):
    files = [followed_by(officer) for _ in range(2)]
    offer_portfolio(by=officer, to=colleague)
    assert told() == []
    answer_offers(hand_overs=ours(HandOver).all(), to=colleague, accept=True)
    assert told() == [(officer.email, len(files))]


@pytest.mark.slow
def test_who_offered_files_learns_in_one_email_that_they_were_declined(submission, officer, colleague, client):
    followed_by(officer)
    offer_portfolio(by=officer, to=colleague)
    answer_offers(hand_overs=ours(HandOver).all(), to=colleague, accept=False)
    assert told() == []
    (letter,) = ours(Notification).filter(kind="handed_over", recipient=officer.email)
    assert letter.reply_to == colleague.email
    assert "Noé Lambert ne prend pas 2 dossiers" in letter.subject
    assert submission.reference in letter.text
    client.force_login(officer)
    page = client.get(reverse("officer_file", args=[submission.pk])).content.decode()
    assert "Noé Lambert a refusé ce dossier le" in page


def test_who_followed_a_file_that_somebody_else_offered_is_told_as_well(submission, officer, colleague):
    third = make_officer()
    offer = offer_file(submission=submission, by=third, to=colleague)
    answer_offers(hand_overs=[offer], to=colleague, accept=True)
    assert set(told()) == {(officer.email, 1), (third.email, 1)}


def test_who_sent_a_file_elsewhere_is_told_once_and_who_followed_it_too(submission, officer):
    third, there = make_officer(), make_officer(CCLO)
    offer = refer_file(submission=submission, epci=ServedEpci.objects.get(short_name=CCLO), by=third)
    answer_offers(hand_overs=[offer], to=there, accept=True)
    assert told() == [(officer.email, 1)]
    answers = ours(Notification).filter(kind="handed_over", recipient=third.email)
    assert answers.count() == 1


def test_who_left_or_wants_no_such_email_gets_none(officer, colleague):
    gone = make_officer()
    file, other = followed_by(gone), followed_by(officer)
    off_board(user=gone)
    stop(address=officer.email, topic=OFFICER_NOTICES)
    take_files(submissions=[file, other], officer=colleague)
    assert told() == [(officer.email, 1)]
    assert ours(Notification).get(kind="file_moved").state == Notification.State.STOPPED


def test_offers_accepted_on_the_page_are_told_in_one_email(client, officer, colleague):
    files = [followed_by(officer) for _ in range(3)]
    offer_portfolio(by=officer, to=colleague)
    client.force_login(colleague)
    keys = list(ours(HandOver).values_list("pk", flat=True))
    page = client.post("/agent/propositions/", {"offer": keys, "answer": "accept"}, follow=True)
    assert "Dossiers acceptés : 3." in page.content.decode().replace("\xa0", " ")
    assert set(ours(Submission).filter(officer=colleague)) == set(files)
    assert told() == [(officer.email, 3)]


def test_a_lead_who_takes_files_over_is_told_nothing_and_who_had_them_that_they_were_given(submission, officer):
    lead = make_officer(ARC, role=Membership.Role.EPCI_LEAD)
    assign_portfolio(holder=officer, to=lead, by=lead)
    letter = ours(Notification).get(kind__in=("file_moved", "handed_over"))
    assert (letter.kind, letter.recipient) == ("file_moved", officer.email)
    for words in (letter.text, letter.html):
        assert f"{lead} s’est confié un dossier" in " ".join(words.split())
