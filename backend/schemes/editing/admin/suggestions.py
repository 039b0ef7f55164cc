"""What people miss in the catalogue: read, written as a sheet or not, and answered."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import Truncator

from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.suggestions import answer_suggestion, sheets_like
from backend.schemes.editing.admin.filters import WaitingFilter
from backend.schemes.editing.admin.pages import CataloguePages, age_of, found, signed_in
from backend.schemes.editing.forms.suggestion import SuggestionAnswerForm
from backend.schemes.models import Suggestion

N_WORDS = 12  # in the list; its page has all of them


@admin.register(Suggestion)
class SuggestionAdmin(CataloguePages[Suggestion]):
    list_display = ("name", "author_name", "age", "said", "scheme", "closed_by")
    list_filter = (WaitingFilter,)
    search_fields = ("name", "text", "url")
    list_select_related = ("scheme__current", "suggested_by", "closed_by")

    @admin.display(description="proposé par", ordering="suggested_by")
    def author_name(self, suggestion: Suggestion) -> str:
        return suggestion.author

    @admin.display(description="ce qu’il apporte, et à qui")
    def said(self, suggestion: Suggestion) -> str:
        return Truncator(suggestion.text).words(N_WORDS)

    @admin.display(description="depuis", ordering="suggested_at")
    def age(self, suggestion: Suggestion) -> str:
        return age_of(suggestion.suggested_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Suggestion.objects.select_related("scheme__current", "suggested_by", "closed_by")
        suggestion = found(rows, object_id)
        alike = sheets_like(name=suggestion.name, url=suggestion.url)
        form = SuggestionAnswerForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            try:
                answer_suggestion(suggestion=suggestion, editor=signed_in(request), **form.cleaned_data)
            except PublishingError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, "Proposition traitée.")
                return redirect("admin:schemes_suggestion_change", suggestion.pk)
        return self.page(
            request,
            "suggestion",
            f"Dispositif proposé – {suggestion}",
            suggestion=suggestion,
            alike=alike,
            age=self.age(suggestion),
            form=form,
        )
