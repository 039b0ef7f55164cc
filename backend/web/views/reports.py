"""« C’est inexact »: a visitor reports an error in a published sheet, and may be told the answer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.schemes.catalogue.public_reports import report_by_public
from backend.schemes.catalogue.sheets import sheet_of
from backend.schemes.models import Criterion, Revision, Scheme
from backend.web.forms.report import ReportForm, opened_now
from backend.web.notices import Notice, no_cookie, press_again, too_many
from backend.web.views.answer import TRAP
from backend.web.views.public_catalogue import shown_revision, shown_scheme


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, key: str) -> HttpResponse:
    """Ask what is wrong; ``version`` and ``critere`` in the address name what the visitor was reading."""
    scheme = shown_scheme(key)
    revision, criterion = _read(request, scheme)
    if request.method != "POST":
        return _page(request, revision, criterion, ReportForm(initial={"opened": opened_now()}))
    form = ReportForm(request.POST)
    if not form.is_valid():
        return _page(request, revision, criterion, form, status=422)
    trapped = bool(request.POST.get(TRAP)) and not form.asked_again()
    if trapped or form.came_too_fast():
        return _again(request, revision, criterion, form, notice=press_again(), status=422)
    if wait := spend("report.network", client_network(request)):
        response = _again(request, revision, criterion, form, notice=too_many(wait), status=429)
        response.headers["Retry-After"] = str(wait)
        return response
    report_by_public(
        revision=revision,
        criterion=criterion,
        text=form.cleaned_data["text"],
        email=form.cleaned_data["email"],
        now=timezone.now(),
    )
    return redirect("public_reported", key)


@never_cache
@require_safe
def reported(request: HttpRequest, key: str) -> HttpResponse:
    return render(request, "web/published/reported.html", {"scheme": shown_scheme(key)})


def show_again(request: HttpRequest, key: str) -> HttpResponse:
    """Show a report that was sent without its cookie: nothing is taken, what was typed stays, with a fresh token."""
    revision, criterion = _read(request, shown_scheme(key))
    return _again(request, revision, criterion, ReportForm(request.POST), notice=no_cookie(), status=403)


def _read(request: HttpRequest, scheme: Scheme) -> tuple[Revision, Criterion | None]:
    """Return what was being read; what the address names and is not there is the sheet as a whole."""
    number, position = request.GET.get("version", ""), request.GET.get("critere", "")
    revision = scheme.current
    assert revision is not None  # noqa: S101 -- shown_scheme() returns none without
    if number.isdecimal() and len(number) < 6 and int(number) != revision.number:
        revision = shown_revision(scheme, int(number))
    if not (position.isdecimal() and len(position) < 6):
        return revision, None
    return revision, revision.criteria.filter(position=int(position)).first()


def _again(
    request: HttpRequest,
    revision: Revision,
    criterion: Criterion | None,
    form: ReportForm,
    *,
    notice: Notice,
    status: int,
) -> HttpResponse:
    """Show the form as it was filled: pressing the button again is enough, and there is no trap any more."""
    data = {**request.POST.dict(), "opened": opened_now(again=True)}
    return _page(request, revision, criterion, ReportForm(data), notice=notice, status=status, has_trap=False)


def _page(
    request: HttpRequest,
    revision: Revision,
    criterion: Criterion | None,
    form: ReportForm,
    *,
    notice: Notice | None = None,
    status: int = 200,
    has_trap: bool = True,
) -> HttpResponse:
    sheet = sheet_of(revision, on=current_day())
    context = {
        "scheme": revision.scheme,
        "revision": revision,
        "condition": sheet.condition(criterion.position) if criterion else None,
        "form": form,
        "notice": notice,
        "has_trap": has_trap and not (form.is_bound and form.asked_again()),
    }
    return render(request, "web/published/report.html", context, status=status)
