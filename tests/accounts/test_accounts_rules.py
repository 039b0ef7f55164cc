"""What each role may do, one at a time, beside others; and which absences hold on a day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.accounts.models import Absence, Attempt, Membership, Organisation, Posts, User
from tests.factories import ARC, CCLO, DAY, make_lead, make_officer, make_organisation

pytestmark = pytest.mark.django_db
Role = Membership.Role
YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)


def epci_of(organisation: Organisation) -> int:
    assert organisation.epci_id
    return organisation.epci_id


@pytest.mark.parametrize("role", Role)
def test_a_role_reviews_leads_or_shares_where_it_works_and_nowhere_else(role):
    here, chamber = make_organisation(ARC), make_organisation(kind=Organisation.Kind.CHAMBER)
    make_officer(CCLO)
    user = User.objects.create_user("a@jonction.example")
    for organisation in (here, chamber):
        user.memberships.create(organisation=organisation, role=role)
    own = {epci_of(here)}
    assert user.posts == Posts(
        roles=frozenset({role}),
        epcis=frozenset(own if role in (Role.OFFICER, Role.EPCI_LEAD) else ()),
        led=frozenset(own if role in (Role.EPCI_LEAD, Role.TERRITORY_LEAD) else ()),
        partners=frozenset({chamber.pk} if role == Role.PARTNER else ()),
    )
    user = User.objects.get(pk=user.pk)
    user.is_active = False
    assert user.posts == Posts()


@pytest.mark.parametrize(
    ("queryset", "roles"),
    [
        ("reviewing", {Role.OFFICER, Role.EPCI_LEAD}),
        ("leading", {Role.EPCI_LEAD, Role.TERRITORY_LEAD}),
        ("whole_territory", {Role.TERRITORY_LEAD}),
        ("partners", {Role.PARTNER}),
        ("editing", {Role.EDITOR, Role.APPROVER}),
        ("approving", {Role.APPROVER}),
    ],
)
def test_memberships_are_told_by_their_role_while_the_account_is_open(queryset, roles):
    chamber = make_organisation(kind=Organisation.Kind.CHAMBER)
    for role in Role:
        for is_active in (True, False):
            user = User.objects.create_user(f"{role}{is_active}@jonction.example", is_active=is_active)
            user.memberships.create(organisation=chamber, role=role)
    found = getattr(Membership.objects.filter(organisation=chamber), queryset)()
    assert {(row.role, row.user.is_active) for row in found} == {(role, True) for role in roles}


def test_a_partner_works_for_a_chamber_or_the_region():
    user = User.objects.create_user("a@jonction.example")
    user.memberships.create(organisation=make_organisation(ARC), role=Role.PARTNER)
    assert not Membership.objects.partners().exists()
    assert user.posts.partners == frozenset()


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.TERRITORY_LEAD, True),
        (Role.EDITOR, True),
        (Role.APPROVER, True),
        (Role.OFFICER, False),
        (Role.EPCI_LEAD, False),
        (Role.PARTNER, False),
    ],
)
def test_who_sets_weights_or_edits_the_catalogue_sees_the_jobs(role, may):
    user = User.objects.create_user("a@jonction.example")
    user.memberships.create(organisation=make_organisation(ARC), role=role)
    assert user.may_see_jobs is may


def test_an_account_is_made_with_its_password_and_an_address_in_small_letters():
    user = User.objects.create_user("Ada@Jonction.EXAMPLE", "soudure-robot-oise", first_name="Ada")
    user.refresh_from_db()
    assert (user.email, user.first_name, user.is_staff) == ("ada@jonction.example", "Ada", False)
    assert user.check_password("soudure-robot-oise")
    assert not User.objects.create_user("b@jonction.example").has_usable_password()


@pytest.fixture
def away():
    """Return a function that declares leave of somebody, by numbers of days from the day."""
    lead = make_lead()

    def declare(user: User, begins: int, ends: int, **fields) -> Absence:
        days = {"starts_on": DAY + timedelta(days=begins), "ends_on": DAY + timedelta(days=ends)}
        return Absence.objects.create(user=user, declared_by=lead, declared_at=timezone.now(), **days, **fields)

    return declare


def test_an_absence_holds_from_its_first_day_to_its_last_unless_it_was_cancelled(away):
    user = make_officer()
    over, now, to_come = away(user, -3, -1), away(user, 0, 0), away(user, 1, 4)
    away(user, -1, 1, cancelled_at=timezone.now())
    assert set(Absence.objects.on(DAY)) == {now}
    assert set(Absence.objects.on(YESTERDAY)) == {over}
    assert set(Absence.objects.from_day(DAY)) == {now, to_come}
    assert set(Absence.objects.from_day(TOMORROW)) == {to_come}


def test_somebody_stands_in_where_the_absence_says_so_or_else_the_person_away(away):
    stand_in, other = make_officer(), make_officer()
    usual, nobody = make_officer(), make_officer()
    usual.stand_in = stand_in
    usual.save()
    by_default, named = away(usual, 0, 1), away(nobody, 0, 1, stand_in=stand_in)
    away(nobody, 5, 6)
    elsewhere = away(usual, 5, 6, stand_in=other)
    assert set(Absence.objects.replaced_by(stand_in)) == {by_default, named}
    assert set(Absence.objects.replaced_by(other)) == {elsewhere}


def test_rows_are_named_where_an_administrator_reads_them(away):
    user = make_officer(first_name="Ada", last_name="Petit")
    assert str(away(user, 0, 1)) == "Ada Petit 2026-11-24 – 2026-11-25"
    assert str(Attempt(digest="abcdefgh0123", n=3)) == "3 × abcdefgh"
