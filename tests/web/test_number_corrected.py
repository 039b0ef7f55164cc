"""A firm corrects its number later: what its page showed is its word, and who is in charge follows the commune."""

import pytest

from backend.companies.models import Fact
from backend.matchmaking.models import HandOver
from backend.matchmaking.services import confirm_address
from backend.notifications.models import Notification
from tests.factories import ARC, CCPE, COMMUNES, make_officer
from tests.neighbour import ours
from tests.web.choosing import choose, file_it, go_on
from tests.web.conftest import SECOND, text_of
from tests.web.test_correct import page_of, typed_in

pytestmark = pytest.mark.django_db
OTHER = "99999107800018"
TOWN = "Estrées-Saint-Denis"  # of COMMUNES[CCPE]


@pytest.fixture
def submission(drafting, copy):
    """Return a file whose firm was chosen in the register and says one thing otherwise."""
    choose(drafting)
    go_on(drafting, legal_form="54")
    return file_it(drafting)


def save(client, submission, **changes):
    typed = typed_in(client, submission) | {f"firm-{name}": value for name, value in changes.items()}
    response = client.post(page_of(submission), typed)
    assert response.status_code == 302, text_of(response)
    submission.refresh_from_db()
    return submission.sheet.current()


def test_what_the_page_showed_is_what_the_firm_says_with_another_number(client, submission):
    epci, before = submission.epci, submission.sheet.values()
    shown = typed_in(client, submission)
    assert (shown["firm-commune"], shown["firm-naf"]) == ("Compiègne (60159)", "25.62B")
    facts = save(client, submission, number=OTHER)
    assert str(submission.sheet.establishment) == OTHER
    assert submission.sheet.official() == {}
    assert {fact.origin for fact in facts.values()} == {Fact.Origin.DECLARED, Fact.Origin.DEDUCED}
    kept = {name: fact.value for name, fact in facts.items()}
    assert kept == {name: value for name, value in before.items() if name != "insee_category"}  # no page shows it
    assert submission.epci == epci
    assert SECOND not in text_of(client.get(page_of(submission)))


@pytest.mark.slow
def test_a_number_that_is_emptied_keeps_what_the_page_showed(client, submission):
    facts = save(client, submission, number="")
    assert submission.sheet.establishment is None
    assert (facts["commune"].value, facts["commune"].origin) == ("60159", Fact.Origin.DECLARED)
    assert facts["headcount"].value == [20, 49]


@pytest.mark.slow
def test_what_is_emptied_with_the_number_is_unknown_and_everybody_is_in_charge(client, submission):
    confirm_address(submission=submission)
    facts = save(client, submission, number=OTHER, commune="")
    assert "commune" not in facts
    assert facts["naf"].value == "25.62B"
    assert submission.epci is None


def test_another_commune_with_the_number_is_offered_to_those_in_charge_there(client, submission):
    there, elsewhere = make_officer(CCPE), make_officer(ARC)
    confirm_address(submission=submission)
    assert not Notification.objects.filter(recipient=there.email).exists()
    facts = save(client, submission, number=OTHER, commune=TOWN)
    assert facts["commune"].value == COMMUNES[CCPE]
    assert submission.epci in elsewhere.epcis()  # who has it keeps it until they accept
    assert ours(HandOver).waiting().get().to_epci in there.epcis()
    assert Notification.objects.about(submission.topic).filter(recipient=there.email).count() == 1
    assert not Notification.objects.about(submission.topic).filter(recipient=elsewhere.email).exists()


@pytest.mark.slow
def test_an_officer_who_corrects_the_number_alone_leaves_the_commune_unknown_and_the_file_to_all(client, submission):
    confirm_address(submission=submission)
    client.force_login(make_officer(ARC))
    client.post(f"/agent/{submission.pk}/numero/", {"number": OTHER})
    submission.refresh_from_db()
    assert str(submission.sheet.establishment) == OTHER
    assert "commune" not in submission.sheet.current()
    assert submission.epci is None
