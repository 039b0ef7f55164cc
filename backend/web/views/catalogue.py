"""The catalogue as officers read it: everything, with what is closed, and what nobody has checked marked as such."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from backend.accounts.models import User
from backend.common.days import current_day
from backend.schemes.catalogue import revision_wording
from backend.schemes.catalogue.criteria import sentence
from backend.schemes.catalogue.evidence import amount_evidence, evidence_of
from backend.schemes.catalogue.quality import is_overdue, review_day
from backend.schemes.catalogue.searching import find_schemes
from backend.schemes.models import Scheme, TaxonomyNeed
from backend.steering.success import success_of
from backend.web.views.officer import signed_in

PER_PAGE = 50


def _check_reader(user: User) -> None:
    """Let those of the service in; a partner's people read the public catalogue."""
    if not user.posts.roles or user.posts.is_partner_only:
        raise PermissionDenied


@login_required
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """List the schemes by name, or those found by words, those that nobody has checked marked."""
    _check_reader(signed_in(request))
    words, need = request.GET.get("q", "").replace("\0", "").strip(), request.GET.get("besoin", "").replace("\0", "")
    rows = Scheme.objects.of_source(Scheme.OWN).described().exclude(state=Scheme.State.ARCHIVED)
    if need:
        rows = rows.filter(current__served_needs__sub_need__need=need)
    rows = rows.select_related("current").order_by("current__name").distinct()
    page = Paginator(find_schemes(rows, words) if words else rows, PER_PAGE).get_page(request.GET.get("page"))
    on = current_day()
    context = {
        "page": page,
        "rows": [(scheme, revision_wording.deadline(scheme.current, on=on)) for scheme in page if scheme.current],
        "words": words,
        "need": need,
        "needs": TaxonomyNeed.objects.all(),
    }
    return render(request, "web/officer/catalogue.html", context)


@login_required
@require_safe
def scheme(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one sheet: what the scheme asks, with the source of each condition, and what it gives."""
    user = signed_in(request)
    _check_reader(user)
    rows = Scheme.objects.of_source(Scheme.OWN).described().exclude(state=Scheme.State.ARCHIVED)
    scheme = get_object_or_404(rows.select_related("current"), pk=pk)
    revision = scheme.current
    if revision is None:  # described() leaves none out
        raise PermissionDenied
    criteria = revision.criteria.select_related("source")
    context = {
        "scheme": scheme,
        "revision": revision,
        "criteria": [
            (sentence(row.definition), row, evidence_of(row.source, place=row.place, excerpt=row.excerpt))
            for row in criteria
        ],
        "amount": revision_wording.amount(revision),
        "deadline": revision_wording.deadline(revision, on=current_day()),
        "overdue_since": review_day(revision) if is_overdue(revision, on=current_day()) else None,
        "roles": revision.roles.select_related("operator"),
        "served": revision.served_needs.select_related("sub_need"),
        "amount_evidence": amount_evidence(revision),
        "sources": [evidence_of(source) for source in revision.sources.all()],
        "success": success_of([scheme.pk]).get(scheme.pk) if user.is_officer or user.posts.leads else None,
        "reads_files": bool(user.posts.epcis) or user.posts.leads_territory,
    }
    return render(request, "web/officer/scheme.html", context)
