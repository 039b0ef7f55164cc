"""The fresh link that opens a contact's space; and the links of a file, to end."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.throttles import client_network, spend
from backend.links.models import OF_SUBMISSIONS, Kind, Link
from backend.links.services import digest_of, live_links, prolong_links, revoke_links, use_up
from backend.matchmaking.access_links import send_access_link, send_guest_link
from backend.matchmaking.models import Guest, Submission
from backend.web.access import (
    DeadLink,
    address_of,
    grant_access,
    opened,
    opened_submission,
    private,
    submission_of,
)
from backend.web.row_keys import key_of
from backend.web.throttles import limit_wrong_links, too_many_requests


@require_POST
@limit_wrong_links
def send_access(request: HttpRequest, token: str) -> HttpResponse:
    """Send a 30-minute link to the address of the file, or of the guest whose link it is, whoever asks."""
    submission = opened_submission(token, may=Guest.Right.READ)
    if wait := spend("access.network", client_network(request)):
        return private(too_many_requests(request, wait=wait))
    if submission.page_reader:
        send_guest_link(guest=submission.page_reader)
    else:
        send_access_link(submission=submission)
    words = _("Un courriel part vers l’adresse de cette demande.")
    if submission.page_reader:
        words = _("Un courriel part vers votre adresse.")
    once, confirms = _("Son lien sert une fois."), _("Son lien confirme d’abord l’adresse.")
    messages.success(request, f"{words} {once if submission.confirmed_at else confirms}")
    return redirect("result", token)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_wrong_links
def access(request: HttpRequest, token: str) -> HttpResponse:
    """Open the space of an address for 30 minutes: the button does, since mail scanners open every link; once."""
    link = opened(Kind.ACCESS, token)
    submission = submission_of(link)
    if request.method != "POST":
        return private(render(request, "web/access.html"))
    if not use_up(link=link):
        raise DeadLink
    address = address_of(submission)
    prolong_links(kind=Kind.FEED, object_ids=Submission.objects.filed_with(address).values_list("pk", flat=True))
    grant_access(request, address)
    return redirect("space")


# -- the links of a file


def links_of(submission: Submission, token: str) -> list[dict[str, Any]]:
    """Return the live links to a file for its page, this one marked."""
    this = digest_of(token)
    found = Link.objects.none()
    for kind in OF_SUBMISSIONS:
        found = found | live_links(kind=kind, object_id=submission.pk)
    return [{"link": link, "is_this": link.digest == this} for link in found]


@require_POST
@limit_wrong_links
def end_links(request: HttpRequest, token: str) -> HttpResponse:
    """End one link to the file, or all others than the one in use."""
    opened_submission(token, may=None)
    this = opened(Kind.RESULT, token)
    only = key_of(request.POST.get("link", "")) or None
    if only is None and "others" not in request.POST:
        return redirect(reverse("result", args=[token]) + "#liens")
    n_ended = sum(
        revoke_links(kind=kind, object_id=this.object_id, only=only, but=None if only else this.pk)
        for kind in OF_SUBMISSIONS
    )
    if only == this.pk:
        messages.success(request, _("Ce lien est fermé. Pour en recevoir un autre, donnez votre adresse."))
        return redirect("space")
    messages.success(request, _("Un lien est fermé.") if n_ended == 1 else _("%s liens sont fermés.") % n_ended)
    return redirect(reverse("result", args=[token]) + "#liens")
