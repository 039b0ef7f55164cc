from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.common import generic_classes  # noqa: F401 -- classes take their type
from backend.journal.models import AuditEvent
from backend.journal.services import digest_of


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin[AuditEvent]):
    """Sign-ins, exports and backups, to read; what was done with a firm's file is for those who answer for it.

    An address typed in the search finds the refused sign-ins with it, of which only a digest is kept.
    """

    list_display = ("at", "kind", "actor_label", "account", "said")
    list_filter = ("kind", "at")
    list_select_related = ("account",)
    search_fields = ("actor_label", "actor__email", "account__email")
    search_help_text = "Un nom, ou une adresse : aussi celle des connexions refusées, gardée sous une empreinte."

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.about_accounts()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if "@" in search_term:
            found |= queryset.filter(detail=digest_of(search_term))
        return found, duplicates

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
