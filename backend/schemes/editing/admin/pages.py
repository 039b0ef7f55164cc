"""What the pages of the catalogue share: who may open them, their frame, and numbers in addresses."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst

from backend.accounts.models import User
from backend.common import generic_classes  # noqa: F401 -- classes take their type

MAX_DIGITS = 18  # of a key of the database


def signed_in(request: HttpRequest) -> User:
    """Return who asks; the administration lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def edits_catalogue(request: HttpRequest) -> bool:
    """Tell whether who asks edits the catalogue: read once a page, for each list of the side bar wants to know."""
    known: bool | None = getattr(request, "edits_catalogue", None)
    if known is None:
        known = bool(getattr(request.user, "may_edit_catalogue", False))
        request.edits_catalogue = known  # type: ignore[attr-defined]
    return known


def found[Row: models.Model](rows: models.QuerySet[Row], pk: str) -> Row:
    """Return the row that an address names, or answer that there is none."""
    if not (pk.isascii() and pk.isdigit() and len(pk) <= MAX_DIGITS):
        raise Http404
    return get_object_or_404(rows, pk=int(pk))


def age_of(moment: datetime) -> str:
    """Say how long ago something was: in days for two months, in months for two years, then in years."""
    days = (timezone.now() - moment).days
    if days < 1:
        return "aujourd’hui"
    if days < 61:
        return f"{days} jour{'s' if days > 1 else ''}"
    return f"{days // 30} mois" if days < 731 else f"{days // 365} ans"


class CataloguePages[Row: models.Model](admin.ModelAdmin[Row]):
    """Pages for editors, whose right is their role; nothing is added, changed or deleted row by row."""

    change_list_template = "admin/schemes/change_list.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return edits_catalogue(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, under the name of what it lists: Django's own title asks to select an object.

        The database has no such thing as a text with a NUL, and a filter would ask it for one.
        """
        if any("\0" in value for value in request.GET.values()):
            return redirect(request.path)
        context = {"title": capfirst(self.opts.verbose_name_plural), **(extra_context or {})}
        return super().changelist_view(request, context)

    def for_editors(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """Return a page that only editors open, with the guards of the administration."""

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return self.admin_site.admin_view(guarded)

    def page(
        self, request: HttpRequest, template: str, title: str, *, status: int = 200, **context: Any
    ) -> TemplateResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, f"admin/schemes/{template}.html", {**frame, **context}, status=status)
