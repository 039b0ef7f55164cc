from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backend.common import generic_classes  # noqa: F401 -- classes take their type
from backend.journal.services import record_read
from backend.notifications.models import Notification, StopReason
from backend.notifications.suppression import lift_suppressions


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin[Notification]):
    """The outbox, to see what is waiting and why: no e-mail is changed by hand."""

    actions = ("write_again",)

    list_display = ("owed_at", "kind", "recipient", "state", "delivery", "attempt", "ended_at", "error")
    list_filter = ("state", "delivery", "kind")
    search_fields = ("recipient", "subject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Notification | None:
        """Note that what was written to or about a firm is read."""
        row = super().get_object(request, object_id, from_field)
        reader = request.user
        for about in row.about if row else ():
            kind, _, number = about.partition(":")
            if kind == "submission" and isinstance(reader, AbstractBaseUser):
                record_read(actor=reader, submission_id=int(number), epci_id=None)
        return row

    @admin.action(description=_("Écrire de nouveau à ces adresses, qui fonctionnent"), permissions=["view"])
    def write_again(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        n_lifted = 0
        for address in {address.lower() for address in queryset.values_list("recipient", flat=True)}:
            n_lifted += lift_suppressions(address=address, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Adresses à qui l’on écrit de nouveau : %(n)s.") % {"n": n_lifted})


@admin.register(StopReason)
class StopReasonAdmin(admin.ModelAdmin[StopReason]):
    """Why readers stopped a list, by month: numbers to read."""

    list_display = ("month", "list_name", "reason", "n_stops")
    list_filter = ("list_name", "reason")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
