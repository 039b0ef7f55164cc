"""Criteria as JSON: read with an error that says where and what, written back without their defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from datetime import date
from functools import cache
from math import isfinite
from types import NoneType
from typing import Any, TypedDict, cast, get_args, get_origin, get_type_hints

from matching.criteria import (
    YES_NO_CRITERIA,
    Activity,
    AgeMonths,
    All,
    AnyOf,
    Autonomous,
    BalanceSheet,
    Criterion,
    Headcount,
    HoldsScheme,
    InTerritory,
    LegalForm,
    Manual,
    Not,
    ProjectHorizon,
    ProjectNotStarted,
    ProjectTenure,
    SizeCategory,
    Spend,
    SpendKind,
    Turnover,
    Window,
)
from matching.errors import CriterionError

MAX_DEPTH = 20

_CRITERIA: tuple[type[Criterion], ...] = (
    InTerritory, Activity, Headcount, Turnover, BalanceSheet, SizeCategory, Autonomous, AgeMonths, LegalForm,
    *YES_NO_CRITERIA.values(), ProjectNotStarted, Spend, SpendKind,
    ProjectTenure, ProjectHorizon, HoldsScheme, Window, Manual, All, AnyOf, Not,
)  # fmt: skip
KINDS: dict[str, type[Criterion]] = {cls.kind: cls for cls in _CRITERIA}
RENAMED = {"from": "from_size", "to": "to_size"}  # "from" is no name in Python

_SizeRange = TypedDict("_SizeRange", {"from": str, "to": str}, total=False)


class _Kind(TypedDict):
    kind: str


class Definition(_Kind, _SizeRange, total=False):
    """A criterion as JSON: its kind with the parameters of any kind; which kind has which is what parsing checks."""

    of: "list[Definition] | Definition"
    any_of: list[str]
    none_of: list[str]
    nomenclature: str
    level: str
    at_least: float | None
    above: float | None
    at_most: float | None
    below: float | None
    expected: bool
    state: str
    opens_on: str | None
    closes_on: str | None
    yearly: bool
    seen_on: str | None
    seen_until: str | None
    fact: str
    sentence: str
    ask: str
    nature: str


def parameters(kind: type[Criterion]) -> list[Field[Any]]:
    """Return the parameters of a kind of criterion: its fields, but those it works out itself."""
    return [item for item in fields(kind) if item.init]  # type: ignore[arg-type]


def parse_criterion(definition: Any, *, place: str = "criterion", depth: int = 0) -> Criterion:
    """Read a criterion from its JSON value.

    Parameters
    ----------
    definition : mapping
        ``kind`` and that kind's parameters; ``all`` and ``any`` take a list ``of`` criteria, ``not`` one.
    place : str
        Where the definition stands, for error messages.

    Raises
    ------
    CriterionError
        With the place and the reason: unknown kind or parameter, wrong type, bounds upside down, too deep.

    Examples
    --------
    >>> parse_criterion({"kind": "headcount", "below": 250})
    Headcount(at_least=None, above=None, at_most=None, below=250.0, level='company')
    """
    if not isinstance(definition, Mapping):
        message = f"{definition!r} is not an object with a 'kind'."
        raise CriterionError(message, place=place, reason="object", given=definition)
    if depth > MAX_DEPTH:
        raise CriterionError(f"Criteria are nested more than {MAX_DEPTH} deep.", place=place, reason="depth")
    kind = definition.get("kind")
    cls = KINDS.get(kind) if isinstance(kind, str) else None
    if cls is None:
        known_kinds = ", ".join(sorted(KINDS))
        message = f"Unknown criterion kind {kind!r}. Known kinds: {known_kinds}."
        raise CriterionError(message, place=place, reason="kind", given=kind, accepted=tuple(sorted(KINDS)))
    known = {item.name: item for item in parameters(cls)}
    hints = _hints(cls)
    values: dict[str, Any] = {}
    for name, value in definition.items():
        if name == "kind":
            continue
        target = RENAMED.get(name, name)
        if target not in known:
            message = f"{kind!r} has no parameter {name!r}. Accepted: {', '.join(known) or 'none'}."
            raise CriterionError(
                message, place=place, reason="parameter", parameter=name, given=value, accepted=tuple(known)
            )
        if target == "of":
            values[target] = _parse_parts(value, single=cls is Not, place=place, depth=depth)
        else:
            values[target] = _read(value, hints[target], place=f"{place}.{name}")
    missing = [n for n, f in known.items() if f.default is MISSING and n not in values]
    if missing:
        message = f"{kind!r} needs {', '.join(missing)}."
        raise CriterionError(message, place=place, reason="missing", parameter=missing[0], accepted=tuple(missing))
    try:
        return cls(**values)
    except CriterionError as error:
        raise error.inside(place) from None


@cache
def _hints(kind: type[Criterion]) -> dict[str, Any]:
    return get_type_hints(kind)


def _parse_parts(value: Any, *, single: bool, place: str, depth: int) -> Criterion | tuple[Criterion, ...]:
    if single:
        return parse_criterion(value, place=f"{place}.of", depth=depth + 1)
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise CriterionError(f"{value!r} is not a list of criteria.", place=f"{place}.of", reason="list", given=value)
    return tuple(
        parse_criterion(part, place=f"{place}.of[{index}]", depth=depth + 1) for index, part in enumerate(value)
    )


def _read(value: Any, annotation: Any, *, place: str) -> Any:
    """Turn a JSON value into a parameter's type, or refuse it."""
    accepted = {get_origin(part) or part for part in (get_args(annotation) or (annotation,))}
    if get_origin(annotation) is tuple:
        accepted = {tuple}
    number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if value is None and NoneType in accepted:
        return None
    if tuple in accepted and isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    if float in accepted and number:
        return float(value)
    if int in accepted and number and value == int(value):
        return int(value)
    if bool in accepted and isinstance(value, bool):
        return value
    if date in accepted and isinstance(value, date):
        return value
    if date in accepted and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            message = f"{value!r} is not a date such as 2026-11-24."
            raise CriterionError(message, place=place, reason="date", given=value) from None
    if str in accepted and isinstance(value, str):
        return value
    names = " or ".join(sorted("null" if part is NoneType else part.__name__ for part in accepted))
    message = f"{value!r} is not of type {names}."
    raise CriterionError(message, place=place, reason="type", given=value, accepted=tuple(names.split(" or ")))


def dump_criterion(criterion: Criterion) -> Definition:
    """Write a criterion as the JSON value that :func:`parse_criterion` reads; defaults are left out.

    >>> dump_criterion(Headcount(below=250))
    {'kind': 'headcount', 'below': 250}
    """
    names = {target: name for name, target in RENAMED.items()}
    found: dict[str, Any] = {"kind": criterion.kind}
    for item in parameters(type(criterion)):
        value = getattr(criterion, item.name)
        if item.default is not MISSING and value == item.default:
            continue
        if isinstance(value, Criterion):
            value = dump_criterion(value)
        elif isinstance(value, tuple):
            value = [dump_criterion(part) if isinstance(part, Criterion) else part for part in value]
        elif isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, float) and value.is_integer():
            value = int(value)
        found[names.get(item.name, item.name)] = value
    return cast("Definition", found)
