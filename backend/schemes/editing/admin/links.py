"""The pages that published sheets name: those that fail first, each with how it answered day by day."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest

from backend.common import generic_classes  # noqa: F401 -- classes take their type
from backend.schemes.editing.admin.pages import CataloguePages, edits_catalogue
from backend.schemes.models import Page, PageCheck


class FailingFilter(admin.SimpleListFilter):
    title = "état"
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("echec", "en échec"), ("reponse", "répond")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Page]) -> QuerySet[Page]:
        if self.value() in ("echec", "reponse"):
            return queryset.filter(failing_since__isnull=self.value() == "reponse")
        return queryset


class ChecksInline(admin.TabularInline[PageCheck, Page]):
    model = PageCheck
    fields = ("on", "outcome", "sentence", "status", "moved_to")
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return edits_catalogue(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Page)
class PageAdmin(CataloguePages[Page]):
    list_display = ("url", "outcome", "sentence", "failing_since", "checked_on")
    list_filter = (FailingFilter, "outcome")
    search_fields = ("url",)
    fields = ("url", "outcome", "sentence", "status", "failing_since", "checked_on", "moved_to", "seen_on")
    inlines = (ChecksInline,)

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [F("failing_since").asc(nulls_last=True), "url"]
