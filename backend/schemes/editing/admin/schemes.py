"""Schemes: what is in force, every revision, and any two of them side by side."""

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from backend.common.days import current_day
from backend.schemes.catalogue.comparison import describe, differences
from backend.schemes.catalogue.completeness import completeness
from backend.schemes.catalogue.lifecycle import SCHEMES, PublishingError
from backend.schemes.catalogue.quality import check_scheme, review_column, review_day
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.searching import with_words
from backend.schemes.editing.admin.filters import (
    CompletenessFilter,
    NeedFilter,
    OperatorFilter,
    ToReviewFilter,
    WindowFilter,
)
from backend.schemes.editing.admin.pages import CataloguePages, found, signed_in
from backend.schemes.editing.archiving import archive, put_back
from backend.schemes.editing.closing import SHUT, close_now, propose_to_close
from backend.schemes.editing.forms.observations import ObservationForm
from backend.schemes.editing.forms.proposal import ReasonForm, WindowForm
from backend.schemes.ingestion.links.checking import pages_of
from backend.schemes.ingestion.observing import ObservationError, observe
from backend.schemes.models import Proposal, Revision, Scheme
from backend.schemes.typography import day as day_in_words


@admin.register(Scheme)
class SchemeAdmin(CataloguePages[Scheme]):
    list_display = ("title", "state", "confidence", "to_review", "completeness", "n_firms", "gap", "n_waiting")
    list_filter = (
        "state",
        WindowFilter,
        NeedFilter,
        OperatorFilter,
        CompletenessFilter,
        ToReviewFilter,
        "source",
        "current__level",
        "current__kind",
        "current__confidence",
    )
    search_fields = ("source_key", "current__name")
    search_help_text = "Des mots du nom, du résumé, des porteurs ou des besoins ; ou l’identifiant."
    list_per_page = 50
    show_full_result_count = False
    list_select_related = ("current",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scheme]:
        waiting = Count("proposals", filter=Q(proposals__state=Proposal.State.PROPOSED))
        return Scheme.objects.with_gap().annotate(n_proposals_waiting=waiting, review_on=review_column(of="current__"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Scheme], search_term: str
    ) -> tuple[QuerySet[Scheme], bool]:
        """Find sheets by French words as the public does, and by a part of their key."""
        if not search_term.strip():
            return queryset, False
        said = with_words(Revision.objects.all(), search_term).values("pk")
        return queryset.filter(Q(current__in=said) | Q(source_key__icontains=search_term.strip())), False

    @admin.display(description="dispositif", ordering="current__name")
    def title(self, scheme: Scheme) -> str:
        return str(scheme)

    @admin.display(description="vérification", ordering="current__confidence")
    def confidence(self, scheme: Scheme) -> str:
        return str(scheme.current.get_confidence_display()) if scheme.current else ""

    @admin.display(description="à revoir avant le", ordering="review_on")
    def to_review(self, scheme: Scheme) -> date | None:
        return review_day(scheme.current) if scheme.current else None

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Put first what is worst for most firms; last night's figures, then the name."""
        return [F("gap").desc(nulls_last=True), F("completeness").asc(nulls_last=True), "current__name", "source_key"]

    @admin.display(description="à compléter d’abord", ordering="gap")
    def gap(self, scheme: Scheme) -> int | None:
        """What the sheet lacks, times the firms that have it."""
        return scheme.gap  # type: ignore[attr-defined,no-any-return]

    @admin.display(description="propositions à relire", ordering="n_proposals_waiting")
    def n_waiting(self, scheme: Scheme) -> int:
        return int(scheme.n_proposals_waiting)  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<path:pk>/version/<path:number>/", self.for_editors(self.version), name="schemes_scheme_version"),
            path("<path:pk>/comparer/", self.for_editors(self.compare), name="schemes_scheme_compare"),
            path("<path:pk>/archiver/", self.for_editors(self.archive), name="schemes_scheme_archive"),
            path("<path:pk>/fermer/", self.for_editors(self.close), name="schemes_scheme_close"),
            path("<path:pk>/constat/", self.for_editors(self.observe), name="schemes_scheme_observe"),
            path("<path:pk>/remettre/", self.for_editors(self.put_back), name="schemes_scheme_put_back"),
        ]
        return own + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        scheme = found(Scheme.objects.select_related("current"), object_id)
        return self.page(
            request,
            "scheme",
            str(scheme),
            scheme=scheme,
            review_day=review_day(scheme.current) if scheme.current else None,
            on=current_day(),
            completeness=completeness(scheme.current, on=current_day()) if scheme.current else None,
            findings=check_scheme(scheme, on=current_day()) if scheme.current else (),
            sheet=describe(read_record(scheme.current)) if scheme.current else {},
            revisions=_history(scheme),
            proposals=scheme.proposals.select_related("author").order_by("-pk")[:20],
            pages=pages_of(scheme.current) if scheme.current else (),
            followed=scheme.described_by.in_force().select_related("imported__current"),
            tasks=scheme.tasks.waiting().select_related("criterion", "reported_by"),
            may_approve=signed_in(request).may_approve_catalogue,
            closings=_closings(scheme),
            observations=scheme.observations.in_order().select_related("added_by", "record"),
            unchecked=scheme.proposals.unchecked().select_related("decided_by"),
        )

    def version(self, request: HttpRequest, pk: str, number: str) -> HttpResponse:
        scheme = found(Scheme.objects.all(), pk)
        revision = _revision(scheme, number)
        if revision is None:
            raise Http404
        title = f"{revision.name} – version {revision.number}"
        return self.page(
            request, "version", title, scheme=scheme, revision=revision, sheet=describe(read_record(revision))
        )

    def compare(self, request: HttpRequest, pk: str) -> HttpResponse:
        scheme = found(Scheme.objects.select_related("current"), pk)
        revisions = _history(scheme)
        if len(revisions) < 2:
            messages.info(request, "Ce dispositif n’a qu’une version : il n’y a rien à comparer.")
            return redirect("admin:schemes_scheme_change", scheme.pk)
        before = _revision(scheme, request.GET.get("avant", "")) or revisions[1]
        after = _revision(scheme, request.GET.get("apres", "")) or revisions[0]
        return self.page(
            request,
            "compare",
            f"Comparer deux versions – {scheme}",
            scheme=scheme,
            revisions=revisions,
            before=before,
            after=after,
            differences=differences(read_record(before), read_record(after)),
            before_title=f"Version {before.number} du {_day(before)}",
            after_title=f"Version {after.number} du {_day(after)}",
        )

    def archive(self, request: HttpRequest, pk: str) -> HttpResponse:
        return self._change_state(request, pk, archived=True)

    def put_back(self, request: HttpRequest, pk: str) -> HttpResponse:
        return self._change_state(request, pk, archived=False)

    def _change_state(self, request: HttpRequest, pk: str, *, archived: bool) -> HttpResponse:
        """Ask to confirm, then archive or put back; the reason stays in the history of the scheme."""
        user = signed_in(request)
        if not user.may_approve_catalogue:
            raise PermissionDenied
        scheme = found(Scheme.objects.select_related("current"), pk)
        transition = SCHEMES["archive" if archived else "put_back"]
        form = ReasonForm(request.POST if request.method == "POST" else None, must_explain=transition.must_explain)
        if not form.is_bound or not form.is_valid():
            return self.page(request, "state", transition.label, scheme=scheme, archived=archived, form=form)
        reason = form.cleaned_data["reason"]
        try:
            if archived:
                changed = archive(scheme=scheme, approver=user, reason=reason)
            else:
                changed = put_back(scheme=scheme, approver=user)
        except PublishingError as error:
            messages.error(request, str(error))
        else:
            told = f"{changed.get_state_display().capitalize()}. {reason}".strip()
            self.log_change(request, scheme, told)
            messages.success(request, f"« {scheme} » est maintenant {changed.get_state_display()}.")
        return redirect("admin:schemes_scheme_change", scheme.pk)

    def close(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Suspend, exhaust or close a scheme: proposed to somebody else, or at once and read afterwards."""
        user = signed_in(request)
        scheme = found(Scheme.objects.of_source(Scheme.OWN).select_related("current__scheme"), pk)
        data = request.POST if request.method == "POST" else None
        form = WindowForm(data, initial={"state": request.GET.get("etat", "")})
        if data is None or not form.is_valid():
            return self.page(request, "close", f"Fermer – {scheme}", scheme=scheme, form=form)
        try:
            if "now" in data:
                revision = close_now(scheme=scheme, author=user, **form.cleaned_data)
                told = (
                    f"C’est en vigueur dès maintenant (version {revision.number}). Un relecteur le relira après coup."
                )
            else:
                proposal = propose_to_close(scheme=scheme, author=user, **form.cleaned_data)
                messages.success(request, "Proposition envoyée à la relecture.")
                return redirect("admin:schemes_proposal_change", proposal.pk)
        except PublishingError as error:
            messages.error(request, str(error))
            return self.page(request, "close", f"Fermer – {scheme}", scheme=scheme, form=form)
        messages.success(request, told)
        return redirect("admin:schemes_scheme_change", scheme.pk)

    def observe(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Keep what one page said of a window; its sheet follows at once, or a proposal waits for another person."""
        scheme, on = found(Scheme.objects.of_source(Scheme.OWN).select_related("current"), pk), current_day()
        form = ObservationForm(request.POST if request.method == "POST" else None, on=on)
        if form.is_bound and form.is_valid():
            try:
                observe(scheme=scheme, editor=signed_in(request), on=on, read_on=on, **form.cleaned_data)
            except ObservationError as error:
                messages.error(request, str(error))
            else:
                messages.success(
                    request, "Constat gardé. La fiche le suit, ou attend un relecteur : voyez ci-dessous."
                )
                return redirect("admin:schemes_scheme_change", scheme.pk)
        return self.page(request, "observe", f"Ajouter un constat – {scheme}", scheme=scheme, form=form)


def _closings(scheme: Scheme) -> list[tuple[str, str]]:
    """Return the ways in which a scheme that is in force can be closed, each with its name."""
    if scheme.source != Scheme.OWN or scheme.state != Scheme.State.PUBLISHED or scheme.current is None:
        return []
    return [(state.value, str(state.label)) for state in SHUT if state != scheme.current.window_state]


def _history(scheme: Scheme) -> list[Revision]:
    revisions = scheme.revisions.select_related("proposal__author", "proposal__decided_by", "observed")
    return list(revisions.order_by("-number"))


def _revision(scheme: Scheme, number: str) -> Revision | None:
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        return None
    return scheme.revisions.select_related("scheme").filter(number=int(number)).first()


def _day(revision: Revision) -> str:
    return day_in_words(revision.recorded_at.date())
