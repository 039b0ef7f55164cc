"""Proposals: written in a form, read back in French with what changes, then published or refused by someone else."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from backend.accounts.models import User
from backend.schemes.admin.pages import found, signed_in
from backend.schemes.admin.trials import whom_it_touches
from backend.schemes.admin.writing import WritingPages
from backend.schemes.comparison import describe, differences
from backend.schemes.forms.proposal import DecisionForm
from backend.schemes.models import Proposal
from backend.schemes.publishing import (
    PublishingError,
    approvers_to_tell,
    may_decide,
    mistakes_in,
    propose,
    publish,
    refuse,
    withdraw,
)
from backend.schemes.records import read_record


class ProposalPages(WritingPages):
    list_display = ("title", "state", "author_name", "written_at", "decider")
    list_filter = ("state", ("author", admin.RelatedOnlyFieldListFilter))
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

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<path:pk>/modifier/", self.for_editors(self.rewrite), name="schemes_proposal_rewrite"),
            path("<path:pk>/proposer/", self.for_editors(self.propose), name="schemes_proposal_propose"),
            path("<path:pk>/retirer/", self.for_editors(self.withdraw), name="schemes_proposal_withdraw"),
            path("<path:pk>/publier/", self.for_editors(self.publish), name="schemes_proposal_publish"),
            path("<path:pk>/refuser/", self.for_editors(self.refuse), name="schemes_proposal_refuse"),
        ]
        return own + super().get_urls()

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
        is_author = proposal.author_id == user.pk
        return self.page(
            request,
            "proposal",
            str(proposal),
            proposal=proposal,
            sheet=describe(proposal.record),
            mistakes=mistakes_in(proposal.record) if proposal.is_open else (),
            may_rewrite=is_author and proposal.state == Proposal.State.DRAFT,
            may_withdraw=is_author and proposal.is_open,
            may_decide=may_decide(proposal=proposal, user=user),
            may_take_up=not proposal.is_open or proposal.is_outdated,
            may_undo=proposal.state == Proposal.State.PUBLISHED and proposal.base_id is not None,
            n_approvers=len(list(approvers_to_tell(proposal))),
            changes=_changes(proposal),
            **self._touched(proposal, user),
        )

    def _touched(self, proposal: Proposal, user: User) -> dict[str, Any]:
        """Return whom an open proposal would touch if it were published today."""
        if not proposal.is_open:
            return {}
        return whom_it_touches(proposal.record, self.open_trial(), in_force=proposal.in_force, viewer=user)

    def propose(self, request: HttpRequest, pk: str) -> HttpResponse:
        return self._decide(request, pk, "propose", "Envoyer à la relecture")

    def withdraw(self, request: HttpRequest, pk: str) -> HttpResponse:
        return self._decide(request, pk, "withdraw", "Retirer la proposition")

    def publish(self, request: HttpRequest, pk: str) -> HttpResponse:
        return self._decide(request, pk, "publish", "Publier cette version")

    def refuse(self, request: HttpRequest, pk: str) -> HttpResponse:
        return self._decide(request, pk, "refuse", "Refuser la proposition")

    def _decide(self, request: HttpRequest, pk: str, action: str, title: str) -> HttpResponse:
        """Ask to confirm with the difference under the eyes, then do it; the services say who may."""
        proposal, user = found(Proposal.objects.readable(), pk), signed_in(request)
        by_author = action in ("propose", "withdraw")
        if by_author != (proposal.author_id == user.pk) or not (by_author or user.may_approve_catalogue):
            raise PermissionDenied
        form = DecisionForm(request.POST if request.method == "POST" else None, must_explain=action == "refuse")
        if not form.is_bound or not form.is_valid():
            return self.page(
                request,
                "decide",
                title,
                proposal=proposal,
                action=action,
                form=form,
                has_comment=not by_author,
                changes=_changes(proposal),
                **(self._touched(proposal, user) if action in ("propose", "publish") else {}),
            )
        try:
            told = _act(action, proposal, user, form.cleaned_data["comment"])
        except PublishingError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, told)
        return redirect("admin:schemes_proposal_change", proposal.pk)


def _act(action: str, proposal: Proposal, user: User, comment: str) -> str:
    """Call the service of an action; return what to tell."""
    if action == "propose":
        n_told = len(list(approvers_to_tell(propose(proposal=proposal, author=user))))
        if not n_told:
            return "Proposition envoyée, mais personne ne peut la publier : demandez un relecteur à l’administrateur."
        who = f"{n_told} relecteurs sont prévenus" if n_told > 1 else "1 relecteur est prévenu"
        return f"Proposition envoyée : {who} par courriel."
    if action == "withdraw":
        withdraw(proposal=proposal, author=user)
        return "Proposition retirée."
    if action == "refuse":
        refuse(proposal=proposal, approver=user, comment=comment)
        return "Proposition refusée ; son auteur est prévenu."
    revision = publish(proposal=proposal, approver=user, comment=comment)
    return f"Version {revision.number} de « {revision} » publiée, en vigueur dès maintenant."


def _changes(proposal: Proposal) -> dict[str, Any]:
    """Return what a proposal changes and, where another revision came in between, what that one changed."""
    base = read_record(proposal.base) if proposal.base else None
    current = proposal.in_force if proposal.is_outdated else None
    return {
        "differences": differences(base, proposal.record),
        "before_title": f"Version {proposal.base.number}" if proposal.base else "Aujourd’hui",
        "after_title": "Proposition",
        "current": current,
        "meanwhile": differences(base, read_record(current)) if current else [],
    }
