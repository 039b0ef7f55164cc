"""What people do with a proposal that is written: each action asks to confirm, with the change under the eyes."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from backend.accounts.models import User
from backend.common.days import current_day
from backend.schemes.catalogue.comparison import differences
from backend.schemes.catalogue.drafts import propose, reopen, withdraw
from backend.schemes.catalogue.emails import approvers_to_tell
from backend.schemes.catalogue.lifecycle import PROPOSALS, PublishingError, Who
from backend.schemes.catalogue.merging import Merge
from backend.schemes.catalogue.publishing import publish, refuse
from backend.schemes.catalogue.record_warnings import warnings_of
from backend.schemes.catalogue.records import read_record
from backend.schemes.editing.admin.pages import found, signed_in
from backend.schemes.editing.admin.trials import whom_it_touches
from backend.schemes.editing.admin.writing import WritingPages
from backend.schemes.editing.approvals import approve, disapprove
from backend.schemes.editing.closing import changes_window, confirm, may_read_after, open_again
from backend.schemes.editing.forms.proposal import ChoicesForm, DecisionForm, ReasonForm
from backend.schemes.editing.going_back import go_back, may_go_back
from backend.schemes.editing.rebasing import merge_on_current, take_up
from backend.schemes.models import Proposal
from backend.schemes.typography import day as day_in_words

SLUGS = {
    "propose": "proposer",
    "publish": "publier",
    "approve": "approuver",
    "disapprove": "desapprouver",
    "refuse": "refuser",
    "reopen": "rouvrir",
    "withdraw": "retirer",
}
LEADING_TO_PUBLICATION = ("propose", "publish", "approve")
GO_BACK = "Revenir tout de suite à la version {}"
AFTERWARDS = {"confirm": ("confirmer", "Confirmer ce changement"), "open_again": ("retablir", "Rétablir l’ouverture")}


class DecidingPages(WritingPages):
    """Pages where a proposal goes from one state to another; the table of the life cycle says who may."""

    def get_urls(self) -> list[URLPattern]:
        def own(slug: str, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            return path(f"<path:pk>/{slug}/", self.for_editors(view), name=f"schemes_proposal_{name}")

        return [
            *(own(slug, name, partial(self.decide, name=name)) for name, slug in SLUGS.items()),
            *(own(slug, name, partial(self.read_after, name=name)) for name, (slug, _) in AFTERWARDS.items()),
            own("reprendre", "take_up", self.take_up),
            own("revenir", "go_back", self.go_back),
            *super().get_urls(),
        ]

    def decide(self, request: HttpRequest, pk: str, *, name: str) -> HttpResponse:
        proposal, user = found(Proposal.objects.readable(), pk), signed_in(request)
        transition = PROPOSALS[name]
        is_writer = proposal.is_written_by(user)
        by_writer = transition.who == Who.WRITER
        if by_writer != is_writer or not (by_writer or user.may_approve_catalogue):
            raise PermissionDenied
        form = DecisionForm(
            request.POST if request.method == "POST" else None,
            must_explain=transition.must_explain,
            with_day=name == "approve",
        )
        if not form.is_bound or not form.is_valid():
            touched = self.touched(proposal, user) if name in LEADING_TO_PUBLICATION else {}
            return self._confirm_page(
                request, proposal, name, transition.label, form, has_comment=not by_writer, **touched
            )
        try:
            told = _act(name, proposal, user, form.cleaned_data)
        except PublishingError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, told)
        return redirect("admin:schemes_proposal_change", proposal.pk)

    def read_after(self, request: HttpRequest, pk: str, *, name: str) -> HttpResponse:
        """Read what one person changed alone, afterwards: it is right, or it is undone."""
        proposal, user = found(Proposal.objects.readable(), pk), signed_in(request)
        if not may_read_after(proposal, user) and request.method != "POST":
            raise PermissionDenied
        title = AFTERWARDS[name][1]
        form = DecisionForm(request.POST if request.method == "POST" else None, must_explain=name == "open_again")
        if not form.is_bound or not form.is_valid():
            return self._confirm_page(request, proposal, name, title, form, has_comment=name == "open_again")
        try:
            if name == "confirm":
                confirm(proposal=proposal, reader=user)
                told = "C’est confirmé."
            else:
                revision = open_again(proposal=proposal, reader=user, reason=form.cleaned_data["comment"])
                told = f"L’ouverture d’avant est rétablie : c’est la version {revision.number}, en vigueur maintenant."
        except PublishingError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, told)
        return redirect("admin:schemes_proposal_change", proposal.pk)

    def go_back(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Go back alone, at once, to the version before a published change; somebody else reads it afterwards."""
        proposal, user = found(Proposal.objects.readable(), pk), signed_in(request)
        form = ReasonForm(request.POST if request.method == "POST" else None, must_explain=True)
        if not user.may_approve_catalogue or (request.method != "POST" and not may_go_back(proposal, user)):
            raise PermissionDenied
        if not form.is_bound or not form.is_valid():
            return self.page(
                request,
                "decide",
                GO_BACK.format(proposal.base.number if proposal.base else "?"),
                proposal=proposal,
                action="go_back",
                form=form,
                changes=_undoing(proposal),
            )
        reason = form.cleaned_data["reason"]
        try:
            revision = go_back(proposal=proposal, approver=user, reason=reason)
        except PublishingError as error:
            messages.error(request, str(error))
            return redirect("admin:schemes_proposal_change", proposal.pk)
        self.log_change(request, proposal, f"Défaite seul, relue après coup. {reason}")
        messages.success(
            request, f"La version d’avant est de nouveau là : version {revision.number}, en vigueur maintenant."
        )
        return redirect("admin:schemes_proposal_change", revision.proposal.pk)

    def _confirm_page(
        self,
        request: HttpRequest,
        proposal: Proposal,
        name: str,
        title: str,
        form: DecisionForm,
        *,
        has_comment: bool,
        **touched: Any,
    ) -> HttpResponse:
        changes = changes_of(proposal)
        warnings = warnings_of(proposal.record) if name in LEADING_TO_PUBLICATION else []
        changed = {difference.label for difference in changes["differences"]}
        return self.page(
            request,
            "decide",
            title,
            proposal=proposal,
            action=name,
            form=form,
            has_comment=has_comment,
            changes=changes,
            warnings=warnings,
            changes_window=changes_window(proposal),
            warnings_elsewhere=[warning for warning in warnings if warning.label not in changed],
            **touched,
        )

    def touched(self, proposal: Proposal, user: User) -> dict[str, Any]:
        """Return whom an open proposal would touch if it were published today."""
        if not proposal.is_open:
            return {}
        return whom_it_touches(proposal.record, self.open_trial(), in_force=proposal.in_force, viewer=user)

    def take_up(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Put a proposal on the version in force: what both changed is shown, and the editor chooses."""
        proposal, user = found(Proposal.objects.readable(), pk), signed_in(request)
        merge = merge_on_current(proposal)
        form = ChoicesForm(request.POST if request.method == "POST" else None, conflicts=merge.conflicts)
        if not form.is_bound or not form.is_valid():
            return self._merge_page(request, "Reprendre sur la version en vigueur", merge, form, proposal=proposal)
        try:
            draft = take_up(
                proposal=proposal, editor=user, choices=form.choices(), current=request.POST.get("current", "")
            )
        except PublishingError as error:
            messages.error(request, str(error))
            return redirect("admin:schemes_proposal_take_up", proposal.pk)
        messages.success(request, "Brouillon enregistré sur la version en vigueur. Relisez-le, puis envoyez-le.")
        return redirect("admin:schemes_proposal_change", draft.pk)

    def _merge_page(
        self, request: HttpRequest, title: str, merge: Merge, form: ChoicesForm, **context: Any
    ) -> HttpResponse:
        proposal: Proposal = context["proposal"]
        current = proposal.in_force
        record = merge.record()
        return self.page(
            request,
            "merge",
            title,
            merge=merge,
            form=form,
            rows=form.rows(),
            current=current,
            changed=differences(read_record(current) if current else None, record),
            **context,
        )


def changes_of(proposal: Proposal) -> dict[str, Any]:
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


def _undoing(proposal: Proposal) -> dict[str, Any]:
    """Return what going back from a published proposal would change."""
    base = read_record(proposal.base) if proposal.base else None
    return {
        "differences": differences(proposal.record, base) if base else [],
        "before_title": "En vigueur",
        "after_title": f"Version {proposal.base.number}" if proposal.base else "",
    }


def _act(name: str, proposal: Proposal, user: User, typed: dict[str, Any]) -> str:
    """Call the service of an action; return what to tell."""
    comment = typed["comment"]
    if name == "propose":
        n_told = len(list(approvers_to_tell(propose(proposal=proposal, author=user))))
        if not n_told:
            return "Proposition envoyée, mais personne ne peut la publier : demandez un relecteur à l’administrateur."
        who = f"{n_told} relecteurs peuvent" if n_told > 1 else "1 relecteur peut"
        return f"Proposition envoyée : {who} la publier."
    if name == "withdraw":
        withdraw(proposal=proposal, author=user)
        return "Proposition retirée ; vous pouvez la reprendre en brouillon."
    if name == "reopen":
        reopen(proposal=proposal, author=user)
        return "C’est de nouveau un brouillon : modifiez-le, puis envoyez-le à la relecture."
    if name == "refuse":
        refuse(proposal=proposal, approver=user, comment=comment)
        return "Proposition refusée ; son auteur y lit pourquoi."
    if name == "approve":
        day = typed["publish_on"]
        approve(proposal=proposal, approver=user, publish_on=day, on=current_day(), comment=comment)
        return f"Proposition approuvée : elle sera publiée le {day_in_words(day)}, dans la nuit."
    if name == "disapprove":
        disapprove(proposal=proposal, approver=user, comment=comment)
        return "Approbation annulée : la proposition attend de nouveau une décision."
    revision = publish(proposal=proposal, approver=user, comment=comment)
    return f"Version {revision.number} de « {revision} » publiée, en vigueur dès maintenant."
