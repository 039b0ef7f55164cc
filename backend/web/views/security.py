"""Allauth's pages where we ask for a little more: a session that proves its factor, a sign-out that leaves nothing."""

from typing import cast

from allauth.account import views as account
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.accounts.models import User
from backend.journal.models import Kind
from backend.journal.services import record_event
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


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Show where one is signed in; end one session, or all but this one."""
    mine = UserSession.objects.purge_and_list(request.user)
    if request.method == "POST":
        others = [session for session in mine if not session.is_current()]
        wanted = request.POST.get("end", "")
        ended = others if wanted == "others" else [session for session in others if str(session.pk) == wanted]
        for session in ended:
            session.end()
            record_event(kind=Kind.SESSION_ENDED, actor=cast(User, request.user))
        if ended:
            messages.success(request, _("C’est fait : il faudra se connecter de nouveau sur l’autre appareil."))
        else:
            messages.info(request, _("Cette session était déjà terminée."))
        return redirect("sessions")
    mine.sort(key=lambda session: (not session.is_current(), -session.last_seen_at.timestamp()))
    rows = [(session, browser_of(session.user_agent), network_of(session.ip)) for session in mine]
    return render(request, "web/sessions.html", {"rows": rows})


BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def browser_of(user_agent: str) -> str:
    """Name the family of a browser and of its system: several names stand in each, the first known one is meant."""
    found = [next((name for mark, name in names if mark in user_agent), None) for names in (BROWSERS, SYSTEMS)]
    return " – ".join(filter(None, found)) or str(_("navigateur inconnu"))


def network_of(address: str) -> str:
    """Write what is kept of an address, so that it does not look like a whole one."""
    return f"{address.rpartition('.')[0]}.x" if "." in address else f"{address}/48"


def log_out(request: HttpRequest) -> HttpResponse:
    """Sign out; the browser also forgets the pages it kept. Cookies stay: a firm's draft may be in this browser."""
    response: HttpResponse = account.logout(request)
    if not request.user.is_authenticated:
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
