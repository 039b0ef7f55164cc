"""The form of a proposal: filled from a sheet or a report, with what it would do as it is typed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from backend.schemes.catalogue.criteria import sentence
from backend.schemes.catalogue.drafts import EditedError, write_draft
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.merging import Merge, Side, put_together
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import read_record
from backend.schemes.editing.admin.pages import CataloguePages, found, signed_in
from backend.schemes.editing.admin.trials import Trial, effect_of, lines_of
from backend.schemes.editing.forms.proposal import ChoicesForm, CommentForm
from backend.schemes.editing.forms.sheet import Sheet
from backend.schemes.editing.forms.tree import Node, tree_of
from backend.schemes.editing.rebasing import merge_edits, save_over
from backend.schemes.ingestion.changes.incoming import draft_record
from backend.schemes.models import CatalogueTask, Proposal, Revision, Scheme, SourceChange, canonical_criterion
from backend.schemes.vocabulary import CRITERION_KINDS


@dataclass(kw_only=True)
class Start:
    """What is written starts from: a scheme and its revision in force, a report, or the draft that is changed."""

    scheme: Scheme | None = None
    base: Revision | None = None
    record: SchemeRecord | None = None  # of the base where it is not given
    task: CatalogueTask | None = None
    imported: Revision | None = None
    conflicts: list[str] = field(default_factory=list)
    comment: str = ""
    proposal: Proposal | None = None
    version: int = 0

    def __post_init__(self) -> None:
        if not self.record and self.base:
            self.record = read_record(self.base)


type Save = Callable[[SchemeRecord, str], Proposal]


class WritingPages(CataloguePages[Proposal]):
    """Pages where an editor writes; the firms on which a sheet is tried are known above."""

    def get_urls(self) -> list[URLPattern]:
        own = path("<path:pk>/modifier/", self.for_editors(self.rewrite), name="schemes_proposal_rewrite")
        return [own, *super().get_urls()]

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

        def save(record: SchemeRecord, comment: str) -> Proposal:
            return write_draft(
                author=signed_in(request),
                record=record,
                scheme=start.scheme,
                base=start.base,
                comment=comment,
                task=start.task,
                imported=start.imported,
            )

        if start.conflicts and request.method != "POST":
            messages.warning(
                request,
                f"Ces champs ont encore changé depuis, et ce qu’ils disaient avant est mis ci-dessous : "
                f"{_listed(start.conflicts)}. Comparez-les avec la version en vigueur avant d’enregistrer.",
            )
        title = f"Proposer une modification – {start.scheme}" if start.scheme else "Proposer un nouveau dispositif"
        return self._form_page(request, title, start, save)

    def rewrite(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Change a draft, whoever wrote it; what somebody else saved meanwhile is put together with what is typed."""
        proposal = found(Proposal.objects.readable(), pk)
        user, typed = signed_in(request), request.POST
        if proposal.state != Proposal.State.DRAFT and request.method != "POST":
            messages.error(request, "Seul un brouillon se modifie : reprenez d’abord la proposition en brouillon.")
            return redirect("admin:schemes_proposal_change", proposal.pk)
        start = Start(
            scheme=proposal.scheme,
            base=proposal.base,
            record=proposal.record,
            task=proposal.task,
            comment=proposal.comment,
            proposal=proposal,
            version=_number(typed.get("version", "")) or proposal.version,
        )

        def save(record: SchemeRecord, comment: str) -> Proposal:
            if proposal.state != Proposal.State.DRAFT:
                messages.warning(
                    request,
                    f"Cette proposition est devenue « {proposal.get_state_display()} » pendant que vous écriviez : "
                    "ce que vous avez écrit est gardé dans un nouveau brouillon.",
                )
                return write_draft(
                    author=user,
                    record=record,
                    scheme=proposal.scheme,
                    base=proposal.base,
                    comment=comment,
                    task=proposal.task,
                    imported=proposal.imported,
                )
            saved, merge = save_over(
                proposal=proposal,
                author=user,
                mine=record,
                comment=comment,
                version=start.version,
                seen=_number(typed.get("seen", "")),
                choices=_choices(typed, merge_edits(proposal=proposal, version=start.version, mine=record)),
            )
            if merge and merge.taken:
                messages.info(request, f"Les changements faits entre-temps sont gardés : {_listed(merge.taken)}.")
            return saved

        return self._form_page(request, f"Modifier le brouillon – {proposal}", start, save)

    def _edited_page(self, request: HttpRequest, start: Start, mine: SchemeRecord) -> HttpResponse:
        """Show what two people saved at once, side by side; all that was typed comes back with the choice."""
        proposal = found(Proposal.objects.readable(), str(start.proposal.pk if start.proposal else ""))
        merge = merge_edits(proposal=proposal, version=start.version, mine=mine)
        last = proposal.edits.select_related("by").order_by("-version").first()
        form = ChoicesForm(request.POST if "resolve" in request.POST else None, conflicts=merge.conflicts)
        return self.page(
            request,
            "merge",
            "Deux personnes ont écrit ce brouillon",
            proposal=proposal,
            merge=merge,
            form=form,
            rows=form.rows(),
            other=last.by if last else None,
            typed=_typed_again(request.POST),
            is_edited=True,
        )

    def _form_page(self, request: HttpRequest, title: str, start: Start, save: Save) -> HttpResponse:
        data = request.POST if request.method == "POST" else None
        # A draft may name what the revision does not, and the reverse: both are offered.
        sheet = Sheet(scheme=start.scheme, base=start.record, data=data)
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
            except EditedError:
                return self._edited_page(request, start, sheet.record())
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
            others=_other_drafts(start),
            reported=_reported_row(tree, start.task),
            reported_sentence=sentence(start.task.criterion.definition) if start.task and start.task.criterion else "",
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
    undone = put_together(base=proposal.record, mine=read_record(proposal.base), theirs=read_record(scheme.current))
    return Start(
        scheme=scheme,
        base=scheme.current,
        record=undone.record(),
        conflicts=[conflict.label for conflict in undone.conflicts],
        comment=f"Annule la version {proposal.revision.number if proposal.revision else '?'}.",
    )


def _from_task(pk: str) -> Start:
    task = found(CatalogueTask.objects.waiting(), pk)
    scheme = found(_own_schemes(), str(task.scheme_id))
    return Start(scheme=scheme, base=scheme.current, task=task, comment=task.text)


def _reported_row(tree: list[Node], task: CatalogueTask | None) -> int | None:
    """Return the row of the criterion that a report is about, as it is typed now: the report stands beside it."""
    if task is None or task.criterion is None:
        return None
    reported = canonical_criterion(task.criterion.definition)
    for node in tree:
        sent = tree_of([part.form.as_sent() for part in node.walk()])[0]
        if sent.is_complete and canonical_criterion(sent.definition()) == reported:
            return node.index
    return None


def _other_drafts(start: Start) -> list[Proposal]:
    """Return what else is being written or read on the same scheme."""
    if start.scheme is None:
        return []
    rows = start.scheme.proposals.open().select_related("author").order_by("-written_at")
    return list((rows.exclude(pk=start.proposal.pk) if start.proposal else rows)[:5])


def _choices(typed: QueryDict, merge: Merge) -> dict[str, Side] | None:
    """Return whose version of each field was chosen; nothing where that page was not sent, or not filled."""
    form = ChoicesForm(typed if "resolve" in typed else None, conflicts=merge.conflicts)
    return form.choices() if form.is_bound and form.is_valid() else None


def _typed_again(typed: QueryDict) -> list[tuple[str, str]]:
    """Return all that was typed, to be sent once more with the choice."""
    apart = ("csrfmiddlewaretoken", "act", "resolve", "seen")
    kept = (name for name in typed if name not in apart and not name.startswith("keep-"))
    return [(name, str(value)) for name in kept for value in typed.getlist(name)]


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(labels).lower()


def _own_schemes() -> QuerySet[Scheme]:
    return Scheme.objects.of_source(Scheme.OWN).described().select_related("current__scheme")
