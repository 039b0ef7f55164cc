"""What a firm says of a scheme on its own page: it wants it, has it, asked for it, and what came of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.matchmaking.models import Guest, SchemeEvent
from backend.matchmaking.scheme_events import StateError, say, undo_last
from backend.schemes.models import Scheme
from backend.schemes.typography import unbroken
from backend.web.access import opened_submission, private
from backend.web.forms.states import FirmStateForm, RefusedState
from backend.web.row_keys import key_of
from backend.web.throttles import limit_wrong_links, too_many_requests
from backend.web.views.result import result_page, unless_closed

State = SchemeEvent.State
NOTED = {
    State.FOLLOWED: _("C’est noté : « %(scheme)s » vous intéresse."),
    State.APPLIED: _("C’est noté : vous avez déposé une demande pour « %(scheme)s »."),
    State.GRANTED: _("C’est noté : vous avez obtenu « %(scheme)s »."),
    State.REFUSED: _("C’est noté : « %(scheme)s » vous a été refusé."),
    State.GIVEN_UP: _("C’est noté : vous renoncez à « %(scheme)s »."),
    State.HAS_IT: _("C’est noté : vous avez déjà « %(scheme)s »."),
    State.SET_ASIDE: _("C’est noté : « %(scheme)s » n’est pas pour vous."),
}


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
            said = gettext("C’est annulé.")
        elif form.is_valid():
            event = say(submission=submission, scheme=scheme, on=on, **form.cleaned_data)
            said = unbroken(NOTED[State(event.state)] % {"scheme": scheme})
        else:
            raise StateError(form.first_error())
    except StateError as error:
        return result_page(request, submission, refused=RefusedState(scheme, str(error), request.POST), status=422)
    messages.success(request, said)
    return redirect(f"{reverse('result', args=[token])}#mes-dispositifs")
