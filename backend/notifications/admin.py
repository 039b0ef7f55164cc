from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backend.notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin[Notification]):
    """The outbox, to see what is waiting and why: nothing is changed by hand."""

    list_display = ("owed_at", "kind", "recipient", "state", "delivery", "attempt", "ended_at", "error")
    list_filter = ("state", "delivery", "kind")
    search_fields = ("recipient", "subject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
