"""What a firm says of a scheme on its own page: it wants it, has it, asked for it, and what came of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.matchmaking.models import Guest
from backend.matchmaking.scheme_events import StateError, say, undo_last
from backend.schemes.models import Scheme
from backend.web.access import opened_submission, private
from backend.web.forms.states import FirmStateForm, RefusedState, key_of
from backend.web.throttles import limit_wrong_links, too_many_requests
from backend.web.views.result import result_page, unless_closed


@require_POST
@limit_wrong_links
@unless_closed
def say_state(request: HttpRequest, token: str, scheme_pk: int) -> HttpResponse:
    """Take what the firm says of a scheme, or take its last word back."""
    submission, scheme = opened_submission(token, may=Guest.Right.ANSWER), get_object_or_404(Scheme, pk=scheme_pk)
    if wait := spend("state.network", client_network(request)):
        return private(too_many_requests(request, wait=wait))
    on, form = current_day(), FirmStateForm(request.POST)
    try:
        if "undo" in request.POST:
            undo_last(submission=submission, scheme=scheme, on=on, named=key_of(request.POST["undo"]))
            said = _("C’est annulé.")
        elif form.is_valid():
            event = say(submission=submission, scheme=scheme, on=on, **form.cleaned_data)
            said = _("C’est noté : %(state)s.") % {"state": event.get_state_display()}
        else:
            raise StateError(form.first_error())
    except StateError as error:
        return result_page(request, submission, refused=RefusedState(scheme, str(error), request.POST), status=422)
    messages.success(request, said)
    return redirect(f"{reverse('result', args=[token])}#mes-dispositifs")
