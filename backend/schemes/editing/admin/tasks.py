"""What people and jobs report as wrong in a sheet: read, mended by a proposal or not, and answered."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import Truncator

from backend.schemes.catalogue.criteria import sentence
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.reports import close_task
from backend.schemes.editing.admin.filters import WaitingFilter
from backend.schemes.editing.admin.pages import CataloguePages, age_of, found, signed_in
from backend.schemes.editing.forms.proposal import AnswerForm
from backend.schemes.editing.forms.tree import row_of
from backend.schemes.models import CatalogueTask

N_WORDS = 30  # of a report in the list; its page has all of them


@admin.register(CatalogueTask)
class CatalogueTaskAdmin(CataloguePages[CatalogueTask]):
    list_display = ("wrong", "scheme", "reporter", "age", "closed_by")
    list_filter = (WaitingFilter, "origin", "job")
    search_fields = ("text", "scheme__source_key", "revision__name")
    list_select_related = ("scheme__current", "criterion", "reported_by", "closed_by")

    @admin.display(description="ce qui ne va pas", ordering="text")
    def wrong(self, task: CatalogueTask) -> str:
        said = " – ".join(filter(None, [task.text, self.criterion_sentence(task)]))
        return Truncator(said or "sans précision").words(N_WORDS)

    def criterion_sentence(self, task: CatalogueTask) -> str:
        return sentence(task.criterion.definition) if task.criterion else ""

    @admin.display(description="signalé par", ordering="origin")
    def reporter(self, task: CatalogueTask) -> str:
        return task.reporter

    @admin.display(description="depuis", ordering="reported_at")
    def age(self, task: CatalogueTask) -> str:
        return age_of(task.reported_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = CatalogueTask.objects.select_related(
            "scheme__current", "revision", "criterion", "reported_by", "closed_by"
        )
        task = found(rows, object_id)
        form = AnswerForm(request.POST if request.method == "POST" else None, task=task)
        if form.is_bound and form.is_valid():
            try:
                close_task(task=task, editor=signed_in(request), answer=form.cleaned_data["answer"])
            except PublishingError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, self._said(task))
            return redirect("admin:schemes_cataloguetask_change", task.pk)
        return self.page(
            request,
            "task",
            f"Signalement – {task.scheme}",
            task=task,
            sentence=self.criterion_sentence(task),
            row=_row(task),
            age=self.age(task),
            form=form,
            proposals=task.proposals.select_related("author"),
        )

    def _said(self, task: CatalogueTask) -> str:
        told = " ; réponse à envoyer à la personne qui l’a fait" if task.is_answered else ""
        return f"Signalement traité{told}."


def _row(task: CatalogueTask) -> int | None:
    """Return the row of the criterion in question in the form of the version in force."""
    if task.criterion is None or task.scheme.current is None:
        return None
    return row_of(read_record(task.scheme.current)["criteria"], task.criterion.definition)
