"""The pages every public service has, and the two files that machines ask for."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from backend.accounts.models import Organisation
from backend.common.days import current_day
from backend.matchmaking import evaluation_record
from backend.matchmaking import transparency as in_use
from backend.notifications.services import absolute_url
from backend.privacy.rules import rules
from backend.schemes.catalogue.evidence_counts import evidence_counts
from backend.schemes.catalogue.shares import shares
from backend.territories.models import ServedEpci
from backend.web.identity import identity

SECURITY_TXT_DAYS = 180  # RFC 9116 asks for less than a year
# What no search engine should hold: what is personal, secret, or of no use to a visitor.
PRIVATE = (
    "/agent/",
    "/territoire/",
    "/sur-votre-site/",
    "/resultat/",
    "/apercu/",
    "/agenda/",
    "/agenda-agent/",
    "/partage/",
    "/confirmer/",
    "/arreter/",
    "/bilan/",
    "/administration/",
    "/compte/",
    "/courriels/",
)


@require_safe
def legal(request: HttpRequest) -> HttpResponse:
    return render(request, "web/public/legal.html", {"who": identity()})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    context = {
        "who": identity(),
        "rules": rules().values(),
        "officer_hours": settings.OFFICER_SESSION_SECONDS // 3600,
    }
    return render(request, "web/public/privacy.html", context)


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "web/public/accessibility.html", {"who": identity()})


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Show whom to call: the service of each intercommunality. Officers are not named before they have a file."""
    epcis = ServedEpci.objects.prefetch_related("organisations")
    territory = Organisation.objects.filter(kind=Organisation.Kind.TERRITORY)
    return render(request, "web/public/contact.html", {"epcis": epcis, "territory": territory})


@require_safe
def transparency(request: HttpRequest) -> HttpResponse:
    """Say how schemes are chosen and ordered, from the points, sheets and words in use."""
    activation = in_use.activation_in_force()
    context = {
        "activation": activation,
        "reasons": in_use.reasons(activation.weights),
        "learnt": in_use.learnt(activation.weights),
        "facts": in_use.facts_read(),
        "vocabulary": in_use.vocabulary(),
        "sheets": in_use.sheets(),
        "shares": shares(on=current_day()),
        "evidence": evidence_counts(on=current_day()),
        "evaluation": evaluation_record.read_evaluation(evaluation_record.RECORD),
    }
    return render(request, "web/public/transparency.html", context)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE), "Allow: /"]
    lines.append(f"Sitemap: {absolute_url('sitemap')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Tell whoever finds a hole where to write (RFC 9116); absent while there is no such address."""
    address = identity().security_email
    if not address:
        raise Http404
    expires = timezone.now().replace(microsecond=0) + timedelta(days=SECURITY_TXT_DAYS)
    lines = [
        f"Contact: mailto:{address}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: fr, en",
        f"Canonical: {absolute_url('security_txt')}",
        f"Policy: {settings.PUBLIC_URL}{reverse('legal')}#securite",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
