"""An officer files for a firm: with its agreement, no staff address, for nobody elsewhere until it confirms."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from backend.accounts.models import Membership, Organisation
from backend.common.days import add_working_days
from backend.matchmaking.assisted import StaffAddress, file_for_firm
from backend.matchmaking.escalation import tell_who_waits
from backend.matchmaking.file_links import link_files
from backend.matchmaking.follow_up import FollowUpError, offer_file, refer_file
from backend.matchmaking.in_charge import OutsideTerritory
from backend.matchmaking.models import Escalation, HandOver, Submission
from backend.matchmaking.ownership import numbers_read
from backend.matchmaking.portfolios import offer_files
from backend.matchmaking.services import Consent, confirm_address, correct_submission
from backend.notifications.models import Notification
from backend.territories.models import ServedEpci
from tests.factories import ARC, CCLO, COMMUNES, DAY, OUTSIDE, make_filing, make_lead, make_officer, make_submission
from tests.neighbour import ours

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make_officer(ARC)


def filed_by(officer, **changes) -> Submission:
    consent = Consent(by=officer, at=timezone.now() - timedelta(days=2))
    return file_for_firm(make_filing(**changes), consent=consent, on=DAY)


def sees(user) -> set[Submission]:
    return set(ours(Submission).visible_to(user))


def test_who_noted_the_agreement_and_when_stay_with_the_file_and_the_firm_is_asked_to_confirm(officer):
    submission = filed_by(officer)
    assert (submission.consent_by, submission.officer, submission.confirmed_at) == (officer, officer, None)
    assert timezone.localdate(submission.consented_at) == timezone.localdate() - timedelta(days=2)
    (letter,) = ours(Notification)
    assert (letter.kind, letter.recipient) == ("confirm_address", submission.contact.email)
    assert f"{officer} a déposé une demande" in letter.text
    assert "vient de déposer" not in letter.text + letter.html  # it may be sent again months later
    assert f"hors du service de {officer}" not in letter.text + letter.html  # nor when another one has the file


def test_before_the_firm_confirms_it_is_seen_in_the_officer_s_service_only(officer):
    submission = filed_by(officer)
    colleague, lead = make_officer(ARC), make_officer(ARC, role=Membership.Role.EPCI_LEAD)
    elsewhere, territory = make_officer(CCLO), make_lead()
    assert [sees(user) for user in (officer, colleague, lead)] == [{submission}] * 3
    assert [sees(user) for user in (elsewhere, territory)] == [set()] * 2
    confirm_address(submission=submission)
    assert sees(territory) == {submission}
    assert sees(elsewhere) == set()


def test_a_project_elsewhere_stays_with_the_officer_then_is_offered_there_once_confirmed(officer):
    elsewhere = make_officer(CCLO)
    submission = filed_by(officer, facts={"project.commune": COMMUNES[CCLO]})
    assert (submission.epci.short_name, sees(elsewhere)) == (ARC, set())
    confirm_address(submission=submission)
    submission.refresh_from_db()
    assert (submission.epci.short_name, sees(elsewhere)) == (ARC, {submission})
    assert ours(HandOver).get().by == officer


def test_an_unknown_commune_stays_with_the_officer_s_service(officer):
    submission = filed_by(officer, without=("commune",))
    assert submission.epci.short_name == ARC
    confirm_address(submission=submission)
    submission.refresh_from_db()
    assert submission.epci.short_name == ARC


def test_nothing_takes_it_out_of_the_service_before_the_firm_confirms(officer):
    submission, elsewhere, colleague = filed_by(officer), make_officer(CCLO), make_officer(ARC)
    epci = ServedEpci.objects.get(short_name=CCLO)
    for refused in (
        lambda: refer_file(submission=submission, epci=epci, by=officer),
        lambda: offer_file(submission=submission, by=officer, to=elsewhere),
    ):
        with pytest.raises(FollowUpError, match="pas encore confirmé"):
            refused()
    with pytest.raises(FollowUpError):
        offer_files(submissions=[submission], by=officer, to=elsewhere)
    correct_submission(submission=submission, facts={"commune": COMMUNES[CCLO]}, author=officer, on=DAY)
    assert sees(elsewhere) == set()
    offer_file(submission=submission, by=officer, to=colleague)  # a colleague of the service may
    confirm_address(submission=submission)
    assert sees(elsewhere) == {submission}  # its commune was corrected meanwhile


def test_the_territory_lead_is_not_told_that_it_waits(officer):
    submission, territory = filed_by(officer), make_lead()
    Submission.objects.filter(pk=submission.pk).update(filed_at=timezone.now() - timedelta(days=120))
    tell_who_waits(on=add_working_days(timezone.localdate(), 1))
    told = set(Escalation.objects.filter(submission=submission).values_list("to", flat=True))
    assert officer.pk in told
    assert territory.pk not in told


def test_it_is_read_with_no_other_file_before_its_address_is_proven(officer):
    other = make_submission(confirmed=True)
    submission = filed_by(officer)  # of the same SIREN, with the same address
    assert (numbers_read(submission), numbers_read(other)) == ([], [])
    elsewhere = make_submission(confirmed=True, email="collegue@tolerie.example")
    submission = confirm_address(submission=submission)
    assert numbers_read(submission) == [other.pk]
    link_files(submission=submission, other=elsewhere, kind="colleague", officer=officer, on=DAY)
    assert numbers_read(submission) == [other.pk, elsewhere.pk]


@pytest.mark.parametrize("email", ["{officer}", "{OFFICER}", "un.autre@agglo.example", "Un.Autre@AGGLO.example"])
def test_a_staff_address_is_refused_as_the_firm_s(officer, email):
    Organisation.objects.filter(memberships__user=officer).update(email="eco@agglo.example")
    given = email.format(officer=officer.email, OFFICER=officer.email.upper())
    with pytest.raises(StaffAddress, match="donnez celle de l’entreprise"):
        filed_by(officer, email=given)
    assert not ours(Submission).exists()
    assert not ours(Notification).exists()


def test_an_organisation_with_a_public_mailbox_refuses_nobody_else_s(officer):
    Organisation.objects.filter(memberships__user=officer).update(email="mairie@orange.fr")
    assert filed_by(officer, email="artisan@orange.fr").contact.email == "artisan@orange.fr"
    left = make_officer(ARC, is_active=False)
    assert filed_by(officer, email=left.email).contact.email == left.email  # a former agent may run a firm


def test_who_reviews_no_file_files_for_nobody_and_outside_nothing_is_kept(officer):
    with pytest.raises(PermissionDenied):
        filed_by(make_lead())
    with pytest.raises(OutsideTerritory):
        filed_by(officer, facts={"commune": OUTSIDE})
    assert not ours(Submission).exists()
