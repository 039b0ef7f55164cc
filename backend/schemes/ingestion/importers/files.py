"""Files of other sites: bounded, whole, and of the kind that they say. One that is not is refused as a whole."""

import codecs
import json
from hashlib import file_digest
from pathlib import Path
from typing import Any, BinaryIO

from backend.schemes.ingestion.importers.faults import show

MAX_BYTES = 100_000_000  # of a file, and of what it unpacks to
CHUNK = 1 << 20


class ImportFileError(ValueError):
    """A file that cannot be read as a whole: nothing was changed."""


def check_size(path: Path) -> None:
    """Raise ``ImportFileError`` where there is no such file, or a longer one than we read."""
    try:
        if not path.is_file():
            raise ImportFileError(f"{path} ne peut pas être lu : aucun fichier de ce nom.")
        n_bytes = path.stat().st_size
    except OSError as error:
        raise ImportFileError(f"{path} ne peut pas être lu : {error.strerror or error}.") from None
    if n_bytes > MAX_BYTES:
        raise ImportFileError(f"{path.name} pèse {megabytes(n_bytes)} ; accepté : {megabytes(MAX_BYTES)} au plus.")


def check_utf8(path: Path) -> None:
    """Raise ``ImportFileError`` where a file is not in UTF-8, with or without its mark."""
    decoder, n_before = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            n_kept = len(decoder.getstate()[0])  # of a character that the chunk before began
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise _not_utf8(path, n_before - n_kept + error.start) from None
            if not chunk:
                return
            n_before += len(chunk)


def skip_mark(file: BinaryIO) -> BinaryIO:
    """Return a file after the mark of UTF-8, where it begins with one."""
    if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        file.seek(0)
    return file


def digest_file(path: Path) -> str:
    """Return the digest of a file. Raises ``ImportFileError`` where there is none, or a longer one than we read."""
    check_size(path)
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImportFileError(f"{path} ne peut pas être lu : {error.strerror or error}.") from None


def megabytes(n_bytes: int) -> str:
    """Write a size in French."""
    return f"{n_bytes / 1_000_000:.0f}\N{NO-BREAK SPACE}Mo"


def _not_utf8(path: Path, n_before: int) -> ImportFileError:
    return ImportFileError(f"{path.name} n’est pas en UTF-8 (octet {n_before + 1}).")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds. Raises ``ImportFileError`` where it is no JSON."""
    check_size(path)
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error.start) from None
    except json.JSONDecodeError as error:
        raise ImportFileError(
            f"{path.name} n’est pas du JSON : il est incomplet ou mal formé (ligne {error.lineno}, colonne "
            f"{error.colno})."
        ) from None
    except (ValueError, RecursionError):
        raise ImportFileError(f"{path.name} n’est pas du JSON que l’on puisse lire.") from None


def read_json_list(path: Path) -> list[Any]:
    """Return the records of a JSON file. Raises ``ImportFileError`` where it is no list."""
    found = read_json(path)
    if not isinstance(found, list):
        raise ImportFileError(f"{path.name} contient {show(found)} ; attendu : une liste de fiches.")
    return found
