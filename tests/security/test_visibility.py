"""Who may open which file, and who may do what: each role beside each kind of file, asked of the querysets alone."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from backend.accounts.models import Membership, User
from backend.accounts.services import off_board
from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.follow_up import answer_offers, offer_file, take_file
from backend.matchmaking.models import HandOver, Submission
from backend.privacy.consent import withdraw_consent
from backend.privacy.erasing import erase_submission
from tests.factories import ARC, CC2V, CCLO, COMMUNES, make_officer, make_organisation, make_submission
from tests.neighbour import ours

pytestmark = pytest.mark.django_db
Role = Membership.Role


def filed(epci=ARC, *, ago=0, **changes) -> Submission:
    """File a request so many days ago; of an unknown commune where ``epci`` is empty."""
    place = {"facts": {"commune": COMMUNES[epci]}} if epci else {"without": ("commune",)}
    submission = make_submission(**place, **changes)
    Submission.objects.filter(pk=submission.pk).update(filed_at=timezone.now() - timedelta(days=ago))
    submission.refresh_from_db()
    return submission


@pytest.fixture
def files() -> dict[str, Submission]:
    """Return one file of each kind that is open to somebody else, or to nobody."""
    officer = make_officer(ARC)
    found = {
        "near": filed(confirmed=True),
        "far": filed(CCLO, confirmed=True),
        "pool": filed("", confirmed=True),
        "to call": filed(ago=14),
        "to call far": filed(CCLO, ago=14),
        "to call pool": filed("", ago=14),
        "just filed": filed(),
        "no telephone": filed(ago=14, phone=""),
        "followed": filed(phone=""),
        "erased": filed(confirmed=True),
        "erased far": filed(CCLO, confirmed=True),
        "erased pool": filed("", confirmed=True),
    }
    take_file(submission=found["near"], officer=officer)
    Submission.objects.filter(pk=found["followed"].pk).update(officer=officer)
    for name, submission in found.items():
        if name.startswith("erased"):
            erase_submission(submission=submission)
    return found


def named(files, rows) -> set[str]:
    numbers = set(rows.values_list("pk", flat=True))
    return {name for name, file in files.items() if file.pk in numbers}


NEAR = {"near", "to call", "followed"}
POOL = {"pool", "to call pool"}
FAR = {"far", "to call far"}
ERASED = {"erased", "erased far", "erased pool"}
REVIEWERS = (Role.OFFICER, Role.EPCI_LEAD)


def test_each_role_opens_the_files_that_are_its_own_and_an_address_those_that_it_filed(files):
    users = {role: make_officer(ARC, role=role) for role in Role.values}
    opens = {role: NEAR | POOL if role in REVIEWERS else set() for role in users}
    left = {role: {"erased", "erased pool"} if role in REVIEWERS else set() for role in users}
    opens[Role.TERRITORY_LEAD], left[Role.TERRITORY_LEAD] = NEAR | POOL | FAR, ERASED
    visible_to, erased_for = Submission.objects.visible_to, Submission.objects.erased_for
    assert {role: named(files, visible_to(user)) for role, user in users.items()} == opens
    assert {role: named(files, erased_for(user)) for role, user in users.items()} == left
    for user in users.values():
        off_board(user=user)
        assert not visible_to(user).exists()
        assert not erased_for(user).exists()
    for user in (User.objects.create_superuser("chef@jonction.example"), AnonymousUser()):
        assert not visible_to(user).exists()
    other = filed(confirmed=True, email="paul.petit@autre.example")
    address = files["near"].contact.email
    assert named(files, Submission.objects.of_address(address.upper())) == {"near", "far", "pool"}
    assert list(Submission.objects.of_address("Paul.Petit@autre.example")) == [other]


def test_an_offer_opens_one_file_to_one_officer_until_it_is_answered_or_its_reader_leaves():
    files = {"near": filed(confirmed=True), "far": filed(CCLO, confirmed=True), "pool": filed("", confirmed=True)}
    by, to, other = make_officer(CCLO), make_officer(ARC), make_officer(ARC)
    offer = offer_file(submission=files["far"], by=by, to=to)
    assert named(files, Submission.objects.visible_to(to)) == {"near", "pool", "far"}
    assert named(files, Submission.objects.visible_to(other)) == {"near", "pool"}
    waiting, gone = (offer_file(submission=filed(CCLO, confirmed=True), by=by, to=make_officer()) for _ in "ab")
    answer_offers(hand_overs=[offer], to=to, accept=False)
    assert named(files, Submission.objects.visible_to(to)) == {"near", "pool"}
    off_board(user=gone.to)
    assert list(HandOver.objects.filter(by=by).waiting()) == [waiting]


def test_a_file_is_counted_proven_waiting_reviewed_or_erased_and_named_by_its_number(files):
    assert str(files["far"]) == f"D-{timezone.now():%Y}-{files['far'].pk:05d} – Tôlerie des Étangs"
    assert Submission.objects.locked(files["far"].pk) == files["far"]
    with pytest.raises(PermissionDenied):
        Submission.objects.locked(files["erased"].pk)
    counted = {name for name, file in files.items() if file.confirmed_at}
    assert named(files, Submission.objects.counted()) == counted == {"near", "far", "pool"} | ERASED
    assert named(files, Submission.objects.confirmed()) == {"near", "far", "pool"}
    assert named(files, Submission.objects.erased()) == ERASED
    Submission.objects.filter(pk=files["near"].pk).update(reviewed_at=timezone.now())
    assert named(files, ours(Submission).reviewed()) == {"near"}
    assert named(files, ours(Submission).waiting()) == files.keys() - {"near"}
    withdraw_consent(submission=files["far"])
    close_unentitled(submission=files["near"], officer=make_officer(), on=timezone.localdate())
    assert named(files, Submission.objects.proven()) == {"far", "pool"}
    assert named(files, Submission.objects.still_open()) == files.keys() - {"near", "far"}


# -- what a role is for


@pytest.mark.cases(2)
@pytest.mark.parametrize("role", Role.values)
def test_each_role_is_for_what_it_says_until_its_person_leaves(role):
    user = make_officer(ARC, role=role)
    make_officer(CC2V, role=role)
    rows = Membership.objects.filter(user=user)
    expected = {
        "reviewing": role in REVIEWERS,
        "leading": role in (Role.EPCI_LEAD, Role.TERRITORY_LEAD),
        "whole_territory": role == Role.TERRITORY_LEAD,
        "editing": role in (Role.EDITOR, Role.APPROVER),
        "approving": role == Role.APPROVER,
    }
    assert {name: getattr(rows, name)().exists() for name in expected} == expected
    assert [epci.short_name for epci in user.epcis()] == [ARC] * expected["reviewing"]
    assert [epci.short_name for epci in user.led_epcis()] == [ARC] * (role == Role.EPCI_LEAD)
    may = {
        "is_officer": expected["reviewing"],
        "may_edit_catalogue": expected["editing"],
        "may_approve_catalogue": expected["approving"],
        "may_set_weights": expected["whole_territory"],
        "may_see_jobs": expected["whole_territory"] or expected["editing"],
    }
    assert {name: getattr(user, name) for name in may} == may
    off_board(user=user)
    assert not any(getattr(rows, name)().exists() for name in expected)
    assert not any(getattr(user, name) for name in may)
    assert not user.epcis()
    assert not user.led_epcis()


def test_an_administrator_keeps_the_service_and_reviews_nothing_until_they_leave():
    user = User.objects.create_superuser("Chef@Jonction.example", "mot-de-passe-long", first_name="Anne")
    assert (user.email, user.first_name) == ("chef@jonction.example", "Anne")
    assert (user.is_staff, user.is_superuser, user.check_password("mot-de-passe-long")) == (True, True, True)
    may = [user.may_edit_catalogue, user.may_approve_catalogue, user.may_set_weights, user.may_see_jobs]
    assert (may, user.is_officer) == ([True] * 4, False)
    off_board(user=user)
    assert not any([user.may_edit_catalogue, user.may_approve_catalogue, user.may_set_weights, user.may_see_jobs])


def test_who_leads_two_services_of_one_intercommunality_leads_it_once():
    user = make_officer(ARC, role=Role.EPCI_LEAD)
    second = make_organisation(ARC, kind="chamber")
    second.name, second.pk = "Second service", None
    second.save()
    Membership.objects.create(user=user, organisation=second, role=Role.EPCI_LEAD)
    assert [epci.short_name for epci in user.led_epcis()] == [ARC]


@pytest.mark.parametrize(
    ("names", "epci", "expected"),
    [
        (("Claire", "Vasseur"), ARC, "Claire V., ARC"),
        (("Claire", ""), ARC, "Claire, ARC"),
        (("", "Vasseur"), ARC, "V., ARC"),
        (("", ""), CCLO, "Un agent, CCLO"),
        (("Claire", "Vasseur"), "", "Claire V., Service territory"),
    ],
)
def test_a_firm_reads_a_first_name_an_initial_and_a_service(names, epci, expected):
    user = make_officer(epci, first_name=names[0], last_name=names[1])
    assert user.name_for_firms() == expected
    assert str(user) == (" ".join(filter(None, names)) or user.email)
    Membership.objects.create(user=user, organisation=make_organisation(CC2V), role=Role.OFFICER)
    assert user.name_for_firms() == expected
    user.memberships.all().delete()
    without = expected.partition(",")[0]
    assert user.name_for_firms() == f"{without}, administration du service"


@pytest.mark.parametrize(
    ("company", "address", "said"),
    [
        (False, False, ""),
        (True, False, "Beaucoup de demandes pour ce SIREN ce jour-là"),
        (False, True, "Beaucoup de demandes pour cette adresse ce jour-là"),
        (True, True, "Beaucoup de demandes pour ce SIREN et cette adresse ce jour-là"),
    ],
)
def test_a_crowd_is_said_of_what_is_crowded(company, address, said):
    assert Submission(many_of_company=company, many_of_address=address).crowd_note == said
