"""What somebody of the desk sent once signed out is kept in this browser's session until they sign in again.

It is shown to the account that was signed in here last, and to no other; it is sent by a button, never by itself.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse

from backend.accounts.devices import account_digest, last_account
from backend.accounts.models import User

KEY = "unsent"
DESKS = ("/agent/", "/partenaire/", "/territoire/")  # no password is typed there
MOST_CHARACTERS = 20_000
TAKEN = (200, 302, 422)  # done, or its page says what is wrong and holds what was typed

type GetResponse = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class Unsent:
    """A form that was not taken: where it was sent, its fields, and the digest of whose it is."""

    path: str
    fields: list[tuple[str, str]]
    account: str


def keep_unsent(get_response: GetResponse) -> GetResponse:
    """Keep a form of the desk that would only lead to the sign-in; forget it once it was sent again."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or not request.path.startswith(DESKS):
            return get_response(request)
        before = _read(request.session)
        response = get_response(request)
        if isinstance(response, HttpResponseRedirectBase) and _is_sign_in(response.url):
            return keep(request)
        if before and before.path == request.get_full_path() and response.status_code in TAKEN:
            forget(request.session)
        return response

    return middleware


def keep(request: HttpRequest) -> HttpResponse:
    """Keep what was sent, where it is known whose it is; lead to where it is shown, through the sign-in if need be."""
    user = request.user
    account = account_digest(user.email) if isinstance(user, User) else last_account(request)
    fields = [
        (name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"
    ]
    if account and sum(len(value) for pair in fields for value in pair) <= MOST_CHARACTERS:
        request.session[KEY] = asdict(Unsent(request.get_full_path(), fields, account))
    page = reverse("officer_unsent")
    return redirect(page) if user.is_authenticated else redirect_to_login(page)


def is_from_our_page(request: HttpRequest) -> bool:
    """Whether a form of the desk was sent by a whole page of this site, as each browser says of it.

    Of a part that htmx sends the page stays, with what was typed, and says what to do.
    """
    ours = f"{request.scheme}://{request.get_host()}"
    is_ours = request.path.startswith(DESKS) and request.headers.get("Origin") == ours
    return is_ours and "HX-Request" not in request.headers


def unsent_of(session: SessionBase, user: User) -> Unsent | None:
    """Return what somebody sent in vain; what another account did is forgotten, as it may be for nobody else."""
    kept = _read(session)
    if kept and kept.account != account_digest(user.email):
        forget(session)
        return None
    return kept


def forget(session: SessionBase) -> None:
    session.pop(KEY, None)


def _read(session: SessionBase) -> Unsent | None:
    return Unsent(**session[KEY]) if KEY in session else None


def _is_sign_in(url: str) -> bool:
    return url.partition("?")[0] == resolve_url(settings.LOGIN_URL)
