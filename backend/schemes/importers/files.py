"""Files of other sites: bounded, whole, and of the kind that they say. One that is not is refused as a whole."""

import json
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import Any

from backend.schemes.importers.faults import show

MAX_BYTES = 100_000_000  # of a file, and of what it unpacks to


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


def read_json(path: Path) -> Any:
    """Return what a JSON file holds. Raises ``ImportFileError`` where it is no JSON."""
    check_size(path)
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ImportFileError(f"{path.name} n’est pas en UTF-8 (octet {error.start + 1}).") from None
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


def open_json_list(path: Path) -> Iterator[Any]:
    """Give the records of a JSON file one at a time."""
    yield from read_json_list(path)
