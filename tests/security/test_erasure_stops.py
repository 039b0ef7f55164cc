"""Erasing a file takes away what was stopped of that file, and nobody is written to again who said stop elsewhere."""

import pytest

from backend.matchmaking.models import Alert, Guest, Submission, Survey
from backend.notifications.kinds import CATALOGUE, COMMITTEE_NOTE, OFFICER_NOTICES, SHEETS
from backend.notifications.models import Notification, Stop
from backend.notifications.services import resume, stop
from backend.privacy.erasing import erase_submission
from backend.privacy.own_data import as_csv
from backend.steering.mailing import RecipientError, add_recipient
from tests.factories import make_guest, make_lead, make_submission
from tests.security.erased import TRACES, search_tables

pytestmark = pytest.mark.django_db
ADDRESS, GUEST = TRACES["address"], TRACES["guest"]
WORK = (SHEETS, COMMITTEE_NOTE, OFFICER_NOTICES, CATALOGUE)


@pytest.fixture
def file() -> Submission:
    return make_submission(confirmed=True, email=ADDRESS)


@pytest.fixture
def beside() -> Submission:
    """A file of another firm and address."""
    return make_submission(confirmed=True, siren="999999972", siret="", email="autre@fonderie.example")


def topics_of(file: Submission) -> list[str]:
    return [file.topic, Alert(submission=file).topic, Survey(submission=file).topic]


def stop_all(address: str, *topics: str) -> None:
    for topic in topics:
        stop(address=address, topic=topic)


def stopped(address: str) -> set[str]:
    return {topic for row in Stop.objects.filter(address=address.lower()) for topic in row.topics}


@pytest.mark.parametrize("accepted", [True, False])
def test_a_guest_keeps_every_stop_that_is_not_of_the_erased_file(file, accepted):
    make_guest(file, email=GUEST.upper(), accepted=accepted)
    stop_all(GUEST, *topics_of(file), *WORK)
    erase_submission(submission=file)
    assert stopped(GUEST) == set(WORK)
    assert not Guest.objects.filter(email__iexact=GUEST).exists()


def test_the_contact_keeps_every_stop_that_is_not_of_the_erased_file(file):
    stop_all(ADDRESS, *topics_of(file), *WORK)
    erase_submission(submission=file)
    assert stopped(ADDRESS) == set(WORK)


@pytest.mark.cases(1)
@pytest.mark.parametrize("role", ["files", "is invited", "is invited and silent"])
def test_an_address_that_is_elsewhere_keeps_what_it_stopped_there(file, beside, role):
    other = make_submission(confirmed=True, email=ADDRESS) if role == "files" else beside
    if role != "files":
        make_guest(beside, email=ADDRESS, accepted=role == "is invited")
    stop_all(ADDRESS, *topics_of(file), *topics_of(other))
    erase_submission(submission=file)
    assert stopped(ADDRESS) == set(topics_of(other))


def test_an_address_with_nothing_left_is_nowhere(file, beside):
    make_guest(file, email=GUEST)
    for address in (ADDRESS, GUEST, "before@forges-vent-debout.example"):  # the last one was corrected since
        stop_all(address, *topics_of(file))
    stop_all(beside.contact.email, *topics_of(beside))
    erase_submission(submission=file)
    assert list(Stop.objects.values_list("address", flat=True)) == [beside.contact.email]
    assert {"address", "guest"}.isdisjoint(search_tables())
    assert stopped(beside.contact.email) == set(topics_of(beside))


def test_what_was_explained_of_the_erased_file_goes_with_it(file):
    stop_all(ADDRESS, file.topic, SHEETS)
    Stop.objects.update(explained=[file.topic, SHEETS])
    erase_submission(submission=file)
    assert Stop.objects.get().explained == [SHEETS]


def test_an_address_that_stopped_the_note_is_still_not_proposed_again(file):
    """Nothing names it any more but its stop: the lead could write it down again."""
    stop(address=ADDRESS, topic=COMMITTEE_NOTE)
    make_guest(file, email=GUEST, accepted=False)
    stop(address=GUEST, topic=COMMITTEE_NOTE)
    erase_submission(submission=file)
    for address in (ADDRESS, GUEST):
        with pytest.raises(RecipientError, match="a demandé à ne plus recevoir la note"):
            add_recipient(user=make_lead(), email=address)
    assert not Notification.objects.filter(kind="note_confirm").exists()


def test_the_last_of_two_erased_files_leaves_no_stop(file):
    second = make_submission(confirmed=True, email=ADDRESS)
    stop_all(ADDRESS, *topics_of(file), *topics_of(second))
    for one in (file, second):
        erase_submission(submission=one)
    assert not Stop.objects.exists()


def test_a_topic_taken_up_again_leaves_no_address_that_stops_nothing(file):
    stop_all(ADDRESS, file.topic, SHEETS)
    resume(address=ADDRESS, topic=file.topic)
    assert stopped(ADDRESS) == {SHEETS}
    resume(address=ADDRESS, topic=SHEETS)
    assert not Stop.objects.exists()


def test_own_data_says_emails_refused_only_where_those_of_the_file_are(file, beside):
    stop_all(ADDRESS, *WORK, *topics_of(beside))
    assert "Courriels refusés" not in as_csv(file)
    stop(address=ADDRESS, topic=Alert(submission=file).topic)
    assert "Courriels refusés;oui" in as_csv(file)
    assert "Courriels refusés" not in as_csv(beside)
