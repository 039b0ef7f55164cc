"""Records in a list, in an object under a name, or alone in their file: given one at a time, however many they are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from backend.schemes.ingestion.importers.faults import show
from backend.schemes.ingestion.importers.files import ImportFileError, check_size, check_utf8, skip_mark
from backend.schemes.ingestion.importers.reading import Notice

MAX_DEPTH = 100  # of objects and lists in each other: no site writes more


def records_under(*names: str, alone: str = "") -> Callable[[Path], Iterator[Any]]:
    """Return what opens a file whose records are a list, or stand under one of some names, or are one record.

    ``alone`` is a key by which one record that stands alone is known. What opens goes through the whole file before it
    gives the first record, and raises ``ImportFileError``.
    """

    def open_records(path: Path) -> Iterator[Any]:
        check_size(path)
        check_utf8(path)
        found = _survey(path)
        if found.is_list:
            place = "item"
        elif name := next((name for name in names if name in found.keys), ""):
            if found.keys[name][0] != "start_array":
                raise _misshapen(path, f"« {name} » qui n’est pas une liste", names, alone)
            place = f"{name}.item"
        elif alone in found.keys:
            place = ""
        else:
            raise _misshapen(path, found.told, names, alone)
        missing = "il n’y a qu’une fiche" if not place else _missing(found)
        if missing:
            yield Notice(
                f"Le fichier n’est pas entier ({missing}) : les autres fiches restent comme elles sont.", True
            )
        with path.open("rb") as file:
            yield from ijson.items(skip_mark(file), place, use_float=True)

    return open_records


def _misshapen(path: Path, found: str, names: tuple[str, ...], alone: str) -> ImportFileError:
    accepted = ["une liste de fiches", *(f"un objet avec « {name} »" for name in names)]
    if alone:
        accepted.append(f"une seule fiche avec « {alone} »")
    return ImportFileError(f"{path} contient {found} ; attendu : {', ou '.join(accepted)}.")


@dataclass(slots=True)
class _Survey:
    """What stands at the top of a JSON file: a list, an object with its keys and how each value begins, or a value."""

    is_list: bool = False
    keys: dict[str, tuple[str, Any]] = field(default_factory=dict)
    told: str = "un objet vide"
    n_records: int = 0


def _missing(found: _Survey) -> str:
    """Say why the records of a file are not all those of its source, as an interface with pages tells it."""
    _, following = found.keys.get("next", ("", None))
    _, n_said = found.keys.get("count", ("", None))
    if isinstance(following, str) and following:
        return "une page en suit une autre"
    if isinstance(n_said, int) and n_said > found.n_records:
        return f"{found.n_records} fiches sur les {n_said} qu’il annonce"
    return ""


def _survey(path: Path) -> _Survey:
    """Go through a file, keeping nothing. Raises ``ImportFileError`` where it is no JSON, or not whole."""
    found = _Survey()
    try:
        with path.open("rb") as file:
            _follow(path, skip_mark(file), found)
    except (ijson.JSONError, UnicodeDecodeError):
        where = f"après la fiche {found.n_records}" if found.n_records else "dès le début"
        raise ImportFileError(f"{path.name} n’est pas du JSON : il est incomplet ou mal formé {where}.") from None
    if found.keys:
        found.told = f"un objet ({', '.join(map(show, list(found.keys)[:8]))}{' …' if len(found.keys) > 8 else ''})"
    return found


def _follow(path: Path, file: BinaryIO, found: _Survey) -> None:
    depth, key = 0, ""
    for event, value in ijson.basic_parse(file, use_float=True):
        if depth == 1 and not found.is_list and event not in ("map_key", "end_map"):
            found.keys.setdefault(key, (event, value))
        match event:
            case "start_array" | "start_map":
                found.is_list = found.is_list or (depth == 0 and event == "start_array")
                depth += 1
                if depth > MAX_DEPTH:
                    raise ImportFileError(
                        f"{path.name} n’est pas du JSON que l’on puisse lire : plus de {MAX_DEPTH} niveaux."
                    )
            case "end_array" | "end_map":
                depth -= 1
                found.n_records += depth == (1 if found.is_list else 2) and event == "end_map"
            case "map_key":
                key = value if depth == 1 else key
            case _ if depth == 0:
                found.told = show(value)
