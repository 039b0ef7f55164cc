"""The pages around: home, stop writing to me, health, and the mail catcher of a demonstration."""

from typing import Any

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from backend.common.days import current_day
from backend.common.readiness import missing_parts
from backend.links.models import Kind
from backend.notifications import catcher
from backend.notifications.models import StopReason
from backend.notifications.services import StopError, explain_stop, has_stopped, stop, stopped_by
from backend.territories.models import ServedEpci
from backend.territories.outlines import map_of
from backend.web.access import DeadLink, opened, private


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    epcis = ServedEpci.objects.prefetch_related("organisations")
    context = {"epcis": epcis, "map": map_of(epcis), "has_draft": "draft" in request.session}
    return render(request, "web/home.html", context)


# What a stop link stops, by the first part of its topic.
TOPICS = {
    "submission": _("les courriels sur votre demande, alertes comprises"),
    "alerts": _("les alertes sur votre résultat"),
    "surveys": _("nos questions sur la suite de votre demande"),
    "committee_note": _("la note mensuelle au comité"),
    "sheets": _("nos questions sur les fiches que vous suivez"),
    "officer_notices": _("ce qui arrive et ce qui attend, chaque matin, et les dossiers transmis"),
}


OF_FIRMS = {"submission", "alerts", "surveys"}


# Mail programs post here without our cookie (RFC 8058); the secret link is what proves the right to stop.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_writing(request: HttpRequest, token: str) -> HttpResponse:
    """Stop a topic: opening the link only shows the button. Why is asked once it is done, and need not be said."""
    found = stopped_by(opened(Kind.STOP, token))
    if found is None:
        raise DeadLink
    address, topic = found
    list_name = topic.split(":")[0]
    context: dict[str, Any] = {"address": address, "what": TOPICS.get(list_name, "")}
    context["is_firms"] = list_name in OF_FIRMS  # who reads the note has no file, and is asked nothing
    status = 200
    if request.method == "POST" and "reason" in request.POST and has_stopped(address=address, topic=topic):
        context |= {"done": True, "explained": True}
        try:
            explain_stop(address=address, topic=topic, reason=request.POST["reason"], on=current_day())
        except StopError as error:
            context |= {"explained": False, "refused": str(error)}
            status = 422
    elif request.method == "POST" and "reason" not in request.POST:
        stop(address=address, topic=topic)
        context["done"] = True
    context["reasons"] = StopReason.Reason.choices
    return private(render(request, "web/stop.html", context, status=status))


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether the database, its migrations and Redis are there for this release."""
    missing = missing_parts()
    text = f"missing: {', '.join(missing)}" if missing else "ok"
    return HttpResponse(text, content_type="text/plain", status=503 if missing else 200)


@never_cache
@require_safe
def mailbox(request: HttpRequest, name: str = "") -> HttpResponse:
    """Show what the mail catcher received: a demonstration only, and nobody's real e-mail."""
    if settings.CATCHER_DIR is None:
        raise Http404
    if not name:
        return render(request, "web/dev/mailbox.html", {"caught": catcher.messages()})
    message = catcher.message(name)
    if message is None:
        raise Http404
    return render(request, "web/dev/message.html", {"message": message})
