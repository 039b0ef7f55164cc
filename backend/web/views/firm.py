"""The firm says who it is by one box: its establishments in the State's register, and the one it chooses."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.companies.register import RegisterUnavailable
from backend.web import looking_up
from backend.web.drafts import FIRM, Draft
from backend.web.forms.filing.firm import FirmForm
from backend.web.forms.filing.search import SearchForm, number_begun
from backend.web.fragments import render_fragment
from backend.web.views.filing import step_context

EVERYWHERE = "partout"  # not in our copy: by the State's service


@never_cache
@require_http_methods(["GET", "HEAD"])
def search(request: HttpRequest) -> HttpResponse:
    """Show the establishments that may be meant: of our copy alone while one types."""
    draft, is_typing = Draft.of(request.session), bool(request.htmx)  # type: ignore[attr-defined]
    if draft is None:
        return redirect("start")
    fragment, page = "web/parts/establishments_typed.html", f"web/filing/{FIRM}.html"
    if is_typing:
        return render_fragment(request, fragment, page, {"search": looking_up.typing(request.GET.get("q", ""))})
    form = SearchForm(request.GET if "q" in request.GET else None)
    found = looking_up.search(form, request, everywhere=EVERYWHERE in request.GET) if form.is_valid() else None
    by_hand = FirmForm(initial=_typed(form))
    context = {
        **step_context(FIRM, by_hand, draft),
        "registered": None,  # another one is looked for
        "search_form": form,
        "search": found,
        "was_chosen": draft.chosen,
        "by_hand": found is not None and not found.sites,
    }
    return render_fragment(request, fragment, page, context)


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Take an establishment, as the register shows it now and not as the page was sent; none goes back to the box."""
    draft = Draft.of(request.session)
    if draft is None:
        return redirect("start")
    siret = request.POST.get("siret", "")
    again = redirect(f"{reverse('firm_search')}?{urlencode({'q': siret})}" if siret else reverse("step", args=[FIRM]))
    try:
        registered = looking_up.registered_as(siret, request)
    except RegisterUnavailable:
        messages.error(
            request, _("Le registre des entreprises ne répond pas : remplissez à la main, rien n’est perdu.")
        )
        return redirect("step", FIRM)
    if siret and not (registered and registered.is_open):
        return again
    draft.choose(registered)
    draft.keep(request.session)
    return redirect("step", FIRM)


def _typed(form: SearchForm) -> dict[str, str]:
    """Return what was typed in the box where the form by hand asks for it."""
    typed = str(form["q"].value() or "")
    if not form.is_valid():
        return {"number" if number_begun(typed) else "company_name": typed}
    return {"number": form.number} if form.number else {"company_name": typed}
