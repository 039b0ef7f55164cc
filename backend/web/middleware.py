"""What every answer carries, and what is asked of everyone who signed in."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

from backend.web.second_factor import detour

SEEN, SEEN_SECONDS = "seen_at", 300

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


def only_known_methods(get_response: GetResponse) -> GetResponse:
    """Refuse what no page takes: those of libraries would answer PUT or DELETE as if it were GET.

    The API says itself what it takes.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS and not request.path.startswith("/api/"):
            return HttpResponseNotAllowed(METHODS)
        return get_response(request)

    return middleware


class SignedInMiddleware:
    """Asks for the second factor where it is required, and keeps a session open while it is used.

    It sees every view, so that a page added later cannot forget it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        now = int(time.time())
        if now - request.session.get(SEEN, 0) > SEEN_SECONDS:  # one write in five minutes moves its end forward
            request.session[SEEN] = now
            request.session.set_expiry(settings.OFFICER_SESSION_SECONDS)
        url = detour(request) if settings.SECOND_FACTOR else None
        return redirect(url) if url else None
