"""Files whose address nobody confirmed: who reads them, from when on, and what is e-mailed meanwhile."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from backend.matchmaking.access_links import send_space_link
from backend.matchmaking.models import Submission
from backend.matchmaking.reviews import end_review
from backend.matchmaking.services import confirm_address
from backend.notifications.models import Notification
from backend.web.forms.filing.contact import ContactForm
from tests.factories import CCLO, DAY, decide, first_matches, make_lead, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PARIS = timezone.get_default_timezone()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.fixture
def long_ago():
    """Return a function that makes a file filed two weeks ago."""

    def make(**changes) -> Submission:
        submission = make_submission(**changes)
        Submission.objects.filter(pk=submission.pk).update(filed_at=timezone.now() - timedelta(days=14))
        submission.refresh_from_db()
        return submission

    return make


@pytest.mark.parametrize(
    ("filed", "now", "is_open"),
    [
        ("2026-11-27T10:00", "2026-11-30T09:59", False),
        ("2026-11-27T10:00", "2026-11-30T10:00", True),
        ("2026-05-13T10:00", "2026-05-14T18:00", False),  # Ascension
        ("2026-05-13T10:00", "2026-05-15T10:00", True),
    ],
)
def test_a_file_with_a_telephone_is_open_to_its_officers_after_a_working_day(filed, now, is_open):
    submission = make_submission()
    Submission.objects.filter(pk=submission.pk).update(filed_at=at(filed))
    assert ours(Submission).open_to_officers(at(now)).exists() is is_open


def test_without_a_telephone_nobody_reads_it(long_ago):
    long_ago(phone="")
    assert not ours(Submission).visible_to(make_officer()).exists()


def test_officers_elsewhere_do_not_read_it(long_ago):
    submission = long_ago()
    assert list(ours(Submission).visible_to(make_officer())) == [submission]
    assert list(ours(Submission).visible_to(make_lead())) == [submission]
    assert not ours(Submission).visible_to(make_officer(CCLO)).exists()


def test_it_is_marked_in_the_queue_and_in_the_file_and_its_neighbour_is_not(client, long_ago):
    submission = long_ago()
    neighbour = make_submission(confirmed=True, phone="03 44 99 99 99", company_name="Voisine")
    fresh = make_submission(company_name="Toute Neuve")
    client.force_login(make_officer())
    queue = text_of(client.get("/agent/"))
    assert "Adresse non confirmée : appeler le 03 53 01 60 35" in queue
    assert "appeler le 03 44 99 99 99" not in queue
    assert "Toute Neuve" not in queue
    assert "Adresse non confirmée : appeler le 03 53 01 60 35" in text_of(client.get(f"/agent/{submission.pk}/"))
    assert "non confirmée" not in text_of(client.get(f"/agent/{neighbour.pk}/"))
    assert client.get(f"/agent/{fresh.pk}/").status_code == 404


def test_its_review_is_e_mailed_once_the_address_is_confirmed(long_ago):
    submission, officer = long_ago(), make_officer()
    decide(submission, first_matches(submission)[0].scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY, message="Un mot.")
    send_space_link(email=submission.contact.email)
    to_firm = ours(Notification).filter(recipient=submission.contact.email)
    assert {row.kind for row in to_firm} == {"confirm_address"}
    confirm_address(submission=submission)
    assert {row.kind for row in to_firm.all()} == {"confirm_address", "receipt", "reviewed"}
    assert to_firm.filter(kind="reviewed").count() == 1


def test_the_form_says_that_it_will_be_read_and_the_page_on_personal_data_too(client):

    assert "un jour ouvré après" in str(ContactForm.base_fields["consent"].label)
    assert "un jour ouvré après" in text_of(client.get("/donnees-personnelles/"))
