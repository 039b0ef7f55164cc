"""The firm's choice between e-mails and the telephone, and being called, on the page of its result."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.matchmaking.calls import ask_call_of_file
from backend.matchmaking.correspondence import accept_emails, refuse_emails
from backend.web.access import needs_fresh_access, opened_submission, private
from backend.web.forms.result import BeCalledForm, CallMeForm
from backend.web.throttles import limit_wrong_links, too_many_requests
from backend.web.views.result import result_page, unless_closed


@require_POST
@limit_wrong_links
@needs_fresh_access
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Refuse e-mails about the file, or accept them again."""
    submission = opened_submission(token, may=None)
    if "accept" in request.POST:
        accept_emails(submission=submission)
        messages.success(request, _("C’est noté : nous pouvons à nouveau vous écrire."))
    else:
        form = CallMeForm(request.POST)
        if not form.is_valid():
            return result_page(request, submission, call_me_form=form, status=422)
        refuse_emails(submission=submission, phone=form.cleaned_data["phone"])
        messages.success(request, _("C’est noté : plus de courriel sur cette demande, on vous appelle."))
    return redirect(reverse("result", args=[token]) + "#courriels")


@require_POST
@limit_wrong_links
@unless_closed
def be_called(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for a call, with the number where none is known; e-mails go on."""
    submission = opened_submission(token, may=None)
    form = BeCalledForm(request.POST, known=submission.contact.phone)
    if not form.is_valid():
        return result_page(request, submission, be_called_form=form, status=422)
    if wait := spend("call.network", client_network(request)):
        return private(too_many_requests(request, wait=wait))
    given = form.cleaned_data
    phone = given.get("phone", "")
    ask_call_of_file(submission=submission, phone=phone, call_slot=given["call_slot"], on=current_day())
    messages.success(request, _("C’est noté : on vous appelle."))
    return redirect(reverse("result", args=[token]) + "#etre-appele")
