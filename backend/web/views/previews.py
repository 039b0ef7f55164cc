"""A sheet before it is published, for the owner of the scheme: a secret link, and a remark without an account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.schemes.catalogue.records import BROKEN, RecordError
from backend.schemes.catalogue.sheets import sheet_of
from backend.schemes.catalogue.windows import TAKING, window_on
from backend.schemes.editing.forms.proposal import RemarkForm
from backend.schemes.editing.previews import as_published, leave_remark, link_of
from backend.schemes.models import PreviewLink, Scheme
from backend.web.access import private
from backend.web.notices import Notice, no_cookie, too_many
from backend.web.throttles import limit_wrong_links


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_wrong_links
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show a proposal as the public would read it, and take a remark; reading changes nothing."""
    link = link_of(token, on=current_day())
    if link is None:
        return private(render(request, "web/published/preview_over.html", status=404))
    if request.method != "POST":
        return _page(request, link, RemarkForm(), is_received="merci" in request.GET)
    form = RemarkForm(request.POST)
    if not form.is_valid():
        return _page(request, link, form, status=422)
    if wait := spend("remark.network", client_network(request)):
        response = _page(request, link, form, notice=too_many(wait), status=429)
        response.headers["Retry-After"] = str(wait)
        return response
    leave_remark(link=link, text=form.cleaned_data["text"], now=timezone.now())
    return private(redirect(f"{request.path}?merci"))


def show_again(request: HttpRequest, token: str) -> HttpResponse:
    """Show a remark that was sent without its cookie: nothing is taken, what was typed stays, with a fresh token."""
    link = link_of(token, on=current_day())
    if link is None:
        return private(render(request, "web/published/preview_over.html", status=404))
    return _page(request, link, RemarkForm(request.POST), notice=no_cookie(), status=403)


def _page(
    request: HttpRequest,
    link: PreviewLink,
    form: RemarkForm,
    *,
    notice: Notice | None = None,
    is_received: bool = False,
    status: int = 200,
) -> HttpResponse:
    on = current_day()
    try:
        with as_published(link.proposal) as revision:
            context = {
                "link": link,
                "revision": revision,
                "scheme": revision.scheme,
                "sheet": sheet_of(revision, on=on, linkable=Scheme.objects.shown().select_related("current")),
                "window": window_on(revision, on=on),
                "taking": TAKING,
                "form": form,
                "notice": notice,
                "is_received": is_received,
            }
            return private(render(request, "web/published/preview.html", context, status=status))
    except (RecordError, *BROKEN):  # the catalogue changed under a draft: a code or a scheme it names is no more
        return private(render(request, "web/published/preview_over.html", {"is_broken": True}, status=404))
