"""« C’est inexact »: a visitor reports an error in a published sheet, and may be told the answer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from backend.common.days import current_day
from backend.schemes.catalogue.public_reports import report_by_public
from backend.schemes.catalogue.sheets import sheet_of
from backend.schemes.models import Criterion, Revision, Scheme
from backend.web.forms.report import ReportForm
from backend.web.forms.visitor import opened_now
from backend.web.notices import Notice, no_cookie
from backend.web.views.public_catalogue import shown_revision, shown_scheme
from backend.web.views.visitors import Refused, refusal_of, sent_again


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
    if refused := refusal_of(request, form, limit="report.network"):
        return _refused(request, revision, criterion, refused)
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
    return _refused(request, revision, criterion, Refused(no_cookie(), 403))


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


def _refused(request: HttpRequest, revision: Revision, criterion: Criterion | None, refused: Refused) -> HttpResponse:
    form = sent_again(request, ReportForm)
    return refused.told(_page(request, revision, criterion, form, notice=refused.notice))


def _page(
    request: HttpRequest,
    revision: Revision,
    criterion: Criterion | None,
    form: ReportForm,
    *,
    notice: Notice | None = None,
    status: int = 200,
) -> HttpResponse:
    sheet = sheet_of(revision, on=current_day())
    context = {
        "scheme": revision.scheme,
        "revision": revision,
        "condition": sheet.condition(criterion.position) if criterion else None,
        "form": form,
        "notice": notice,
    }
    return render(request, "web/published/report.html", context, status=status)
