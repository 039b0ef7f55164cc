"""A firm arrives from the site of an organisation; and what that organisation copies into its site."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from backend.common.throttles import client_network, spend
from backend.web.arrivals import FROM, Arrival, SiteLinks, speaks_for
from backend.web.drafts import NAMES
from backend.web.forms.filing.need import NeedForm
from backend.web.notices import too_many
from backend.web.views.filing import show_step
from backend.web.views.officer import signed_in

NEED = NAMES[0]


# A form of another site has no token of ours. Nothing is stored or done here: what was typed is shown in the first
# step, with a token of ours, and only the button of that step sends it.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def arrive(request: HttpRequest, code: str) -> HttpResponse:
    """Lead to the first step from an organisation's site, with what was typed there; an unknown code loses nothing."""
    if request.method != "POST":
        return redirect(f"{reverse('step', args=[NEED])}?{urlencode({FROM: code})}")
    form, arrival = NeedForm({"text": request.POST.get("text", "")}), Arrival.with_text(code)
    if wait := spend("arrival.network", client_network(request)):
        response = show_step(request, NEED, form, arrival, status=429, notice=too_many(wait))
        response.headers["Retry-After"] = str(wait)
        return response
    if "text" in form.errors:
        return show_step(request, NEED, form, arrival, status=422)
    return show_step(request, NEED, NeedForm(initial={"text": form.cleaned_data["text"]}), arrival)


@login_required
@never_cache
@require_safe
def on_your_site(request: HttpRequest) -> HttpResponse:
    """Show what one's organisations copy into a page of their site, and what is counted of it."""
    organisations = list(speaks_for(signed_in(request)))
    context = {
        "sites": [SiteLinks(one) for one in organisations if one.code],
        "without_code": [one for one in organisations if not one.code],
    }
    return render(request, "web/on_your_site.html", context)
