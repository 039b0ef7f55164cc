"""Proposals: written in a form, read back in French with what changes, then published or refused by someone else."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from backend.accounts.models import User
from backend.schemes.admin.pages import CataloguePages, found, signed_in
from backend.schemes.comparison import describe, differences, merge
from backend.schemes.forms.proposal import CommentForm, DecisionForm
from backend.schemes.forms.sheet import Sheet
from backend.schemes.models import CatalogueTask, Proposal, Revision, Scheme
from backend.schemes.publishing import (
    PublishingError,
    approvers_to_tell,
    may_decide,
    mistakes_in,
    propose,
    publish,
    refuse,
    rewrite_draft,
    withdraw,
    write_draft,
)
from backend.schemes.records import Record, read_record
from backend.schemes.vocabulary import CRITERION_KINDS

EMPTY: Record = {"kind": "", "confidence": Revision.Confidence.VERIFIED, "applicants": [Revision.Applicant.FIRM]}


class Start:
    """What a new proposal starts from: a scheme and its revision in force, a report, or another proposal."""

    def __init__(
        self,
        *,
        scheme: Scheme | None = None,
        base: Revision | None = None,
        record: Record | None = None,
        task: CatalogueTask | None = None,
        conflicts: list[str] | None = None,
        comment: str = "",
    ) -> None:
        self.scheme, self.base, self.task, self.comment = scheme, base, task, comment
        self.record = record or (read_record(base) if base else None)
        self.conflicts = conflicts or []


@admin.register(Proposal)
class ProposalAdmin(CataloguePages[Proposal]):
    list_display = ("title", "state", "author_name", "written_at", "decided_by")
    list_filter = ("state", ("author", admin.RelatedOnlyFieldListFilter))
    search_fields = ("key", "record__name")
    list_select_related = ("author", "decided_by", "scheme")

    @admin.display(description="proposition", ordering="key")
    def title(self, proposal: Proposal) -> str:
        return f"{proposal} ({'modification' if proposal.base_id else 'nouveau'})"

    @admin.display(description="auteur", ordering="author")
    def author_name(self, proposal: Proposal) -> str:
        return str(proposal.author or "fichier du catalogue")

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

    # -- writing

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        start = _start(request)
        posted_base = request.POST.get("base", "")
        if start.scheme and posted_base:  # what its author read, even if another revision came meanwhile
            start.base = found(start.scheme.revisions.all(), posted_base)
        if start.conflicts and request.method != "POST":
            changed = ", ".join(start.conflicts).lower()
            messages.warning(
                request,
                f"Ces champs ont changé des deux côtés, et votre version est gardée ci-dessous : {changed}. "
                "Comparez-les avec la version en vigueur avant d’enregistrer.",
            )

        def save(record: Record, comment: str) -> Proposal:
            return write_draft(
                author=signed_in(request),
                record=record,
                scheme=start.scheme,
                base=start.base,
                comment=comment,
                task=start.task,
            )

        title = f"Proposer une modification – {start.scheme}" if start.scheme else "Proposer un nouveau dispositif"
        return self._form_page(request, title, start, save)

    def rewrite(self, request: HttpRequest, pk: str) -> HttpResponse:
        proposal = found(_rows(), pk)
        user = signed_in(request)
        if proposal.author_id != user.pk:
            raise PermissionDenied
        if proposal.state != Proposal.State.DRAFT:
            messages.error(request, "Seul un brouillon se modifie : retirez la proposition, puis reprenez-la.")
            return redirect("admin:schemes_proposal_change", proposal.pk)
        start = Start(
            scheme=proposal.scheme,
            base=proposal.base,
            record=proposal.record,
            task=proposal.task,
            comment=proposal.comment,
        )

        def save(record: Record, comment: str) -> Proposal:
            return rewrite_draft(proposal=proposal, author=user, record=record, comment=comment)

        return self._form_page(request, f"Modifier le brouillon – {proposal}", start, save)

    def _form_page(self, request: HttpRequest, title: str, start: Start, save: Any) -> HttpResponse:
        data = request.POST if request.method == "POST" else None
        # A draft may name what the revision does not, and the reverse: both are offered.
        sheet = Sheet(scheme=start.scheme, base=start.record or EMPTY, data=data)
        comment = CommentForm(data, initial={"comment": start.comment})
        checked = False
        if data is not None and "plus" in data:
            sheet = sheet.with_one_more(data["plus"], kind=data.get("new_kind", ""))
            comment = CommentForm(initial={"comment": data.get("comment", "")})
        elif data is not None:
            checked = True
            if comment.is_valid() and sheet.is_valid():
                try:
                    proposal = save(sheet.record(), comment.cleaned_data["comment"])
                except PublishingError as error:
                    messages.error(request, str(error))
                else:
                    messages.success(request, "Brouillon enregistré. Relisez-le, puis envoyez-le à la relecture.")
                    return redirect("admin:schemes_proposal_change", proposal.pk)
        return self.page(
            request,
            "form",
            title,
            start=start,
            sheet=sheet,
            comment=comment,
            checked=checked,
            added=data.get("plus", "") if data else "",
            kinds=CRITERION_KINDS,
        )

    # -- reading and deciding

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._proposal_page(request, found(_rows(), object_id))

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
            n_approvers=len(list(approvers_to_tell(proposal))),
            changes=_changes(proposal),
        )

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
        proposal, user = found(_rows(), pk), signed_in(request)
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
            )
        try:
            told = _act(action, proposal, user, form.cleaned_data["comment"])
        except PublishingError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, told)
        return redirect("admin:schemes_proposal_change", proposal.pk)


def _rows() -> QuerySet[Proposal]:
    return Proposal.objects.select_related(
        "author", "decided_by", "scheme__current__scheme", "base__scheme", "revision", "task"
    )


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


def _start(request: HttpRequest) -> Start:
    """Read from the address what a new proposal starts from."""
    for name, read in (("reprendre", _from_proposal), ("fiche", _from_task), ("dispositif", _from_scheme)):
        if name in request.GET:
            return read(request.GET[name])
    return Start()


def _from_scheme(pk: str) -> Start:
    scheme = found(_own_schemes(), pk)
    return Start(scheme=scheme, base=scheme.current)


def _from_task(pk: str) -> Start:
    task = found(CatalogueTask.objects.waiting(), pk)
    scheme = found(_own_schemes(), str(task.scheme_id))
    return Start(scheme=scheme, base=scheme.current, task=task, comment=task.text)


def _from_proposal(pk: str) -> Start:
    """Take up a proposal on the revision in force today, with what others changed meanwhile."""
    proposal = found(_rows(), pk)
    scheme = _own_schemes().filter(source_key=proposal.key).first()
    current = scheme.current if scheme else None
    if current is None:
        return Start(record=proposal.record, comment=proposal.comment, task=proposal.task)
    base = read_record(proposal.base) if proposal.base else None
    record, conflicts = merge(base=base, mine=proposal.record, current=read_record(current))
    return Start(
        scheme=scheme,
        base=current,
        record=record,
        conflicts=conflicts,
        comment=proposal.comment,
        task=proposal.task,
    )


def _own_schemes() -> QuerySet[Scheme]:
    return Scheme.objects.of_source(Scheme.OWN).described().select_related("current__scheme")
