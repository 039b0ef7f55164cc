"""Other contacts of a request: inviting them, accepting, and what they open from their own space (ADR 54)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.throttles import client_network, spend
from backend.links.models import Kind
from backend.matchmaking.guests import (
    GuestError,
    answer_invitation,
    change_right,
    invitation_of,
    invite,
    inviter_of,
    leave,
    withdraw_guest,
)
from backend.matchmaking.models import Guest, Submission
from backend.web.access import (
    DeadLink,
    needs_fresh_access,
    opened,
    opened_submission,
    private,
    result_link,
)
from backend.web.forms.result import GuestForm
from backend.web.row_keys import key_of
from backend.web.throttles import limit_wrong_links, too_many_requests
from backend.web.views.result import result_page, unless_closed
from backend.web.views.space import PAGES, in_space


@never_cache
@require_POST
@limit_wrong_links
@unless_closed
@needs_fresh_access
def choose_guests(request: HttpRequest, token: str) -> HttpResponse:
    """Invite a contact to a request, change what one may do, or withdraw one: in the space of who may manage it."""
    submission = opened_submission(token, may=Guest.Right.MANAGE)
    back, chosen = redirect(reverse("result", args=[token]) + "#contacts"), request.POST.get("do", "")
    if chosen == "invite":
        return _invite(request, submission) or back
    key, right = key_of(request.POST.get("guest", "")), request.POST.get("right", "")
    if chosen == "withdraw" and (guest := withdraw_guest(submission=submission, guest_pk=key)):
        messages.success(request, _("%s est retiré : son accès est fermé et son adresse effacée.") % guest)
    if chosen != "change" or right not in Guest.Right.values:
        return back
    if guest := change_right(submission=submission, guest_pk=key, right=right):
        messages.success(request, _("%(guest)s peut maintenant %(right)s.") % _words(guest))
    return back


def _words(guest: Guest) -> dict[str, str]:
    return {"guest": guest.email, "right": guest.get_right_display()}


def _invite(request: HttpRequest, submission: Submission) -> HttpResponse | None:
    """Invite whom the form names; return what to answer where that is refused."""
    form = GuestForm(request.POST, auto_id="contact_%s")
    if form.is_valid():
        if wait := spend("guest.network", client_network(request)):
            return private(too_many_requests(request, wait=wait))
        try:
            guest = invite(submission=submission, **form.cleaned_data)
        except GuestError as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, _("Un courriel part vers %(guest)s, qui pourra %(right)s.") % _words(guest))
            return None
    return result_page(request, submission, guest_form=form, status=422)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_wrong_links
def guest(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation; the buttons answer it, once, since mail scanners open every link."""
    link = opened(Kind.GUEST, token)
    found = invitation_of(link)
    if found is None:
        raise DeadLink
    answer = request.POST.get("answer")
    if request.method != "POST" or answer not in ("accept", "refuse"):
        context = {"guest": found, "inviter": inviter_of(found), "firm": found.submission.sheet.name}
        return private(render(request, "web/guest.html", context))
    answered = answer_invitation(link=link, accepts=answer == "accept")
    if answered is None:
        raise DeadLink
    if answered.left_at:
        messages.success(request, _("C’est refusé : cette demande ne vous sera plus proposée."))
        return redirect("home")
    # An invitation may have been forwarded: it opens its file as this guest, never the space of the address.
    messages.success(request, _("C’est accepté. Vous retrouvez cette demande dans « Mon espace »."))
    return redirect("result", _link_of(request, answered))


def _link_of(request: HttpRequest, guest: Guest) -> str:
    """Return the token of a result link that opens a file as its guest."""
    guest.submission.page_reader = guest
    return result_link(request, guest.submission)


@require_POST
@in_space
def visit(request: HttpRequest, address: str, guest_pk: int) -> HttpResponse:
    """Open a request to which the address was invited, or leave it."""
    guests = Guest.objects.of_address(address).select_related("submission__contact")
    found = get_object_or_404(guests, pk=guest_pk)
    if request.POST.get("do") == "leave":
        leave(guest=found)
        messages.success(request, _("C’est fait : vous ne suivez plus cette demande."))
        return redirect("space")
    page = request.POST.get("do", "")
    return redirect(page if page in PAGES else "result", _link_of(request, found))
