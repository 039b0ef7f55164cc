"""The schemes of a draft behind its five first ones: the whole list, and one of them with every condition."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.common.days import current_day
from backend.matchmaking.deadlines import dates_of
from backend.matchmaking.listing import narrowed
from backend.web.access import private
from backend.web.drafts import Draft, Stated, stated
from backend.web.forms.listing import ListingForm
from backend.web.fragments import render_fragment
from backend.web.views.firm_schemes import PER_PAGE


def _stated(request: HttpRequest) -> Stated | None:
    draft = Draft.of(request.session)
    said = draft and stated(draft)
    return said if isinstance(said, Stated) else None


@never_cache
@require_safe
def schemes(request: HttpRequest) -> HttpResponse:
    """List what answers the draft, all that is open to it, or the whole catalogue."""
    said = _stated(request)
    if said is None:
        return redirect("draft_answer")
    form = ListingForm(request.GET)
    rows = narrowed(said.read.matches(), **form.narrowed)
    context = {"form": form, "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))}
    return private(render(request, "web/open_schemes.html", context))


@never_cache
@require_safe
def scheme(request: HttpRequest, scheme_pk: int) -> HttpResponse:
    """Show a scheme with every condition, what the draft says of each, and what the firm can answer.

    htmx gets the same without the page around it, to open in place.
    """
    said = _stated(request)
    if said is None:
        return redirect("draft_answer")
    card = said.read.card(scheme_pk)
    if card is None:
        raise Http404
    context = {
        "card": card,
        "place": said.place,
        "has_dates": any(dates_of(card.match.scheme, card.revision, on=current_day())),
        "answer_url": reverse("draft_condition"),
        "can_answer": ("firm",),
    }
    return private(render_fragment(request, "web/parts/conditions.html", "web/firm_scheme.html", context))
