"""Whether who signed in has shown a second factor in this very session, and where to show or add one."""

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # codes on paper only stand in for one of these
ADDED = "second_factor_added"

# What anybody may read, and the way out.
OPEN = {
    "legal",
    "privacy",
    "accessibility",
    "contact",
    "transparency",
    "robots",
    "security_txt",
    "health",
    "account_logout",
}
TO_ADD = {"mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"}
TO_SHOW = {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}


def remember_added(request: HttpRequest) -> None:
    """Note that a factor was added in this session: it was shown to work, and need not be shown again."""
    request.session[ADDED] = request.user.pk


def detour(request: HttpRequest) -> str | None:
    """Return where a signed-in person must go before the page asked for, or none.

    A session that was open before the factor was added must show it too; it cannot add another one instead.
    """
    name = request.resolver_match.view_name if request.resolver_match else ""
    has_factor = is_mfa_enabled(request.user, FACTORS)
    if name in OPEN or name in (TO_SHOW if has_factor else TO_ADD):
        return None
    if not has_factor:
        return reverse("mfa_activate_totp")
    if _shown(request):
        return None
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    url = next(method["url"] for method in methods if method["id"].startswith("mfa"))
    return f"{url}?{urlencode({'next': request.get_full_path()})}"


def _shown(request: HttpRequest) -> bool:
    if request.session.get(ADDED) == request.user.pk:
        return True
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))
