"""The address of who has no account leaves every row and e-mail with the last sheet that it looks after."""

from datetime import date

import pytest

from backend.notifications.models import Notification
from backend.schemes.editing.caretaking import Reader, name_caretaker
from backend.schemes.editing.enquiries import answer_sheet, ask_owners
from backend.schemes.models import CatalogueTask, Scheme, SheetOwner
from tests.factories import make_lead
from tests.schemes.people import get_scheme, publish_change

pytestmark = pytest.mark.django_db
ON, A_MONTH_LATER = date(2026, 11, 30), date(2026, 12, 30)
NO_ACCOUNT, ADDRESS = "cci-oise", "conseil@cci.example"


@pytest.fixture
def above():
    return make_lead()


def told_of_silence():
    return [email.subject for email in Notification.objects.filter(kind="sheets_silent")]


@pytest.mark.parametrize("change", ["archived", "level"])
def test_the_address_of_a_sheet_that_is_none_of_the_territory_any_more_is_forgotten(above, change):
    name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=above, email=ADDRESS)
    name_caretaker(scheme=get_scheme("exoneration-cfe-afr"), lead=above, email="autre@cci.example")
    if change == "level":
        publish_change(get_scheme(NO_ACCOUNT), level="regional")
    else:
        Scheme.objects.filter(pk=get_scheme(NO_ACCOUNT).pk).update(state=Scheme.State.ARCHIVED)
    ask_owners(on=ON)
    assert [owner.email for owner in SheetOwner.objects.all()] == ["autre@cci.example"]
    assert not Notification.objects.filter(recipient=ADDRESS).exists()


def test_a_forgotten_address_stays_in_no_email_and_no_report(above):
    name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=above, email=ADDRESS)
    name_caretaker(scheme=get_scheme("exoneration-cfe-afr"), lead=above, email="autre@cci.example")
    ask_owners(on=ON)
    ask_owners(on=A_MONTH_LATER)
    for key in (NO_ACCOUNT, "exoneration-cfe-afr"):
        scheme = get_scheme(key)
        said = {"says": "changed", "words": "Autre numéro.", "on": A_MONTH_LATER}
        answer_sheet(reader=Reader(owner=scheme.caretaker.owner), scheme_pk=scheme.pk, **said)
    assert any(ADDRESS in subject for subject in told_of_silence())
    name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=above)
    assert {task.reporter_email for task in CatalogueTask.objects.all()} == {"", "autre@cci.example"}
    assert not any(ADDRESS in email.subject + email.text + email.html for email in Notification.objects.all())
    assert any("autre@cci.example" in subject for subject in told_of_silence())
