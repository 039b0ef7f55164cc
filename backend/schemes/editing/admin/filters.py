"""How editors narrow their lists: by what a sheet is today, serves, lacks, and who runs it."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from backend.common.days import current_day
from backend.schemes.catalogue.searching import with_operator
from backend.schemes.catalogue.windows import WindowOn, window_column
from backend.schemes.models import Proposal, Remark, Revision, Scheme, ServedNeed, TaxonomyNeed

LEAST_COMPLETE = {"0": (0, 49), "50": (50, 79), "80": (80, 100)}


class ToReviewFilter(admin.SimpleListFilter):
    title = "relecture"
    parameter_name = "relecture"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("due", "à revoir"), ("done", "à jour")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scheme]) -> QuerySet[Scheme]:
        by = {"due": "lt", "done": "gte"}.get(self.value() or "")
        return queryset.filter(**{f"review_on__{by}": current_day()}) if by else queryset


class WindowFilter(admin.SimpleListFilter):
    """What a window is today, which its stated state alone does not say."""

    title = "ouverture aujourd’hui"
    parameter_name = "ouverture"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return list(WindowOn.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scheme]) -> QuerySet[Scheme]:
        if self.value() not in WindowOn.values:
            return queryset
        return queryset.alias(window_today=window_column(current_day(), of="current__")).filter(
            window_today=self.value(), current__isnull=False
        )


class NeedFilter(admin.SimpleListFilter):
    title = "besoin servi"
    parameter_name = "besoin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(TaxonomyNeed.objects.values_list("key", "label"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scheme]) -> QuerySet[Scheme]:
        if not self.value():
            return queryset
        served = ServedNeed.objects.filter(revision=OuterRef("current"), sub_need__need=self.value())
        return queryset.filter(Exists(served))


class CompletenessFilter(admin.SimpleListFilter):
    """How complete a sheet was last night."""

    title = "fiche complète"
    parameter_name = "complete"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("0", "moins de 50 sur 100"), ("50", "de 50 à 79"), ("80", "80 et plus"), ("none", "pas encore notée")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scheme]) -> QuerySet[Scheme]:
        if self.value() == "none":
            return queryset.filter(completeness=None)
        bounds = LEAST_COMPLETE.get(self.value() or "")
        return queryset.filter(completeness__range=bounds) if bounds else queryset


class OperatorFilter(admin.SimpleListFilter):
    """Typed, since there are as many operators as schemes."""

    title = "porteur"
    parameter_name = "porteur"
    template = "admin/schemes/typed_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]  # a filter without a choice is not shown

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Return what else narrows the list, to be sent again with what is typed."""
        others = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name != self.parameter_name
            for value in values
        ]
        if changelist.query:
            others.append(("q", changelist.query))
        yield {"others": others, "typed": self.value() or "", "name": self.parameter_name}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scheme]) -> QuerySet[Scheme]:
        typed = (self.value() or "").strip()
        return queryset.filter(current__in=with_operator(Revision.objects.all(), typed)) if typed else queryset


class ToDoFilter(admin.SimpleListFilter):
    """What waits for somebody in the proposals."""

    title = "à faire"
    parameter_name = "faire"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("relire", "à relire"),
            ("apres", "à relire après coup"),
            ("remarques", "remarques du porteur"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> QuerySet[Proposal]:
        if self.value() == "relire":
            return queryset.filter(state=Proposal.State.PROPOSED)
        if self.value() == "apres":
            return queryset.filter(pk__in=Proposal.objects.unchecked())
        if self.value() == "remarques":
            return queryset.filter(Exists(Remark.objects.waiting().filter(link__proposal=OuterRef("pk"))))
        return queryset


class WaitingFilter(admin.SimpleListFilter):
    """Those that wait for an answer unless asked otherwise."""

    title = "état"
    parameter_name = "etat"
    waiting = "en attente"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("traites", "traités"), ("tous", "tous")]

    def choices(self, changelist: Any) -> Any:
        for value, label in ((None, self.waiting), *self.lookup_choices):
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: value} if value else {}, remove=([] if value else [self.parameter_name])
                ),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "tous":
            return queryset
        return queryset.filter(closed_at__isnull=self.value() != "traites")
