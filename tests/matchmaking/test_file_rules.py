"""What the rest of the service asks of a file, of an offer and of a link, one rule at a time, beside others."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from backend.accounts.models import User
from backend.matchmaking.file_links import FileLinkError, link_files, undo_link
from backend.matchmaking.models import FileLink, HandOver, Submission
from backend.matchmaking.ownership import facts_beside
from backend.territories.models import ServedEpci
from tests.factories import ARC, CCLO, COMMUNES, DAY, SIRET, make_lead, make_officer, make_submission

pytestmark = pytest.mark.django_db
Closing, State = Submission.Closing, HandOver.State
FRIDAY_NIGHT = datetime(2026, 3, 6, 23, 30, tzinfo=UTC)  # Saturday in Paris
THE_NEXT_WEEK = datetime(2026, 3, 12, 9, tzinfo=UTC)
BARRED = {Closing.NOT_ENTITLED, Closing.WITHDRAWN, Closing.OUTSIDE}


def stored(submission: Submission, **changes) -> Submission:
    Submission.objects.filter(pk=submission.pk).update(**changes)
    return Submission.objects.get(pk=submission.pk)


# -- days


def test_a_file_waits_since_it_was_reopened_confirmed_or_seen_by_officers():
    file = stored(make_submission(), filed_at=FRIDAY_NIGHT)
    assert file.filed_on == date(2026, 3, 7)
    assert file.waits_since == date(2026, 3, 9)  # officers see it one working day later
    assert stored(file, consent_by=make_officer()).waits_since == date(2026, 3, 7)  # an officer filed it
    assert stored(file, confirmed_at=FRIDAY_NIGHT.replace(day=9)).waits_since == date(2026, 3, 10)
    assert stored(file, reopened_at=THE_NEXT_WEEK).waits_since == date(2026, 3, 12)


# -- what a file is


def test_an_officer_is_in_post_while_the_account_is_open():
    file, officer = make_submission(), make_officer()
    assert file.officer_in_post is None
    assert stored(file, officer=officer).officer_in_post == officer
    User.objects.filter(pk=officer.pk).update(is_active=False)
    assert stored(file).officer_in_post is None


def test_a_firm_has_an_answer_once_its_review_ended_or_is_taken_up_again():
    file, officer = make_submission(confirmed=True), make_officer()
    assert not file.has_answer
    assert stored(file, reviewed_at=THE_NEXT_WEEK, reviewed_by=officer).has_answer
    assert stored(file, reviewed_at=None, reviewed_by=officer).has_answer
    assert stored(file, reviewed_at=THE_NEXT_WEEK, reviewed_by=None).has_answer
    assert not stored(file, reviewed_at=None, reviewed_by=None).has_answer


def test_some_reasons_bar_a_file_and_the_others_leave_it_open_to_what_happens():
    file, other = make_submission(confirmed=True), make_submission(confirmed=True, email="b@firm.example")
    assert (file.is_barred, file.is_entitled) == (False, True)
    for reason in Closing:
        closed = stored(file, closed_at=THE_NEXT_WEEK, closed_reason=reason)
        assert closed.is_barred is (reason in BARRED), reason
        assert closed.is_entitled is (reason != Closing.NOT_ENTITLED), reason
        both = {other.pk} if reason in BARRED else {file.pk, other.pk}
        assert set(
            Submission.objects.not_barred().filter(pk__in=(file.pk, other.pk)).values_list("pk", flat=True)
        ) == (both)


def test_files_of_an_address_are_its_own_and_not_erased():
    mine = make_submission(confirmed=True, email="isabelle@firm.example")
    unconfirmed = make_submission(email="Isabelle@Firm.example")
    make_submission(confirmed=True, email="other@firm.example")
    assert set(Submission.objects.filed_with("ISABELLE@firm.example")) == {mine, unconfirmed}
    assert set(Submission.objects.of_address("ISABELLE@firm.example")) == {mine}
    stored(mine, erased_at=THE_NEXT_WEEK)
    assert set(Submission.objects.filed_with("isabelle@firm.example")) == {unconfirmed}
    assert not Submission.objects.of_address("isabelle@firm.example").exists()


def test_a_territory_lead_who_reviews_an_intercommunality_opens_what_awaits_the_firm_there_and_nowhere_else():
    lead = make_lead()
    here = stored(make_submission(email="a@firm.example"), consent_by=make_officer(), officer=make_officer())
    make_there = {"facts": {"commune": COMMUNES[CCLO]}, "email": "b@firm.example"}
    there = stored(make_submission(**make_there), consent_by=make_officer(CCLO), officer=make_officer(CCLO))
    confirmed = make_submission(confirmed=True, email="c@firm.example")
    assert set(Submission.objects.visible_to(lead)) >= {confirmed}
    assert not {here, there} & set(Submission.objects.visible_to(lead))
    also_officer = make_officer(ARC, role="officer")
    lead.memberships.create(organisation=also_officer.memberships.get().organisation, role="officer")
    assert {here, confirmed} <= set(Submission.objects.visible_to(User.objects.get(pk=lead.pk)))
    assert there not in set(Submission.objects.visible_to(User.objects.get(pk=lead.pk)))


# -- offers


@pytest.fixture
def offered():
    """A file that an officer offers to a colleague, beside another one offered to somebody else."""
    by, to = make_officer(), make_officer(first_name="Ada", last_name="Petit")
    make_offer(make_submission(confirmed=True, email="other@firm.example"), by, to=make_officer())
    return make_offer(make_submission(confirmed=True), by, to=to)


def make_offer(submission: Submission, by: User, **to) -> HandOver:
    return HandOver.objects.create(submission=submission, by=by, offered_at=timezone.now(), **to)


def test_an_offer_waits_for_whom_it_is_made_to(offered):
    assert list(HandOver.objects.offered_to(offered.to)) == [offered]
    assert offered in HandOver.objects.waiting()
    assert str(offered) == f"{offered.submission_id} {offered.by} → Ada Petit"
    for state in (State.ACCEPTED, State.DECLINED, State.WITHDRAWN):
        HandOver.objects.filter(pk=offered.pk).update(state=state, answered_at=timezone.now())
        assert offered not in HandOver.objects.waiting(), state


def test_an_offer_waits_no_more_once_its_file_is_closed(offered):
    stored(offered.submission, closed_at=THE_NEXT_WEEK, closed_reason=Closing.HELPED)
    assert offered not in HandOver.objects.waiting()


def test_an_offer_to_an_account_that_was_closed_waits_for_nobody(offered):
    User.objects.filter(pk=offered.to_id).update(is_active=False)
    assert offered not in HandOver.objects.waiting()


def test_an_offer_to_an_intercommunality_waits_for_its_officers(offered):
    there = make_officer(CCLO)
    epci = ServedEpci.objects.get(short_name=CCLO)
    HandOver.objects.filter(pk=offered.pk).update(state=State.WITHDRAWN, answered_at=timezone.now())
    referral = make_offer(offered.submission, offered.by, to_epci=epci)
    assert list(HandOver.objects.offered_to(there)) == [referral]
    assert referral.whom == epci.usual_name
    assert list(HandOver.objects.offered_to(offered.to)) == []


def test_only_a_refusal_that_nothing_followed_is_told(offered):
    offers = offered.submission.hand_overs
    assert offers.declined_last() is None
    HandOver.objects.filter(pk=offered.pk).update(state=State.DECLINED, answered_at=timezone.now())
    assert offers.declined_last() == offered
    make_offer(offered.submission, offered.by, to=offered.to)
    assert offers.declined_last() is None


# -- links


@pytest.fixture
def link():
    """Two files of one firm that an officer of both linked."""
    officer = make_officer()
    one, other = make_submission(confirmed=True), make_submission(confirmed=True, email="b@firm.example")
    return link_files(submission=one, other=other, kind="same_firm", officer=officer, on=DAY)


def test_a_link_holds_until_it_is_undone_or_a_file_names_another_firm(link):
    assert str(link) == f"{link.first_id} – {link.second_id}"
    assert list(FileLink.objects.agreed()) == [link]
    for file in (link.first, link.second):
        sheet, company = file.sheet, file.sheet.company
        sheet.company = make_submission(confirmed=True, siren="999999121", siret="").sheet.company
        sheet.save()
        assert not FileLink.objects.agreed().exists()
        assert list(FileLink.objects.standing()) == [link]
        sheet.company = company
        sheet.save()
    FileLink.objects.filter(pk=link.pk).update(agreed_at=None, agreed_by=None)
    assert not FileLink.objects.agreed().exists()
    FileLink.objects.filter(pk=link.pk).update(undone_at=timezone.now(), undone_by=link.proposed_by)
    assert not FileLink.objects.standing().exists()


def test_files_are_linked_two_by_two_whatever_else_each_is_linked_to(link):
    third = make_submission(confirmed=True, email="c@firm.example")
    made = link_files(submission=link.second, other=third, kind="same_firm", officer=link.proposed_by, on=DAY)
    beside = link_files(submission=link.first, other=third, kind="colleague", officer=link.proposed_by, on=DAY)
    assert set(FileLink.objects.agreed()) == {link, made, beside}
    with pytest.raises(FileLinkError, match="déjà liées"):
        link_files(submission=link.first, other=third, kind="colleague", officer=link.proposed_by, on=DAY)


def test_of_several_links_the_one_that_is_undone_ends(link):
    third = make_submission(confirmed=True, email="c@firm.example")
    made = link_files(submission=link.second, other=third, kind="same_firm", officer=link.proposed_by, on=DAY)
    undo_link(link=made, officer=link.proposed_by, on=DAY)
    assert list(FileLink.objects.standing()) == [link]
    with pytest.raises(FileLinkError, match="déjà défait"):
        undo_link(link=made, officer=link.proposed_by, on=DAY)
    assert list(FileLink.objects.standing()) == [link]


@pytest.mark.parametrize(
    ("kind", "confirmed", "number", "said"),
    [
        ("cousin", True, {}, "Dites qui a déposé"),
        ("", True, {}, "Dites qui a déposé"),
        ("same_firm", False, {}, "doit être confirmée"),
        ("same_firm", True, {"siren": "", "siret": ""}, "n’ont pas le même SIREN"),
    ],
)
def test_a_link_that_cannot_be_made_says_why(kind, confirmed, number, said):
    make_submission(confirmed=True, email="c@firm.example")
    one = make_submission(confirmed=True, **number)
    other = make_submission(confirmed=confirmed, email="b@firm.example", **number)
    with pytest.raises(FileLinkError, match=said):
        link_files(submission=one, other=other, kind=kind, officer=make_officer(), on=DAY)
    assert not FileLink.objects.exists()


# -- what a file that is just opened for an address would read


def test_a_new_file_reads_the_others_of_its_address_and_number_and_of_nobody_else():
    before = make_submission(confirmed=True, facts={"headcount": 35})
    make_submission(confirmed=True, email="b@firm.example", facts={"headcount": 90})  # a colleague, not linked
    make_submission(
        confirmed=True, siren="999999121", siret="", facts={"headcount": 12}
    )  # another client of one mailbox
    make_submission(email=before.contact.email, facts={"headcount": 7})  # not confirmed
    opened = make_submission(facts={"headcount": 4}).sheet
    found = facts_beside(sheet=opened, email=before.contact.email.upper())
    assert found["headcount"].value == 35
    assert {row.sheet_id for row in found.values()} == {before.sheet_id}


def test_a_new_file_without_a_number_reads_nobody():
    without = {"siren": "", "siret": ""}
    make_submission(confirmed=True, **without)
    assert facts_beside(sheet=make_submission(**without).sheet, email="isabelle.morel@tolerie.example") == {}


@pytest.mark.parametrize(("siret", "reads"), [(SIRET, True), ("", False)])
def test_what_is_true_of_a_site_is_read_at_that_site_only(siret, reads):
    before = make_submission(confirmed=True)
    found = facts_beside(sheet=make_submission(siret=siret).sheet, email=before.contact.email)
    assert "headcount" in found
    assert ("commune" in found) is reads
    assert facts_beside(sheet=before.sheet, email=before.contact.email) == {}  # its own words are not another file's


def test_two_files_without_a_site_do_not_share_one():
    before = make_submission(confirmed=True, siret="")
    found = facts_beside(sheet=make_submission(siret="").sheet, email=before.contact.email)
    assert "headcount" in found
    assert "commune" not in found
