"""The queue: age × urgency × deadline, and filters."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from backend.matchmaking.follow_up import offer_file, record_step, take_file
from backend.matchmaking.models import Submission
from backend.matchmaking.queue import Filters, queue_of, with_priority
from backend.matchmaking.reviews import end_review
from backend.schemes.models import Scheme
from tests.factories import ARC, CCLO, COMMUNES, DAY, make_lead, make_officer, make_submission, publish_revision

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make_officer()


PARIS = ZoneInfo("Europe/Paris")


def waiting(days, horizon=None, **changes):
    submission = make_submission(confirmed=True, facts={"project.horizon": horizon}, **changes)
    confirmed_at = datetime.combine(DAY - timedelta(days=days), time(12), PARIS)
    Submission.objects.filter(pk=submission.pk).update(confirmed_at=confirmed_at)
    return submission


def order(user, **filters):
    return list(queue_of(user, Filters(**filters), on=DAY).values_list("pk", flat=True))


def priority(submission):
    return with_priority(Submission.objects.filter(pk=submission.pk), on=DAY).get().priority


@pytest.fixture(autouse=True)
def no_deadline(request):
    """No scheme closes soon, but where a test says so: what counts is age and urgency."""
    for scheme in Scheme.objects.published().filter(current__closes_on__lte=DAY + timedelta(days=60)):
        Scheme.objects.filter(pk=scheme.pk).update(state=Scheme.State.ARCHIVED)


def test_the_longer_it_waits_the_sooner_it_comes(officer):
    young, old = waiting(0), waiting(3)
    assert order(officer) == [old.pk, young.pk]


def test_a_firm_in_a_hurry_overtakes_one_that_is_not(officer):
    later, hurry = waiting(3, "later"), waiting(1, "under_3_months")
    assert order(officer) == [hurry.pk, later.pk]


def test_nobody_waits_for_ever(officer):
    hurry, later = waiting(0, "under_3_months"), waiting(10, "later")
    assert order(officer) == [later.pk, hurry.pk]


@pytest.mark.parametrize(
    ("horizon", "weight"), [("under_3_months", 3.0), ("3_to_12_months", 2.0), ("later", 1.0), (None, 2.0)]
)
def test_priority_is_age_times_urgency(horizon, weight):
    assert priority(waiting(4, horizon)) == 5 * weight


@pytest.mark.parametrize(("days_left", "weight"), [(0, 4.0), (7, 4.0), (8, 2.0), (30, 2.0), (31, 1.0)])
def test_priority_counts_the_nearest_closing_date_of_what_the_firm_could_have(days_left, weight):
    scheme = Scheme.objects.published().get(source_key="prochemploi-hdf")
    publish_revision(scheme, window_state="dated", opens_on=None, closes_on=DAY + timedelta(days=days_left))
    submission = waiting(0, "later")
    row = with_priority(Submission.objects.filter(pk=submission.pk), on=DAY).get()
    assert (row.closes_on, row.priority) == (DAY + timedelta(days=days_left), weight)


def test_filters_narrow_and_combine(officer):
    mine = waiting(0, "later", company_name="Tôlerie A")
    take_file(submission=mine, officer=officer)
    pool = waiting(0, company_name="Fonderie B", without=("commune",))
    transmission = waiting(0, company_name="Scierie C", needs=("creation.transmettre",))
    assert order(officer, whose="miennes") == [mine.pk]
    assert set(order(officer, whose="equipe")) == {mine.pk, transmission.pk}
    assert order(officer, need="creation") == [transmission.pk]
    assert order(officer, horizon="later") == [mine.pk]
    assert order(officer, words="fonderie") == [pool.pk]
    assert order(officer, words=pool.reference) == [pool.pk]
    assert order(officer, whose="miennes", words="fonderie") == []
    assert order(officer, epci=CCLO) == []


def test_what_is_offered_to_me_can_be_listed(officer):
    other = make_officer(CCLO)
    file = waiting(0)
    offer_file(submission=file, by=officer, to=other)
    assert order(other, whose="proposees") == [file.pk]
    assert order(officer, whose="proposees") == []


def test_each_state_lists_its_files(officer):
    todo, done = waiting(0), waiting(0)
    record_step(submission=todo, officer=officer, step="partner", note="un laboratoire")
    end_review(submission=done, officer=officer, on=DAY, message="Bonjour")
    assert order(officer, state="a-relire") == [todo.pk]
    assert order(officer, state="relues") == [done.pk]
    assert order(officer, state="a-suivre") == [todo.pk]


def test_a_queue_never_shows_the_files_of_others():
    file = make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO]})
    assert order(make_officer(ARC)) == []
    assert order(make_lead()) == [file.pk]
