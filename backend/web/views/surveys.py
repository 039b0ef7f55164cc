"""One page of buttons behind the link of an e-mail: whether the service helped, or what came of each scheme.

Opening it changes nothing, so that programs that open every link of an e-mail answer nothing.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.common.days import current_day
from backend.links.models import Kind
from backend.matchmaking.models import Survey
from backend.matchmaking.outcomes import open_schemes
from backend.matchmaking.scheme_events import StateError
from backend.matchmaking.surveys import answer_outcome, rate
from backend.schemes.models import Scheme
from backend.web.access import DeadLink, opened, private, submission_of
from backend.web.forms.surveys import OutcomeForm, RatingForm
from backend.web.row_keys import key_of
from backend.web.throttles import limit_wrong_links


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_wrong_links
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """Show a question; a button answers it."""
    asked = _asked(token)
    refused: dict[str, Any] = {}
    if request.method == "POST":
        refused = _rate(request, asked) if asked.kind == Survey.Kind.SATISFACTION else _answer(request, asked)
        if not refused:
            messages.success(request, _("C’est noté, merci."))
            return private(redirect("survey", token))
    schemes = [] if asked.kind == Survey.Kind.SATISFACTION else open_schemes(asked.submission)
    if refused.get("refused_scheme") not in {state.scheme.pk for state in schemes}:
        refused.pop("refused_scheme", None)  # it is not shown any more: the sentence stands at the top
    context = {
        "survey": asked,
        "submission": asked.submission,
        "rating_form": RatingForm(initial={"comment": asked.comment}, auto_id="avis_%s"),
        "schemes": schemes,
        "grades": Survey.Grade.choices,
        **refused,
    }
    return private(render(request, "web/survey.html", context, status=422 if refused else 200))


def _asked(token: str) -> Survey:
    """Return the question of a link; none of a file that was erased, or on which nobody acts any more."""
    link = opened(Kind.SURVEY, token)
    submission = submission_of(link)
    found = Survey.objects.filter(submission=submission, kind=link.scope).first()
    if found is None or submission.erased_at or submission.is_barred:
        raise DeadLink
    found.submission = submission
    return found


def _rate(request: HttpRequest, asked: Survey) -> dict[str, Any]:
    """Record an answer; return what the page shows again where it is refused."""
    form = RatingForm(request.POST, auto_id="avis_%s")
    if not form.is_valid():
        return {"rating_form": form, "error": _first_error(form)}
    rate(survey=asked, **form.cleaned_data)
    return {}


def _answer(request: HttpRequest, asked: Survey) -> dict[str, Any]:
    scheme = get_object_or_404(Scheme, pk=key_of(request.POST.get("scheme", "")) or 0)
    form, again = OutcomeForm(request.POST), {"refused_scheme": scheme.pk, "typed": request.POST.get("euros", "")}
    if not form.is_valid():
        return {**again, "error": _first_error(form)}
    try:
        answer = request.POST.get("answer", "")
        answer_outcome(survey=asked, scheme=scheme, answer=answer, on=current_day(), **form.cleaned_data)
    except StateError as error:
        return {**again, "error": str(error)}
    return {}


def _first_error(form: forms.Form) -> str:
    return str(next(iter(form.errors.values()))[0])
