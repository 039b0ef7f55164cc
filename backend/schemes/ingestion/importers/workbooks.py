"""Workbooks (.xlsx): one sheet read row by row, as text, never run. What unpacks to too much is refused before."""

import re
import zlib
from collections.abc import Container, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, LargeZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.utils import coordinate_to_tuple, get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import CELL_TAG, FORMULA_TAG, ROW_TAG, VALUE_TAG
from openpyxl.xml.functions import iterparse  # which follows no entity

from backend.schemes.ingestion.importers.faults import RowError, show
from backend.schemes.ingestion.importers.files import MAX_BYTES, ImportFileError, check_size, megabytes
from backend.schemes.ingestion.importers.reading import Notice
from backend.schemes.ingestion.importers.tables import Expected, Row, by_name, find_names, tell_unknown

MAX_PARTS = 1000  # files in a workbook
MAX_RATIO = 200  # of what a part unpacks to; a sheet of empty cells reaches a hundred
RATIO_FROM = 1_000_000  # bytes from which the ratio counts
MAX_COLUMNS = 200
CHUNK = 1 << 20
NO_VALUE = (
    "contient une formule sans valeur enregistrée ; attendu : une valeur (ouvrez le classeur dans un tableur, puis "
    "enregistrez-le)."
)
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
        rows = _rows(path, sheet, _uncomputed(path, sheet))
        find_names(path.name, (row.cells for row in rows), expected)
        for row in rows:
            read = (why for at, why in row.wrong.items() if at >= len(names) or expected.known(names[at]))
            if refusal := next(read, None):
                yield RowError(refusal)
            elif any(row.cells):
                yield by_name(names, row.cells + [""] * (len(names) - len(row.cells)))


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
        try:
            return sheet, find_names(path.name, (row.cells for row in _rows(path, sheet, ())), expected)
        except ImportFileError as error:
            refusal = refusal or error
    raise refusal or ImportFileError(f"{path.name} n’a aucune feuille visible ; attendu : {expected.told}.")


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of a sheet as text, and what is wrong with some of its cells, by their column from 0."""

    cells: list[str]
    wrong: dict[int, str]


def _rows(path: Path, sheet: Any, uncomputed: Container[tuple[int, int]]) -> Iterator[_Line]:
    """Give the rows of a sheet. Raises ``ImportFileError`` where it breaks off."""
    sheet.reset_dimensions()  # what a sheet says of its size may be false
    rows = enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), 1)
    try:
        for number, row in rows:
            cells = [_shown(cell) for cell in row]
            wrong = {}
            for at, cell in enumerate(cells):
                if cell in ERROR_CODES:
                    wrong[at] = f"{_place(sheet, number, at)} contient l’erreur {cell} ; attendu : une valeur."
                elif (number, at + 1) in uncomputed:
                    wrong[at] = f"{_place(sheet, number, at)} {NO_VALUE}"
            yield _Line(cells, wrong)
    except BROKEN:
        raise _broken(path) from None


def _place(sheet: Any, row: int, column: int) -> str:
    return f"Feuille {show(sheet.title)}, ligne {row} : la cellule {get_column_letter(column + 1)}{row}"


def _uncomputed(path: Path, sheet: Any) -> set[tuple[int, int]]:
    """Return the row and column, from 1, of the formulas of a sheet whose value no spreadsheet kept.

    The library gives the same nothing for them and for an empty cell. A formula that was computed to an empty text is
    no such one.
    """
    found: set[tuple[int, int]] = set()
    at_row = at_column = 0
    try:
        with ZipFile(path) as archive, archive.open(sheet._worksheet_path) as part:
            for event, element in iterparse(part, events=("start", "end")):
                if event == "start" and element.tag == ROW_TAG:
                    at_row, at_column = int(element.get("r", at_row + 1)), 0
                elif event == "end" and element.tag == CELL_TAG:
                    place = element.get("r")
                    at_column = coordinate_to_tuple(place)[1] if place else at_column + 1
                    is_formula = element.find(FORMULA_TAG) is not None
                    if is_formula and not element.findtext(VALUE_TAG) and element.get("t") != "str":
                        found.add((at_row, at_column))
                elif event == "end" and element.tag == ROW_TAG:
                    element.clear()
    except BROKEN:
        raise _broken(path) from None
    return found


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
