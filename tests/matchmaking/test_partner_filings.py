"""Partner filing: idempotent, by the rules of assisted filing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from backend.accounts.models import Membership, Organisation
from backend.common.days import working_day_before
from backend.journal.models import AuditEvent
from backend.matchmaking.assisted import StaffAddress
from backend.matchmaking.closing import close_file
from backend.matchmaking.follow_up import take_file
from backend.matchmaking.history import history_of
from backend.matchmaking.in_charge import OutsideTerritory
from backend.matchmaking.models import HandOver, PartnerFiling, Submission
from backend.matchmaking.partner_filings import OtherRequest, State, status_of
from backend.matchmaking.reviews import end_review
from backend.matchmaking.services import confirm_address, correct_submission
from backend.notifications.models import Notification
from backend.privacy.consent import withdraw_consent
from backend.privacy.erasing import erase_submission
from backend.privacy.own_data import own_data
from tests.factories import (
    ARC,
    CCLO,
    COMMUNES,
    DAY,
    OUTSIDE,
    make_key,
    make_lead,
    make_officer,
    make_organisation,
    make_partner_filing,
    make_submission,
    rewriting,
)
from tests.neighbour import ours

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    return make_key()[0]


def sees(user) -> set[Submission]:
    return set(ours(Submission).visible_to(user))


def wait_a_working_day(submission) -> None:
    before = working_day_before(timezone.now()) - timedelta(minutes=1)
    Submission.objects.filter(pk=submission.pk).update(filed_at=before)


def test_who_noted_the_agreement_when_and_how_stay_with_the_file_and_the_firm_is_asked_to_confirm(key):
    filing = make_partner_filing(key)
    submission, chamber = filing.submission, key.organisation
    assert (submission.consent_partner, submission.consent_by, submission.officer) == (chamber, None, None)
    assert timezone.localdate(submission.consented_at) == timezone.localdate() - timedelta(days=2)
    assert (filing.how, filing.noted_by, filing.key) == ("phone", "Aude Lambert", key)
    (letter,) = ours(Notification)
    assert (letter.kind, letter.recipient) == ("confirm_address", submission.contact.email)
    assert f"{chamber} a déposé une demande sur Jonction pour vous" in letter.text
    assert "Aude" not in letter.text + letter.html  # nothing that was typed
    assert "après un jour ouvré" in letter.text
    lines = {line.label: line.value for theme in own_data(submission) for line in theme.lines}
    assert lines["Consentement"] == f"donné par téléphone, noté par Aude Lambert ({chamber})"
    assert str(chamber) in lines["Déposée"]
    assert str(chamber) in str(history_of(submission, viewer=make_officer()))


def test_before_the_firm_confirms_only_the_service_in_charge_reads_it_a_working_day_later(key):
    submission = make_partner_filing(key).submission
    people = [make_officer(ARC), make_officer(ARC, role=Membership.Role.EPCI_LEAD)]
    others = [make_officer(CCLO), make_lead()]
    assert [sees(user) for user in (*people, *others)] == [set()] * 4
    wait_a_working_day(submission)
    assert [sees(user) for user in people] == [{submission}] * 2
    assert [sees(user) for user in others] == [set()] * 2
    confirm_address(submission=submission)
    assert [sees(user) for user in others] == [set(), {submission}]


def test_without_a_telephone_nobody_reads_it_before_the_firm_confirms(key):
    submission = make_partner_filing(key, phone="").submission
    wait_a_working_day(submission)
    assert sees(make_officer(ARC)) == set()


def test_one_whose_commune_was_corrected_meanwhile_is_offered_there_once_confirmed(key):
    submission, elsewhere = make_partner_filing(key).submission, make_officer(CCLO)
    wait_a_working_day(submission)
    officer = make_officer(ARC)
    correct_submission(submission=submission, facts={"commune": COMMUNES[CCLO]}, author=officer, on=DAY)
    assert sees(elsewhere) == set()
    confirm_address(submission=Submission.objects.get(pk=submission.pk))
    assert sees(elsewhere) == {submission}
    assert ours(HandOver).get().to_epci.short_name == CCLO


@pytest.mark.parametrize("email", ["{officer}", "un.autre@chambre.example", "Un.Autre@CHAMBRE.example"])
def test_a_staff_address_is_refused_as_the_firm_s(key, email):
    Organisation.objects.filter(pk=key.organisation_id).update(email="entreprises@chambre.example")
    with pytest.raises(StaffAddress, match="donnez celle de l’entreprise"):
        make_partner_filing(key, email=email.format(officer=make_officer().email))
    assert not ours(Submission).exists()
    assert not PartnerFiling.objects.exists()


def test_outside_the_territory_nothing_is_kept(key):
    with pytest.raises(OutsideTerritory):
        make_partner_filing(key, facts={"commune": OUTSIDE})
    assert not ours(Submission).exists()


def test_the_same_request_files_once_and_another_body_under_its_key_is_refused(key):
    filing = make_partner_filing(key)
    assert make_partner_filing(key) == filing
    with pytest.raises(OtherRequest):
        make_partner_filing(key, digest="1" * 64)
    assert ours(Submission).count() == 1
    assert ours(Notification).count() == 1
    next_key, other = make_key(key.organisation)[0], make_key(make_organisation(kind="region"))[0]
    assert make_partner_filing(next_key) == filing  # the same organisation, its next key
    assert make_partner_filing(other, email="autre@tolerie.example") != filing
    assert ours(Submission).count() == 2


def test_of_two_requests_at_once_one_files_and_both_are_answered_alike():
    """Each on a connection of its own, committed: what they left is deleted by a third one."""
    start = Barrier(2)

    def committed(work, *args):
        try:
            return work(*args)
        finally:
            connection.close()

    def send(key) -> int:
        start.wait()
        return make_partner_filing(key, siren="", siret="").pk

    def left(key) -> tuple[int, int]:
        files = Submission.objects.filter(consent_partner=key.organisation)
        return files.count(), Notification.objects.filter(about=[files.get().topic]).count()

    def clean(key) -> None:
        with rewriting():
            for file in Submission.objects.filter(consent_partner=key.organisation):
                Notification.objects.filter(about=[file.topic]).delete()
                file.delete()
                file.sheet.delete()
                file.contact.delete()
            AuditEvent.objects.filter(actor=key.created_by).delete()
            key.delete()
            lead = key.created_by
            services = [key.organisation, lead.memberships.get().organisation]
            lead.delete()
            for service in services:
                service.delete()

    with ThreadPoolExecutor(2) as threads:
        key = threads.submit(committed, lambda: make_key()[0]).result()
        try:
            found = set(threads.map(lambda _n: committed(send, key), range(2)))
            assert len(found) == 1
            assert threads.submit(committed, left, key).result() == (1, 1)
        finally:
            threads.submit(committed, clean, key).result()


# -- where it is


def test_the_status_says_each_step_with_its_day_and_nothing_of_the_file_beside(key):
    submission, officer, today = make_partner_filing(key).submission, make_officer(ARC), timezone.localdate()
    beside = make_submission(confirmed=True)
    take_file(submission=beside, officer=officer)

    def state() -> State:
        return status_of(Submission.objects.get(pk=submission.pk)).state

    assert state() == State.AWAITS_FIRM
    submission = confirm_address(submission=submission)
    assert state() == State.RECEIVED
    take_file(submission=submission, officer=officer)
    assert state() == State.BEING_READ
    submission.refresh_from_db()
    end_review(submission=submission, officer=officer, message="Bonjour.", on=DAY)
    assert state() == State.ANSWERED
    submission.refresh_from_db()
    close_file(submission=submission, officer=officer, reason="helped", note="")
    status = status_of(Submission.objects.get(pk=submission.pk))
    assert status.state == State.CLOSED
    days = (status.filed_on, status.confirmed_on, status.answered_on, status.closed_on, status.erased_on)
    assert days == (today, today, today, today, None)


def test_a_firm_that_takes_its_agreement_back_is_said_and_an_erased_file_only_that(key):
    filing = make_partner_filing(key)
    submission = confirm_address(submission=filing.submission)
    withdraw_consent(submission=submission)
    assert status_of(Submission.objects.get(pk=submission.pk)).state == State.WITHDRAWN
    erase_submission(submission=Submission.objects.get(pk=submission.pk))
    status = status_of(Submission.objects.get(pk=submission.pk))
    assert (status.state, status.confirmed_on, status.closed_on) == (State.ERASED, None, None)
    assert status.erased_on == timezone.localdate()


def test_erasing_takes_who_noted_it_and_what_was_sent_and_the_same_request_files_nothing_again(key):
    filing, beside = make_partner_filing(key), make_partner_filing(key, request="b", email="autre@tolerie.example")
    erase_submission(submission=filing.submission)
    filing.refresh_from_db()
    beside.refresh_from_db()
    assert (filing.noted_by, filing.digest) == ("demande effacée", "")
    assert (beside.noted_by, beside.digest) == ("Aude Lambert", "0" * 64)
    assert make_partner_filing(key) == make_partner_filing(key, digest="1" * 64) == filing
    assert ours(Submission).count() == 2


def test_the_database_refuses_to_rewrite_what_was_noted(key):
    filing = make_partner_filing(key)
    for change in (lambda rows: rows.update(noted_by="Un autre"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
            change(PartnerFiling.objects.filter(pk=filing.pk))
