"""When a job is late or keeps failing, who is told and how often; and the page that shows it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from backend.accounts.models import User
from backend.jobs.alarms import PATIENCE, alarm_of, watch
from backend.jobs.models import JobRun, JobState
from backend.jobs.registry import JOBS
from backend.notifications.models import Notification
from tests.factories import DAY, make_lead, make_officer
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PAGE = "/agent/taches/"
OUTBOX = JOBS["outbox.sweep"]


@pytest.fixture
def administrator():
    return User.objects.create_superuser("admin@jonction.example", "mot-de-passe-long", first_name="Anne")


def stand(name="outbox.sweep", *, ago=timedelta(0), now=NOW, **columns) -> JobState:
    """Make a job succeed some time ago."""
    fields = {"known_since": now - ago, "succeeded_at": now - ago, "seconds": 1.2, "n_looked_at": 3, "n_changed": 1}
    return JobState.objects.update_or_create(name=name, defaults={**fields, **columns})[0]


def all_well(now=NOW) -> None:
    for name in JOBS:
        stand(name, now=now)


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({}, None),
        ({"ago": OUTBOX.late_after}, None),
        ({"ago": OUTBOX.late_after + timedelta(seconds=1)}, "late"),
        ({"n_failures": PATIENCE - 1, "failed_at": NOW, "error": "Non."}, None),
        ({"n_failures": PATIENCE, "failed_at": NOW, "error": "Non."}, "failing"),
    ],
)
def test_a_job_is_in_alarm_when_late_or_failing(columns, kind):
    alarm = alarm_of(OUTBOX, stand(**columns), now=NOW)
    assert (alarm.kind if alarm else None) == kind


def test_a_job_that_never_succeeded_is_late_from_the_day_it_is_known():
    nothing = {"succeeded_at": None, "seconds": None, "n_looked_at": None, "n_changed": None}
    assert alarm_of(OUTBOX, stand(**nothing), now=NOW) is None
    assert alarm_of(OUTBOX, stand(ago=timedelta(hours=1), **nothing), now=NOW).kind == "late"


def told() -> list[Notification]:
    return list(Notification.objects.filter(kind="job_alarm").order_by("pk"))


def test_administrators_are_told_once_of_an_alarm_not_at_each_look(administrator):
    make_lead()
    for minutes in range(0, 60, 20):
        now = NOW + timedelta(minutes=minutes)
        all_well(now)
        stand(ago=timedelta(hours=2, minutes=minutes), now=now)
        watch(JOBS, on=DAY, now=now)
    [notice] = told()
    assert notice.recipient == administrator.email
    assert notice.subject == "« Envoi des courriels » : la tâche ne se fait plus"
    assert "en retard depuis le 24 novembre 2026 à" in notice.text
    assert PAGE in notice.text


def test_several_alarms_at_once_are_one_email(administrator):
    all_well(NOW - timedelta(days=3))
    watch(JOBS, on=DAY, now=NOW)
    [notice] = told()
    assert notice.subject == f"{sum(job.is_on for job in JOBS.values())} tâches automatiques ne se font plus"


def test_a_job_that_comes_and_goes_is_told_of_once_a_day(administrator):
    all_well()
    for day in range(2):
        for hour in range(2):
            now = NOW + timedelta(days=day, hours=2 * hour)
            all_well(now)
            stand(ago=timedelta(hours=2), now=now)
            watch(JOBS, on=DAY + timedelta(days=day), now=now)
            all_well(now)
            watch(JOBS, on=DAY + timedelta(days=day), now=now)
    assert len(told()) == 2


def test_an_alarm_that_lasts_is_not_told_again_the_next_day(administrator):
    all_well()
    stand(n_failures=3, failed_at=NOW, error="Non.")
    watch(JOBS, on=DAY, now=NOW)
    all_well(NOW + timedelta(days=1))
    stand(now=NOW + timedelta(days=1), n_failures=30, failed_at=NOW, error="Non.")
    watch(JOBS, on=DAY + timedelta(days=1), now=NOW + timedelta(days=1))
    assert len(told()) == 1
    assert "3 échecs de suite" in told()[0].text


def test_watching_makes_every_job_known_so_that_one_that_never_runs_is_late_one_day(administrator):
    watch(JOBS, on=DAY, now=NOW)
    assert set(JobState.objects.values_list("name", flat=True)) == set(JOBS)
    assert told() == []
    watch(JOBS, on=DAY, now=NOW + timedelta(days=30))
    assert len(told()) == 1


# -- the page and what a monitor asks


def test_a_monitor_is_told_which_jobs_are_late(client):
    all_well(timezone.now())
    response = client.get("/jobz")
    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response["Cache-Control"]
    stand(ago=timedelta(hours=2), now=timezone.now())
    stand("sessions.erase", now=timezone.now(), n_failures=3, failed_at=NOW, error="Secret.")
    response = client.get("/jobz")
    assert (response.status_code, response.content) == (503, b"outbox.sweep late, sessions.erase failing")


def test_the_page_shows_each_job_and_those_in_alarm_first(client, administrator):
    client.force_login(administrator)
    all_well(timezone.now())
    text = text_of(client.get(PAGE))
    assert "Tout se fait à l’heure." in text
    assert "3 regardées, 1 changée" in text
    assert "toutes les 5 min" in text.lower()
    stand("jobs.watch", ago=timedelta(hours=2), now=timezone.now())
    text = text_of(client.get(PAGE))
    assert "1 tâche en alarme." in text
    assert text.index("Surveillance des tâches") < text.index("Envoi des courriels")
    assert "en retard depuis le" in text


def test_before_anything_ran_the_page_says_so(client, administrator):
    client.force_login(administrator)
    text = text_of(client.get(PAGE))
    assert "pas encore faite" in text
    assert "jamais" in text


def test_the_words_of_an_error_are_for_administrators(client, administrator):
    now = timezone.now()
    all_well(now)
    stand("sessions.erase", now=now, n_failures=1, failed_at=now, error="ValueError : <Secret>")
    JobRun.objects.create(name="sessions.erase", started_at=now, ended_at=now, error="ValueError : <Secret>")
    client.force_login(make_lead())
    text = text_of(client.get(PAGE))
    assert "dernier essai échoué" in text
    assert "Secret" not in text
    client.force_login(administrator)
    assert "ValueError : <Secret>" in text_of(client.get(PAGE))


def test_who_does_not_run_the_service_has_no_such_page(client):
    client.force_login(make_officer())
    assert client.get(PAGE).status_code == 403
    assert PAGE not in client.get("/agent/").content.decode()
    client.force_login(make_lead())
    assert PAGE in client.get("/agent/").content.decode()


def test_the_page_costs_the_same_whatever_went_wrong(client, administrator, django_assert_num_queries):
    client.force_login(administrator)
    client.get(PAGE)
    for _ in range(30):
        JobRun.objects.create(name="jobs.watch", started_at=NOW, ended_at=NOW, error="Non.")
    with django_assert_num_queries(5):  # session, account, states, what runs, errors
        text = text_of(client.get(PAGE))
    assert text.count(": Non.") == 5
