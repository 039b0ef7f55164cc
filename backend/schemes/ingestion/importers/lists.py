"""Several values in one cell: between bars, or as JSON, or as JavaScript writes a list of objects."""

import json
from functools import lru_cache
from typing import Any

import json5

from backend.schemes.ingestion.importers.faults import refuse

MAX_JAVASCRIPT = 20_000  # characters: reading this form is slow


def between_bars(text: str) -> list[str]:
    """Return the values of a cell, each once: ``financement|étude``."""
    return list(dict.fromkeys(filter(None, (part.strip() for part in text.split("|")))))


def objects_in(text: str, *, place: str, expected: str) -> list[dict[str, Any]]:
    """Return the objects of a cell, written as JSON or as ``[{ nom: 'ADEME' }]``. Raises ``RowError``."""
    if not text.strip():
        return []
    try:
        found = _read(text.strip())
    except (ValueError, RecursionError):
        raise refuse(place, text, expected) from None
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise refuse(place, text, expected)
    return found


@lru_cache(maxsize=2048)
def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        if len(text) > MAX_JAVASCRIPT:
            raise
        return json5.loads(text)
