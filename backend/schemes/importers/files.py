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


def digest_file(path: Path) -> str:
    """Return the digest of a file. Raises ``ImportFileError`` where there is none, or a longer one than we read."""
    try:
        with path.open("rb") as file:
            n_bytes = path.stat().st_size
            if n_bytes > MAX_BYTES:
                raise ImportFileError(f"{path.name} {too_long(n_bytes)}")
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImportFileError(f"{path} ne peut pas être lu : {error.strerror or error}.") from None


def too_long(n_bytes: int) -> str:
    """Say how long a file is, and how long it may be."""
    return f"pèse {megabytes(n_bytes)} ; accepté : {megabytes(MAX_BYTES)} au plus."


def megabytes(n_bytes: int) -> str:
    """Write a size in French."""
    return f"{n_bytes / 1_000_000:.0f}\N{NO-BREAK SPACE}Mo"


def read_json(path: Path) -> Any:
    """Return what a JSON file holds. Raises ``ImportFileError`` where it is no JSON."""
    digest_file(path)
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ImportFileError(f"{path} n’est pas en UTF-8 (octet {error.start + 1}).") from None
    except json.JSONDecodeError as error:
        raise ImportFileError(
            f"{path} n’est pas du JSON : ligne {error.lineno}, colonne {error.colno} ({error.msg})."
        ) from None
    except (ValueError, RecursionError):
        raise ImportFileError(f"{path} n’est pas du JSON que l’on puisse lire.") from None


def read_json_list(path: Path) -> list[Any]:
    """Return the records of a JSON file. Raises ``ImportFileError`` where it is no list."""
    found = read_json(path)
    if not isinstance(found, list):
        raise ImportFileError(f"{path} contient {show(found)} ; attendu : une liste de fiches.")
    return found


def open_json_list(path: Path) -> Iterator[Any]:
    """Give the records of a JSON file one at a time."""
    yield from read_json_list(path)
