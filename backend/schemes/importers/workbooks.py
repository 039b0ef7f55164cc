"""Workbooks (.xlsx): one sheet read row by row, as text, never run. What unpacks to too much is refused before."""

import re
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, LargeZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException

from backend.schemes.importers.faults import RowError, show
from backend.schemes.importers.files import MAX_BYTES, ImportFileError, check_size, megabytes
from backend.schemes.importers.reading import Notice
from backend.schemes.importers.tables import Expected, Row, by_name, find_names, tell_unknown

MAX_PARTS = 1000  # files in a workbook
MAX_RATIO = 200  # of what a part unpacks to; a sheet of empty cells reaches a hundred
RATIO_FROM = 1_000_000  # bytes from which the ratio counts
MAX_COLUMNS = 200
CHUNK = 1 << 20
BOOK = "xl/workbook.xml"
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')  # of a number format: shown as it is, or not at all
DIGITS = 2  # of a percent after the point: what the catalogue keeps
# What a damaged or crafted workbook makes the libraries raise.
BROKEN = (
    BadZipFile, LargeZipFile, InvalidFileException, ParseError, zlib.error, EOFError, KeyError,
    ValueError, TypeError, IndexError, AttributeError, NotImplementedError, RuntimeError, OSError,
)  # fmt: skip


def open_workbook(path: Path, expected: Expected) -> Iterator[Row | RowError | Notice]:
    """Give the rows of the first sheet that has the names that are expected.

    Raises ``ImportFileError`` where the file is no whole workbook, unpacks to too much, or has no such sheet.
    """
    check_size(path)
    _check_parts(path)
    with path.open("rb") as file, closing(_load(path, file)) as book:  # by its content, whatever its name
        if book.epoch == CALENDAR_MAC_1904:
            raise ImportFileError(
                f"{path.name} compte les jours depuis 1904 ; attendu : depuis 1900 (réglage du classeur dans Excel)."
            )
        sheet, names = _find_sheet(path, book, expected)
        yield from tell_unknown(names, expected)
        others = [other.title for other in book.worksheets if other is not sheet]
        if others:
            yield Notice(f"Feuille lue : {show(sheet.title)} ; feuilles non lues : {', '.join(map(show, others))}.")
        rows = _rows(path, sheet)
        find_names(path.name, (cells for cells in rows if isinstance(cells, list)), expected)
        for cells in rows:
            if isinstance(cells, RowError):
                yield cells
            elif any(cells):
                yield by_name(names, cells[: len(names)] + [""] * (len(names) - len(cells)) + cells[len(names) :])


def _load(path: Path, file: BinaryIO) -> Any:
    try:
        return load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except BROKEN:
        raise _broken(path) from None


def _check_parts(path: Path) -> None:
    """Unpack a workbook once, keeping nothing: what it says of its sizes may be false."""
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS:
                raise ImportFileError(f"{path.name} contient {len(parts)} parties ; accepté : {MAX_PARTS} au plus.")
            if BOOK not in archive.NameToInfo:
                raise ImportFileError(f"{path.name} est une archive sans classeur ; attendu : un fichier .xlsx.")
            n_bytes = sum(part.file_size for part in parts)
            if n_bytes > MAX_BYTES:
                raise _too_large(path, n_bytes)
            n_bytes = 0
            for part in parts:
                n_of_part = 0
                with archive.open(part) as content:
                    while chunk := content.read(CHUNK):
                        n_of_part += len(chunk)
                        if n_bytes + n_of_part > MAX_BYTES:
                            raise _too_large(path, n_bytes + n_of_part)
                n_bytes += n_of_part
                if n_of_part > RATIO_FROM and n_of_part > MAX_RATIO * part.compress_size:
                    raise ImportFileError(
                        f"{path.name} se déplie plus de {MAX_RATIO} fois ({show(part.filename)}) : aucun "
                        "tableur n’écrit cela."
                    )
    except BROKEN as error:
        if isinstance(error, ImportFileError):
            raise
        raise _broken(path) from None


def _too_large(path: Path, n_bytes: int) -> ImportFileError:
    return ImportFileError(
        f"{path.name} se déplie en {megabytes(n_bytes)} ou plus ; accepté : {megabytes(MAX_BYTES)} au plus."
    )


def _broken(path: Path) -> ImportFileError:
    what = "il est incomplet ou abîmé, protégé par un mot de passe, ou d’un autre format"
    return ImportFileError(f"{path.name} n’est pas un classeur .xlsx que l’on puisse lire : {what}.")


def _find_sheet(path: Path, book: Any, expected: Expected) -> tuple[Any, list[str]]:
    refusal: ImportFileError | None = None
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        rows = (cells for cells in _rows(path, sheet) if isinstance(cells, list))
        try:
            return sheet, find_names(path.name, rows, expected)
        except ImportFileError as error:
            refusal = refusal or error
    raise refusal or ImportFileError(f"{path.name} n’a aucune feuille visible ; attendu : {expected.told}.")


def _rows(path: Path, sheet: Any) -> Iterator[list[str] | RowError]:
    """Give the rows of a sheet as text. Raises ``ImportFileError`` where it breaks off."""
    sheet.reset_dimensions()  # what a sheet says of its size may be false
    rows = sheet.iter_rows(max_col=MAX_COLUMNS)
    while True:
        try:
            cells = [_shown(cell) for cell in next(rows)]
        except StopIteration:
            return
        except BROKEN:
            raise _broken(path) from None
        wrong = next((cell for cell in cells if cell in ERROR_CODES), None)
        yield cells if wrong is None else RowError(f"Une cellule contient l’erreur {wrong} ; attendu : une valeur.")


def _shown(cell: Any) -> str:
    """Return what a cell says; a share that is shown in percent is one, as who wrote it read it."""
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool) and _is_percent(cell.number_format):
        return f"{_as_text(round(value * 100, DIGITS)).replace('.', ',')} %"
    return _as_text(value)


@lru_cache(maxsize=256)
def _is_percent(number_format: str) -> bool:
    """Tell whether a number format shows hundredths: not one that only writes the sign after the number."""
    return "%" in _LITERAL.sub("", number_format).split(";")[0]


def _as_text(value: Any) -> str:
    """Return what a cell says, as a CSV would: ISO dates, a decimal point, oui or non."""
    match value:
        case None:
            return ""
        case bool():
            return "oui" if value else "non"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat()
        case date():
            return value.isoformat()
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case _:
            return str(value).strip()
