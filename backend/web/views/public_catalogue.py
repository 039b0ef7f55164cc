"""The catalogue as anybody reads it: what is published, or was; never a sheet that nobody has checked."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from backend.common.days import current_day
from backend.matchmaking.deadlines import dates_of
from backend.notifications.services import absolute_url
from backend.schemes.catalogue import revision_wording
from backend.schemes.catalogue.quality import is_overdue, review_day
from backend.schemes.catalogue.sheets import operators_of, sheet_of
from backend.schemes.catalogue.succession import successor_of
from backend.schemes.catalogue.windows import TAKING, window_on
from backend.schemes.models import Revision, Scheme
from backend.web.forms.catalogue import CatalogueForm
from backend.web.published import structured
from backend.web.published.conditional import same_for_all
from backend.web.published.history import versions_of
from backend.web.published.listing import list_schemes, with_operators

PER_PAGE = 20


def shown_scheme(key: str) -> Scheme:
    rows: QuerySet[Scheme] = Scheme.objects.shown().select_related("current__scheme")
    scheme = rows.filter(source_key=key).first()
    if scheme is None or scheme.current is None:
        raise Http404
    return scheme


def shown_revision(scheme: Scheme, number: int) -> Revision:
    for version in versions_of(scheme):
        if version.revision.number == number:
            return version.revision
    raise Http404


@require_safe
@same_for_all
def schemes(request: HttpRequest) -> HttpResponse:
    """List what is published, narrowed by the address of the page."""
    on = current_day()
    form = CatalogueForm(request.GET)
    form.is_valid()  # what cannot be read is told, and narrows nothing
    listing = list_schemes(form, on=on)
    form.keep_counted(listing.counts)
    page = Paginator(listing.found, PER_PAGE).get_page(request.GET.get("page"))
    cards = [
        {
            "revision": revision,
            "window": window_on(revision, on=on),
            "amount": revision_wording.amount(revision),
            "deadline": revision_wording.deadline(revision, on=on),
            "operators": [operator for operator, _roles in operators_of(revision.roles.all())],
        }
        for revision in with_operators([*page])
    ]
    chosen = [name for name in form.fields if form.cleaned_data.get(name)]
    context = {
        "form": form,
        "page": page,
        "cards": cards,
        "words": form.cleaned_data.get("q", ""),
        "chips": [(_chip(form, name), _without(request, name)) for name in chosen],
        "places": [form.place_label(place) for place in form.places],
        "taking": TAKING,
        "canonical": absolute_url("public_schemes") + (f"?page={page.number}" if page.number > 1 else ""),
        "is_indexed": not chosen and not form.errors,
    }
    return render(request, "web/published/schemes.html", context)


def _without(request: HttpRequest, name: str) -> str:
    """Return the address of the list without one of the choices."""
    left = request.GET.copy()
    for gone in (name, "page"):
        left.pop(gone, None)
    return f"{request.path}?{left.urlencode()}" if left else request.path


def _chip(form: CatalogueForm, name: str) -> str:
    """Say in a few words what one choice narrows the list to."""
    value = form.cleaned_data[name]
    if name == "ouvert":
        return str(form.fields[name].label)
    if name == "q":
        return f"«\N{NO-BREAK SPACE}{value}\N{NO-BREAK SPACE}»"
    if name == "lieu":
        return form.place_label(form.place) if form.place else value
    labels: dict[str, Any] = dict(form.fields[name].choices)  # type: ignore[attr-defined]
    return str(labels[value]).rsplit(" (", 1)[0]


@require_safe
@same_for_all
def scheme(request: HttpRequest, key: str) -> HttpResponse:
    """Show the sheet of a scheme as it is in force, or lead to the one it gave way to, in one step."""
    found = shown_scheme(key)
    if last := successor_of(found):
        moved = redirect("public_scheme", last.source_key, permanent=True)
        patch_cache_control(moved, no_cache=True)  # a fusion can be undone
        return moved
    assert found.current is not None  # noqa: S101 -- shown_scheme() returns none without
    return _page(request, found, found.current)


@require_safe
@same_for_all
def versions(request: HttpRequest, key: str) -> HttpResponse:
    """List what each version of a scheme changed."""
    found = shown_scheme(key)
    context = {"scheme": found, "versions": versions_of(found), "successor": successor_of(found)}
    return render(request, "web/published/versions.html", context)


@require_safe
@same_for_all
def version(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Show the sheet of a scheme as a former version said it."""
    found = shown_scheme(key)
    revision = shown_revision(found, number)
    if revision.pk == found.current_id and successor_of(found) is None:
        return redirect("public_scheme", key)
    return _page(request, found, revision)


def _page(request: HttpRequest, found: Scheme, revision: Revision) -> HttpResponse:
    on = current_day()
    sheet = sheet_of(
        revision,
        on=on,
        linkable=Scheme.objects.shown().select_related("current"),
        for_editor=getattr(request.user, "may_edit_catalogue", False),
    )
    is_in_force = revision.pk == found.current_id
    successor = successor_of(found)
    context = {
        "sheet": sheet,
        "scheme": found,
        "revision": revision,
        "window": window_on(revision, on=on),
        "taking": TAKING,
        "is_archived": found.state == Scheme.State.ARCHIVED,
        "is_in_force": is_in_force,
        "published_on": timezone.localdate(revision.recorded_at),
        "review_on": review_day(revision),
        "is_overdue": is_overdue(revision, on=on),
        "successor": successor,
        "has_dates": is_in_force and any(dates_of(found, revision, on=on)),
        "canonical": absolute_url("public_scheme", (successor or found).source_key),
        "structured": structured.as_script(structured.government_service(sheet)) if is_in_force else "",
    }
    return render(request, "web/published/scheme.html", context)
