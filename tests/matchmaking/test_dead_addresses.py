"""Who is asked to telephone when an address does not exist, and what they do about it."""

import pytest
from django.core.exceptions import PermissionDenied

from backend.accounts.models import Membership
from backend.matchmaking.dead_addresses import (
    correct_address,
    declare_reachable,
    follow_dead_addresses,
    unreachable_officers,
)
from backend.matchmaking.follow_up import FollowUpError, record_step
from backend.matchmaking.models import FollowUp, Submission
from backend.matchmaking.ownership import numbers_read
from backend.matchmaking.results import latest_result, may_be_shown
from backend.matchmaking.services import confirm_address
from backend.notifications.models import Notification, Suppression
from backend.notifications.suppression import lift_suppressions, record_delivery
from tests.factories import ARC, CCLO, COMMUNES, DAY, make_lead, make_officer, make_submission, next_morning
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
DEAD = Notification.Delivery.DEAD


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def second_firm():
    """Return a file of another firm, of the same intercommunality and the same SIREN."""
    return make_submission(
        confirmed=True,
        email="zoe@voisine.example",
        phone="03 44 99 99 99",
        company_name="Voisine",
        contact_name="Zoé",
    )


def die(submission: Submission, kind: str = "receipt") -> None:
    """Have an e-mail to the contact of a file come back."""
    row = ours(Notification).get(kind=kind, recipient=submission.contact.email, about=[submission.topic])
    record_delivery(notification=row, delivery=DEAD, detail="550 5.1.1 unknown")


def tasks(submission: Submission) -> list[FollowUp]:
    return list(submission.follow_ups.to_do().dead_addresses())


def test_a_dead_address_has_one_task_in_each_of_its_files_and_none_elsewhere(officer, submission, second_firm):
    second = make_submission(confirmed=True)
    die(submission)
    for _ in range(3):
        follow_dead_addresses(on=DAY)
    assert len(tasks(submission)) == 1
    assert not tasks(second_firm)
    assert not tasks(second), "nothing was held back from it yet"
    confirm_again = ours(Notification).filter(about=[second.topic], kind="receipt").get()
    record_delivery(notification=confirm_again, delivery=DEAD)
    follow_dead_addresses(on=DAY)
    assert (len(tasks(submission)), len(tasks(second))) == (1, 1)
    assert Suppression.objects.count() == 1


def test_what_is_held_back_from_a_dead_address_opens_the_task_of_its_file(officer, submission):
    die(submission)
    other = make_submission()  # its confirmation is held back
    follow_dead_addresses(on=DAY)
    assert len(tasks(other)) == 1


def test_a_refusal_or_a_complaint_opens_no_task(officer, submission):
    row = ours(Notification).get(kind="receipt")
    for delivery in (Notification.Delivery.REFUSED, Notification.Delivery.COMPLAINED):
        record_delivery(notification=row, delivery=delivery)
    follow_dead_addresses(on=DAY)
    assert not tasks(submission)


def test_the_officer_reads_whom_to_call_in_the_queue_and_in_the_file(client, officer, submission, second_firm):
    die(submission)
    follow_dead_addresses(on=DAY)
    client.force_login(officer)
    queue = text_of(client.get("/agent/?etat=a-traiter"))
    assert "Adresse morte : appeler le 03 53 01 60 35" in queue
    assert "Voisine" not in queue
    assert "03 44 99 99 99" not in queue
    page = text_of(client.get(f"/agent/{submission.pk}/"))
    assert "Adresse morte : appeler le 03 53 01 60 35" in page
    assert "03 44 99 99 99" not in page
    assert "Adresse morte" not in text_of(client.get(f"/agent/{second_firm.pk}/"))


def test_a_corrected_address_gets_a_confirmation_and_nothing_else_until_it_is_confirmed(
    client, officer, submission, second_firm
):
    die(submission)
    follow_dead_addresses(on=DAY)
    client.force_login(officer)
    page = client.post(f"/agent/{submission.pk}/adresse/", {"email": "isabelle@nouvelle.example"}, follow=True)
    assert "L’adresse est corrigée" in text_of(page)
    assert not tasks(submission)
    new = ours(Notification).filter(recipient="isabelle@nouvelle.example")
    assert [(row.kind, row.state) for row in new] == [("confirm_address", "due")]
    submission.refresh_from_db()
    assert submission.confirmed_at is None
    confirm_address(submission=submission)
    assert {row.kind for row in new.all()} == {"confirm_address", "receipt"}
    second_firm.refresh_from_db()
    assert second_firm.contact.email == "zoe@voisine.example"
    assert second_firm.confirmed_at


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "obligatoire"),
        ("isabelle@", "Cette adresse n’est pas complète"),
        ("Isabelle.Morel@tolerie.example", "du dossier"),
    ],
)
def test_an_address_that_corrects_nothing_is_refused_with_a_sentence(client, officer, submission, typed, said):
    die(submission)
    follow_dead_addresses(on=DAY)
    client.force_login(officer)
    answer = client.post(f"/agent/{submission.pk}/adresse/", {"email": typed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not typed or f'value="{typed}"' in answer.content.decode()
    assert len(tasks(submission)) == 1
    with pytest.raises(FollowUpError):
        correct_address(submission=submission, officer=officer, email=typed, on=DAY)


def test_without_a_dead_address_nothing_is_corrected(client, officer, submission):
    client.force_login(officer)
    answer = client.post(f"/agent/{submission.pk}/adresse/", {"email": "isabelle@nouvelle.example"}, follow=True)
    assert "Aucun courriel n’est revenu" in text_of(answer)
    submission.contact.refresh_from_db()
    assert submission.contact.email == "isabelle.morel@tolerie.example"


def test_an_assisted_file_gets_no_colleague_s_address(officer, submission, second_firm):
    colleague = make_officer()
    for file in (submission, second_firm):
        die(file)
    Submission.objects.filter(pk=submission.pk).update(consent_by=officer)
    follow_dead_addresses(on=DAY)
    with pytest.raises(FollowUpError, match="donnez celle de l’entreprise"):
        correct_address(submission=submission, officer=officer, email=colleague.email.upper(), on=DAY)
    submission.refresh_from_db()
    assert submission.confirmed_at
    correct_address(submission=second_firm, officer=officer, email=colleague.email, on=DAY)  # it filed itself


def test_an_address_that_works_again_is_written_to_again(client, officer, submission):
    die(submission)
    follow_dead_addresses(on=DAY)
    client.force_login(officer)
    client.post(f"/agent/{submission.pk}/adresse/", {"works": "1"})
    assert not tasks(submission)
    assert not Suppression.objects.active().exists()
    follow_dead_addresses(on=DAY)
    assert not tasks(submission), "the same bounce opens no second task"


def test_a_suppression_lifted_elsewhere_closes_the_task(officer, submission):
    die(submission)
    follow_dead_addresses(on=DAY)
    lift_suppressions(address=submission.contact.email, by=officer)
    follow_dead_addresses(on=DAY)
    assert not tasks(submission)


def test_an_address_that_dies_again_has_another_task(officer, submission):
    die(submission)
    follow_dead_addresses(on=DAY)
    declare_reachable(submission=submission, officer=officer)
    die(submission, kind="confirm_address")
    follow_dead_addresses(on=DAY)
    assert len(tasks(submission)) == 1
    assert submission.follow_ups.count() == 2


def test_only_those_in_charge_correct_an_address(submission):
    for stranger in (make_officer(CCLO), make_lead()):
        with pytest.raises(PermissionDenied):
            correct_address(submission=submission, officer=stranger, email="a@b.example", on=DAY)
        with pytest.raises(PermissionDenied):
            declare_reachable(submission=submission, officer=stranger)


def test_nobody_notes_that_step_by_hand(officer, submission):
    with pytest.raises(FollowUpError):
        record_step(submission=submission, officer=officer, step="dead_address")


def test_files_that_were_read_together_are_not_until_the_new_address_is_confirmed(officer, submission):
    twin = make_submission(confirmed=True)
    assert numbers_read(submission) == [twin.pk]
    die(submission)
    follow_dead_addresses(on=DAY)
    correct_address(submission=submission, officer=officer, email="isabelle@nouvelle.example", on=DAY)
    assert not numbers_read(submission)
    for file in (submission, twin):
        assert may_be_shown(latest_result(file, on=DAY))
        assert latest_result(file, on=DAY).read_files == []


# -- officers


def bounce_of(user) -> None:
    next_morning()
    row = ours(Notification).get(kind="waiting_digest", recipient=user.email)
    record_delivery(notification=row, delivery=DEAD)


def test_the_lead_of_an_officer_whose_address_is_dead_is_told_once_and_no_firm_is(client):
    lead = make_officer(role=Membership.Role.EPCI_LEAD, last_name="Meneuse")
    officer = make_officer(last_name="Injoignable")
    elsewhere = make_officer(CCLO, role=Membership.Role.EPCI_LEAD)
    other_colleague = make_officer(CCLO)
    submission = make_submission(confirmed=True)
    make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO]}, email="zoe@voisine.example")
    bounce_of(officer)
    assert [follow_dead_addresses(on=DAY).n_changed for _ in range(2)] == [1, 0]
    told = ours(Notification).filter(kind="officer_unreachable")
    assert [row.recipient for row in told] == [lead.email]
    assert officer.phone in told[0].text
    assert "voisine" not in told[0].text
    assert not tasks(submission)
    assert unreachable_officers(lead) == [officer]
    assert unreachable_officers(elsewhere) == []
    client.force_login(lead)
    assert "Injoignable" in text_of(client.get("/agent/?etat=a-traiter"))
    for other in (elsewhere, other_colleague):
        client.force_login(other)
        assert "Injoignable" not in text_of(client.get("/agent/?etat=a-traiter"))


def test_the_territory_lead_is_told_of_a_lead_whose_address_is_dead():
    territory = make_lead()
    lead = make_officer(ARC, role=Membership.Role.EPCI_LEAD)
    make_submission(confirmed=True)
    bounce_of(lead)
    follow_dead_addresses(on=DAY)
    assert ours(Notification).get(kind="officer_unreachable").recipient == territory.email
    assert unreachable_officers(territory) == [lead]
