"""The same rows as a workbook, for people: every cell is text, so that nothing in it is run or rewritten as a date."""

from collections.abc import Iterable
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from backend.common.spreadsheets import escape_cell
from backend.schemes.catalogue.national.rows import COLUMNS, Row

MAX_CELL = 32_767  # characters that a workbook keeps


def write_workbook(rows: Iterable[Row], file: IO[bytes]) -> None:
    """Write rows as one sheet whose first line stays in sight."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("dispositifs")
    sheet.freeze_panes = "C2"
    for column, width in (("B", 50), ("C", 50), ("D", 60), ("E", 60)):
        sheet.column_dimensions[column].width = width
    names = [_text(sheet, name) for name in COLUMNS]
    for cell in names:
        cell.font = Font(bold=True)
    sheet.append(names)
    for row in rows:
        sheet.append([_text(sheet, row[name]) for name in COLUMNS])
    book.save(file)


def _text(sheet: Any, text: str) -> Any:
    cell: Any = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", escape_cell(text))[:MAX_CELL])
    cell.data_type = "s"
    return cell
