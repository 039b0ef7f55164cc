"""Reading files: reviewed ones of ``fixtures/``, and open ones that somebody gives."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds, with the parser in C: ten times as fast as the one in Python, and as strict."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


ENCODINGS = ("utf-8-sig", "cp1252")
MAX_CELL = 100_000  # characters of a cell of a CSV: a quote that is never closed would take the rest of the file


class NotTextError(ValueError):
    """A file that is no text we read, with a sentence for who gave it."""


def read_lines(path: Path, *, largest: int) -> list[str]:
    """Return the lines of a file in UTF-8 or Windows-1252, one at least.

    Raises ``NotTextError`` for one over so many bytes, or that is no text; ``OSError`` for one that cannot be read.
    """
    if path.stat().st_size > largest:
        raise NotTextError(f"Ce fichier est trop gros ; attendu : {largest // 1_000_000} Mo au plus.")
    raw = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            lines = raw.decode(encoding).splitlines()
        except UnicodeDecodeError:
            continue
        if "\0" not in "".join(lines) and lines:
            return lines
    raise NotTextError("Ce fichier n’est pas du texte ; attendu : un CSV en UTF-8 ou en Windows-1252.")


def digest_of_files(paths: Iterable[Path]) -> str:
    """Return a digest of files, their names and what they hold, in the order given; folders are left out."""
    found = sha256()
    for path in paths:
        if path.is_file():
            found.update(f"{path.name} {path.stat().st_size}\n".encode())
            found.update(path.read_bytes())
    return found.hexdigest()
