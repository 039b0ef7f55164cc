"""The de minimis aids already received: the same ledger for the firm, by its link, and for its officer."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.accounts.models import User
from backend.common.days import current_day
from backend.companies.models import ReceivedAid
from backend.matchmaking.models import Guest, Submission
from backend.matchmaking.state_aid import AidError, declare_aid, declare_complete, ledger_of, take_aid_back
from backend.web.access import opened_submission
from backend.web.forms.aids import AidForm
from backend.web.throttles import limit_wrong_links
from backend.web.views.file_parts import refused_part
from backend.web.views.officer import signed_in, visible_file
from backend.web.views.result import result_page, unless_closed

ANCHOR = "#aides"


def _declared(request: HttpRequest, submission: Submission, author: User | None) -> AidForm | None:
    """Record what was typed; return the form where it was refused."""
    form = AidForm(request.POST, auto_id="aide_%s")
    if form.is_valid():
        try:
            declare_aid(submission=submission, on=current_day(), author=author, **form.cleaned_data)
        except AidError as error:
            form.add_error(None, str(error))
    if form.errors:
        return form
    messages.success(request, _("L’aide est notée. Ce qui reste sous le plafond a été recalculé."))
    return None


def _take_back(submission: Submission, aid_pk: int, author: User | None) -> None:
    aid = get_object_or_404(ReceivedAid.objects.standing(), pk=aid_pk, sheet=submission.sheet)
    take_aid_back(submission=submission, aid=aid, author=author)


def _declare_complete(request: HttpRequest, submission: Submission, author: User | None) -> None:
    complete = bool(request.POST.get("complete"))
    declare_complete(submission=submission, complete=complete, on=current_day(), author=author)
    words = _("C’est noté : la liste est complète.") if complete else _("C’est noté : la liste n’est pas complète.")
    messages.success(request, words)


# -- the firm


def _back_to_result(token: str) -> HttpResponse:
    return redirect(reverse("result", args=[token]) + ANCHOR)


@require_POST
@limit_wrong_links
@unless_closed
def declare(request: HttpRequest, token: str) -> HttpResponse:
    submission = opened_submission(token, may=Guest.Right.ANSWER)
    refused = _declared(request, submission, None)
    if refused:
        return result_page(request, submission, aid_form=refused, status=422)
    return _back_to_result(token)


@require_POST
@limit_wrong_links
@unless_closed
def take_back(request: HttpRequest, token: str, aid_pk: int) -> HttpResponse:
    _take_back(opened_submission(token, may=Guest.Right.ANSWER), aid_pk, None)
    return _back_to_result(token)


@require_POST
@limit_wrong_links
@unless_closed
def complete(request: HttpRequest, token: str) -> HttpResponse:
    """Say that the list is complete, or that it is not."""
    _declare_complete(request, opened_submission(token, may=Guest.Right.ANSWER), None)
    return _back_to_result(token)


# -- its officer


def _back_to_file(pk: int) -> HttpResponse:
    return redirect(reverse("officer_file", args=[pk]) + ANCHOR)


@login_required
@require_POST
def officer_declare(request: HttpRequest, pk: int) -> HttpResponse:
    submission = visible_file(request, pk)
    refused = _declared(request, submission, signed_in(request))
    if refused:
        ledger = ledger_of(submission, on=current_day(), viewer=signed_in(request))
        return refused_part(request, submission, "aides", {"aid_form": refused, "ledger": ledger})
    return _back_to_file(pk)


@login_required
@require_POST
def officer_take_back(request: HttpRequest, pk: int, aid_pk: int) -> HttpResponse:
    _take_back(visible_file(request, pk), aid_pk, signed_in(request))
    return _back_to_file(pk)


@login_required
@require_POST
def officer_complete(request: HttpRequest, pk: int) -> HttpResponse:
    _declare_complete(request, visible_file(request, pk), signed_in(request))
    return _back_to_file(pk)
