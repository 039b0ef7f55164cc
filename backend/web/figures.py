"""Figures that somebody takes away: the rows of a page as CSV or as a workbook, noted in the journal."""

import csv
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse

from backend.common.days import current_day
from backend.common.spreadsheets import escape_cell
from backend.journal.models import Kind
from backend.journal.services import record_event

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
type Rows = Iterable[Iterable[object]]


def format_of(request: HttpRequest) -> str:
    """Return which file an address asks for: ``csv``, ``xlsx`` or nothing."""
    return next((format for format in TYPES if format in request.GET), "")


def as_file(request: HttpRequest, actor: Any, name: str, rows: Rows) -> HttpResponse:
    """Return rows as the file that an address asks for, which no spreadsheet runs."""
    format = format_of(request)
    record_event(kind=Kind.EXPORT, actor=actor, detail=name)
    response = HttpResponse(content_type=TYPES[format])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{current_day()}.{format}"'
    _WRITERS[format](rows, response)
    return response


def _write_csv(rows: Rows, response: HttpResponse) -> None:
    response.write("\ufeff")  # else a spreadsheet does not read the accents
    writer = csv.writer(response, delimiter=";")
    writer.writerows([escape_cell(str(cell)) for cell in row] for row in rows)


def _write_workbook(rows: Rows, response: HttpResponse) -> None:
    from openpyxl import Workbook  # nothing else that a page shows waits for it
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    def said(cell: object) -> object:
        """Numbers stay numbers: they are summed and charted."""
        return cell if isinstance(cell, int | float) else ILLEGAL_CHARACTERS_RE.sub("", escape_cell(str(cell)))

    book = Workbook(write_only=True)
    sheet = book.create_sheet("chiffres")
    for row in rows:
        sheet.append([said(cell) for cell in row])
    book.save(response)


_WRITERS = {"csv": _write_csv, "xlsx": _write_workbook}
