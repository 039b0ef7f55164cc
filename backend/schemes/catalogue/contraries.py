"""The contrary of a criterion as another criterion, where there is one: it reads better than "the contrary of"."""

from collections.abc import Mapping
from typing import Any

from backend.facts.yes_no import YES_NO
from backend.schemes.vocabulary import ONE_SIZE

type Definition = Mapping[str, Any]

LISTED = ("in_territory", "activity", "legal_form", "holds_scheme", "spend_kind", "horizon", "tenure")
NUMBERS = ("headcount", "turnover", "balance_sheet", "spend")
BOUNDS = {"at_least": "below", "above": "at_most", "at_most": "above", "below": "at_least"}
BOUNDS_OF_AGE = {"at_least": "below", "below": "at_least"}
SIZES = list(ONE_SIZE)


def contrary(definition: Definition) -> Definition | None:
    """Return the criterion that is met exactly where this one is not, unknown where it is; nothing if there is none.

    >>> contrary({"kind": "headcount", "below": 250})
    {'kind': 'headcount', 'at_least': 250}
    """
    kind = definition["kind"]
    if kind == "not":
        inner: Definition = definition["of"]
        return inner
    if kind in YES_NO:
        return {**definition, "expected": not definition.get("expected", True)}
    if kind in LISTED:
        return _of_list(definition)
    if kind in NUMBERS:
        return _of_bound(definition, BOUNDS)
    if kind == "age_months":
        return _of_bound(definition, BOUNDS_OF_AGE)
    return _of_size(definition) if kind == "size_category" else None


def _of_list(definition: Definition) -> Definition | None:
    wanted, excluded = definition.get("any_of"), definition.get("none_of")
    if wanted and excluded:
        return None
    rest = {name: value for name, value in definition.items() if name not in ("any_of", "none_of")}
    return {**rest, "none_of": wanted} if wanted else {**rest, "any_of": excluded}


def _of_bound(definition: Definition, bounds: Mapping[str, str]) -> Definition | None:
    said = [name for name in BOUNDS if definition.get(name) is not None]
    if len(said) != 1 or said[0] not in bounds:
        return None
    rest = {name: value for name, value in definition.items() if name not in BOUNDS}
    return {**rest, bounds[said[0]]: definition[said[0]]}


def _of_size(definition: Definition) -> Definition | None:
    first, last = SIZES.index(definition.get("from", SIZES[0])), SIZES.index(definition.get("to", SIZES[-1]))
    if first == 0:
        return {"kind": "size_category", "from": SIZES[last + 1]}
    return {"kind": "size_category", "to": SIZES[first - 1]} if last == len(SIZES) - 1 else None
