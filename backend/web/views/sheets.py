"""The sheets of the territory: three buttons for who looks after each, and who that is for those who lead.

Opening a page changes nothing, so that programs that open every link of an e-mail answer nothing.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.days import current_day
from backend.links.models import Kind
from backend.schemes.catalogue.comparison import LABELS, lines_of
from backend.schemes.catalogue.records import read_record
from backend.schemes.editing.caretaking import (
    CaretakerError,
    LocalSheet,
    Reader,
    led_sheets,
    local_sheets,
    name_caretaker,
    sheets_of,
)
from backend.schemes.editing.enquiries import AnswerError, answer_sheet, last_answers
from backend.schemes.models import SheetAnswer, SheetOwner
from backend.web.access import DeadLink, opened, private
from backend.web.forms.sheets import AnswerForm, CaretakerForm
from backend.web.row_keys import key_of
from backend.web.throttles import limit_wrong_links
from backend.web.views.officer import signed_in

READ = ("summary", "window", "amount", "criteria", "next_step", "contact", "url")  # what is to be read of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A sheet as it is asked about."""

    sheet: LocalSheet
    said: tuple[tuple[str, tuple[str, ...]], ...]
    last: SheetAnswer | None


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_sheets(request: HttpRequest) -> HttpResponse:
    """Show what somebody with an account looks after, and what they lead; a button answers."""
    return _answered(request, Reader(user=signed_in(request)), "my_sheets")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_wrong_links
def owner_sheets(request: HttpRequest, token: str) -> HttpResponse:
    """Show the same to who has no account, by the link of their e-mail."""
    owner = SheetOwner.objects.filter(pk=opened(Kind.SHEETS, token).object_id).first()
    if owner is None:
        raise DeadLink
    return private(_answered(request, Reader(owner=owner), "owner_sheets", token))


def _answered(request: HttpRequest, reader: Reader, *page: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, reader)
    form, scheme_pk = AnswerForm(request.POST), key_of(request.POST.get("scheme", "")) or 0
    try:
        if not form.is_valid():
            raise AnswerError(str(next(iter(form.errors.values()))[0]))
        answer_sheet(reader=reader, scheme_pk=scheme_pk, **form.cleaned_data, on=current_day())
    except AnswerError as error:
        refused = {"refused": scheme_pk, "error": str(error), "typed": request.POST.get("words", "")}
        return _page(request, reader, refused, status=422)
    except PermissionDenied:
        raise Http404 from None
    messages.success(request, _("C’est noté, merci."))
    return redirect(*page)


def _page(
    request: HttpRequest, reader: Reader, refused: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    sheets = local_sheets()
    mine = sheets_of(reader, sheets)
    led = led_sheets(reader.user, sheets) if reader.user else []
    if reader.user and not (mine or led or reader.user.posts.leads):
        raise Http404
    last = last_answers([*mine, *led])
    context = {
        "reader": reader,
        "mine": [_shown(sheet, last) for sheet in mine],
        "led": [(sheet, last.get(sheet.scheme.pk), CaretakerForm(sheet=sheet)) for sheet in led],
        **(refused or {}),
    }
    return render(request, "web/sheets.html", context, status=status)


def _shown(sheet: LocalSheet, last: dict[int, SheetAnswer]) -> Shown:
    record = read_record(sheet.revision)
    said = ((LABELS[name], lines_of(record, name)) for name in READ)
    return Shown(sheet=sheet, said=tuple(row for row in said if row[1]), last=last.get(sheet.scheme.pk))


@login_required
@require_POST
def name_one(request: HttpRequest, scheme_pk: int) -> HttpResponse:
    """Say who looks after a sheet."""
    user = signed_in(request)
    sheet = next((one for one in led_sheets(user) if one.scheme.pk == scheme_pk), None)
    if sheet is None:
        raise Http404
    form = CaretakerForm(request.POST, sheet=sheet)
    if form.is_valid():
        try:
            name_caretaker(scheme=sheet.scheme, lead=user, **form.cleaned_data)
        except CaretakerError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("C’est noté."))
            return redirect("my_sheets")
    return render(request, "web/sheet_caretaker.html", {"sheet": sheet, "form": form}, status=422)
