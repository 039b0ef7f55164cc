"""Records that stand in an object under a name, or alone in their file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from backend.schemes.importers.faults import show
from backend.schemes.importers.files import ImportFileError, read_json


def records_under(*names: str, alone: str = "") -> Callable[[Path], Iterator[Any]]:
    """Return what opens a file whose records are a list, or stand under one of some names, or are one record.

    ``alone`` is a key by which one record that stands alone is known. What opens raises ``ImportFileError``.
    """

    def open_records(path: Path) -> Iterator[Any]:
        found = read_json(path)
        if isinstance(found, dict):
            found = next((found[name] for name in names if name in found), [found] if alone in found else found)
        if not isinstance(found, list):
            accepted = ["une liste de fiches", *(f"un objet avec « {name} »" for name in names)]
            if alone:
                accepted.append(f"une seule fiche avec « {alone} »")
            raise ImportFileError(f"{path} contient {show(found)} ; attendu : {', ou '.join(accepted)}.")
        yield from found

    return open_records
