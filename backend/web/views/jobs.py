"""The jobs of the service: whether each is done, for who runs it, and in two words for a monitor."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.jobs.alarms import PATIENCE, alarms
from backend.jobs.overview import overview
from backend.jobs.registry import JOBS
from backend.web.views.officer import signed_in


@login_required
@never_cache
@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """Show how each job stands; the words of an error, which may name anything, to administrators only."""
    user = signed_in(request)
    if not user.may_see_jobs:
        raise PermissionDenied
    lines = overview(now=timezone.now())
    context = {
        "lines": lines,
        "patience": PATIENCE,
        "n_alarms": sum(line.alarm is not None for line in lines),
        "failing": [line for line in lines if line.failures] if user.is_superuser else [],
    }
    return render(request, "web/officer/jobs.html", context)


@never_cache
@require_safe
def late(request: HttpRequest) -> HttpResponse:
    """Say which jobs are late or failing: what to ask from outside, since beat cannot say that it is down."""
    found = [f"{alarm.job.name} {alarm.kind}" for alarm in alarms(JOBS, now=timezone.now())]
    text = ", ".join(found) or "ok"
    return HttpResponse(text, content_type="text/plain", status=503 if found else 200)
