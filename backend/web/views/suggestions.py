"""« Proposer un dispositif »: anybody says what the catalogue lacks, without an account nor an address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from backend.accounts.models import User
from backend.common.fields import PlainText
from backend.schemes.catalogue.suggestions import sheets_like, suggest
from backend.schemes.models import Revision
from backend.web.forms.suggestion import SuggestionForm
from backend.web.forms.visitor import opened_now
from backend.web.notices import Notice, no_cookie
from backend.web.views.visitors import Refused, refusal_of, sent_again


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Ask which scheme is missing; the sheets that may be of it are shown once before it is sent."""
    if request.method != "POST":
        return _page(request, SuggestionForm(initial={"opened": opened_now(), "name": _searched(request)}))
    form = SuggestionForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    if refused := refusal_of(request, form, limit="suggestion.network"):
        return _refused(request, refused)
    said = form.cleaned_data
    alike = sheets_like(name=said["name"], url=said["url"])
    if unseen := {sheet.scheme.source_key for sheet in alike} - {*said["seen"].split()}:
        shown = SuggestionForm({**request.POST.dict(), "seen": " ".join([said["seen"], *sorted(unseen)])})
        return _page(request, shown, alike=alike, status=422)
    suggest(name=said["name"], url=said["url"], text=said["text"], by=_account(request), now=timezone.now())
    return redirect("suggested")


@never_cache
@require_safe
def suggested(request: HttpRequest) -> HttpResponse:
    return render(request, "web/published/suggested.html", {"has_account": _account(request) is not None})


def show_again(request: HttpRequest) -> HttpResponse:
    """Show what was sent without its cookie: nothing is taken, what was typed stays, with a fresh token."""
    return _refused(request, Refused(no_cookie(), 403))


def _searched(request: HttpRequest) -> str:
    """Return what was looked for in the catalogue and not found."""
    return PlainText().to_python(request.GET.get("nom", ""))


def _account(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    return refused.told(_page(request, sent_again(request, SuggestionForm), notice=refused.notice))


def _page(
    request: HttpRequest,
    form: SuggestionForm,
    *,
    alike: list[Revision] | None = None,
    notice: Notice | None = None,
    status: int = 200,
) -> HttpResponse:
    account = _account(request)
    context = {
        "form": form,
        "alike": alike,
        "notice": notice,
        "mine": account.suggestions.select_related("scheme__current").order_by("-suggested_at") if account else (),
    }
    return render(request, "web/published/suggest.html", context, status=status)
