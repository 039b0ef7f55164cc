"""The audit log, as those who answer for officers read it, and what a firm reads of its own file."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Max
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.accounts.models import User
from backend.journal.models import AuditEvent
from backend.matchmaking.models import Submission
from backend.web.forms.journal import JournalForm
from backend.web.views.officer import PER_PAGE, signed_in


@login_required
@never_cache
@require_safe
def journal(request: HttpRequest) -> HttpResponse:
    """List what was done with the files of the intercommunalities somebody leads, and by whom."""
    user = signed_in(request)
    epcis = list(user.led_epcis())
    if not epcis:
        raise PermissionDenied
    form = JournalForm(request.GET, events=AuditEvent.objects.of_epcis(epcis))
    events = form.found().select_related("actor", "account", "epci")
    page = Paginator(events, PER_PAGE).get_page(request.GET.get("page"))
    # A file that went elsewhere, or was erased, keeps its number here and nothing else.
    files = Submission.objects.visible_to(user).select_related("sheet").in_bulk({row.submission_id for row in page})
    context = {
        "form": form,
        "page": page,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "rows": [(event, files.get(event.submission_id)) for event in page],
    }
    return render(request, "web/officer/journal.html", context, status=422 if form.errors else 200)


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody opened a file on a day, once or more."""

    name: str
    on: date


def openings_of(submission: Submission) -> list[Opening]:
    """Return who opened a file and when, the latest first: what its firm reads."""
    reads = AuditEvent.objects.reads_of(submission.pk).annotate(on=TruncDate("at")).values("on", "actor")
    rows = list(reads.annotate(last=Max("at")).order_by("-last"))
    people = User.objects.in_bulk({row["actor"] for row in rows})
    names = {pk: person.name_for_firms() for pk, person in people.items()}
    return [Opening(names[row["actor"]], row["on"]) for row in rows]
