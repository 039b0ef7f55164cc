"""How often something may be asked for: counted in Redis, and never in the way of a firm when Redis is down."""

import ipaddress
import logging
import time
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

IPV6_NETWORK = 64  # what one household or office is given


def client_ip(request: HttpRequest) -> str:
    """Return the address a request comes from, behind our own proxies; empty where it cannot be known."""
    try:
        address = ipaddress.ip_address(get_adapter(request).get_client_ip(request))
    except (PermissionDenied, ImproperlyConfigured, ValueError):
        return ""
    if address.version == 6:
        return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
    return str(address)


def spend(name: str, key: str) -> int:
    """Count one more use; return how many seconds to wait, 0 where the limit is not passed."""
    return _wait(name, key, count=_count_one)


def look(name: str, key: str) -> int:
    """Return how many seconds to wait, without counting."""
    return _wait(name, key, count=lambda row, _period: int(cache.get(row, 0)) + 1)


def _wait(name: str, key: str, *, count: Callable[[str, int], int]) -> int:
    if name not in settings.THROTTLES or not key:
        return 0
    allowed, period = settings.THROTTLES[name]
    slot, passed = divmod(int(time.time()), period)
    # A digest: neither an address nor a company can be read in Redis.
    row = f"throttle:{name}:{slot}:{sha256(f'{settings.SECRET_KEY}:{key.lower()}'.encode()).hexdigest()}"
    try:
        used = count(row, period)
    except (RedisError, ValueError) as error:  # ValueError: emptied between the two commands
        logger.warning("The limit %s is not counted: %s", name, type(error).__name__)
        return 0
    return period - passed if used > allowed else 0


def _count_one(row: str, period: int) -> int:
    """Two commands that Redis runs whole each: the row outlives its slot, so it cannot end between them."""
    cache.add(row, 0, period)
    return cache.incr(row)


def too_many_requests(request: HttpRequest, *, wait: int = 60) -> HttpResponse:
    """Say so plainly, and when to come back; also what allauth shows (``handler429``)."""
    response = render(request, "429.html", {"minutes": minutes(wait)}, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def minutes(seconds: int) -> int:
    return max(1, -(-seconds // 60))


def limit_wrong_links(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Stop answering an address that tried many links that lead nowhere: it is guessing."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        ip = client_ip(request)
        if wait := look("wrong_link.ip", ip):
            return too_many_requests(request, wait=wait)
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            spend("wrong_link.ip", ip)
            raise
        if response.status_code == 404:
            spend("wrong_link.ip", ip)
        return response

    return limited
