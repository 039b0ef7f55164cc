"""Who said that a scheme is gone may say that it is not, until an editor has read that: the sheet opens again."""

from datetime import date, timedelta

import pytest

from backend.accounts.models import Membership
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.reports import close_task
from backend.schemes.catalogue.windows import WindowOn, window_on
from backend.schemes.editing.caretaking import Reader, name_caretaker
from backend.schemes.editing.enquiries import answer_sheet
from backend.schemes.ingestion.observing import follow_observations
from backend.schemes.models import CatalogueTask, SheetOwner
from tests.factories import ARC, make_lead, make_officer
from tests.schemes.people import get_scheme, make_approver

pytestmark = pytest.mark.django_db
ON = date(2026, 12, 7)
OURS, NO_ACCOUNT, ADDRESS = "arc-parcs-activites", "cci-oise", "conseil@cci.example"


@pytest.fixture
def lead():
    return make_officer(ARC, role=Membership.Role.EPCI_LEAD)


def say(key=OURS, says="true", *, reader, on=ON):
    return answer_sheet(reader=reader, scheme_pk=get_scheme(key).pk, says=says, words="", on=on)


@pytest.mark.cases(1)
@pytest.mark.parametrize("days", [0, 1])
def test_who_said_gone_takes_it_back_until_an_editor_has_read_it(lead, days):
    window, other = read_record(get_scheme(OURS).current)["window"], get_scheme("tic-reseau-bus").current
    then = ON + timedelta(days=days)
    say(says="gone", reader=Reader(user=lead))
    say(says="true", reader=Reader(user=lead), on=then)
    follow_observations(on=then)
    scheme = get_scheme(OURS)
    assert read_record(scheme.current)["window"] == window
    assert [(task.origin, task.closed_by) for task in scheme.tasks.all()] == [("person", lead)]
    assert list(scheme.proposals.unchecked()) == [scheme.current.proposal]
    assert get_scheme("tic-reseau-bus").current == other
    say(says="gone", reader=Reader(user=lead), on=then)  # and may say it again
    assert window_on(get_scheme(OURS).current, on=then) == WindowOn.CLOSED


def test_who_has_no_account_takes_it_back_too():
    name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=make_lead(), email=ADDRESS)
    reader, before = Reader(owner=SheetOwner.objects.get()), window_on(get_scheme(NO_ACCOUNT).current, on=ON)
    say(NO_ACCOUNT, "gone", reader=reader)
    assert window_on(get_scheme(NO_ACCOUNT).current, on=ON) == WindowOn.CLOSED
    say(NO_ACCOUNT, reader=reader)
    assert window_on(get_scheme(NO_ACCOUNT).current, on=ON) == before
    assert "toujours juste" in CatalogueTask.objects.get().answer


def test_what_an_editor_has_settled_is_not_taken_back(lead):
    say(says="gone", reader=Reader(user=lead))
    close_task(task=CatalogueTask.objects.get(), editor=make_approver(), answer="Archivée demain.")
    say(says="true", reader=Reader(user=lead))
    assert window_on(get_scheme(OURS).current, on=ON) == WindowOn.CLOSED
