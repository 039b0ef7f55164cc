"""The firm states its need: short steps kept in the session, each sent, then shown again at its own address."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.throttles import client_network, spend
from backend.web.arrivals import INSTEAD, Arrival
from backend.web.drafts import FIRM, FORMS, MOST_BYTES, NAMES, OPTIONAL, Draft, stated
from backend.web.filed import FILED, last_filed
from backend.web.forms.fact_fields.rows import ADD_ROW
from backend.web.forms.filing.firm import FirmForm
from backend.web.forms.filing.search import SearchForm
from backend.web.forms.filing.steps import StepForm
from backend.web.looking_up import is_inside, is_possible, rows_of
from backend.web.notices import Notice, begun_here, no_cookie, too_long, too_many


@never_cache
@require_http_methods(["GET", "HEAD"])
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the first step; a draft is opened once a step is sent."""
    return redirect("step", NAMES[0])


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Throw the draft away: on a shared computer, nothing stays behind."""
    if draft := Draft.of(request.session):
        draft.forget(request.session)
    request.session.pop(FILED, None)
    return redirect("home")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, name: str) -> HttpResponse:
    """Show or take one step. What was taken is shown by another request, so that going back asks for nothing."""
    if name not in FORMS:
        return redirect("start")
    draft = Draft.of(request.session)
    if request.method == "POST":
        return _take(request, name, draft)
    if draft is None:
        return _page(request, name, FORMS[name]()) if name == NAMES[0] else redirect("start")
    if name not in draft.steps:
        return _page(request, name, draft.form(name))
    if ADD_ROW not in request.GET:
        return _page(request, name, draft.form(name, draft.data(name)))
    form = draft.form(name, draft.data(name, **{ADD_ROW: "1"}))
    form.forget_errors()
    return _page(request, name, form)


def _take(request: HttpRequest, name: str, kept: Draft | None) -> HttpResponse:
    arrival = Arrival.read(request) if name == NAMES[0] else Arrival()
    if kept and arrival.mark not in ("", kept.arrival):  # typed on another site, beside what this browser has
        if INSTEAD not in request.POST:
            return _page(request, name, FORMS[name](request.POST), status=422)
        kept = None
    draft = kept or Draft(came_from=arrival.site.pk if arrival.site else 0, arrival=arrival.mark)
    if name == FIRM and (siret := request.POST.get("siret", "")) != draft.registered.get("siret", ""):
        if siret:  # of a page that was open while another establishment was chosen
            return redirect("step", name)
        draft.choose(None)
    form = draft.form(name, request.POST)
    if name == FIRM:
        draft.take_firm(form.typed())
    else:
        draft.steps[name] = form.typed()
    if draft.size > MOST_BYTES:
        return _page(request, name, form, status=422, notice=too_long(given=draft.size, most=MOST_BYTES))
    if kept is None and (wait := spend("draft.network", client_network(request))):
        response = _page(request, name, form, status=429, notice=too_many(wait))
        response.headers["Retry-After"] = str(wait)
        return response
    if name == NAMES[0]:
        draft.forget_taken_away()
    draft.keep(request.session)
    if form.asks_for_row:
        return redirect(f"{request.path}?{ADD_ROW}=1")
    if not form.is_valid():
        return redirect("step", name)
    return after(draft)


def after(draft: Draft) -> HttpResponse:
    """Lead on from what was taken: to the step that is missing or worth asking, or to the answer."""
    said = stated(draft)
    if isinstance(said, str):
        return redirect("step", said)
    if said.waits_for_project:
        return redirect("step", OPTIONAL)
    return redirect("draft_answer")


def show_again(request: HttpRequest, name: str) -> HttpResponse:
    """Show a step that was sent without its cookie: nothing is taken, what was typed stays, with a fresh token."""
    draft = Draft.of(request.session) or Draft()
    return _page(request, name, draft.form(name, request.POST), status=403, notice=no_cookie())


def _page(
    request: HttpRequest,
    name: str,
    form: StepForm,
    *,
    status: int = 200,
    notice: Notice | None = None,
) -> HttpResponse:
    arrival = Arrival.read(request) if name == NAMES[0] else Arrival()
    return show_step(request, name, form, arrival, status=status, notice=notice)


def show_step(
    request: HttpRequest,
    name: str,
    form: StepForm,
    arrival: Arrival,
    *,
    status: int = 200,
    notice: Notice | None = None,
) -> HttpResponse:
    """Show a step. What was typed on another site is of no draft yet: one that stands is said beside it."""
    draft = Draft.of(request.session)
    context: dict[str, Any] = {"notice": notice}
    if draft and arrival.mark not in ("", draft.arrival):
        context = {"notice": notice or begun_here(stays=bool(draft.row)), "begun": draft}
        draft = None
    if draft is None:
        context |= {"arrival": arrival, "filed": last_filed(request.session)}
    return render(request, f"web/filing/{name}.html", {**step_context(name, form, draft), **context}, status=status)


def step_context(name: str, form: StepForm, draft: Draft | None) -> dict[str, Any]:
    """Return what the page of a step shows."""
    position, is_assisted = NAMES.index(name), bool(draft and draft.is_assisted)
    titles = {each: (is_assisted and FORMS[each].assisted_title) or FORMS[each].title for each in NAMES}
    context: dict[str, Any] = {
        "form": form,
        "name": name,
        "position": position + 1,
        "title": titles[name],
        "steps": [(step_name, title, step_name == OPTIONAL) for step_name, title in titles.items()],
        "previous": NAMES[position - 1] if position else None,
        "is_assisted": is_assisted,
    }
    if isinstance(form, FirmForm):
        context |= {"search_form": SearchForm(), "may_search": is_possible()}
    if draft and draft.chosen:
        declared = form.facts() if isinstance(form, FirmForm) and form.is_bound and form.is_valid() else {}
        context |= {
            "registered": draft.chosen,
            "rows": rows_of(draft.chosen, declared),
            "is_outside": draft.chosen.commune and not is_inside(draft.chosen),
        }
    return context
