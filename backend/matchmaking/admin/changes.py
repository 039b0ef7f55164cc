"""What sources changed, in one queue: compared with our sheets, made into new ones, or set aside."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from backend.common.days import current_day
from backend.matchmaking.admin.change_filters import OpenFilter, PlaceFilter, StateFilter
from backend.matchmaking.impact_preview import Trial
from backend.schemes.catalogue.comparison import describe, differences
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.searching import with_words
from backend.schemes.editing.admin.pages import MAX_DIGITS, CataloguePages, found, signed_in
from backend.schemes.editing.admin.trials import whom_it_touches
from backend.schemes.editing.forms.changes import ChangeForm, WhySetAsideForm, answers_of
from backend.schemes.ingestion.changes.following import (
    ChangeError,
    Comparison,
    decide,
    end_counterpart,
    make_counterpart,
    settle,
)
from backend.schemes.ingestion.changes.incoming import draft_record, put_back, set_aside
from backend.schemes.models import Counterpart, FieldDecision, Proposal, Revision, Scheme, SetAside, SourceChange
from backend.territories.services import territory_codes

LIST = "admin:schemes_sourcechange_changelist"
PAGE = "admin:schemes_sourcechange_change"
N_FOUND = 20


@admin.register(SourceChange)
class SourceChangeAdmin(CataloguePages[SourceChange]):
    change_list_template = "admin/schemes/changes.html"
    list_display = ("title", "what", "source", "level", "place", "recorded", "our_sheet")
    list_filter = (StateFilter, PlaceFilter, OpenFilter, "current__level", "source")
    search_fields = ("source_key", "current__name")
    list_select_related = ("current",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("set_selected_aside",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SourceChange]:
        codes = territory_codes(on=current_day())
        following = Counterpart.objects.in_force().select_related("ours__current")
        rows = SourceChange.objects.described().told_apart(touching=codes.touching, covering=codes.covering)
        return rows.prefetch_related(
            Prefetch("counterparts", following, to_attr="following"),
            Prefetch("current__set_asides", SetAside.objects.in_force(), to_attr="asides"),
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-concerns", "current__name", "source_key")

    @admin.display(description="fiche de la source", ordering="current__name")
    def title(self, scheme: SourceChange) -> str:
        return str(scheme)

    @admin.display(description="ce qui est à faire")
    def what(self, scheme: Any) -> str:
        counterpart = next(iter(scheme.following), None)
        if counterpart is None:
            return "mise de côté" if scheme.current.asides else "nouvelle"
        if counterpart.gone_at and counterpart.gone_at > counterpart.compared_at:
            return "a quitté sa source"
        return "suivie" if counterpart.compared_id == scheme.current_id else "modifiée"

    @admin.display(description="niveau", ordering="current__level")
    def level(self, scheme: SourceChange) -> str:
        return str(scheme.current.get_level_display()) if scheme.current else ""

    @admin.display(description="peut concerner le territoire", boolean=True, ordering="concerns")
    def place(self, scheme: Any) -> bool:
        return bool(scheme.concerns)

    @admin.display(description="lue le", ordering="current__recorded_at")
    def recorded(self, scheme: SourceChange) -> Any:
        return scheme.current.recorded_at if scheme.current else None

    @admin.display(description="notre fiche")
    def our_sheet(self, scheme: Any) -> str:
        return ", ".join(str(counterpart.ours) for counterpart in scheme.following)

    def get_urls(self) -> list[URLPattern]:
        def one(name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            return path(
                f"<path:pk>/{name}/", self.for_editors(require_POST(view)), name=f"schemes_sourcechange_{name}"
            )

        own = [
            path("mettre-de-cote/", self.for_editors(self.set_list_aside), name="schemes_sourcechange_set_list_aside"),
            one("rattacher", self.link),
            one("detacher", self.unlink),
            one("mettre-de-cote", self.set_one_aside),
            one("remettre", self.put_back),
            one("classer", self.settle),
        ]
        return own + super().get_urls()

    # -- one record

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        scheme = found(SourceChange.objects.described().select_related("current__scheme"), object_id)
        counterpart = _counterpart(scheme)
        if counterpart is None:
            return self._incoming(request, scheme)
        return self._followed(request, scheme, Comparison(counterpart))

    def _followed(self, request: HttpRequest, scheme: SourceChange, comparison: Comparison) -> HttpResponse:
        """Ask what our sheet takes of what its source changed."""
        data = request.POST if request.method == "POST" else None
        rows = [ChangeForm(data, change=change) for change in comparison.pending]
        if data is not None and all(form.is_valid() for form in rows):
            answers = answers_of(rows, data)
            try:
                draft = decide(
                    counterpart=comparison.counterpart,
                    editor=signed_in(request),
                    imported=found(scheme.revisions.all(), data.get("imported", "")),
                    ours=found(comparison.counterpart.ours.revisions.all(), data.get("ours", "")),
                    answers=answers,
                )
            except ChangeError as error:
                messages.error(request, str(error))
            else:
                if not answers:
                    messages.info(request, "Rien n’était décidé : tout attend encore.")
                    return redirect(PAGE, scheme.pk)
                if draft is None:
                    messages.success(request, f"Décisions enregistrées pour « {scheme} ».")
                    return redirect(LIST)
                messages.success(
                    request, "Décisions enregistrées. Relisez le brouillon, puis envoyez-le à la relecture."
                )
                rewritten = any(answer.verdict == FieldDecision.Verdict.EDITED for answer in answers.values())
                return redirect(f"admin:schemes_proposal_{'rewrite' if rewritten else 'change'}", draft.pk)
        counterpart = comparison.counterpart
        return self.page(
            request,
            "change",
            str(scheme),
            scheme=scheme,
            counterpart=counterpart,
            comparison=comparison,
            rows=rows,
            n_errors=sum(len(form.errors) for form in rows) if data is not None else 0,
            must_settle=not rows and Counterpart.objects.changed().filter(pk=counterpart.pk).exists(),
            proposals=counterpart.ours.proposals.open().select_related("author"),
            decisions=counterpart.decisions.select_related("by", "revision", "proposal"),
            sheet=describe(comparison.source),
            **(_touched(request, comparison.with_taken(comparison.pending), comparison.ours) if rows else {}),
        )

    def _incoming(
        self, request: HttpRequest, scheme: SourceChange, why: WhySetAsideForm | None = None
    ) -> HttpResponse:
        """Ask what a record that describes none of ours, as far as is known, is for us."""
        revision = scheme.current
        if revision is None:  # described() leaves none out
            raise PermissionDenied
        words = request.GET.get("q", "").replace("\0", "").strip()
        earlier = SetAside.objects.filter(revision__scheme=scheme).select_related("revision", "by", "back_by")
        last = earlier.first()
        record = read_record(revision)
        return self.page(
            request,
            "incoming",
            str(scheme),
            scheme=scheme,
            revision=revision,
            sheet=describe(record),
            words=words,
            ours=_search(words) if words else None,
            why=why or WhySetAsideForm(),
            is_aside=earlier.in_force().filter(revision=revision).exists(),
            earlier=earlier,
            since=_since(last, record) if last and last.revision_id != revision.pk else None,
            proposals=Proposal.objects.open().filter(imported__scheme=scheme).select_related("author"),
            ended=scheme.counterparts.select_related("ours__current", "made_by", "ended_by"),
            **_touched(request, draft_record(scheme), None),
        )

    def link(self, request: HttpRequest, pk: str) -> HttpResponse:
        scheme = _scheme(pk)

        def act() -> str:
            ours = found(
                Scheme.objects.of_source(Scheme.OWN).described().select_related("current"),
                request.POST.get("ours", ""),
            )
            revision = found(scheme.revisions.all(), request.POST.get("revision", ""))
            make_counterpart(imported=scheme, ours=ours, revision=revision, editor=signed_in(request))
            return f"Cette fiche correspond maintenant à « {ours} » : ses prochains changements vous seront proposés."

        return self._act(request, scheme, act)

    def unlink(self, request: HttpRequest, pk: str) -> HttpResponse:
        scheme = _scheme(pk)

        def act() -> str:
            counterpart = _counterpart(scheme)
            if counterpart is None:
                raise ChangeError("Cette fiche ne correspond à aucune des nôtres.")
            end_counterpart(counterpart=counterpart, editor=signed_in(request))
            return "Correspondance défaite ; ce qui a été décidé reste lisible."

        return self._act(request, scheme, act)

    def set_one_aside(self, request: HttpRequest, pk: str) -> HttpResponse:
        scheme = _scheme(pk)
        form = WhySetAsideForm(request.POST)
        if not form.is_valid():
            return self._incoming(request, scheme, form)

        def act() -> str:
            n = set_aside(
                schemes=SourceChange.objects.filter(pk=scheme.pk),
                editor=signed_in(request),
                why=form.cleaned_data["why"],
            )
            return _told_aside(n)

        return self._act(request, scheme, act, to_list=True)

    def put_back(self, request: HttpRequest, pk: str) -> HttpResponse:
        scheme = _scheme(pk)

        def act() -> str:
            put_back(scheme=scheme, editor=signed_in(request))
            return "Fiche remise dans la file."

        return self._act(request, scheme, act)

    def settle(self, request: HttpRequest, pk: str) -> HttpResponse:
        scheme = _scheme(pk)

        def act() -> str:
            counterpart = _counterpart(scheme)
            if counterpart is None or settle(counterpart) == "to_decide":
                raise ChangeError("Il reste quelque chose à décider.")
            return f"« {scheme} » est classée : notre fiche est à jour de sa source."

        return self._act(request, scheme, act, to_list=True)

    def _act(
        self, request: HttpRequest, scheme: SourceChange, act: Callable[[], str], *, to_list: bool = False
    ) -> HttpResponse:
        try:
            messages.success(request, act())
        except ChangeError as error:
            messages.error(request, str(error))
            to_list = False
        return redirect(LIST) if to_list else redirect(PAGE, scheme.pk)

    # -- many records

    @admin.action(description="Mettre de côté")
    def set_selected_aside(self, request: HttpRequest, queryset: QuerySet[SourceChange]) -> HttpResponse | None:
        return self._set_many_aside(request, queryset, selected=request.POST.getlist(ACTION_CHECKBOX_NAME))

    def set_list_aside(self, request: HttpRequest) -> HttpResponse:
        """Set aside all that a list shows, however long it is."""
        if any("\0" in value for value in request.GET.values()):
            return redirect(LIST)
        changelist = self.get_changelist_instance(request)
        answer = self._set_many_aside(request, changelist.get_queryset(request), selected=[])
        return answer or redirect(LIST)

    def _set_many_aside(
        self, request: HttpRequest, queryset: QuerySet[SourceChange], *, selected: list[str]
    ) -> HttpResponse | None:
        """Ask why, with how many there are under the eyes; then do it."""
        form = WhySetAsideForm(request.POST if "why" in request.POST else None)
        until = request.POST.get("until", "")
        if form.is_bound and form.is_valid() and until.isascii() and until.isdecimal() and len(until) <= MAX_DIGITS:
            n = set_aside(schemes=queryset, editor=signed_in(request), why=form.cleaned_data["why"], until=int(until))
            messages.success(request, _told_aside(n))
            return redirect(LIST)
        counted = SourceChange.objects.unclaimed().filter(pk__in=queryset.values("pk"))
        return self.page(
            request,
            "set_aside",
            "Mettre de côté",
            form=form,
            n=counted.count(),
            n_others=queryset.count() - counted.count(),
            first=counted.select_related("current").order_by("current__name")[:10],
            until=Revision.objects.aggregate(last=Max("pk"))["last"],
            selected=selected,
            back=f"{reverse(LIST)}?{request.GET.urlencode()}",
        )


def _scheme(pk: str) -> SourceChange:
    return found(SourceChange.objects.described().select_related("current__scheme"), pk)


def _counterpart(scheme: Scheme) -> Counterpart | None:
    rows = scheme.counterparts.in_force()
    return rows.select_related(
        "compared__scheme", "imported__current__scheme", "ours__current__scheme", "made_by"
    ).first()


def _search(words: str) -> list[Scheme]:
    """Return the sheets of ours that hold every word, the most like it first."""
    in_force = Revision.objects.filter(pk__in=_our_schemes().values("current"))
    found_by: QuerySet[Any] = with_words(in_force, words)
    found_by = found_by.order_by("-relevance", "name")
    places = {revision: place for place, revision in enumerate(found_by.values_list("pk", flat=True)[:N_FOUND])}
    schemes = _our_schemes().filter(current__in=places).select_related("current")
    return sorted(schemes, key=lambda scheme: places[scheme.current_id or 0])


def _our_schemes() -> QuerySet[Scheme]:
    return Scheme.objects.of_source(Scheme.OWN).described().exclude(state=Scheme.State.ARCHIVED)


def _since(last: SetAside, record: SchemeRecord) -> Any:
    return {"aside": last, "differences": differences(read_record(last.revision), record)}


def _touched(request: HttpRequest, record: SchemeRecord, in_force: Revision | None) -> dict[str, Any]:
    return whom_it_touches(record, Trial(on=current_day()), in_force=in_force, viewer=signed_in(request))


def _told_aside(n: int) -> str:
    if not n:
        return "Rien n’a été mis de côté : ces fiches l’étaient déjà, ou notre catalogue les suit."
    return f"{n} fiche{'s' if n > 1 else ''} mise{'s' if n > 1 else ''} de côté."
