"""The firm files its needs: four short steps kept in the session, then one submission."""

import json
import time
from typing import Any, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.links.models import Kind
from backend.links.services import make_link
from backend.matchmaking import engine
from backend.matchmaking.models import Submission
from backend.matchmaking.presentation import preview
from backend.matchmaking.services import Filing, OutsideTerritory, file_submission, outside_contacts, route
from backend.web.forms.filing import STEPS, merge_facts
from backend.web.forms.filing.firm import FirmForm
from backend.web.forms.filing.steps import StepForm
from backend.web.notices import Notice, no_cookie, press_again, too_long, too_many

DRAFT = "draft"
FILED = "filed"  # the key of what this browser filed last
DRAFT_BYTES = 20_000
FORMS = dict(STEPS)
NAMES = [name for name, _form in STEPS]
TRAP = "site_internet"  # a field that people do not see


@never_cache
@require_http_methods(["GET", "HEAD"])
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the first step; a draft is opened once a step is filled in."""
    return redirect("step", NAMES[0])


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Throw the draft away: on a shared computer, nothing stays behind."""
    request.session.pop(DRAFT, None)
    return redirect("home")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, name: str) -> HttpResponse:
    """Show or take one step."""
    if name not in FORMS:
        return redirect("start")
    draft = request.session.get(DRAFT)
    is_new = draft is None
    if draft is None:
        draft = _new_draft()
    if request.method != "POST":
        if is_new and name != NAMES[0]:
            return redirect("start")
        form = FORMS[name](_data(draft, name)) if name in draft["steps"] else FORMS[name]()
        return _page(request, name, form, draft)
    if is_new and (filed := _already_filed(request)):
        return filed
    form = FORMS[name](request.POST)
    if form.asks_for_row:
        form.forget_errors()
        return _page(request, name, form, draft)
    draft["steps"][name] = form.typed()
    if (given := _size(draft)) > DRAFT_BYTES:
        return _page(request, name, form, draft, status=422, notice=too_long(given=given, most=DRAFT_BYTES))
    if form.is_valid() and is_new and (wait := spend("draft.network", client_network(request))):
        return _too_many(request, name, form, draft, wait)
    if form.is_valid() or not is_new:  # who has filled in no step yet leaves nothing in the database
        request.session[DRAFT] = draft
    if not form.is_valid():
        return _page(request, name, form, draft, status=422)
    if name == NAMES[-1]:
        return _file(request, draft, form)
    forms = _valid_forms(draft, upto=name)
    if isinstance(forms, str):
        return redirect("step", forms)
    if name == "projet" and _is_outside(forms):
        return redirect("outside")
    return redirect("step", NAMES[NAMES.index(name) + 1])


def _new_draft() -> dict[str, Any]:
    return {"key": str(uuid4()), "steps": {}, "opened_at": time.time()}


def _data(draft: dict[str, Any], name: str) -> QueryDict:
    data = QueryDict(mutable=True)
    for field, values in draft["steps"][name].items():
        data.setlist(field, values)
    return data


def _size(draft: dict[str, Any]) -> int:
    return len(json.dumps(draft["steps"], ensure_ascii=False).encode(errors="surrogatepass"))


def show_again(request: HttpRequest, name: str) -> HttpResponse:
    """Show a step that was sent without its cookie: nothing is taken, what was typed stays, with a fresh token."""
    draft = request.session.get(DRAFT) or _new_draft()
    return _page(request, name, FORMS[name](request.POST), draft, status=403, notice=no_cookie())


def _page(
    request: HttpRequest,
    name: str,
    form: StepForm,
    draft: dict[str, Any],
    *,
    status: int = 200,
    notice: Notice | None = None,
) -> HttpResponse:
    position = NAMES.index(name)
    context = {
        "form": form,
        "name": name,
        "position": position + 1,
        "steps": [(step_name, FORMS[step_name].title) for step_name in NAMES],
        "previous": NAMES[position - 1] if position else None,
        "is_last": name == NAMES[-1],
        "filing_key": draft["key"],
        "asked_again": "asked_again" in draft,
        "notice": notice,
    }
    return render(request, f"web/filing/{name}.html", context, status=status)


def _valid_forms(draft: dict[str, Any], *, upto: str) -> dict[str, StepForm] | str:
    """Return the valid forms of the steps so far, or the name of the first that is missing or wrong."""
    found: dict[str, StepForm] = {}
    for name in NAMES[: NAMES.index(upto) + 1]:
        if name not in draft["steps"]:
            return name
        form = FORMS[name](_data(draft, name))
        if not form.is_valid():
            return name
        found[name] = form
    return found


def _is_outside(forms: dict[str, StepForm]) -> bool:
    try:
        route(merge_facts(forms.values()), on=current_day())
    except OutsideTerritory:
        return True
    return False


def _file(request: HttpRequest, draft: dict[str, Any], form: StepForm) -> HttpResponse:
    forms = _valid_forms(draft, upto=NAMES[-1])
    if isinstance(forms, str):
        return redirect("step", forms)
    if _looks_like_a_robot(request, draft):
        draft["asked_again"] = True
        request.session[DRAFT] = draft
        return _page(request, NAMES[-1], form, draft, status=422, notice=press_again())
    if wait := spend("filing.network", client_network(request)):
        return _too_many(request, NAMES[-1], form, draft, wait)
    try:
        submission = file_submission(_filing(draft, forms), on=current_day())
    except OutsideTerritory:
        return redirect("outside")
    request.session.pop(DRAFT, None)
    request.session[FILED] = draft["key"]
    return redirect("result", make_link(kind=Kind.RESULT, object_id=submission.pk))


def _looks_like_a_robot(request: HttpRequest, draft: dict[str, Any]) -> bool:
    """Tell whether to ask to press again: the trap is filled, or four pages took no time.

    A person whose browser filled the trap loses nothing: the second time there is no trap.
    """
    trapped = bool(request.POST.get(TRAP)) and "asked_again" not in draft
    return trapped or time.time() - draft.get("opened_at", 0) < settings.FILING_SECONDS


def _too_many(request: HttpRequest, name: str, form: StepForm, draft: dict[str, Any], wait: int) -> HttpResponse:
    response = _page(request, name, form, draft, status=429, notice=too_many(wait))
    response.headers["Retry-After"] = str(wait)
    return response


def _filing(draft: dict[str, Any], forms: dict[str, StepForm]) -> Filing:
    need, firm, contact = forms["besoin"], cast(FirmForm, forms["entreprise"]), forms["contact"]
    return Filing(
        filing_key=UUID(draft["key"]),
        facts=merge_facts(forms.values()),
        origins=firm.origins(),
        siret=firm.siret,
        siren=firm.siren,
        company_name=firm.cleaned_data["company_name"],
        needs=tuple(need.cleaned_data["needs"]),
        text=need.cleaned_data["text"],
        contact_name=contact.cleaned_data["contact_name"],
        email=contact.cleaned_data["email"],
        phone=contact.cleaned_data["phone"],
        call_slot=contact.cleaned_data["call_slot"],
        wants_alerts=contact.cleaned_data["alerts"],
    )


def _already_filed(request: HttpRequest) -> HttpResponseRedirect | None:
    """The second click of a double click, by the same browser: the draft is gone because the first one filed it."""
    key = request.session.get(FILED)
    if key is None or request.POST.get("filing_key") != key:
        return None
    submission = Submission.objects.filter(filing_key=UUID(key)).first()
    return redirect("result", make_link(kind=Kind.RESULT, object_id=submission.pk)) if submission else None


@never_cache
@require_http_methods(["GET", "HEAD"])
def outside(request: HttpRequest) -> HttpResponse:
    """Show the result of a firm outside the territory: no file is opened and nothing is kept but the draft."""
    draft = request.session.get(DRAFT)
    forms = _valid_forms(draft, upto="projet") if draft else NAMES[0]
    if isinstance(forms, str):
        return redirect("start")
    on = current_day()
    facts = merge_facts(forms.values())
    if not _is_outside(forms):
        return redirect("step", NAMES[-1])
    need = forms["besoin"]
    asked, _ = engine.read_request(facts, need.cleaned_data["text"], need.cleaned_data["needs"], on=on)
    page = preview(asked)
    commune = facts.get("project.commune") or facts["commune"]
    context = {"page": page, "place": outside_contacts(commune, on=on), "on": on}
    return render(request, "web/outside.html", context)
