"""The firm corrects what it filed, by hand or with what the State's register says of its site."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.common.days import current_day
from backend.companies.register import RegisterUnavailable
from backend.companies.registered import Registered
from backend.matchmaking.in_charge import OutsideTerritory
from backend.matchmaking.models import Guest, Submission
from backend.matchmaking.services import correct_submission
from backend.web import looking_up
from backend.web.access import has_fresh_access, manages, opened_submission, private
from backend.web.forms.filing import merge_facts
from backend.web.forms.filing.firm import FirmForm
from backend.web.forms.filing.need import NeedForm
from backend.web.forms.filing.number import number_of
from backend.web.forms.filing.project import ProjectForm
from backend.web.forms.filing.search import SearchForm
from backend.web.forms.filing.steps import StepForm
from backend.web.throttles import limit_wrong_links
from backend.web.views.firm import EVERYWHERE
from backend.web.views.result import unless_closed

CORRECTION: tuple[tuple[str, type[StepForm]], ...] = (
    ("need", NeedForm),
    ("firm", FirmForm),
    ("project", ProjectForm),
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_wrong_links
@unless_closed
def correct(request: HttpRequest, token: str) -> HttpResponse:
    """Correct what was filed, on one page, and see the new result; the register fills it in, and changes nothing."""
    submission = opened_submission(token, may=Guest.Right.ANSWER)
    # A forwarded link corrects, and closes nothing; nor does a guest who may only answer.
    may_close = has_fresh_access(request, submission) and manages(submission)
    data = request.POST if request.method == "POST" else None
    chosen = _chosen(request) if data is None else None
    forms = {name: form(data, prefix=name, initial=_shown(form, submission, chosen)) for name, form in CORRECTION}
    adding, leaves = any(form.asks_for_row for form in forms.values()), False
    valid = [form.is_valid() for form in forms.values()]  # every one, so that all errors show at once
    if adding:
        for form in forms.values():
            form.forget_errors()
    elif data is not None and all(valid):
        firm, project = cast(FirmForm, forms["firm"]), cast(ProjectForm, forms["project"])
        facts = {name: value for form in forms.values() for name, value in form.changed_facts().items()}
        try:
            correct_submission(
                submission=submission,
                facts=facts,
                origins=firm.origins(),
                shown=merge_facts(forms.values()),
                identity={"siret": firm.siret, "siren": firm.siren, "name": firm.cleaned_data["company_name"]},
                ticked=forms["need"].cleaned_data["needs"],
                text=forms["need"].cleaned_data["text"],
                on=current_day(),
                leaves=may_close and "leaves" in request.POST,
            )
        except OutsideTerritory:
            form, field = (project, "project_commune") if project.project_code else (firm, "commune")
            form.add_error(
                field,
                _("Cette commune est hors du territoire : corrigez-la, ou dites en bas de la page qu’elle est juste."),
            )
            leaves = True
        else:
            submission.refresh_from_db(fields=["closed_reason"])
            messages.success(request, _saved(is_closed=submission.is_barred))
            return redirect("result", token)
    context = {"submission": submission, "token": token, "forms": forms, **forms, **_box(request), "chosen": chosen}
    context |= {"leaves": leaves, "may_close": may_close, "former": _former_siren(submission, chosen)}
    status = 422 if data is not None and not adding else 200
    return private(render(request, "web/correct.html", context, status=status))


def _saved(*, is_closed: bool) -> str:
    if is_closed:
        return _("Vos corrections sont enregistrées. Votre demande est fermée : voici qui appeler là-bas.")
    return _("Vos corrections sont enregistrées. Voici le nouveau résultat.")


def _box(request: HttpRequest) -> dict[str, Any]:
    """Return the box that looks a firm up, and what it found of what was sent."""
    form = SearchForm(request.GET if "q" in request.GET else None, as_typed=False)
    found = looking_up.search(form, request, everywhere=EVERYWHERE in request.GET) if form.is_valid() else None
    return {"may_search": looking_up.is_possible(), "search_form": form, "search": found}


def _chosen(request: HttpRequest) -> Registered | None:
    """Return the open establishment that was chosen, as the register shows it now; say why there is none."""
    siret = request.GET.get("siret", "")
    if not siret:
        return None
    try:
        found = looking_up.registered_as(siret, request)
    except RegisterUnavailable:
        messages.error(request, _("Le registre des entreprises ne répond pas : corrigez à la main."))
        return None
    if found and found.is_open:
        return found
    messages.error(request, _("Le registre ne montre aucun établissement ouvert à ce numéro : corrigez à la main."))
    return None


def _former_siren(submission: Submission, chosen: Registered | None) -> str:
    """Return the SIREN that a file gives, where an establishment of another firm was chosen; else nothing."""
    siren = number_of(submission)[:9]
    return siren if chosen and chosen.siren != siren else ""


def _shown(form: type[StepForm], submission: Submission, chosen: Registered | None) -> dict[str, Any]:
    """Return what the fields of a form show: what was filed, and over it what the register says of an establishment.

    What the register does not say stays as it was; of a firm known to be another one, nothing of the firm itself does.
    """
    filed = form.initial_for(submission)
    if chosen is None:
        return filed
    is_other = bool(_former_siren(submission, chosen))
    of_the_firm = {
        name
        for fact, fields in form.fields_of_fact.items()
        if is_other and not fact.startswith("project.")
        for name in (fact, *fields)
    }
    official = form.initial_of(chosen.facts())
    said = {name: value for name, value in official.items() if name in of_the_firm or value not in (None, "", [])}
    return filed | said | ({"company_name": chosen.name, "number": chosen.siret} if form is FirmForm else {})
