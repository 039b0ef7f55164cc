"""What jobs report, beside what people report."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.notifications.models import Notification
from backend.schemes.catalogue.reports import close_task, report_by_job, settle_by_job
from backend.schemes.models import CatalogueTask
from tests.factories import make_officer
from tests.schemes.people import get_scheme, make_editor, make_task

pytestmark = pytest.mark.django_db
LINKS = CatalogueTask.Job.LINKS
SUBJECT = "down:https://exemple.example/page:2026-11-21"


def report(scheme=None, subject=SUBJECT, job=LINKS):
    return report_by_job(scheme=scheme or get_scheme(), job=job, subject=subject, text="La page ne répond plus.")


def test_a_job_reports_the_same_thing_once_even_after_it_was_answered():
    task = report()
    assert report() is None
    close_task(task=task, editor=make_editor(), answer="Le site est en travaux.")
    assert report() is None
    assert CatalogueTask.objects.count() == 1


def test_a_job_reports_another_thing_and_another_scheme():
    report()
    assert report(subject="changed")
    assert report(scheme=get_scheme("vie"))
    assert report(job=CatalogueTask.Job.EXPIRY)
    assert CatalogueTask.objects.waiting().count() == 4


def test_a_job_closes_what_it_reported_and_nothing_else():
    report()
    other, by_person = report(subject="changed"), make_task(get_scheme())
    assert settle_by_job(job=LINKS, subject=SUBJECT, answer="La page répond de nouveau.") == 1
    assert set(CatalogueTask.objects.waiting()) == {other, by_person}
    closed = CatalogueTask.objects.get(subject=SUBJECT)
    assert (closed.closed_by, closed.answered_by) == (None, "contrôle des adresses")
    assert settle_by_job(job=LINKS, subject=SUBJECT, answer="Encore.") == 0


def test_nobody_is_written_to_about_what_a_job_reported():
    close_task(task=report(), editor=make_editor(), answer="Vu.")
    assert not Notification.objects.filter(kind="catalogue_task_closed").exists()


JOB = {"origin": "job", "reported_by": None, "job": LINKS, "subject": "x", "criterion": None}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"reported_by": None}, "one_origin"),
        ({"job": LINKS}, "one_origin"),
        ({"reporter_email": "p@exemple.example"}, "one_origin"),
        ({"origin": "public"}, "one_origin"),
        ({"origin": "public", "reported_by": None, "job": LINKS}, "one_origin"),
        ({**JOB, "job": ""}, "one_origin"),
        ({**JOB, "subject": ""}, "one_origin"),
        ({**JOB, "reporter_email": "p@exemple.example"}, "one_origin"),
        ({"origin": "job", "job": LINKS, "subject": "x"}, "one_origin"),
        ({**JOB, "closed_at": timezone.now()}, "closed_by_someone"),
        ({"closed_at": timezone.now(), "answer": "Vu."}, "closed_by_someone"),
        ({"origin": "public", "reported_by": None, "closed_at": timezone.now()}, "closed_by_someone"),
    ],
)
def test_the_database_refuses_a_report_without_one_clear_origin(fields, name):
    scheme, officer = get_scheme(), make_officer()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make_task(scheme, **{"reported_by": officer, **fields})


def test_the_public_reports_with_or_without_an_address():
    scheme = get_scheme()
    for email in ("", "p@exemple.example"):
        task = make_task(scheme, origin="public", reported_by=None, reporter_email=email)
        assert task.reporter == "public"
