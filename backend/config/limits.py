"""How often the same thing may be tried: signing in, and what anybody can ask for. Tries, and seconds."""

import re

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

# Several of one hold together (backend/accounts/attempts.py). "device": a browser where the account
# was signed in before. "account": all others of the world together, at which half of all codes take thirteen years.
_DAY = 24 * 3600
_TRIES = {
    "device": ((5, 300), (50, _DAY)),
    "network": ((10, 60), (100, _DAY)),
    "client": ((5, 300), (20, _DAY)),
    "account": ((100, _DAY),),
}
SIGN_IN_LIMITS: dict[str, tuple[tuple[int, int], ...]] = {
    **{f"{what}.{scope}": limits for what in ("password", "code") for scope, limits in _TRIES.items()},
    "reset.device": ((3, 3600),),
    "reset.network": ((20, 3600),),
    "reset.client": ((3, 3600),),
    "reset.account": ((10, _DAY),),
}

_SECONDS = {"sec": 1, "min": 60, "hour": 3600, "day": 24 * 3600}


def _rate(name: str, default: str) -> tuple[int, int] | None:
    rate = env.str(name, default=default)
    if not rate:  # another server counts
        return None
    if not re.fullmatch(r"[1-9]\d{0,8}/(sec|min|hour|day)", rate):
        raise ImproperlyConfigured(f"{name}={rate!r} is no rate; expected one such as {default}, or nothing.")
    number, _, unit = rate.partition("/")
    return int(number), _SECONDS[unit]


# How often from one network (an IPv4 address, an IPv6 /64), and in how many seconds. Generous: a room full of firms at
# a chamber shares one address.
_API = {
    "api_read.network": _rate("JONCTION_API_READ_RATE", "120/min"),
    "api_match.network": _rate("JONCTION_API_MATCH_RATE", "30/min"),
}
THROTTLES: dict[str, tuple[int, int]] = {
    "draft.network": (120, 3600),
    "arrival.network": (120, 3600),
    "filing.network": (60, 3600),
    "call.network": (20, 3600),
    "space.network": (60, 3600),
    "state.network": (120, 3600),
    "download.network": (60, 3600),
    "document.network": (60, 3600),
    "access.network": (20, 3600),
    "share.network": (20, 3600),
    "guest.network": (20, 3600),
    "feed.link": (60, 3600),
    "report.network": (20, 3600),
    "suggestion.network": (20, 3600),
    "remark.network": (20, 3600),
    "wrong_link.network": (100, 3600),
    "partner_key.network": (100, 3600),  # wrong keys
    "partner_filing.key": (120, 3600),
    "partner_status.key": (120, 60),
    "register.network": (60, 600),
    # The register takes 7 requests a second: two slots that touch may be spent within one.
    "register.service": (3, 1),
    "register.failures": (2, 60),
    **{name: rate for name, rate in _API.items() if rate},
}
