"""What can be wrong with a record of another site, in French, with what was given and what is accepted."""

import json
import re
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
SHOWN = 80  # characters of what was given that a sentence repeats


class RowError(ValueError):
    """A record that cannot be taken: the message says where, what was given and what is accepted."""


def refuse(place: str, given: Any, accepted: str) -> RowError:
    """Return the error for a value that cannot be read."""
    return RowError(f"« {place} » vaut {show(given)} ; attendu : {accepted}.")


def show(value: Any) -> str:
    """Return the head of a value on one line."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    head = "".join(mark if mark.isprintable() else " " for mark in text[:SHOWN])
    return head if len(text) <= SHOWN else f"{head}…"


def get_text(record: dict[str, Any], name: str, *, needed: bool = False) -> str:
    """Return a text of a record; empty where it is not given."""
    value = record.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise refuse(name, value, "un texte")
    return value


def get_texts(record: dict[str, Any], name: str, *, place: str = "") -> list[str]:
    """Return a list of texts of a record; empty where it is not given."""
    value = record.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise refuse(place or name, value, "une liste de textes")
    return value


def get_object(record: dict[str, Any], name: str, *, place: str = "", needed: bool = False) -> dict[str, Any]:
    """Return an object of a record; empty where it is not given."""
    value = record.get(name)
    if value is None and not needed:
        return {}
    if not isinstance(value, dict):
        raise refuse(place or name, value, "un objet JSON")
    return value


def get_flag(record: dict[str, Any], name: str, *, place: str = "") -> bool | None:
    """Return true or false, ``None`` where it is not given; "oui" and "non" are how the file writes them in French."""
    value = record.get(name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().casefold() in ("oui", "non"):
        return value.strip().casefold() == "oui"
    raise refuse(place or name, value, "oui, non, true ou false")


def get_number(record: dict[str, Any], name: str) -> Decimal | None:
    """Return a number of a record, which may stand between quotes; ``None`` where it is not given."""
    value = record.get(name)
    if value is None or value == "":
        return None
    text = str(value).strip().replace(",", ".") if isinstance(value, str | int | float) else ""
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        raise refuse(name, value, "un nombre positif ou nul, comme 70")
    return Decimal(text)
