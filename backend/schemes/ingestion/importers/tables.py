"""Tables that people and sites write: text in some encoding, cells between some marks, names in the first row.

A table is read row by row. What is wrong with a row is told of that row; what is wrong with the file refuses it.
"""

import codecs
import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from io import StringIO, TextIOBase
from itertools import islice
from pathlib import Path

from backend.common.spreadsheets import read_cell
from backend.schemes.ingestion.importers.faults import RowError, show
from backend.schemes.ingestion.importers.files import ImportFileError, check_size
from backend.schemes.ingestion.importers.reading import Notice

type Row = dict[str, str]

SEPARATORS = ";,\t|"
MAX_CELL = 1_000_000  # characters of a cell: a quote that is never closed would take the rest of the file
HEADER_ROWS = 10  # among which the names of the columns stand: people write a title above them
HEAD = 1 << 16  # characters in which they stand
MAX_SHOWN = 12  # names of columns that an error repeats
CHUNK = 1 << 20
_WRONG = {
    "unexpected end of data": "une cellule entre guillemets n’est pas fermée",
    f"field larger than field limit ({MAX_CELL})": f"une cellule a plus de {MAX_CELL} caractères",
}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NOT_IN = {
    "utf-8": "pas en UTF-8",
    "utf-8-sig": "pas en UTF-8, que sa marque annonce",
    "utf-16": "pas en UTF-16, que sa marque annonce",
    "cp1252": "ni en UTF-8 ni en Windows-1252",
}
_NOT_A_TABLE = {
    b"PK\x03\x04": "un classeur ou une archive",
    b"%PDF": "un PDF",
    b"\xd0\xcf\x11\xe0": "un vieux classeur",
}
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)  # which Excel writes before the names
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
# What a text in another encoding looks like in Windows-1252: UTF-8 ("Ã©", "â€™"), DOS and Macintosh accents inside
# words. French has none of these.
_GARBLED = re.compile(r"Ã[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸ]|â€|Â[\xa0-\xbf]|(?<=[a-z])[‚ƒ„†‡ˆŠŽ](?=[a-z])")  # noqa: RUF001


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The table that a source names: how to tell its row of names, and how to say it."""

    is_header: Callable[[Collection[str]], bool]
    told: str
    known: Callable[[str], bool]  # whether a column of that name is read


def open_csv(path: Path, expected: Expected) -> Iterator[Row | RowError | Notice]:
    """Give the rows of a CSV file by the names of their columns.

    Raises ``ImportFileError`` where the file is not whole, or no such table.
    """
    check_size(path)
    encoding = find_encoding(path)
    separator = _find_separator(path, encoding, expected)
    with path.open(encoding=encoding, newline="") as lines:
        rows = _whole_rows(path, lines, separator)
        names = find_names(path.name, rows, expected)
        yield from tell_unknown(names, expected)
        for cells in _all_but_cut(path, rows, len(names), ends_a_line=_ends_a_line(path)):
            if any(cells):
                yield by_name(names, cells)


def find_names(file: str, rows: Iterable[list[str]], expected: Expected) -> list[str]:
    """Return the names of the columns, which are in one of the first rows. Raises ``ImportFileError``."""
    first: list[str] = []
    for cells in islice(rows, HEADER_ROWS):
        names = [" ".join(cell.split()) for cell in cells]
        first = first or [name for name in names if name]
        if expected.is_header(names):
            break
    else:
        told = ", ".join(map(show, first[:MAX_SHOWN])) + (" …" if len(first) > MAX_SHOWN else "")
        raise ImportFileError(
            f"{file} n’a pas les colonnes attendues : {told or 'aucune'} ; attendu : {expected.told}."
        )
    while not names[-1]:
        names.pop()
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ImportFileError(f"{file} a deux colonnes du même nom ({', '.join(map(show, twice))}) ; attendu : une.")
    return [name or f"colonne {number}" for number, name in enumerate(names, 1)]


def tell_unknown(names: Iterable[str], expected: Expected) -> Iterator[Notice]:
    """Say which columns nobody reads."""
    unknown = [name for name in names if not expected.known(name)]
    if unknown:
        yield Notice(f"Colonnes non lues ({len(unknown)}) : {', '.join(map(show, unknown))}.")


def by_name(names: list[str], cells: list[str]) -> Row | RowError:
    """Return a row by the names of its columns."""
    if any(cells[len(names) :]) or len(cells) < len(names):
        return RowError(f"La ligne a {len(cells)} cellules ; attendu : {len(names)}, une par colonne.")
    return {name: read_cell(cell) for name, cell in zip(names, cells, strict=False)}


# -- encodings


def find_encoding(path: Path) -> str:
    """Return the encoding of a text file, read whole. Raises ``ImportFileError`` where it has none that we read."""
    with path.open("rb") as file:
        head = file.read(8)
    for mark, what in _NOT_A_TABLE.items():
        if head.startswith(mark):
            raise ImportFileError(f"{path.name} est {what} ; attendu : un fichier CSV.")
    marked = next((name for mark, name in _BOMS.items() if head.startswith(mark)), None)
    if marked:
        _decode(path, marked)
        return marked
    try:
        _decode(path, "utf-8")
    except _CutShort:
        raise ImportFileError(f"{path.name} s’arrête au milieu d’un caractère : il est incomplet.") from None
    except ImportFileError:
        _decode(path, "cp1252", garbled=_GARBLED)
        return "cp1252"
    return "utf-8"


class _CutShort(ImportFileError):
    """A file that ends in the middle of a character, where it has other ones of the same encoding."""


def _decode(path: Path, encoding: str, *, garbled: re.Pattern[str] | None = None) -> None:
    """Read a whole file, and keep nothing. Raises ``ImportFileError`` where it is no text in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    n_before, is_plain, end = 0, True, ""
    accepted = "attendu : UTF-8, ou Windows-1252 comme l’écrit Excel"
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                message = f"{path.name} n’est {_NOT_IN[encoding]} (octet {n_before + error.start + 1}) ; {accepted}."
                raise (_CutShort if not chunk and not is_plain else ImportFileError)(message) from None
            is_plain = is_plain and text.isascii()
            control = _CONTROL.search(text)
            if control:
                raise ImportFileError(
                    f"{path.name} contient un caractère de contrôle (U+{ord(control[0]):04X}) : ce n’est pas du "
                    f"texte, ou dans un autre encodage ; {accepted}."
                )
            wrong = garbled.search(end + text) if garbled else None
            if wrong:
                raise ImportFileError(
                    f"{path.name} est dans un autre encodage ({show(wrong[0])} au lieu d’un accent) ; {accepted}."
                )
            if not chunk:
                return
            n_before, end = n_before + len(chunk), text[-2:]


# -- rows


def _find_separator(path: Path, encoding: str, expected: Expected) -> str:
    """Return the mark between cells: the one with which the names are those that are expected."""
    with path.open(encoding=encoding, newline="") as lines:
        head = lines.read(HEAD)
    said = _SEPARATOR_LINE.match(head)
    if said:
        return said[1]
    by_columns: dict[int, str] = {}
    for separator in SEPARATORS:
        rows = csv.reader(StringIO(head, newline=""), delimiter=separator)
        try:
            first = list(islice(rows, HEADER_ROWS))
        except csv.Error:
            continue
        if any(expected.is_header([" ".join(cell.split()) for cell in cells]) for cells in first):
            return separator
        by_columns.setdefault(max(map(len, first), default=0), separator)
    return by_columns[max(by_columns)] if by_columns else SEPARATORS[0]


def _whole_rows(path: Path, lines: TextIOBase, separator: str) -> Iterator[list[str]]:
    """Give every row. Raises ``ImportFileError`` where a cell is not closed, or too long."""
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        for cells in reader:
            if reader.line_num == 1 and _SEPARATOR_LINE.match(separator.join(cells)):
                continue
            yield cells
    except csv.Error as error:
        raise ImportFileError(
            f"{path.name}, ligne {reader.line_num} : {_WRONG.get(str(error), str(error))} ; le fichier est "
            "incomplet ou un guillemet est de trop."
        ) from None


def _all_but_cut(path: Path, rows: Iterable[list[str]], n_columns: int, *, ends_a_line: bool) -> Iterator[list[str]]:
    """Give every row. Raises ``ImportFileError`` where the file ends in the middle of the last one."""
    last: list[str] | None = None
    for cells in rows:
        if last is not None:
            yield last
        last = cells
    if last is not None:
        if len(last) < n_columns and not ends_a_line:
            raise ImportFileError(
                f"{path.name} s’arrête au milieu d’une ligne ({len(last)} cellules sur {n_columns}) : il est "
                "incomplet."
            )
        yield last


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 4, 0))
        return file.read().rstrip(b"\0").endswith((b"\r", b"\n"))
