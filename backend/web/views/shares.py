"""An answer that a firm lets somebody read, such as its accountant: what the cards say, and nothing else."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.links.models import Kind
from backend.links.services import count_visit, revoke_links
from backend.matchmaking.models import Guest
from backend.matchmaking.ownership import read_once
from backend.matchmaking.replies import said_back
from backend.matchmaking.results import latest_result
from backend.matchmaking.sharing import NotMadeError, make_share
from backend.matchmaking.shortlist import shortlist_of
from backend.notifications.services import absolute_url
from backend.web.access import DeadLink, opened, opened_submission, private, submission_of
from backend.web.row_keys import key_of
from backend.web.throttles import limit_wrong_links, too_many_requests
from backend.web.views.result import unless_closed

# What browsers say where they fetch a page that nobody asked to read (Speculation Rules); older ones say the second.
PREFETCH = ("Sec-Purpose", "Purpose")


@never_cache
@require_safe
@limit_wrong_links
def share(request: HttpRequest, token: str) -> HttpResponse:
    """Show the answer to read only, and count who reads it: what is fetched for nobody gets nothing."""
    link = opened(Kind.SHARE, token)
    submission = submission_of(link)
    if submission.is_barred:
        raise DeadLink
    if any("prefetch" in request.headers.get(name, "") for name in PREFETCH):
        return private(HttpResponse(status=403))
    if request.method == "GET":
        count_visit(link=link)
    read_once(submission)
    answer = latest_result(submission, on=current_day())
    said = said_back(submission, answer)
    context = {
        "firm": str(submission.sheet),
        "page": None if said.is_unclear else shortlist_of(submission, answer),
        "on": answer.on,
        "until": link.expires_at,
    }
    return private(render(request, "web/share.html", context))


@never_cache
@require_POST
@limit_wrong_links
@unless_closed
def choose_shares(request: HttpRequest, token: str) -> HttpResponse:
    """Make a share and show its address once, or end one; a form sent twice makes one."""
    submission, back = opened_submission(token, may=Guest.Right.MANAGE), f"{reverse('result', args=[token])}#partage"
    if one := key_of(request.POST.get("end", "")):
        if revoke_links(kind=Kind.SHARE, object_id=submission.pk, only=one):
            messages.success(request, _("C’est arrêté : ce lien n’ouvre plus rien."))
        return redirect(back)
    if "make" not in request.POST:
        return redirect(back)
    if wait := spend("share.network", client_network(request)):
        return private(too_many_requests(request, wait=wait))
    try:
        made = absolute_url("share", make_share(submission=submission, after=request.POST.get("after", "")))
    except NotMadeError as error:
        messages.warning(request, str(error))
        return redirect(back)
    return private(render(request, "web/link_made.html", {"made": Kind.SHARE, "url": made, "back": back}))
