from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backend.schemes.models import Criterion, Revision, Scheme, Source


class ReadOnly:
    """The catalogue is loaded from reviewed files; here it is read."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CriterionInline(ReadOnly, admin.TabularInline[Criterion, Revision]):
    model = Criterion


class SourceInline(ReadOnly, admin.TabularInline[Source, Revision]):
    model = Source


@admin.register(Scheme)
class SchemeAdmin(ReadOnly, admin.ModelAdmin[Scheme]):
    list_display = ("source_key", "current", "state", "source")
    list_filter = ("state", "source", "current__level", "current__kind", "current__confidence")
    search_fields = ("source_key", "current__name")


@admin.register(Revision)
class RevisionAdmin(ReadOnly, admin.ModelAdmin[Revision]):
    list_display = ("name", "number", "scheme", "recorded_at")
    list_filter = ("confidence", "window_state")
    search_fields = ("name",)
    inlines = (SourceInline, CriterionInline)
