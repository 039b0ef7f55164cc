"""What a firm says that it does not want, or wants soon; and which schemes go against it."""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings

import matching
from backend.common.files import read_yaml
from backend.schemes.models import Revision


@dataclass(frozen=True, slots=True)
class Preference:
    """A preference by its key; ``sentence`` is where the text says it, none where it was given."""

    key: str
    sentence: matching.Span | None


def read_preferences(
    text: str, given: Iterable[str] = (), *, on: date, removed: Container[str] = ()
) -> tuple[Preference, ...]:
    """Return the preferences that are given, and those that a text of that day says and nobody removed."""
    said = _reader().read(text, on=on) if text.strip() else {}
    given = set(given)
    return tuple(
        Preference(key, None if key in given else said[key])
        for key in preference_labels()
        if key in given or (key in said and key not in removed)
    )


def against(revision: Revision, needs: Mapping[str, float]) -> frozenset[str]:
    """Return the preferences that a revision goes against."""
    name = matching.fold(revision.name)
    most = max(needs.values(), default=0.0)
    main = {need for need, weight in needs.items() if weight == most}
    return frozenset(key for key, row in _preferences().items() if _goes_against(row, revision, name, main))


def _goes_against(row: Mapping[str, Any], revision: Revision, name: str, main: set[str]) -> bool:
    return (
        revision.kind in row.get("kinds", ())
        or bool("names" in row and re.search(row["names"], name))
        or bool(main and main <= set(row.get("main_needs", ())))
        or bool("preparation_days" in row and (revision.preparation_days or 0) > row["preparation_days"])
    )


@lru_cache(maxsize=1)
def preference_labels() -> dict[str, str]:
    """Return what each preference is called, by key."""
    return {key: row["label"] for key, row in _preferences().items()}


@lru_cache(maxsize=1)
def _reader() -> matching.PreferenceReader:
    content = _content()
    return matching.PreferenceReader(
        {key: row["patterns"] for key, row in content["preferences"].items()},
        parts=content["parts"],
        dates={name: (month, day) for name, (month, day) in content["dates"].items()},
        numbers=content["numbers"],
        units=content["units"],
        about={key: row["about"] for key, row in content["preferences"].items()},
    )


def _preferences() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = _content()["preferences"]
    return rows


@lru_cache(maxsize=1)
def _content() -> dict[str, Any]:
    content: dict[str, Any] = read_yaml(settings.BASE_DIR / "fixtures" / "preferences.yaml")
    return content
