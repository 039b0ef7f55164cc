"""Browsers in which an account was signed in before: a signed cookie, a year long, which opens nothing by itself."""

from secrets import token_hex

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from backend.common.throttles import keyed_digest

SALT = "accounts.devices"
SECONDS = 365 * 24 * 3600
ACCOUNTS = 5  # that share one browser


def device_of(request: HttpRequest, account: str) -> str:
    """Return the number of this browser for an account that was signed in here; empty where none was."""
    return _read(request).get(account_digest(account), "")


def last_account(request: HttpRequest) -> str:
    """Return the digest of the account that was signed in last in this browser; empty where none is known."""
    return next(reversed(_read(request)), "")


def remember_device(request: HttpRequest, response: HttpResponse, *, account: str) -> None:
    """Let this browser be known for an account that has just shown it may sign in."""
    known, name = _read(request), account_digest(account)
    number = known.pop(name, "") or token_hex(8)
    latest = {**dict(list(known.items())[1 - ACCOUNTS :]), name: number}
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(latest, salt=SALT),
        max_age=SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> dict[str, str]:
    try:
        known: dict[str, str] = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=SECONDS
        )
    except signing.BadSignature:
        return {}
    return known


def account_digest(account: str) -> str:
    """Return what stands for an account where its address is not written."""
    return keyed_digest("device", account.strip().lower())[:16]
