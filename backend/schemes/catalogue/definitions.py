"""What the definition of a criterion asks, at any depth: conditions left to a person, and other schemes."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from backend.schemes.models import Criterion, Scheme


def manual_parts(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return what a criterion leaves to a person, at any depth."""
    if definition["kind"] == "manual":
        yield definition
    parts = definition.get("of", [])
    for part in parts if isinstance(parts, list) else [parts]:
        yield from manual_parts(part)


def manual_sentences(definition: dict[str, Any]) -> dict[str, str]:
    """Return the sentence of every condition that a criterion leaves to a person, at any depth, by name."""
    return {part["fact"]: part["sentence"] for part in manual_parts(definition)}


def manual_facts(definition: dict[str, Any]) -> Iterable[str]:
    """Return the name of every condition that a criterion leaves to a person."""
    return manual_sentences(definition)


def schemes_required(definition: dict[str, Any]) -> Iterable[str]:
    """Return the key of every scheme that a criterion requires or excludes, at any depth."""
    if definition["kind"] == "holds_scheme":
        yield from definition.get("any_of", ())
        yield from definition.get("none_of", ())
    parts = definition.get("of", [])
    for part in parts if isinstance(parts, list) else [parts]:
        yield from schemes_required(part)


def schemes_asked() -> list[str]:
    """Return the keys of the schemes that the rules of another scheme in force require or exclude."""
    rows = Criterion.objects.filter(revision__in=Scheme.objects.published().values("current"))
    rows = rows.annotate(text=Cast("definition", TextField())).filter(text__contains='"holds_scheme"')
    return sorted({key for row in rows for key in schemes_required(row.definition)})
