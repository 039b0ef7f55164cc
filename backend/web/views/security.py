"""Allauth's pages where we ask for a little more: a session that proves its factor, a sign-out that leaves nothing."""

from allauth.account import views as account
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from backend.web.second_factor import remember_added


class Activate(ActivateTOTPView):  # type: ignore[misc]
    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        remember_added(self.request)
        return response


class AddKey(AddWebAuthnView):  # type: ignore[misc]
    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        remember_added(self.request)
        return response


# What these three show is secret: no browser keeps it.
activate_totp = never_cache(Activate.as_view())
add_webauthn = never_cache(AddKey.as_view())
view_recovery_codes = never_cache(ViewRecoveryCodesView.as_view())


def log_out(request: HttpRequest) -> HttpResponse:
    """Sign out; the browser also forgets the pages it kept. Cookies stay: a firm's draft may be in this browser."""
    response: HttpResponse = account.logout(request)
    if not request.user.is_authenticated:
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
