"""The note to the project committee, to read and to hand over."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.common.days import current_day
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.steering.note import note_of
from backend.steering.scopes import scope_of
from backend.web.pdf import render_pdf
from backend.web.views.officer import signed_in


@login_required
@never_cache
@require_safe
def note(request: HttpRequest) -> HttpResponse:
    """Show the note of today; as PDF where the address asks for it, which the journal notes."""
    user, on = signed_in(request), current_day()
    found = note_of(scope_of(user), on=on)
    context = {"note": found, "most_asked": found.most_asked(), "tables": list(found.turned())}
    if "pdf" not in request.GET:
        return render(request, "web/territory/note.html", context)
    record_event(kind=Kind.EXPORT, actor=user, detail="note")
    return render_pdf(request, "web/pdf/note.html", context, filename=f"note-comite-{on}")
