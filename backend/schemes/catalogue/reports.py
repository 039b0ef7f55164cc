"""What jobs report as wrong in sheets, each thing once, in the queue of people's reports; and what editors answer."""

from collections.abc import Callable, Mapping

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.catalogue.drafts import need_editor
from backend.schemes.catalogue.emails import tell
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.public_reports import enqueue_answer
from backend.schemes.models import CatalogueTask, Scheme


@transaction.atomic
def report_by_job(*, scheme: Scheme, job: str, subject: str, text: str) -> CatalogueTask | None:
    """Ask the editors to check a sheet; ``None`` where the job has already said it, be it answered since."""
    if scheme.current_id is None:
        return None
    task, is_new = CatalogueTask.objects.get_or_create(
        scheme=scheme,
        job=job,
        subject=subject,
        origin=CatalogueTask.Origin.JOB,
        defaults={"revision_id": scheme.current_id, "text": text, "reported_at": timezone.now()},
    )
    return task if is_new else None


@transaction.atomic
def settle_by_job(*, job: str, subject: str, answer: str, scheme: Scheme | None = None) -> int:
    """Close what a job reported, since it is no longer so; of one scheme or of all. Return how many were waiting."""
    waiting = CatalogueTask.objects.from_job(job).waiting().filter(subject=subject)
    if scheme is not None:
        waiting = waiting.filter(scheme=scheme)
    return waiting.update(closed_at=timezone.now(), answer=answer)


def report_all(
    *, job: str, found: Mapping[Scheme, Mapping[str, str]], why_settled: Callable[[CatalogueTask], str]
) -> int:
    """Report all that a job found, texts by subject, and settle what it finds no more; return how many of both."""
    n_changed = 0
    for scheme, texts in found.items():
        for subject, text in texts.items():
            n_changed += report_by_job(scheme=scheme, job=job, subject=subject, text=text) is not None
    for task in CatalogueTask.objects.from_job(job).waiting().select_related("scheme__current"):
        if task.subject not in found.get(task.scheme, {}):
            n_changed += settle_by_job(job=job, subject=task.subject, answer=why_settled(task), scheme=task.scheme)
    return n_changed


@transaction.atomic
def close_task(*, task: CatalogueTask, editor: User, answer: str) -> CatalogueTask:
    """Answer what was reported as wrong in a sheet; who reported it is told, a visitor where there is an address."""
    need_editor(editor)
    task = CatalogueTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if task.closed_at is not None:
        raise PublishingError("Ce signalement est déjà traité.")
    if not answer.strip():
        raise PublishingError("Écrivez une réponse : elle reste dans la fiche, et qui a signalé l’erreur la reçoit.")
    task.closed_at, task.closed_by, task.answer = timezone.now(), editor, answer.strip()
    task.save(update_fields=["closed_at", "closed_by", "answer"])
    if task.reported_by and task.reported_by.is_active and task.reported_by_id != editor.pk:
        tell("catalogue_task_closed", f"catalogue_task:{task.pk}:closed", task.reported_by, {"task": task})
    enqueue_answer(task)
    return task
