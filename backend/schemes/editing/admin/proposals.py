"""Proposals: their list, and each read back in French with what it changes and what may be done with it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from backend.schemes.catalogue.comparison import describe
from backend.schemes.catalogue.emails import approvers_to_tell
from backend.schemes.catalogue.lifecycle import offered
from backend.schemes.catalogue.publishable import mistakes_in
from backend.schemes.catalogue.record_warnings import warnings_of
from backend.schemes.editing.admin.deciding import GO_BACK, LEADING_TO_PUBLICATION, changes_of
from backend.schemes.editing.admin.filters import ToDoFilter
from backend.schemes.editing.admin.pages import found, signed_in
from backend.schemes.editing.admin.previewing import PreviewingPages
from backend.schemes.editing.closing import changes_window, may_read_after
from backend.schemes.editing.going_back import may_go_back
from backend.schemes.models import Proposal, Remark


class ProposalPages(PreviewingPages):
    list_display = ("title", "state", "author_name", "written_at", "decider")
    list_filter = (ToDoFilter, "state", ("author", admin.RelatedOnlyFieldListFilter))
    search_fields = ("key", "record__name")
    list_select_related = ("author", "decided_by", "scheme")

    @admin.display(description="proposition", ordering="key")
    def title(self, proposal: Proposal) -> str:
        return f"{proposal} ({'modification' if proposal.base_id else 'nouveau'})"

    @admin.display(description="auteur", ordering="author")
    def author_name(self, proposal: Proposal) -> str:
        return proposal.writer

    @admin.display(description="décidée", ordering="decided_by")
    def decider(self, proposal: Proposal) -> str:
        return proposal.decider

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    # -- reading and deciding

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._proposal_page(request, found(Proposal.objects.readable(), object_id))

    def _proposal_page(self, request: HttpRequest, proposal: Proposal) -> HttpResponse:
        user = signed_in(request)
        is_writer = proposal.is_written_by(user)
        may_edit_draft = proposal.state == Proposal.State.DRAFT
        mistakes = mistakes_in(proposal.record, base=proposal.base) if proposal.is_open else []
        return self.page(
            request,
            "proposal",
            str(proposal),
            proposal=proposal,
            sheet=describe(proposal.record),
            mistakes=mistakes,
            warnings=warnings_of(proposal.record) if proposal.is_open and not mistakes else (),
            may_rewrite=may_edit_draft,
            is_writer=is_writer,
            actions=[
                (f"admin:schemes_proposal_{one.name}", one.label)
                for one in offered(proposal, user)
                if not (one.name in LEADING_TO_PUBLICATION and (mistakes or proposal.is_outdated))
            ],
            may_read_after=may_read_after(proposal, user),
            changes_window=changes_window(proposal),
            go_back=GO_BACK.format(proposal.base.number) if proposal.base and may_go_back(proposal, user) else "",
            may_take_up=not proposal.is_open or proposal.is_outdated,
            may_undo=proposal.state == Proposal.State.PUBLISHED and proposal.base_id is not None,
            replaced_by=_published_on(proposal),
            n_approvers=len(list(approvers_to_tell(proposal))),
            edits=proposal.edits.select_related("by").order_by("-version")[:20],
            changes=changes_of(proposal),
            n_remarks=Remark.objects.filter(link__proposal=proposal).waiting().count(),
            **self.touched(proposal, user),
        )


def _published_on(proposal: Proposal) -> Proposal | None:
    """Return what was published in place of a published proposal, and why; none while it is in force."""
    if proposal.revision is None:
        return None
    after = Proposal.objects.filter(base=proposal.revision, state=Proposal.State.PUBLISHED)
    return after.select_related("author", "revision").order_by("decided_at").first()
