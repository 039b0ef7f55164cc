"""Whether files are read before their schemes are e-mailed: the territory lead decides, need by need."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from backend.accounts.rights import check_leads_territory
from backend.common.days import current_day
from backend.matchmaking.models import ReviewPolicy
from backend.matchmaking.review_policies import (
    PolicyError,
    Reading,
    arrived_lately,
    policies_in_force,
    reading_of_need,
    set_policy,
    would_leave,
)
from backend.schemes.models import TaxonomyNeed
from backend.web.forms.territory import PolicyForm
from backend.web.views.officer import signed_in

N_HISTORY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A need, what is decided for it, and how often reading its files changed the answer."""

    need: TaxonomyNeed
    policy: ReviewPolicy | None
    reading: Reading


@login_required
@never_cache
@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """List the needs with what is decided for each, and who decided what when."""
    check_leads_territory(signed_in(request))
    in_force, arrived = policies_in_force(), arrived_lately(on=current_day())
    rows = [
        Row(need=need, policy=in_force.get(need.key), reading=reading_of_need(arrived, need.key))
        for need in TaxonomyNeed.objects.all()
    ]
    history = ReviewPolicy.objects.select_related("need", "set_by")[:N_HISTORY]
    return render(request, "web/territory/policies.html", {"rows": rows, "history": history})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest, key: str) -> HttpResponse:
    """Try a choice for a need on the files of the last ninety days as often as one likes, then decide."""
    user, on = signed_in(request), current_day()
    check_leads_territory(user)
    need = get_object_or_404(TaxonomyNeed, pk=key)
    in_force = policies_in_force()
    current = in_force.get(key)
    initial = {
        "mode": current.mode if current else ReviewPolicy.Mode.READ,
        "least": current.least if current else None,
        "instead_of": current.pk if current else None,
    }
    form = PolicyForm(request.POST if request.method == "POST" else None, initial=initial, auto_id="relecture_%s")
    arrived = arrived_lately(on=on)
    tried = None
    if form.is_valid():
        chosen = {"mode": form.cleaned_data["mode"], "least": form.cleaned_data["least"]}
        if "try" in request.POST:
            tried = would_leave(arrived, key, in_force | {key: ReviewPolicy(need=need, **chosen)})
        else:
            try:
                set_policy(user=user, need=need, **chosen, instead_of=form.cleaned_data["instead_of"])
            except PolicyError as error:
                form.add_error(None, str(error))
                current = policies_in_force().get(key)  # what the page shows now, and the next choice replaces
                form.data = request.POST.copy()
                form.data["instead_of"] = str(current.pk) if current else ""
            else:
                messages.success(request, _("C’est décidé pour « %(need)s ».") % {"need": need})
                return redirect("territory_policies")
    context = {
        "need": need,
        "form": form,
        "current": current,
        "reading": reading_of_need(arrived, key),
        "tried": tried,
        "is_sampled": tried and form.cleaned_data["mode"] == ReviewPolicy.Mode.SAMPLED,
    }
    return render(request, "web/territory/policy.html", context, status=422 if form.errors else 200)
