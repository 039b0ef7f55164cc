"""The form of a proposal: filled from a sheet, a report or another proposal, with what it would do as it is typed."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from backend.schemes.admin.pages import CataloguePages, found, signed_in
from backend.schemes.admin.trials import Trial, effect_of, lines_of
from backend.schemes.changes.incoming import draft_record
from backend.schemes.comparison import merge
from backend.schemes.forms.proposal import CommentForm
from backend.schemes.forms.sheet import Sheet
from backend.schemes.models import CatalogueTask, Proposal, Revision, Scheme, SourceChange
from backend.schemes.publishing import PublishingError, rewrite_draft, write_draft
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
        imported: Revision | None = None,
        conflicts: list[str] | None = None,
        comment: str = "",
    ) -> None:
        self.scheme, self.base, self.task, self.comment = scheme, base, task, comment
        self.imported = imported
        self.record = record or (read_record(base) if base else None)
        self.conflicts = conflicts or []


type Save = Callable[[Record, str], Proposal]


class WritingPages(CataloguePages[Proposal]):
    """Pages where an editor writes; the firms on which a sheet is tried are known above."""

    def open_trial(self) -> Trial:
        """Return the firms of today, to try a sheet on."""
        raise NotImplementedError

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
                imported=start.imported,
            )

        title = f"Proposer une modification – {start.scheme}" if start.scheme else "Proposer un nouveau dispositif"
        return self._form_page(request, title, start, save)

    def rewrite(self, request: HttpRequest, pk: str) -> HttpResponse:
        proposal = found(Proposal.objects.readable(), pk)
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

    def _form_page(self, request: HttpRequest, title: str, start: Start, save: Save) -> HttpResponse:
        data = request.POST if request.method == "POST" else None
        # A draft may name what the revision does not, and the reverse: both are offered.
        sheet = Sheet(scheme=start.scheme, base=start.record or EMPTY, data=data)
        comment = CommentForm(data, initial={"comment": start.comment})
        action, _, place = (data or QueryDict()).get("act", "").partition(":")
        if data is not None and action == "check" and request.htmx:  # type: ignore[attr-defined]
            return TemplateResponse(request, "admin/schemes/live.html", self._tried(sheet, start))
        if data is not None and action and action != "check":
            sheet = sheet.with_action(action, place, kind=data.get(f"new_kind-{place}" if place else "new_kind", ""))
            comment = CommentForm(initial={"comment": data.get("comment", "")})
        elif data is not None and action != "check" and comment.is_valid() and sheet.is_valid():
            try:
                proposal = save(sheet.record(), comment.cleaned_data["comment"])
            except PublishingError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, "Brouillon enregistré. Relisez-le, puis envoyez-le à la relecture.")
                return redirect("admin:schemes_proposal_change", proposal.pk)
        is_checked = data is not None and action in ("", "check")
        if is_checked:
            sheet.is_valid()
        tried = self._tried(sheet, start) if action == "check" else {"lines": lines_of(sheet, None)}
        tree = sheet.tree
        for node in (part for top in tree for part in top.walk()):
            node.line = tried["lines"][node.index]
        return self.page(
            request,
            "form",
            title,
            start=start,
            sheet=sheet,
            sections=sheet.sections(),
            tree=tree,
            comment=comment,
            is_checked=is_checked,
            kinds=CRITERION_KINDS,
            **tried,
        )

    def _tried(self, sheet: Sheet, start: Start) -> dict[str, Any]:
        """Return what the criteria say and do, and what the whole sheet would change."""
        trial = self.open_trial()
        in_force = start.scheme.current if start.scheme else None
        return {"lines": lines_of(sheet, trial), "effect": effect_of(sheet, trial, in_force=in_force), "tried": True}


def _start(request: HttpRequest) -> Start:
    """Read from the address what a new proposal starts from."""
    for name, read in (
        ("reprendre", _from_proposal),
        ("annuler", _undoing_proposal),
        ("fiche", _from_task),
        ("dispositif", _from_scheme),
        ("importee", _from_imported),
    ):
        if name in request.GET:
            return read(request.GET[name])
    return Start()


def _from_scheme(pk: str) -> Start:
    scheme = found(_own_schemes(), pk)
    return Start(scheme=scheme, base=scheme.current)


def _from_imported(pk: str) -> Start:
    """Start a sheet of ours from what another site says; nobody of ours has checked it yet."""
    scheme = found(SourceChange.objects.described().unclaimed().select_related("current__scheme"), pk)
    return Start(
        record=draft_record(scheme),
        imported=scheme.current,
        comment=f"D’après {scheme.source}, fiche « {scheme.source_key} ».",
    )


def _undoing_proposal(pk: str) -> Start:
    """Start from the sheet in force, what a published proposal changed put back as it was before."""
    rows = Proposal.objects.readable().filter(state=Proposal.State.PUBLISHED, base__isnull=False)
    proposal = found(rows, pk)
    scheme = found(_own_schemes(), str(proposal.scheme_id))
    if proposal.base is None or scheme.current is None:
        raise Http404
    record, conflicts = merge(
        base=proposal.record, mine=read_record(proposal.base), current=read_record(scheme.current)
    )
    return Start(
        scheme=scheme,
        base=scheme.current,
        record=record,
        conflicts=conflicts,
        comment=f"Annule la version {proposal.revision.number if proposal.revision else '?'}.",
    )


def _from_task(pk: str) -> Start:
    task = found(CatalogueTask.objects.waiting(), pk)
    scheme = found(_own_schemes(), str(task.scheme_id))
    return Start(scheme=scheme, base=scheme.current, task=task, comment=task.text)


def _from_proposal(pk: str) -> Start:
    """Take up a proposal on the revision in force today, with what others changed meanwhile."""
    proposal = found(Proposal.objects.readable(), pk)
    scheme = _own_schemes().filter(source_key=proposal.key).first()
    current = scheme.current if scheme else None
    if current is None:
        return Start(record=proposal.record, comment=proposal.comment, task=proposal.task, imported=proposal.imported)
    base = read_record(proposal.base) if proposal.base else None
    record, conflicts = merge(base=base, mine=proposal.record, current=read_record(current))
    return Start(
        scheme=scheme,
        base=current,
        record=record,
        conflicts=conflicts,
        comment=proposal.comment,
        task=proposal.task,
        imported=proposal.imported,
    )


def _own_schemes() -> QuerySet[Scheme]:
    return Scheme.objects.of_source(Scheme.OWN).described().select_related("current__scheme")
