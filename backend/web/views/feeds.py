"""Addresses that a calendar follows: the days of a firm, or of an officer. Each is shown once, to who makes it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backend.accounts.models import User
from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.links.models import Kind
from backend.links.services import live_links, revoke_links
from backend.matchmaking.deadlines import deadlines_of
from backend.matchmaking.officer_dates import officer_dates
from backend.matchmaking.ownership import read_once
from backend.matchmaking.results import latest_result
from backend.matchmaking.sharing import NotMadeError, officer_of_feed, renew_feed, renew_staff_feed
from backend.matchmaking.shortlist import shortlist_of
from backend.notifications.services import absolute_url
from backend.web.access import DeadLink, opened, opened_submission, private, submission_of
from backend.web.calendars import CONTENT_TYPE, calendar_of
from backend.web.throttles import limit_wrong_links, too_many_requests
from backend.web.views.officer import signed_in
from backend.web.views.result import unless_closed


@never_cache
@require_safe
@limit_wrong_links
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Return the days of a firm to its calendar; asking is no visit."""
    link = opened(Kind.FEED, token)
    submission, on = submission_of(link), current_day()
    if submission.is_barred:
        raise DeadLink
    if wait := _asked_too_often(link.pk):
        return wait
    read_once(submission)
    page = shortlist_of(submission, latest_result(submission, on=on))
    # Without the aids received nor the firm's words: the provider of a calendar reads it too.
    days = deadlines_of(submission, page, None, on=on, says_words=False)
    content = calendar_of(days, title=_("Mes dispositifs"), on=on)
    return private(HttpResponse(content, content_type=CONTENT_TYPE))


@never_cache
@require_safe
@limit_wrong_links
def staff_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Return the days of an officer to their calendar, for as long as they review files."""
    link = opened(Kind.STAFF_FEED, token)
    user, on = officer_of_feed(link), current_day()
    if user is None:
        raise DeadLink
    if wait := _asked_too_often(link.pk):
        return wait
    content = calendar_of(officer_dates(user, on=on), title=_("Mes rappels et échéances"), on=on)
    return private(HttpResponse(content, content_type=CONTENT_TYPE))


def _asked_too_often(link: int) -> HttpResponse | None:
    """Slow down one feed. Not a network: those of a calendar service ask for the feeds of thousands."""
    wait = spend("feed.link", str(link))
    if not wait:
        return None
    words = _("Trop de lectures de cet agenda en peu de temps. Réessayez plus tard.")
    response = HttpResponse(words, status=429, content_type="text/plain; charset=utf-8")
    response.headers["Retry-After"] = str(wait)
    return private(response)


@never_cache
@require_POST
@limit_wrong_links
@unless_closed
def choose_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Make the feed of a firm, and show its address once; or end it. A form sent twice makes one."""
    submission, back = opened_submission(token, may=None), reverse("result", args=[token])
    if "end" in request.POST:
        revoke_links(kind=Kind.FEED, object_id=submission.pk)
        messages.success(request, _("C’est arrêté : cette adresse d’agenda ne donne plus rien."))
        return redirect(f"{back}#agenda")
    if wait := spend("share.network", client_network(request)):
        return private(too_many_requests(request, wait=wait))
    try:
        made = absolute_url("feed", renew_feed(submission=submission, after=request.POST.get("after", "")))
    except NotMadeError as error:
        messages.warning(request, str(error))
        return redirect(f"{back}#agenda")
    return private(render(request, "web/link_made.html", {"made": Kind.FEED, "url": made, "back": f"{back}#agenda"}))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_calendar(request: HttpRequest) -> HttpResponse:
    """Show an officer whether their calendar is followed; make its address, shown once, or end it."""
    user = signed_in(request)
    if not user.is_officer:
        raise PermissionDenied
    if request.method == "POST":
        return _choose_my_calendar(request, user)
    link = live_links(kind=Kind.STAFF_FEED, object_id=user.pk).first()
    return render(request, "web/officer/my_calendar.html", {"link": link})


def _choose_my_calendar(request: HttpRequest, user: User) -> HttpResponse:
    if "end" in request.POST:
        revoke_links(kind=Kind.STAFF_FEED, object_id=user.pk)
        messages.success(request, _("C’est arrêté : cette adresse d’agenda ne donne plus rien."))
        return redirect("my_calendar")
    if wait := spend("share.network", client_network(request)):
        return too_many_requests(request, wait=wait)
    try:
        made = absolute_url("staff_feed", renew_staff_feed(user=user, after=request.POST.get("after", "")))
    except NotMadeError as error:
        messages.warning(request, str(error))
        return redirect("my_calendar")
    context = {"made": Kind.STAFF_FEED, "url": made, "back": reverse("my_calendar")}
    return private(render(request, "web/link_made.html", context))
