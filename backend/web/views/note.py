"""The note to the project committee, to read and to hand over; and who receives it by e-mail."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backend.accounts.models import User
from backend.common.days import current_day
from backend.journal.models import Kind as Event
from backend.journal.services import record_event
from backend.links.models import Kind
from backend.steering import mailing
from backend.steering.models import NoteRecipient
from backend.steering.note import Note, Row, note_of
from backend.steering.scopes import scope_of, whole_territory
from backend.web import charts
from backend.web.access import DeadLink, opened, private
from backend.web.forms.territory import RecipientForm
from backend.web.pdf import render_pdf
from backend.web.throttles import limit_wrong_links
from backend.web.views.officer import signed_in


@login_required
@never_cache
@require_safe
def note(request: HttpRequest) -> HttpResponse:
    """Show the note of today; as PDF where the address asks for it, which the journal notes."""
    user = signed_in(request)
    found = note_of(scope_of(user), on=current_day())
    if "pdf" not in request.GET:
        return render(request, "web/territory/note.html", _context(found))
    record_event(kind=Event.EXPORT, actor=user, detail="note")
    return _as_pdf(request, found)


def _context(found: Note) -> dict[str, Any]:
    tables = [(name, epcis, rows, _chart(epcis, rows)) for name, epcis, rows in found.turned()]
    return {"note": found, "tables": tables}


def _chart(epcis: list[str], rows: list[Row]) -> charts.Stack:
    return charts.stack(epcis, [(label, [cell for _epci, cell in cells]) for label, cells in rows])


def _as_pdf(request: HttpRequest, found: Note) -> HttpResponse:
    return render_pdf(request, "web/pdf/note.html", _context(found), filename=f"note-comite-{found.on}")


# -- who receives it


def _territory_lead(request: HttpRequest) -> User:
    user = signed_in(request)
    if not scope_of(user).is_whole:
        raise Http404
    return user


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recipients(request: HttpRequest) -> HttpResponse:
    """List who receives the note, who was asked and who stopped; ask one more."""
    user = _territory_lead(request)
    form = RecipientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = mailing.add_recipient(user=user, **form.cleaned_data)
        except mailing.RecipientError as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, _("Un courriel part vers %s pour demander son accord.") % added.email)
            return redirect("note_recipients")
    context = {"form": form, "rows": mailing.recipients()}
    return render(request, "web/territory/recipients.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def remove(request: HttpRequest, recipient_pk: int) -> HttpResponse:
    """Forget a recipient; one that somebody removed meanwhile is gone as asked."""
    user = _territory_lead(request)
    recipient = NoteRecipient.objects.filter(pk=recipient_pk).first()
    if recipient is None:
        messages.success(request, _("Cette adresse n’est plus dans la liste."))
    else:
        mailing.remove_recipient(user=user, recipient=recipient)
        messages.success(request, _("%s ne recevra plus la note.") % recipient.email)
    return redirect("note_recipients")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_wrong_links
def received(request: HttpRequest, token: str) -> HttpResponse:
    """Show the note to whoever has the link of its e-mail, once they want it; two buttons say whether they do."""
    recipient = NoteRecipient.objects.filter(pk=opened(Kind.NOTE, token).object_id).first()
    if recipient is None:
        raise DeadLink
    if request.method == "POST":
        if "stop" in request.POST:
            mailing.stop_recipient(recipient)
        else:
            mailing.confirm_recipient(recipient)
        return private(redirect("committee_note", token))
    wants = mailing.wants_note(recipient)
    found = note_of(whole_territory(), on=current_day())
    if wants and "pdf" in request.GET:
        return _as_pdf(request, found)
    context = {"recipient": recipient, "wants": wants, **(_context(found) if wants else {})}
    return private(render(request, "web/committee_note.html", context))
