"""Pages for what goes wrong: each says what happened, what to do and whom to call."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults

from backend.web.access import DeadLink, NotGranted, private
from backend.web.drafts import FORMS
from backend.web.identity import identity
from backend.web.unsent import is_from_our_page, keep
from backend.web.views import answer, filing, previews, reports, space, suggestions


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _bare("400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say to a guest that its right does not go that far; to others, that the page is for those who sign in."""
    if isinstance(exception, NotGranted):
        return private(render(request, "web/not_granted.html", status=403))
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say how to get another link where one opens nothing."""
    if not isinstance(exception, DeadLink):
        return defaults.page_not_found(request, exception)
    name = request.resolver_match.url_name if request.resolver_match else ""
    return private(render(request, "web/link_expired.html", {"page_name": name}, status=404))


def server_error(request: HttpRequest) -> HttpResponse:
    return _bare("500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form that came without its cookie.

    Where sending it takes no authority, what was typed is shown again with a fresh token, and so is a form of the desk
    where its browser says that it comes from here. Any other may come from another site, and one tap would send it.
    """
    if is_from_our_page(request):
        return keep(request)
    match = request.resolver_match
    name = match.url_name if match else ""
    if match and name == "step" and match.kwargs["name"] in FORMS:
        return filing.show_again(request, match.kwargs["name"])
    if name in ("draft_contact", "draft_call") and (again := answer.show_again(request)):
        return again
    if name == "space":
        return space.show_again(request)
    if match and name == "public_report":
        return reports.show_again(request, match.kwargs["key"])
    if name == "suggest":
        return suggestions.show_again(request)
    if match and name == "preview":
        return previews.show_again(request, match.kwargs["token"])
    return _bare("403_csrf.html", status=403)


def _bare(template: str, *, status: int) -> HttpResponse:
    """Render without a context processor, so without the database."""
    return HttpResponse(render_to_string(template, {"phone": identity().phone}), status=status)
