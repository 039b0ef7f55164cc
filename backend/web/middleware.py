"""What every answer carries, and what is asked of everyone who signed in."""

import time
from collections.abc import Callable
from typing import Any

from allauth.account.signals import password_reset, user_logged_in
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import redirect
from django.urls import ResolverMatch
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from backend.accounts.devices import remember_device
from backend.accounts.models import User
from backend.common.days import current_day
from backend.matchmaking import engine
from backend.steering.models import PageCount
from backend.steering.page_counts import count_page
from backend.web.drafts import NAMES
from backend.web.second_factor import detour

SEEN, SEEN_SECONDS = "seen_at", 300
OPENED = "opened_at"

METHODS = ("GET", "HEAD", "POST")

type GetResponse = Callable[[HttpRequest], HttpResponse]


def more_headers(get_response: GetResponse) -> GetResponse:
    """Add the headers that Django has no setting for, to files too; a view that sets one keeps its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in settings.MORE_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware


@receiver(request_finished)
def forget_what_was_read(**_given: Any) -> None:
    """A text is read several times for one answer, and once that is sent no process holds it."""
    engine.forget_texts()


def only_known_methods(get_response: GetResponse) -> GetResponse:
    """Refuse what no page takes: those of libraries would answer PUT or DELETE as if it were GET.

    The API says itself what it takes.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS and not request.path.startswith("/api/"):
            return HttpResponseNotAllowed(METHODS)
        return get_response(request)

    return middleware


def whole_page_leads_away(get_response: GetResponse) -> GetResponse:
    """Let the page go where a part of it was sent: htmx would put the page that it is led to in the part's place."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.htmx and isinstance(response, HttpResponseRedirectBase):  # type: ignore[attr-defined]
            away = HttpResponseClientRedirect(response.url)
            away.cookies = response.cookies
            return away
        return response

    return middleware


class SignedInMiddleware:
    """Asks for the second factor where it is required, keeps a session open while it is used, but not for ever.

    It sees every view, so that a page added later cannot forget it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if account := getattr(request, "shown_account", ""):
            remember_device(request, response, account=account)
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        now = int(time.time())
        opened = request.session.setdefault(OPENED, now)
        if now - opened > settings.OFFICER_SESSION_MOST_SECONDS:
            logout(request)
            messages.info(request, _("Votre session a duré un jour : connectez-vous de nouveau."))
            return None
        if now - request.session.get(SEEN, 0) > SEEN_SECONDS:  # one write in five minutes moves its end forward
            request.session[SEEN] = now
            request.session.set_expiry(settings.OFFICER_SESSION_SECONDS)
            UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=timezone.now())
        url = detour(request) if settings.SECOND_FACTOR else None
        return redirect(url) if url else None


@receiver(user_logged_in)
def open_session(request: HttpRequest, user: User, **_signal: Any) -> None:
    """Count the length of a session from its sign-in, whatever it held before; and know the browser again."""
    request.session[OPENED] = int(time.time())
    request.shown_account = user.email  # type: ignore[attr-defined]


@receiver(password_reset)
def know_browser(request: HttpRequest, user: User, **_signal: Any) -> None:
    """Who chose a password by the link of an e-mail is the owner, however many others try from elsewhere."""
    request.shown_account = user.email  # type: ignore[attr-defined]


# Public pages that are counted, by the name of their address; of those behind a secret link or a sign-in none is.
COUNTED = {
    "home": PageCount.Kind.HOME,
    "public_schemes": PageCount.Kind.CATALOGUE,
    "public_scheme": PageCount.Kind.SCHEME,
    "step": PageCount.Kind.START,
    "draft_answer": PageCount.Kind.ANSWER,
    **dict.fromkeys(("open_data", "statistics"), PageCount.Kind.OPEN_DATA),
    **dict.fromkeys(("legal", "privacy", "accessibility", "contact", "transparency"), PageCount.Kind.ABOUT),
}


def _kind_of(match: ResolverMatch) -> PageCount.Kind | None:
    """Return the kind that a page counts for; none for the steps of a request after its first."""
    if match.view_name == "step" and match.kwargs["name"] != NAMES[0]:
        return None
    return COUNTED.get(match.view_name)


def counted_pages(get_response: GetResponse) -> GetResponse:
    """Count the public pages that are read, whoever reads them: whole ones, asked for by GET."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        match = request.resolver_match
        kind = _kind_of(match) if match else None
        if kind and request.method == "GET" and response.status_code == 200 and "HX-Request" not in request.headers:
            count_page(kind, on=current_day())
        return response

    return middleware
