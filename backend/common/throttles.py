"""How often something may be requested from one network: counted in Redis, and never in a firm's way without it."""

import ipaddress
import logging
import time

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from backend.common.counters import count_one

logger = logging.getLogger(__name__)

IPV6_NETWORK = 64  # what one household or office is given


def client_network(request: HttpRequest, *, ipv4: int = 32, ipv6: int = IPV6_NETWORK) -> str:
    """Return the network a request comes from, behind our own proxies.

    Where a proxy did not say whose request it was, the address that connected stands for all who came that way.
    """
    try:
        address = ipaddress.ip_address(get_client_ip(request) or "")
    except (PermissionDenied, ImproperlyConfigured, ValueError):
        try:
            address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
        except ValueError:
            return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address  # else ::ffff:0:0/96 would make one network of all IPv4
    prefix = ipv4 if address.version == 4 else ipv6
    if prefix == address.max_prefixlen:
        return str(address)
    return str(ipaddress.ip_network((address, prefix), strict=False))


def keyed_digest(*parts: str) -> str:
    """Return what stands for something in a counter: it can neither be read nor tried out without the secret."""
    return salted_hmac("backend.common.throttles", "\n".join(parts), algorithm="sha256").hexdigest()


def spend(name: str, key: str) -> int:
    """Count one more use; return how many seconds to wait, 0 where the limit is not passed."""
    if name not in settings.THROTTLES:
        return 0
    allowed, period = settings.THROTTLES[name]
    slot, passed = divmod(int(time.time()), period)
    row = f"throttle:{name}:{slot}:{keyed_digest(key.lower())}"
    try:
        used = count_one(row, period)
    except RedisError as error:
        logger.warning("The limit %s is not counted: %s", name, type(error).__name__)
        return 0
    return period - passed if used > allowed else 0
