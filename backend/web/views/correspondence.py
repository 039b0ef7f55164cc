"""The firm's choice between e-mails and the telephone, on the page of its result."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.matchmaking.correspondence import accept_emails, refuse_emails
from backend.web.access import needs_fresh_access, opened_submission
from backend.web.forms.result import CallMeForm
from backend.web.throttles import limit_wrong_links
from backend.web.views.result import result_page


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
