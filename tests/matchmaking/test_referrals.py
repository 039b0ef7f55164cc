"""A file offered to another intercommunality: who reads it, who decides, who has it meanwhile."""

from datetime import datetime, time, timedelta
from importlib import import_module

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from backend.accounts.models import Absence, Membership
from backend.common.days import add_working_days
from backend.matchmaking.calls import ask_call_of_file
from backend.matchmaking.escalation import tell_who_waits, waits_too_long
from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.follow_up import (
    FollowUpError,
    answer_offers,
    offer_file,
    refer_file,
    take_back_offer,
    take_file,
)
from backend.matchmaking.models import CallRequest, Escalation, HandOver, Submission
from backend.matchmaking.portfolios import offer_files
from backend.matchmaking.referrals import lead_decides_on
from backend.matchmaking.services import correct_submission
from backend.notifications.models import Notification
from backend.territories.models import Perimeter, ServedEpci
from tests.factories import (
    ARC,
    CC2V,
    CCLO,
    COMMUNES,
    DAY,
    OUTSIDE,
    make_call,
    make_lead,
    make_officer,
    make_submission,
)
from tests.neighbour import ours

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.make_aware(datetime.combine(DAY - timedelta(days=10), time(9)))  # whatever today is
move_calls = import_module("backend.matchmaking.migrations.0063_calls_beside_their_file").MOVE_CALLS


def epci(name: str) -> ServedEpci:
    return ServedEpci.objects.get(short_name=name)


def letters(kind: str = "handed_over") -> list[Notification]:
    return list(ours(Notification).filter(kind=kind).order_by("pk"))


@pytest.fixture
def sender():
    return make_officer(ARC)


@pytest.fixture
def reader():
    return make_officer(CCLO)


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def other():
    """A file of the sender's intercommunality that nobody offers."""
    return make_submission(confirmed=True, company_name="Fonderie du Voisin", siret="", siren="", email="v@v.example")


def test_a_referral_is_read_there_and_the_sender_stays_in_charge(submission, other, sender, reader):
    take_file(submission=submission, officer=sender)
    refer_file(submission=submission, epci=epci(CCLO), by=sender, note="Leur atelier est à Attichy.")
    submission.refresh_from_db()
    assert (submission.epci.short_name, submission.officer) == (ARC, sender)
    assert list(ours(Submission).visible_to(reader)) == [submission]
    with pytest.raises(PermissionDenied):
        take_file(submission=submission, officer=reader)
    assert not ours(Submission).visible_to(make_officer(CC2V)).exists()
    (letter,) = letters()
    assert (letter.recipient, letter.reply_to) == (reader.email, sender.email)
    assert "Leur atelier est à Attichy." in letter.text
    assert other.reference not in letter.text + letter.html
    assert "Voisin" not in letter.text + letter.html


def test_a_call_asked_about_a_file_follows_it_and_waits_since_it_was_asked(submission, other, sender, reader):
    long_ago = timezone.now() - timedelta(days=20)
    for file in (submission, other):
        call = ask_call_of_file(submission=file, phone="03 53 01 60 77", call_slot="any", on=DAY)
        CallRequest.objects.filter(pk=call.pk).update(asked_at=long_ago)
    referral = refer_file(submission=submission, epci=epci(CCLO), by=sender)
    assert ours(CallRequest).visible_to(sender).count() == 2
    answer_offers(hand_overs=[referral], to=reader, accept=True)
    (call,) = ours(CallRequest).visible_to(reader)
    assert (call.submission, call.asked_at) == (submission, long_ago)
    assert [call.submission for call in ours(CallRequest).visible_to(sender)] == [other]
    late = waits_too_long([epci(CCLO).pk], on=timezone.localdate())
    assert call in [wait.call for wait in late]


def test_a_call_stands_where_its_file_is_filed_and_is_put_back_there(other):
    filed_from = make_call(CCLO)  # before the commune was corrected in the draft
    make_submission(filing_key=filed_from.key, asked_call=True)
    filed_from.refresh_from_db()
    assert filed_from.epci == epci(ARC)
    asked_of = ask_call_of_file(submission=other, phone="03 53 01 60 77", call_slot="any", on=DAY)
    apart = make_call()
    ours(CallRequest).update(epci=epci(CCLO))
    with connection.cursor() as cursor:
        cursor.execute(move_calls)
    assert set(ours(CallRequest).filter(epci=epci(ARC))) == {filed_from, asked_of}
    assert ours(CallRequest).get(epci=epci(CCLO)) == apart


def test_an_accepted_referral_moves_the_file_to_who_accepts_and_tells_the_sender(submission, sender, reader):
    referral = refer_file(submission=submission, epci=epci(CCLO), by=sender)
    assert answer_offers(hand_overs=[referral], to=reader, accept=True) == 1
    submission.refresh_from_db()
    assert (submission.epci.short_name, submission.officer) == (CCLO, reader)
    assert submission not in ours(Submission).visible_to(sender)
    assert letters()[-1].recipient == sender.email
    assert "prend la demande" in letters()[-1].text
    assert answer_offers(hand_overs=[referral], to=reader, accept=True) == 0


def test_a_referral_is_declined_with_a_sentence_that_the_sender_reads(submission, sender, reader):
    referral = refer_file(submission=submission, epci=epci(CCLO), by=sender)
    with pytest.raises(FollowUpError, match="en une phrase"):
        answer_offers(hand_overs=[referral], to=reader, accept=False, answer="  ")
    answer_offers(hand_overs=[referral], to=reader, accept=False, answer="Le siège est à Compiègne.")
    submission.refresh_from_db()
    assert submission.epci.short_name == ARC
    assert submission not in ours(Submission).visible_to(reader)
    assert "Le siège est à Compiègne." in letters()[-1].text
    assert ours(HandOver).declined_last().answer == "Le siège est à Compiègne."


def test_where_who_offered_it_has_left_who_follows_it_is_told(submission, other, sender, reader):
    colleague = make_officer(ARC)
    take_file(submission=submission, officer=colleague)
    referral = refer_file(submission=submission, epci=epci(CCLO), by=sender)
    sender.is_active = False
    sender.save()
    answer_offers(hand_overs=[referral], to=reader, accept=False, answer="Le siège est à Compiègne.")
    letter = letters()[-1]
    assert letter.recipient == colleague.email
    assert "relisez ses dispositifs" not in letter.text + letter.html  # its review may have ended
    assert other.reference not in letter.text + letter.html


def test_what_cannot_be_offered_says_why(submission, other, sender, reader):
    with pytest.raises(FollowUpError, match="déjà celui de cette intercommunalité"):
        refer_file(submission=submission, epci=epci(ARC), by=sender)
    referral = refer_file(submission=submission, epci=epci(CCLO), by=sender)
    with pytest.raises(FollowUpError, match="déjà proposé à"):
        refer_file(submission=submission, epci=epci(CC2V), by=sender)
    with pytest.raises(FollowUpError, match="déjà proposé à"):
        offer_file(submission=submission, by=sender, to=make_officer(ARC))
    assert offer_files(submissions=[submission, other], by=sender, to=make_officer(ARC)) == 1  # the other one
    close_unentitled(submission=submission, officer=sender, on=DAY)
    submission.refresh_from_db()
    with pytest.raises(FollowUpError, match="fermé"):
        refer_file(submission=submission, epci=epci(CCLO), by=sender)
    assert submission not in ours(Submission).visible_to(reader)
    assert answer_offers(hand_overs=[referral], to=reader, accept=True) == 0
    with pytest.raises(PermissionDenied):
        refer_file(submission=other, epci=epci(CC2V), by=reader)


def test_a_referral_is_taken_back_by_the_sender_s_service_only(submission, sender, reader):
    refer_file(submission=submission, epci=epci(CCLO), by=sender)
    with pytest.raises(PermissionDenied):
        take_back_offer(submission=submission, officer=reader)
    take_file(submission=submission, officer=make_officer(ARC))  # a colleague takes it meanwhile: it is still offered
    assert ours(HandOver).waiting().exists()
    take_back_offer(submission=submission, officer=sender)
    assert submission not in ours(Submission).visible_to(reader)


def test_after_two_working_days_the_lead_is_told_once_and_decides(submission, other, sender, reader):
    lead, elsewhere = (
        make_officer(CCLO, role=Membership.Role.EPCI_LEAD),
        make_officer(CC2V, role=Membership.Role.EPCI_LEAD),
    )
    referral = refer_file(submission=submission, epci=epci(CCLO), by=sender)
    day = lead_decides_on(referral)
    assert day == add_working_days(timezone.localdate(), 2)
    tell_who_waits(on=add_working_days(day, -1))
    assert not Escalation.objects.filter(hand_over=referral).exists()
    for _ in "ab":
        tell_who_waits(on=day)
    assert [row.to for row in Escalation.objects.filter(hand_over=referral)] == [lead]
    letter = next(one for one in letters("waiting_digest") if one.recipient == lead.email)
    assert submission.reference in letter.text
    assert "1 dossier à décider" in letter.subject
    assert other.reference not in letter.text + letter.html
    assert not [one for one in letters("waiting_digest") if one.recipient == elsewhere.email]
    HandOver.objects.filter(pk=referral.pk).update(offered_at=LONG_AGO)
    with pytest.raises(FollowUpError, match="à votre responsable de décider"):
        answer_offers(hand_overs=[referral], to=reader, accept=True)
    assert answer_offers(hand_overs=[referral], to=lead, accept=True) == 1


def test_without_a_lead_in_post_the_officers_still_decide(submission, sender, reader):
    referral = refer_file(submission=submission, epci=epci(CCLO), by=sender)
    HandOver.objects.filter(pk=referral.pk).update(offered_at=LONG_AGO)
    assert answer_offers(hand_overs=[referral], to=reader, accept=True) == 1


def test_while_every_lead_is_away_the_officers_are_told_and_decide(submission, other, sender, reader):
    lead, territory = make_officer(CCLO, role=Membership.Role.EPCI_LEAD), make_lead()
    today = timezone.localdate()
    around = {"starts_on": today - timezone.timedelta(days=30), "ends_on": today + timezone.timedelta(days=30)}
    Absence.objects.create(user=lead, declared_at=timezone.now(), declared_by=lead, **around)
    referral = refer_file(submission=submission, epci=epci(CCLO), by=sender)
    tell_who_waits(on=lead_decides_on(referral))
    assert [row.to for row in Escalation.objects.filter(hand_over=referral)] == [reader]
    (letter,) = [one for one in letters("waiting_digest") if one.recipient == reader.email]
    assert submission.reference in letter.text
    assert "1 dossier à décider" in letter.subject
    assert other.reference not in letter.text + letter.html
    assert not [one for one in letters("waiting_digest") if one.recipient == territory.email]
    HandOver.objects.filter(pk=referral.pk).update(offered_at=LONG_AGO)
    assert answer_offers(hand_overs=[referral], to=reader, accept=True) == 1


def test_with_nobody_there_the_territory_lead_is_told_of_no_offer(submission, sender):
    make_lead()
    referral = refer_file(submission=submission, epci=epci(CCLO), by=sender)
    tell_who_waits(on=lead_decides_on(referral))
    assert not Escalation.objects.filter(hand_over=referral).exists()


def test_the_territory_lead_reads_and_answers_nothing(submission, sender):
    referral, lead = refer_file(submission=submission, epci=epci(CCLO), by=sender), make_lead()
    assert answer_offers(hand_overs=[referral], to=lead, accept=True) == 0


# -- a commune that is corrected


@pytest.mark.parametrize("by_firm", [True, False])
def test_a_corrected_commune_offers_the_file_where_it_is_now(submission, sender, reader, by_firm):
    author = None if by_firm else sender
    correct_submission(submission=submission, facts={"project.commune": COMMUNES[CCLO]}, author=author, on=DAY)
    submission.refresh_from_db()
    referral = ours(HandOver).waiting().get()
    assert (submission.epci.short_name, referral.to_epci.short_name, referral.by) == (ARC, CCLO, author)
    assert "Attichy" in referral.note
    assert [letter.recipient for letter in letters()] == [reader.email]
    assert submission in ours(Submission).visible_to(sender)
    assert submission in ours(Submission).visible_to(reader)
    correct_submission(submission=submission, facts={"project.commune": COMMUNES[CC2V]}, author=author, on=DAY)
    assert ours(HandOver).waiting().get().to_epci.short_name == CC2V
    assert submission not in ours(Submission).visible_to(reader)
    correct_submission(submission=submission, facts={"project.commune": None}, author=author, on=DAY)
    assert not ours(HandOver).waiting().exists()  # back where it is followed


def test_the_answer_to_an_offer_by_correction_goes_to_who_follows_the_file(submission, sender, reader):
    take_file(submission=submission, officer=sender)
    correct_submission(submission=submission, facts={"commune": COMMUNES[CCLO]}, on=DAY)
    answer_offers(hand_overs=ours(HandOver).all(), to=reader, accept=False, answer="Le projet reste chez vous.")
    assert letters()[-1].recipient == sender.email


def test_a_file_that_officers_have_not_seen_moves_at_once():
    make_officer(CCLO)
    submission = make_submission()
    correct_submission(submission=submission, facts={"commune": COMMUNES[CCLO]}, on=DAY)
    submission.refresh_from_db()
    assert submission.epci.short_name == CCLO
    assert not letters()


def test_a_file_of_the_pool_moves_at_once_unless_somebody_elsewhere_follows_it(sender, reader):
    free, followed = (
        make_submission(without=("commune",), confirmed=True, siret="", siren="", email=f"{one}@firm.example")
        for one in "ab"
    )
    take_file(submission=followed, officer=sender)
    for file in (free, followed):
        correct_submission(submission=file, facts={"commune": COMMUNES[CCLO]}, on=DAY)
        file.refresh_from_db()
    assert (free.epci.short_name, followed.epci) == (CCLO, None)
    assert ours(HandOver).waiting().get().submission == followed


def test_a_commune_that_becomes_unknown_gives_the_file_to_all_four(submission, sender):
    refer_file(submission=submission, epci=epci(CCLO), by=sender)
    correct_submission(submission=submission, facts={"commune": None}, author=sender, on=DAY)
    submission.refresh_from_db()
    assert submission.epci is None
    assert not ours(HandOver).waiting().exists()


@pytest.mark.parametrize("commune", ["same", CC2V])
def test_an_offer_made_by_hand_stays_when_the_commune_is_corrected(submission, other, sender, commune):
    referral = refer_file(submission=submission, epci=epci(CCLO), by=sender)
    near = Perimeter.objects.communes().inside(epci(ARC).perimeter, on=DAY).exclude(code=f"COM-{COMMUNES[ARC]}")
    code = near[0].code.removeprefix("COM-") if commune == "same" else COMMUNES[commune]
    correct_submission(submission=submission, facts={"commune": code}, on=DAY)
    submission.refresh_from_db()
    assert ours(HandOver).get(state=HandOver.State.OFFERED) == referral
    assert submission.epci == epci(ARC)


def test_other_facts_offer_nothing_and_leave_a_referral_open(submission, sender):
    correct_submission(submission=submission, facts={"headcount": 36.0}, on=DAY)
    assert not ours(HandOver).exists()
    refer_file(submission=submission, epci=epci(CCLO), by=sender)
    correct_submission(submission=submission, facts={"headcount": 37.0}, on=DAY)
    assert ours(HandOver).waiting().exists()


def test_a_project_that_leaves_the_territory_closes_the_file_and_the_firm_learns_whom_to_call(submission, sender):
    refer_file(submission=submission, epci=epci(CCLO), by=sender)
    facts = {"project.commune": OUTSIDE}
    correct_submission(submission=submission, facts=facts, author=sender, leaves=True, on=DAY)
    submission.refresh_from_db()
    assert (submission.closed_reason, submission.closed_by) == (Submission.Closing.OUTSIDE, sender)
    assert not ours(HandOver).waiting().exists()
    (letter,) = letters("closed")
    assert letter.recipient == submission.contact.email
    for words in ("Beauvais", "Conseillers-entreprises", "Oise", "Hauts-de-France"):
        assert words in letter.text
    assert "habilité" not in letter.text + letter.html
