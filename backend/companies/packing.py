"""Facts in a few bytes, of which thousands are read at once as columns; a fact that does not fit stays as JSON.

What is unpacked is what was packed, an integer an integer and a text as it was written: ``35`` is not ``35.0``.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from math import inf, isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.facts.yes_no import YES_NO

type Rows = NDArray[np.void]

NUMBERS = ("headcount", "turnover", "balance_sheet", "project.spend")
CODES = {
    "commune": 5, "region": 3, "naf": 6, "naf_2025": 6, "legal_category": 4, "project.commune": 5,
    "project.tenure": 8, "project.horizon": 16,
}  # fmt: skip
DAYS = ("created_on",)
STATES = (*YES_NO, "project.started")
LISTS = ("group", "previous_years", "project.spend_kinds")  # packed where they are empty: most firms are independent
ORDER = (*NUMBERS, *CODES, *DAYS, *STATES, *LISTS)
PACKED = frozenset(ORDER)

DTYPE = np.dtype(
    [(f"{name}.{part}", kind) for name in NUMBERS for part, kind in (("low", "<f8"), ("high", "<f8"), ("form", "u1"))]
    + [(name, f"S{size}") for name, size in CODES.items()]
    + [(name, "<i4") for name in DAYS]
    + [(name, "i1") for name in (*STATES, *LISTS)]
)
VERSION = sha256(repr(DTYPE.descr).encode()).hexdigest()[:12]

_ABSENT, _NO_DAY, _EPOCH = -1, np.iinfo("<i4").min, date(1970, 1, 1).toordinal()
_EXACT = 2**53  # integers up to there are themselves as floats
# How a number was written: alone or as bounds, each an integer, a float, or open.
_KINDS: tuple[type, ...] = (type(None), int, float)
_BOUNDS = len(_KINDS)  # forms from there on are pairs of kinds


class Packed(NamedTuple):
    """The facts of a firm: those that have a place, and the others."""

    row: bytes
    rest: dict[str, Any]


def pack(facts: Mapping[str, Any]) -> Packed:
    """Pack facts by name; none of them is ``None``."""
    rest: dict[str, Any] = {}
    parts: list[Any] = []

    def put(name: str, absent: tuple[Any, ...], found: tuple[Any, ...] | None) -> None:
        if found is None and name in facts:
            rest[name] = facts[name]
        parts.extend(absent if found is None else found)

    for name in NUMBERS:
        put(name, (-inf, inf, 0), _number(facts.get(name)))
    for name, size in CODES.items():
        put(name, (b"",), _code(facts.get(name), size))
    for name in DAYS:
        put(name, (_NO_DAY,), _day(facts.get(name)))
    for name in STATES:
        put(name, (_ABSENT,), (int(facts[name]),) if isinstance(facts.get(name), bool) else None)
    for name in LISTS:
        put(name, (_ABSENT,), (0,) if facts.get(name) == [] else None)
    rest |= {name: value for name, value in facts.items() if name not in PACKED}
    return Packed(np.array([tuple(parts)], DTYPE).tobytes(), rest)


def columns_of(name: str) -> tuple[str, ...]:
    """Return the columns that tell the values of a fact apart; how a number was written does not."""
    return (f"{name}.low", f"{name}.high") if name in NUMBERS else (name,)


def rows_of(packed: Iterable[bytes | memoryview]) -> Rows:
    """Return packed facts as columns."""
    return np.frombuffer(b"".join(packed), DTYPE)


def unpack(rows: Rows, names: Iterable[str] = ORDER) -> list[dict[str, Any]]:
    """Return the facts of each firm by name: those that have a place, or some of them."""
    found: list[dict[str, Any]] = [{} for _ in range(len(rows))]
    for name in names:
        for facts, told, value in zip(found, *_read(rows, name), strict=True):
            if told:
                facts[name] = value
    return found


def _read(rows: Rows, name: str) -> tuple[list[Any], Iterable[Any]]:
    """Return whether each firm said a fact, and its value where it did."""
    if name in NUMBERS:
        low, high, form = (rows[f"{name}.{part}"].tolist() for part in ("low", "high", "form"))
        return form, map(_written, low, high, form)
    if name in CODES:
        codes = rows[name].tolist()
        return codes, map(bytes.decode, codes)
    if name in DAYS:
        days = rows[name]
        return (days != _NO_DAY).tolist(), map(str, days.astype("datetime64[D]").tolist())
    states = rows[name]
    values = map(bool, states.tolist()) if name in STATES else ([] for _ in range(len(states)))
    return (states != _ABSENT).tolist(), values


def _number(value: Any) -> tuple[float, float, int] | None:
    """Return the bounds of a number and how it was written; nothing where it would not be had back."""
    if type(value) in (int, float):
        return (float(value), float(value), _KINDS.index(type(value))) if _is_exact(value) else None
    if isinstance(value, list) and len(value) == 2 and all(bound is None or _is_exact(bound) for bound in value):
        low, high = value
        form = _BOUNDS + _KINDS.index(type(low)) * len(_KINDS) + _KINDS.index(type(high))
        return -inf if low is None else float(low), inf if high is None else float(high), form
    return None


def _is_exact(value: Any) -> bool:
    return (type(value) is int and abs(value) <= _EXACT) or (type(value) is float and isfinite(value))


def _written(low: float, high: float, form: int) -> Any:
    if form < _BOUNDS:
        return _KINDS[form](low) if form else None
    kinds = divmod(form - _BOUNDS, len(_KINDS))
    return [None if kind == 0 else _KINDS[kind](bound) for kind, bound in zip(kinds, (low, high), strict=True)]


def _code(value: Any, size: int) -> tuple[bytes] | None:
    if not isinstance(value, str) or not value or not value.isascii() or len(value) > size or "\0" in value:
        return None
    return (value.encode(),)


def _day(value: Any) -> tuple[int] | None:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return (day.toordinal() - _EPOCH,) if day.isoformat() == value else None
