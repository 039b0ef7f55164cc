"""Adding a second factor: allauth's pages, which here also prove the session they were used in."""

from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.forms import Form
from django.http import HttpResponse
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
