"""Days to keep, as files for any calendar: of one scheme for everybody, of its own schemes for a firm."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.common.days import current_day
from backend.matchmaking.deadlines import dates_of, deadlines_of
from backend.matchmaking.models import Guest
from backend.matchmaking.ownership import read_once
from backend.matchmaking.results import latest_result
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.state_aid import ledger_of
from backend.schemes.catalogue.succession import successor_of
from backend.web.access import opened_submission, private
from backend.web.calendars import calendar_file
from backend.web.published.conditional import same_for_all
from backend.web.throttles import limit_wrong_links
from backend.web.views.public_catalogue import shown_scheme
from backend.web.views.result import unless_closed


@require_safe
@same_for_all
def of_scheme(request: HttpRequest, key: str) -> HttpResponse:
    """Return the days of a scheme, or of the one it gave way to."""
    scheme, on = shown_scheme(key), current_day()
    if last := successor_of(scheme):
        return redirect("public_calendar", last.source_key)
    return calendar_file(dates_of(scheme, scheme.current, on=on), title=str(scheme), on=on, filename=f"dates-{key}")


@never_cache
@require_safe
@limit_wrong_links
@unless_closed
def of_file(request: HttpRequest, token: str) -> HttpResponse:
    """Return the days of the schemes that a firm is shown first or follows."""
    submission, on = opened_submission(token, may=Guest.Right.READ), current_day()
    read_once(submission)
    page, ledger = shortlist_of(submission, latest_result(submission, on=on)), ledger_of(submission, on=on)
    deadlines = deadlines_of(submission, page, ledger, on=on)
    if not deadlines:
        messages.info(
            request, _("Aucune date n’est connue pour vos dispositifs : il n’y a rien à mettre dans l’agenda.")
        )
        return redirect("result", token)
    filename = f"dates-{submission.reference}-{on}"
    return private(calendar_file(deadlines, title=_("Mes dispositifs"), on=on, filename=filename))
