"""Secret links for the owner of a scheme, and what they remark, on the page of a proposal."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from backend.common.days import current_day
from backend.notifications.services import absolute_url
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.editing.admin.deciding import DecidingPages
from backend.schemes.editing.admin.pages import found, signed_in
from backend.schemes.editing.forms.proposal import PreviewForm
from backend.schemes.editing.previews import DAYS, make_preview, revoke_preview, settle
from backend.schemes.models import PreviewLink, Proposal, Remark


class PreviewingPages(DecidingPages):
    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<path:pk>/apercu/", self.for_editors(self.previews), name="schemes_proposal_previews"),
            path("<path:pk>/apercu/revoquer/", self.for_editors(self.revoke), name="schemes_proposal_revoke"),
            path("<path:pk>/apercu/traiter/", self.for_editors(self.settle), name="schemes_proposal_settle"),
        ]
        return [*own, *super().get_urls()]

    def previews(self, request: HttpRequest, pk: str) -> HttpResponse:
        """List the links of a proposal with what their readers remarked, and make another one."""
        proposal = found(Proposal.objects.readable(), pk)
        data = request.POST if request.method == "POST" else None
        address = ""
        form = PreviewForm(data, initial={"expires_on": current_day() + timedelta(days=DAYS)})
        if form.is_bound and form.is_valid():
            try:
                made = make_preview(
                    proposal=proposal, editor=signed_in(request), on=current_day(), **form.cleaned_data
                )
            except PublishingError as error:
                messages.error(request, str(error))
            else:
                address = absolute_url("preview", made[1])  # on this page only: no session keeps it
        return self.page(
            request,
            "previews",
            f"Aperçu pour le porteur – {proposal}",
            proposal=proposal,
            form=form,
            address=address,
            links=_links(proposal),
            remarks=Remark.objects.filter(link__proposal=proposal).select_related("link", "done_by"),
        )

    def revoke(self, request: HttpRequest, pk: str) -> HttpResponse:
        proposal = found(Proposal.objects.all(), pk)
        link = found(proposal.previews.all(), self._posted(request, "link"))
        revoke_preview(link=link, editor=signed_in(request))
        messages.success(request, f"Le lien fait pour {link.for_whom} ne s’ouvre plus.")
        return redirect("admin:schemes_proposal_previews", proposal.pk)

    def settle(self, request: HttpRequest, pk: str) -> HttpResponse:
        proposal = found(Proposal.objects.all(), pk)
        remark = found(Remark.objects.filter(link__proposal=proposal), self._posted(request, "remark"))
        settle(remark=remark, editor=signed_in(request))
        messages.success(request, "Remarque traitée.")
        return redirect("admin:schemes_proposal_previews", proposal.pk)

    def _posted(self, request: HttpRequest, name: str) -> str:
        """Return the row that a button names; opening its address does nothing."""
        if request.method != "POST":
            raise PermissionDenied
        return request.POST.get(name, "")


def _links(proposal: Proposal) -> list[dict[str, Any]]:
    on = current_day()
    rows: list[PreviewLink] = list(proposal.previews.select_related("made_by", "revoked_by"))
    return [{"link": link, "opens": link.is_valid(on)} for link in rows]
