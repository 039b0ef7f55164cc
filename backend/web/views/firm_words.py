"""What a firm writes to those who follow it, from its own pages: of a scheme, or of when to call."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.matchmaking.firm_words import (
    FirmWordError,
    agree_to_call,
    calls_promised_to,
    propose_call,
    take_back_words,
    write_of_scheme,
)
from backend.matchmaking.models import FollowUp, Guest, Submission
from backend.matchmaking.results import latest_result
from backend.matchmaking.shortlist import told_card
from backend.schemes.models import Scheme
from backend.web.access import opened_submission, private
from backend.web.forms.states import CallWordForm, SchemeWordForm
from backend.web.row_keys import key_of
from backend.web.throttles import limit_wrong_links, too_many_requests
from backend.web.views.firm_schemes import scheme_page
from backend.web.views.result import result_page, unless_closed

BACK = "back"  # the button that takes something back, which names it


@require_POST
@limit_wrong_links
@unless_closed
def of_scheme(request: HttpRequest, token: str, scheme_pk: int) -> HttpResponse:
    """Take what a firm writes of a scheme, or take it back."""
    submission, scheme = opened_submission(token, may=Guest.Right.ANSWER), get_object_or_404(Scheme, pk=scheme_pk)
    if wait := spend("state.network", client_network(request)):
        return private(too_many_requests(request, wait=wait))
    has_page = told_card(submission, latest_result(submission, on=current_day()), scheme_pk) is not None
    page = reverse("firm_scheme", args=[token, scheme_pk]) + "#mots"
    page = page if has_page else reverse("result", args=[token]) + "#mes-mots"
    if BACK in request.POST:
        return _take_back(request, submission, page)
    form = SchemeWordForm(request.POST, auto_id="mots_%s")
    try:
        if form.is_valid():
            write_of_scheme(submission=submission, scheme=scheme, on=current_day(), **form.cleaned_data)
            messages.success(request, _("C’est envoyé : les personnes qui suivent votre dossier le liront."))
            return redirect(page)
    except FirmWordError as error:
        form.add_error(None, str(error))
    if not has_page:  # a page that was open meanwhile: nothing is left to write on
        messages.warning(request, str(next(iter(form.errors.values()))[0]))
        return redirect(page)
    return scheme_page(request, submission, scheme_pk, word_form=form, status=422)


@require_POST
@limit_wrong_links
@unless_closed
def of_call(request: HttpRequest, token: str, step_pk: int) -> HttpResponse:
    """Say that the day of a promised call suits, or propose another time; or take that back."""
    submission = opened_submission(token, may=Guest.Right.ANSWER)
    if wait := spend("state.network", client_network(request)):
        return private(too_many_requests(request, wait=wait))
    call = get_object_or_404(FollowUp, pk=step_pk, submission=submission, step=FollowUp.Step.CALL_BACK)
    page = reverse("result", args=[token]) + "#rappel"
    if BACK in request.POST:
        return _take_back(request, submission, page)
    form = None
    try:
        if "agrees" in request.POST:
            agree_to_call(submission=submission, call=call, on=current_day())
            messages.success(request, _("C’est noté : ce jour vous convient."))
            return redirect(page)
        form = CallWordForm(request.POST, call=call.pk)
        if form.is_valid():
            propose_call(submission=submission, call=call, **form.cleaned_data)
            messages.success(request, _("C’est envoyé : les personnes qui suivent votre dossier le liront."))
            return redirect(page)
    except FirmWordError as error:
        if form is None or not calls_promised_to(submission).filter(pk=call.pk).exists():
            messages.warning(request, str(error))
            return redirect(page)
        form.add_error(None, str(error))
    return result_page(request, submission, call_word_form=form, status=422)


def _take_back(request: HttpRequest, submission: Submission, page: str) -> HttpResponse:
    if take_back_words(submission=submission, note=key_of(request.POST[BACK])):
        messages.success(request, _("C’est retiré."))
    return redirect(page)
