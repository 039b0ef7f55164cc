"""Sheets that may be of one scheme: both side by side, and what a person decides of them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from backend.schemes.catalogue.comparison import side_by_side
from backend.schemes.catalogue.records import read_record
from backend.schemes.editing.admin.filters import WaitingFilter
from backend.schemes.editing.admin.pages import MAX_DIGITS, CataloguePages, found, signed_in
from backend.schemes.editing.forms.duplicates import WhyForm, WhySameForm
from backend.schemes.ingestion.duplicates.deciding import DuplicateError, decide_pair, take_back, two_of_ours
from backend.schemes.ingestion.duplicates.together import (
    MOST,
    SURE_FROM,
    SURE_JUDGED,
    SURE_RIGHT,
    Read,
    decide_together,
    decided_with,
    sample_of,
    sure_pairs,
    take_back_together,
)
from backend.schemes.models import DuplicateDecision, DuplicatePair, Revision, Scheme

LIST = "admin:schemes_duplicatepair_changelist"
TOLD = {
    DuplicateDecision.Verdict.SAME: "C’est noté : c’est un même dispositif.",
    DuplicateDecision.Verdict.VARIANT: "C’est noté : l’une est une variante ou une autre édition de l’autre.",
    DuplicateDecision.Verdict.OTHER: "C’est noté : ce sont deux dispositifs.",
}


class StateFilter(WaitingFilter):
    """Those that wait for a person unless asked otherwise."""

    waiting = "à décider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("toutes", "toutes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "toutes" else queryset.waiting()  # type: ignore[attr-defined]


class OursFilter(admin.SimpleListFilter):
    title = "catalogue"
    parameter_name = "catalogue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("deux", "deux fiches à nous"),
            ("une", "une fiche à nous, une importée"),
            ("aucune", "deux fiches importées"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        one, other = Q(one__source=Scheme.OWN), Q(other__source=Scheme.OWN)
        chosen = {"deux": one & other, "une": (one & ~other) | (~one & other), "aucune": ~one & ~other}
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(DuplicatePair)
class DuplicatePairAdmin(CataloguePages[DuplicatePair]):
    change_list_template = "admin/schemes/duplicates.html"
    list_display = ("title", "share", "advice", "sources", "found_at")
    list_filter = (StateFilter, OursFilter, "advice")
    search_fields = ("one__current__name", "other__current__name", "one__source_key", "other__source_key")
    list_select_related = ("one__current", "other__current")
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description="les deux fiches", ordering="one__current__name")
    def title(self, pair: DuplicatePair) -> str:
        return str(pair)

    @admin.display(description="vraisemblance", ordering="chance")
    def share(self, pair: DuplicatePair) -> str:
        return f"{pair.percent} %"

    @admin.display(description="sources")
    def sources(self, pair: DuplicatePair) -> str:
        return f"{pair.one.source}, {pair.other.source}"

    def get_urls(self) -> list[URLPattern]:
        decide = self.for_editors(require_POST(self.decide))
        return [
            path("ensemble/", self.for_editors(self.together), name="schemes_duplicatepair_together"),
            path("<path:pk>/decider/", decide, name="schemes_duplicatepair_decide"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, _pair(object_id), WhyForm())

    def decide(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Keep what was decided, with the revisions that were read."""
        pair, form = _pair(pk), WhyForm(request.POST)
        if not form.is_valid():
            return self._page(request, pair, form)
        try:
            decision = decide_pair(
                pair=pair,
                editor=signed_in(request),
                verdict=request.POST.get("verdict", ""),
                one=_read(request, pair.one, "one"),
                other=_read(request, pair.other, "other"),
                why=form.cleaned_data["why"],
            )
        except DuplicateError as error:
            messages.error(request, str(error))
            return self._page(request, pair, form)
        told = TOLD[DuplicateDecision.Verdict(decision.verdict)]
        if row := decision.counterpart:
            told += f" « {row.ours} » suit maintenant sa source, {row.imported.source}."
        messages.success(request, told)
        if decision.verdict == DuplicateDecision.Verdict.SAME and two_of_ours(pair):
            return redirect(f"{reverse('admin:schemes_fusion_propose')}?une={pair.one_id}&autre={pair.other_id}")
        return redirect(LIST)

    def together(self, request: HttpRequest) -> HttpResponse:
        """Decide on the surest pairs at once, with some of them to read and the reason of it."""
        form = WhySameForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                done = decide_together(
                    read=_read_pairs(request), editor=signed_in(request), why=form.cleaned_data["why"]
                )
            except DuplicateError as error:
                messages.error(request, str(error))
            else:
                told = "Chaque décision se reprend, seule ou avec les autres."
                messages.success(request, f"Paires décidées ensemble : {done.n}. {told}")
                for line in done.refused:
                    messages.warning(request, line)
                return redirect(LIST)
        pairs = list(sure_pairs()[:MOST])
        return self.page(
            request,
            "duplicates_together",
            "Décider ensemble",
            form=form,
            pairs=pairs,
            sample=sample_of(pairs),
            sure=round(100 * SURE_FROM),
            right=SURE_RIGHT,
            judged=SURE_JUDGED,
        )

    def _page(self, request: HttpRequest, pair: DuplicatePair, form: WhyForm) -> HttpResponse:
        rows = DuplicateDecision.objects.of(pair).select_related(
            "by", "taken_back_by", "one_revision", "other_revision"
        )
        lines = side_by_side(*(read_record(_current(scheme)) for scheme in (pair.one, pair.other)))
        return self.page(
            request,
            "duplicate",
            str(pair),
            pair=pair,
            form=form,
            lines=lines,
            n_alike=sum(line.is_alike for line in lines),
            closer=[reason for reason in pair.reasons if reason["weight"] > 0],
            apart=[reason for reason in pair.reasons if reason["weight"] < 0],
            decisions=rows,
            is_waiting=DuplicatePair.objects.waiting().filter(pk=pair.pk).exists(),
            is_ours=two_of_ours(pair),
            may_join=two_of_ours(pair) and rows.in_force().filter(verdict=DuplicateDecision.Verdict.SAME).exists(),
            imported=next((scheme for scheme in (pair.one, pair.other) if scheme.source != Scheme.OWN), None),
        )


@admin.register(DuplicateDecision)
class DuplicateDecisionAdmin(CataloguePages[DuplicateDecision]):
    list_display = ("title", "verdict", "by", "at", "is_in_force")
    list_filter = ("verdict",)
    search_fields = ("one__current__name", "other__current__name", "why")
    list_select_related = ("one__current", "other__current", "by")

    @admin.display(description="les deux fiches")
    def title(self, decision: DuplicateDecision) -> str:
        return f"{decision.one} / {decision.other}"

    @admin.display(description="en vigueur", boolean=True)
    def is_in_force(self, decision: DuplicateDecision) -> bool:
        return decision.taken_back_at is None

    def get_urls(self) -> list[URLPattern]:
        back = self.for_editors(require_POST(self.take_back))
        all_back = self.for_editors(require_POST(self.take_back_together))
        return [
            path("<path:pk>/reprendre/", back, name="schemes_duplicatedecision_take_back"),
            path("<path:pk>/reprendre-ensemble/", all_back, name="schemes_duplicatedecision_take_back_together"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = DuplicateDecision.objects.select_related(
            "one__current", "other__current", "by", "taken_back_by", "one_revision", "other_revision", "counterpart"
        )
        decision = found(rows, object_id)
        n_together = decided_with(decision).count()
        return self.page(request, "duplicate_decision", str(decision), decision=decision, n_together=n_together)

    def take_back(self, request: HttpRequest, pk: str) -> HttpResponse:
        decision = found(DuplicateDecision.objects.all(), pk)
        try:
            take_back(decision=decision, editor=signed_in(request))
        except DuplicateError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "Décision reprise : la paire est de nouveau à décider.")
        pair = DuplicatePair.objects.filter(one=decision.one_id, other=decision.other_id).first()
        return redirect(reverse("admin:schemes_duplicatepair_change", args=[pair.pk]) if pair else reverse(LIST))

    def take_back_together(self, request: HttpRequest, pk: str) -> HttpResponse:
        n = take_back_together(decision=found(DuplicateDecision.objects.all(), pk), editor=signed_in(request))
        messages.success(request, f"Décisions reprises : {n}. Ces paires sont de nouveau à décider.")
        return redirect(LIST)


def _read_pairs(request: HttpRequest) -> list[Read]:
    """Return the pairs that were on the page, with the revisions that it showed; what cannot be read is left out."""
    said = [value.split(".") for value in request.POST.getlist("lue")[:MOST]]
    numbers = [[int(part) for part in parts] for parts in said if len(parts) == 3 and all(map(_is_number, parts))]
    pairs = DuplicatePair.objects.readable().in_bulk([pair for pair, _, _ in numbers])
    revisions = Revision.objects.in_bulk([number for _, *sides in numbers for number in sides])
    return [
        (pairs[pair], revisions[one], revisions[other])
        for pair, one, other in numbers
        if pair in pairs and one in revisions and other in revisions
    ]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS


def _pair(pk: str) -> DuplicatePair:
    return found(DuplicatePair.objects.readable(), pk)


def _read(request: HttpRequest, scheme: Scheme, side: str) -> Revision:
    """Return the revision of a sheet that was on the page."""
    return found(scheme.revisions.all(), request.POST.get(side, ""))


def _current(scheme: Scheme) -> Revision:
    if scheme.current is None:  # the search compares none without
        raise Revision.DoesNotExist(scheme.key)
    return scheme.current
