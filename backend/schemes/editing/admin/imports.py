"""What was read of other sites, run by run: read-only, for who keeps the catalogue."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from backend.schemes.editing.admin.pages import CataloguePages, found
from backend.schemes.models import ImportRun


@admin.register(ImportRun)
class ImportRunAdmin(CataloguePages[ImportRun]):
    list_display = ("source", "file_name", "started_at", "outcome", "counts", "author_name")
    list_filter = ("source", "is_trial")
    search_fields = ("file_name", "digest")
    list_select_related = ("by",)
    change_list_template = "admin/schemes/import_runs.html"

    @admin.display(description="issue")
    def outcome(self, run: ImportRun) -> str:
        return "fichier refusé" if run.failure else "essai" if run.is_trial else "reprise"

    @admin.display(description="créées, changées, inchangées, refusées")
    def counts(self, run: ImportRun) -> str:
        return "" if run.failure else f"{run.n_created}, {run.n_updated}, {run.n_unchanged}, {run.n_rejected}"

    @admin.display(description="demandée par", ordering="by")
    def author_name(self, run: ImportRun) -> str:
        return str(run.by or "ligne de commande")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = found(ImportRun.objects.select_related("by"), object_id)
        return self.page(
            request,
            "import_run",
            f"Reprise – {run}",
            run=run,
            outcome=self.outcome(run),
            author=self.author_name(run),
            report=run.report,
            contradictions=list(run.report.get("contradictions", {}).items()),  # a key may be named "items"
            nuances=list(run.report.get("nuances", {}).items()),
        )
