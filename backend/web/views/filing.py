"""The firm files its needs: four short steps kept in the session, then one submission."""

from typing import Any, cast
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.days import current_day
from backend.matchmaking import engine
from backend.matchmaking.models import Submission
from backend.matchmaking.presentation import preview
from backend.matchmaking.services import Filing, OutsideTerritory, file_submission, outside_contacts, route
from backend.web.forms.filing import STEPS, FirmForm, StepForm, merge_facts

DRAFT = "draft"
FORMS = dict(STEPS)
NAMES = [name for name, _form in STEPS]


@never_cache
@require_http_methods(["GET", "HEAD"])
def start(request: HttpRequest) -> HttpResponse:
    """Open a draft, or go on with the one in this browser."""
    if DRAFT not in request.session:
        request.session[DRAFT] = {"key": str(uuid4()), "steps": {}}
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
    if request.method != "POST":
        if draft is None:
            return redirect("start")
        form = FORMS[name](_data(draft, name)) if name in draft["steps"] else FORMS[name]()
        return _page(request, name, form, draft)
    if draft is None:
        return _already_filed(request) or _page(request, name, FORMS[name](request.POST), _new_draft(request))
    form = FORMS[name](request.POST)
    draft["steps"][name] = request.POST.urlencode()
    request.session[DRAFT] = draft
    if not form.is_valid():
        return _page(request, name, form, draft, status=422)
    if name == NAMES[-1]:
        return _file(request, draft)
    forms = _valid_forms(draft, upto=name)
    if isinstance(forms, str):
        return redirect("step", forms)
    if name == "projet" and _is_outside(forms):
        return redirect("outside")
    return redirect("step", NAMES[NAMES.index(name) + 1])


def _new_draft(request: HttpRequest) -> dict[str, Any]:
    """A session that was lost on the way (cookie erased, server restarted): what was typed is kept and goes on."""
    draft = {"key": str(uuid4()), "steps": {}}
    request.session[DRAFT] = draft
    return draft


def _data(draft: dict[str, Any], name: str) -> QueryDict:
    return QueryDict(draft["steps"][name])


def _page(
    request: HttpRequest, name: str, form: StepForm, draft: dict[str, Any], *, status: int = 200
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


def _file(request: HttpRequest, draft: dict[str, Any]) -> HttpResponse:
    forms = _valid_forms(draft, upto=NAMES[-1])
    if isinstance(forms, str):
        return redirect("step", forms)
    need, firm, contact = forms["besoin"], cast(FirmForm, forms["entreprise"]), forms["contact"]
    filing = Filing(
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
    try:
        submission = file_submission(filing, on=current_day())
    except OutsideTerritory:
        return redirect("outside")
    request.session.pop(DRAFT, None)
    return redirect("result", submission.token)


def _already_filed(request: HttpRequest) -> HttpResponseRedirect | None:
    """The second click of a double click: the draft is gone because the first one filed it."""
    try:
        key = UUID(request.POST.get("filing_key", ""))
    except ValueError:
        return None
    submission = Submission.objects.filter(filing_key=key).first()
    return redirect("result", submission.token) if submission else None


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
    found = engine.understand(need.cleaned_data["text"], need.cleaned_data["needs"])
    page = preview(facts, {item.sub_need: item.weight for item in found}, on=on)
    commune = facts.get("project.commune") or facts["commune"]
    context = {"page": page, "place": outside_contacts(commune, on=on), "on": on}
    return render(request, "web/outside.html", context)
