"""What is kept of a file: the firm reads it, takes it away, takes its consent back, or has it erased."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backend.accounts.models import User
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.matchmaking.models import Guest, Submission
from backend.privacy.consent import withdraw_consent
from backend.privacy.erasing import erase_submission, may_erase
from backend.privacy.own_data import as_csv, as_json, own_data
from backend.privacy.register import RegisterError
from backend.web.access import needs_fresh_access, opened_submission, private
from backend.web.throttles import limit_wrong_links
from backend.web.views.officer import signed_in, visible_file

FORMATS = {"json": (as_json, "application/json"), "csv": (as_csv, "text/csv; charset=utf-8")}
CONFIRM = "efface"  # the box that is ticked: a click alone erases nothing


@never_cache
@require_http_methods(["GET", "HEAD"])
@limit_wrong_links
def show(request: HttpRequest, token: str) -> HttpResponse:
    submission = opened_submission(token, may=Guest.Right.MANAGE)
    context = {"submission": submission, "token": token, "themes": own_data(submission)}
    return private(render(request, "web/own_data.html", context))


@never_cache
@require_http_methods(["GET", "HEAD"])
@limit_wrong_links
def download(request: HttpRequest, token: str, format: str) -> HttpResponse:
    submission = opened_submission(token, may=Guest.Right.MANAGE)
    if format not in FORMATS:
        raise Http404
    write, media_type = FORMATS[format]
    record_event(kind=Kind.EXPORT, submission_id=submission.pk, epci_id=submission.epci_id, detail="by_firm")
    response = HttpResponse(write(submission), content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{submission.reference}.{format}"'
    return private(response)


@require_POST
@limit_wrong_links
@needs_fresh_access
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Close the file: who has the address asks for it, not who was forwarded a link."""
    submission = opened_submission(token, may=Guest.Right.MANAGE)
    withdraw_consent(submission=submission)
    messages.success(request, _("C’est noté : votre demande est fermée, et nous ne vous écrirons plus à son sujet."))
    return redirect("own_data", token)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_wrong_links
@needs_fresh_access
def erase(request: HttpRequest, token: str) -> HttpResponse:
    submission = opened_submission(token, may=Guest.Right.MANAGE)
    context = {"submission": submission, "token": token}
    if request.method != "POST":
        return private(render(request, "web/erase.html", context))
    refusal = _refusal(request) or _erase(request, submission, by=None)
    if refusal:
        return private(render(request, "web/erase.html", {**context, "refusal": refusal}, status=422))
    return redirect("erased")


@require_safe
def erased(request: HttpRequest) -> HttpResponse:
    return render(request, "web/erased.html")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def officer_erase(request: HttpRequest, pk: int) -> HttpResponse:
    """Erase a file because the person asked for it by another way than its page."""
    submission, user = visible_file(request, pk), signed_in(request)
    if not may_erase(officer=user, submission=submission):
        raise PermissionDenied
    context = {"submission": submission}
    if request.method != "POST":
        return render(request, "web/officer/erase.html", context)
    refusal = _refusal(request) or _erase(request, submission, by=user)
    if refusal:
        return render(request, "web/officer/erase.html", {**context, "refusal": refusal}, status=422)
    messages.success(request, _("Demande {reference} effacée.").format(reference=submission.reference))
    return redirect("officer_queue")


def _refusal(request: HttpRequest) -> str:
    return "" if request.POST.get(CONFIRM) == "1" else _("Cochez la case pour confirmer : l’effacement est définitif.")


def _erase(request: HttpRequest, submission: Submission, *, by: User | None) -> str:
    """Erase a file; return why it could not be, in a sentence."""
    try:
        erase_submission(submission=submission, by=by)
    except RegisterError:
        return _("L’effacement n’a pas pu se faire : rien n’a changé. Réessayez plus tard, ou appelez-nous.")
    return ""
