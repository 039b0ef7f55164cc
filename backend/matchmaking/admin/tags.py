"""Imported schemes in the administration: the sub-needs each serves, proposed with reasons, decided by people."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from backend.matchmaking import engine
from backend.schemes.editing.admin.filters import WaitingFilter
from backend.schemes.editing.admin.pages import CataloguePages, found, signed_in
from backend.schemes.editing.forms.rows import WEIGHTS, need_choices, weight_choices
from backend.schemes.editing.forms.tags import TagRows, WhyForm
from backend.schemes.editing.tagging import TaggingError, decide_tags
from backend.schemes.models import ImportedScheme, Revision, SubNeed, TagDecision
from backend.schemes.typography import number


class TagsFilter(WaitingFilter):
    """Those that wait for a person unless asked otherwise."""

    title = "besoins"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("decides", "décidés"), ("tous", "tous")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "tous":
            return queryset
        if self.value() == "decides":
            return queryset.filter(tag_decisions__isnull=False).distinct()
        return queryset.waiting_for_tags()  # type: ignore[attr-defined,no-any-return]


@admin.register(ImportedScheme)
class ImportedSchemeAdmin(CataloguePages[ImportedScheme]):
    list_display = ("title", "source", "source_key")
    list_filter = (TagsFilter, "source")
    search_fields = ("source_key", "current__name")
    list_select_related = ("current",)
    ordering = ("current__name", "source_key")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportedScheme]:
        return ImportedScheme.objects.described()

    @admin.display(description="dispositif", ordering="current__name")
    def title(self, scheme: ImportedScheme) -> str:
        return str(scheme)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        scheme = found(ImportedScheme.objects.described().select_related("current"), object_id)
        revision = scheme.current
        if revision is None:
            raise Http404
        tags, origin = _starting_tags(scheme, revision)
        data = request.POST if request.method == "POST" else None
        rows = TagRows(
            data,
            initial=None
            if data is not None
            else [{"sub_need": key, "weight": weight} for key, weight in tags.items()],
            prefix="needs",
            form_kwargs={"needs": need_choices(), "weights": weight_choices(tags)},
        )
        why = WhyForm(data)
        none = data is not None and "none" in data
        if data is not None and why.is_valid() and (none or rows.is_valid()):
            try:
                decision = decide_tags(
                    scheme=scheme,
                    revision=found(scheme.revisions.all(), data.get("revision", "")),
                    tags={} if none else rows.tags(),
                    by=signed_in(request),
                    note=why.cleaned_data["note"],
                )
            except TaggingError as error:
                messages.error(request, str(error))
            else:
                self.log_change(request, scheme, f"Besoins décidés : {', '.join(decision.tags) or 'aucun'}.")
                messages.success(request, f"Besoins de « {scheme} » enregistrés ; ils comptent dès maintenant.")
                return redirect("admin:schemes_importedscheme_changelist")
        return self.page(
            request,
            "tags",
            str(scheme),
            scheme=scheme,
            revision=revision,
            origin=origin,
            waits=ImportedScheme.objects.filter(pk=scheme.pk).waiting_for_tags().exists(),
            proposed=_in_words(engine.propose_tags(scheme, revision)),
            decisions=_told(scheme),
            rows=rows,
            checked=data is not None and not none,
            why=why,
        )


def _starting_tags(scheme: ImportedScheme, revision: Revision) -> tuple[dict[str, float], str]:
    """Return the sub-needs to start from, and where they come from."""
    decision = scheme.tag_decisions.first()
    if decision:
        return decision.tags, "decided"
    served = {tag.sub_need_id: tag.weight for tag in revision.served_needs.all()}
    if served:
        return served, "record"
    proposed = engine.propose_tags(scheme, revision)
    return {tag.sub_need: min(WEIGHTS, key=lambda usual: abs(usual - tag.weight)) for tag in proposed}, "proposed"


def _in_words(proposed: Iterable[engine.ProposedTag]) -> list[tuple[str, str, tuple[str, ...]]]:
    labels = _labels()
    return [(labels[tag.sub_need], number(tag.weight), tag.reasons) for tag in proposed]


def _told(scheme: ImportedScheme) -> list[tuple[TagDecision, str]]:
    """Return the decisions, the last first, each with its sub-needs in words."""
    labels = _labels()
    return [
        (decision, ", ".join(f"{labels[key]} ({number(weight)})" for key, weight in decision.tags.items()))
        for decision in scheme.tag_decisions.select_related("by", "revision")
    ]


def _labels() -> dict[str, str]:
    return dict(SubNeed.objects.values_list("key", "label"))
