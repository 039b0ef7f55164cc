"""What a visitor reads who did something too often, and how links that lead nowhere are limited."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from backend.common.throttles import client_network, spend


def too_many_requests(request: HttpRequest, *, wait: int = 60) -> HttpResponse:
    """Say so plainly, and when to come back."""
    response = render(request, "429.html", {"minutes": minutes(wait)}, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def minutes(seconds: int) -> int:
    return max(1, -(-seconds // 60))


def limit_wrong_links(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Slow down a network that tries many links that lead nowhere; a right one opens from there all the same."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            if wait := spend("wrong_link.network", client_network(request)):
                return too_many_requests(request, wait=wait)
            raise
        if response.status_code == 404 and (wait := spend("wrong_link.network", client_network(request))):
            return too_many_requests(request, wait=wait)
        return response

    return limited
