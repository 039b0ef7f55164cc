"""Two sheets of ours that become one: proposed with both under the eyes, done or refused by somebody else, undone."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from backend.schemes.catalogue.comparison import side_by_side
from backend.schemes.catalogue.lifecycle import PublishingError, offered_of
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.variants import in_force
from backend.schemes.editing.admin.pages import CataloguePages, found, signed_in
from backend.schemes.editing.forms.duplicates import FusionForm, WhyForm
from backend.schemes.editing.fusions import (
    carry_out,
    names_of,
    propose_fusion,
    refuse_fusion,
    undo_fusion,
    withdraw_fusion,
)
from backend.schemes.models import Counterpart, Fusion, Scheme

PAGE = "admin:schemes_fusion_change"


@admin.register(Fusion)
class FusionAdmin(CataloguePages[Fusion]):
    list_display = ("title", "state", "proposed_by", "proposed_at", "decided_by")
    list_filter = ("state",)
    search_fields = ("gone__source_key", "stays__source_key", "gone__current__name", "stays__current__name", "why")
    list_select_related = ("gone__current", "stays__current", "proposed_by", "decided_by")

    @admin.display(description="fiche qui disparaît → fiche qui reste")
    def title(self, fusion: Fusion) -> str:
        return str(fusion)

    def get_urls(self) -> list[URLPattern]:
        decide = self.for_editors(require_POST(self.decide))
        own = [
            path("reunir/", self.for_editors(self.propose), name="schemes_fusion_propose"),
            path("<path:pk>/decider/", decide, name="schemes_fusion_decide"),
        ]
        return own + super().get_urls()

    def propose(self, request: HttpRequest) -> HttpResponse:
        """Ask which of two sheets stays, with both under the eyes."""
        one, other = (_ours(request.GET.get(name, "")) for name in ("une", "autre"))
        if one.pk == other.pk:
            raise Http404
        form = FusionForm(request.POST if request.method == "POST" else None, sheets=(one, other))
        if form.is_bound and form.is_valid():
            stays, gone = (one, other) if form.cleaned_data["stays"] == str(one.pk) else (other, one)
            try:
                fusion = propose_fusion(
                    gone=found(gone.revisions.all(), request.POST.get(f"read-{gone.pk}", "")),
                    stays=found(stays.revisions.all(), request.POST.get(f"read-{stays.pk}", "")),
                    author=signed_in(request),
                    why=form.cleaned_data["why"],
                )
            except PublishingError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, "Fusion proposée : une autre personne la relit, puis la fait ou la refuse.")
                return redirect(PAGE, fusion.pk)
        return self.page(
            request, "fusion_form", "Réunir deux fiches", form=form, sheets=(one, other), **_sides(one, other)
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, found(Fusion.objects.readable(), object_id), WhyForm())

    def _page(self, request: HttpRequest, fusion: Fusion, form: WhyForm) -> HttpResponse:
        user = signed_in(request)
        gone, stays = fusion.gone, fusion.stays
        offered = list(offered_of(fusion, user))
        waits = fusion.state == Fusion.State.PROPOSED
        describing = Counterpart.objects.in_force().filter(ours=gone).select_related("imported__current")
        read = (fusion.gone_revision_id, fusion.stays_revision_id)
        return self.page(
            request,
            "fusion",
            str(fusion),
            fusion=fusion,
            form=form,
            offered=offered,
            has_comment=any(one.name != "withdraw" for one in offered),
            changed=waits and (gone.current_id, stays.current_id) != read,
            naming=names_of(gone).select_related("current") if waits else (),
            describing=describing if waits else (),
            followed=fusion.followed.select_related("scheme__current", "revision"),
            moved=fusion.moved.select_related("imported__current"),
            **_sides(gone, stays),
        )

    def decide(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Do, refuse, withdraw or undo a fusion; the services say who may."""
        fusion, form = found(Fusion.objects.readable(), pk), WhyForm(request.POST)
        if not form.is_valid():
            return self._page(request, fusion, form)
        try:
            told = self._act(request, fusion, form.cleaned_data["why"])
        except PublishingError as error:
            messages.error(request, str(error))
            return self._page(request, fusion, form)
        messages.success(request, told)
        return redirect(PAGE, fusion.pk)

    def _act(self, request: HttpRequest, fusion: Fusion, why: str) -> str:
        """Call the service of an action; return what to tell."""
        user, action = signed_in(request), request.POST.get("action", "")
        match action:
            case "carry_out":
                carry_out(
                    fusion=fusion,
                    approver=user,
                    gone=found(fusion.gone.revisions.all(), request.POST.get("gone", "")),
                    stays=found(fusion.stays.revisions.all(), request.POST.get("stays", "")),
                    comment=why,
                )
                return f"C’est fait : l’adresse de « {fusion.gone} » mène maintenant à « {fusion.stays} »."
            case "refuse":
                refuse_fusion(fusion=fusion, approver=user, comment=why)
                return "Fusion refusée ; son auteur y lit pourquoi."
            case "withdraw":
                withdraw_fusion(fusion=fusion, author=user)
                return "Fusion retirée."
            case "undo":
                left = undo_fusion(fusion=fusion, approver=user, why=why)
                told = f"Fusion défaite : « {fusion.gone} » est de retour."
                names = ", ".join(f"« {scheme} »" for scheme in left)
                return f"{told} À reprendre à la main, car modifié depuis : {names}." if left else told
        raise Http404


def _ours(pk: str) -> Scheme:
    return found(Scheme.objects.of_source(Scheme.OWN).described().select_related("current__scheme"), pk)


def _sides(one: Scheme, other: Scheme) -> dict[str, Any]:
    lines = side_by_side(*(read_record(in_force(scheme)) for scheme in (one, other)))
    return {"one": one, "other": other, "lines": lines, "n_alike": sum(line.is_alike for line in lines)}
