"""How the queue of what sources changed is narrowed."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.common.days import current_day
from backend.schemes.catalogue.windows import SHUT, window_column
from backend.schemes.editing.admin.filters import WaitingFilter


class StateFilter(WaitingFilter):
    """Those that wait for a person unless asked otherwise."""

    waiting = "à décider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("nouvelles", "nouvelles"),
            ("modifiees", "suivies, modifiées"),
            ("proposees", "proposition en cours"),
            ("suivies", "suivies par notre catalogue"),
            ("de-cote", "mises de côté"),
            ("toutes", "toutes"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen: dict[str | None, Callable[[], QuerySet[Any]]] = {
            "nouvelles": queryset.unclaimed,  # type: ignore[attr-defined]
            "modifiees": queryset.changed,  # type: ignore[attr-defined]
            "proposees": queryset.proposed,  # type: ignore[attr-defined]
            "suivies": queryset.followed,  # type: ignore[attr-defined]
            "de-cote": queryset.set_aside,  # type: ignore[attr-defined]
            "toutes": queryset.all,
        }
        return chosen.get(self.value(), queryset.waiting)()  # type: ignore[attr-defined,no-any-return]


class PlaceFilter(admin.SimpleListFilter):
    title = "territoire"
    parameter_name = "territoire"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ici", "peut concerner le territoire"), ("ailleurs", "réservées à d’autres lieux")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("ici", "ailleurs"):
            return queryset
        return queryset.filter(concerns=self.value() == "ici")


class OpenFilter(admin.SimpleListFilter):
    title = "ouverture"
    parameter_name = "ouverture"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ouvertes", "ouvertes, à venir ou à confirmer"), ("fermees", "fermées")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("ouvertes", "fermees"):
            return queryset
        told = queryset.alias(window=window_column(current_day(), of="current__"))
        found: QuerySet[Any] = told.filter(window__in=SHUT)
        return found if self.value() == "fermees" else told.exclude(window__in=SHUT)
