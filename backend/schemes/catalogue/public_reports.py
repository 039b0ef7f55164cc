"""What visitors report as wrong in sheets: it waits with the rest, and is answered where an address was left."""

from datetime import datetime, timedelta

from django.db import transaction

from backend.common.work import Work
from backend.notifications.models import Notification
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email
from backend.schemes.catalogue.criteria import sentence
from backend.schemes.models import CatalogueTask, Criterion, Revision, Scheme

KEPT_DAYS = 7  # for which the address of a visitor stays after the answer
SAME_REPORT = timedelta(minutes=10)  # a second click, or the same form sent again
ANSWERED = "public_report_answered"


@transaction.atomic
def report_by_public(
    *, revision: Revision, criterion: Criterion | None, text: str, email: str, now: datetime
) -> CatalogueTask:
    """Ask the editors to check what a visitor says is wrong; the same words sent again at once are one report."""
    Scheme.objects.select_for_update(of=("self",)).get(pk=revision.scheme_id)
    same = CatalogueTask.objects.waiting().filter(
        origin=CatalogueTask.Origin.PUBLIC, revision=revision, criterion=criterion, text=text, reporter_email=email
    )
    return same.filter(reported_at__gte=now - SAME_REPORT).first() or CatalogueTask.objects.create(
        scheme_id=revision.scheme_id,
        revision=revision,
        criterion=criterion,
        text=text,
        origin=CatalogueTask.Origin.PUBLIC,
        reporter_email=email,
        reported_at=now,
    )


def enqueue_answer(task: CatalogueTask) -> None:
    """Owe a visitor who left an address the answer; not what was written: nobody checked whose address it is."""
    if not task.reporter_email:
        return
    context = {
        "task": task,
        "sentence": sentence(task.criterion.definition) if task.criterion else "",
        "days": KEPT_DAYS,
        "url": absolute_url("public_scheme", task.scheme.source_key),
    }
    key = f"catalogue_task:{task.pk}:answered"
    enqueue_email(kind=ANSWERED, key=key, recipient=task.reporter_email, message=render(ANSWERED, context))


@transaction.atomic
def erase_addresses(*, now: datetime) -> Work:
    """Erase the addresses of visitors who were answered some days ago, and the e-mails sent to them."""
    limit = now - timedelta(days=KEPT_DAYS)
    answered = CatalogueTask.objects.exclude(reporter_email="").filter(closed_at__lt=limit)
    found = answered.count()
    sent, _ = Notification.objects.filter(kind=ANSWERED, ended_at__lt=limit).delete()
    return Work(n_looked_at=found + sent, n_changed=answered.update(reporter_email="") + sent)
