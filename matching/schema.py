"""The published description of criteria as JSON: a JSON Schema made from the criteria themselves.

It says all that a schema can say. What it cannot (bounds upside down, a code whose division is in no section, an
appraisal among alternatives, criteria nested too deep) :func:`matching.definitions.parse_criterion` refuses with the
place and the reason.
"""

from collections.abc import Mapping
from dataclasses import MISSING
from datetime import date
from inspect import cleandoc
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from matching.criteria import Activity, Criterion, LegalForm, Not
from matching.definitions import KINDS, MAX_DEPTH, RENAMED, parameters

type Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ANY_CRITERION: Schema = {"$ref": "#/$defs/criterion"}
_TYPES: Mapping[type, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    date: {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    NoneType: {"type": "null"},
}
_CODES: Mapping[type[Criterion], str] = {
    Activity: r"^\s*([A-Va-v]|\d{2}|\d{2}\.?\d|\d{2}\.?\d{2}|\d{2}\.?\d{2}\.?[A-Za-z])\s*$",
    LegalForm: r"^[0-9]{1,4}$",
}
_LOWS, _HIGHS = ("at_least", "above"), ("at_most", "below")
# What must be there besides the types.
_NEEDED: Mapping[str, Schema] = {
    "window": {
        "allOf": [
            {
                "if": {"properties": {"state": {"const": "dated"}}, "required": ["state"]},
                "then": {"properties": {"closes_on": {"type": "string"}}, "required": ["closes_on"]},
            },
            {
                "if": {"properties": {"yearly": {"const": True}}, "required": ["yearly"]},
                "then": {
                    "properties": {"opens_on": {"type": "string"}, "closes_on": {"type": "string"}},
                    "required": ["opens_on", "closes_on"],
                },
            },
            *(
                {
                    "if": {"properties": {name: {"type": "string"}}, "required": [name]},
                    "then": {
                        "properties": {"state": {"const": "unknown"}, "seen_on": {"type": "string"}},
                        "required": ["seen_on"],
                    },
                }
                for name in ("seen_on", "seen_until")
            ),
        ]
    },
    "manual": {
        "properties": {"fact": {"minLength": 1}, "sentence": {"minLength": 1}},
        "required": ["fact", "sentence"],
    },
}


def criterion_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a criterion: one definition for each kind.

    >>> sorted(criterion_schema()["$defs"])[:3]
    ['activity', 'age_months', 'all']
    """
    return {
        "$schema": DIALECT,
        "title": "Criterion of eligibility",
        "description": f"One condition, or several composed with all, any and not, up to {MAX_DEPTH} deep.",
        **ANY_CRITERION,
        "$defs": {
            "criterion": {"oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in sorted(KINDS)]},
            **{kind: _kind_schema(cls) for kind, cls in sorted(KINDS.items())},
        },
    }


def _kind_schema(cls: type[Criterion]) -> Schema:
    hints = get_type_hints(cls)
    names = {target: name for name, target in RENAMED.items()}
    properties: Schema = {"kind": {"const": cls.kind}}
    required = ["kind"]
    for item in parameters(cls):
        name = names.get(item.name, item.name)
        properties[name] = _parameter_schema(cls, item.name, hints[item.name])
        if item.default is MISSING:
            required.append(name)
        elif item.default not in (None, (), ""):
            properties[name]["default"] = item.default
    found: Schema = {
        "type": "object",
        "description": cleandoc(cls.__doc__ or "").partition("\n")[0],
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    parts = [part for part in (_one_at_least(properties), _one_a_side(properties), _NEEDED.get(cls.kind)) if part]
    return found | {"allOf": parts} if parts else found


def _parameter_schema(cls: type[Criterion], name: str, annotation: Any) -> Schema:
    if name == "of":
        return dict(ANY_CRITERION) if cls is Not else {"type": "array", "items": ANY_CRITERION, "minItems": 1}
    if get_origin(annotation) is tuple:
        item: Schema = {"type": "string", "minLength": 1}
        if cls in _CODES:
            item = {"type": "string", "pattern": _CODES[cls]}
        return {"type": "array", "items": {"enum": list(cls.choices[name])} if name in cls.choices else item}
    if name in cls.choices:
        return {"enum": list(cls.choices[name])}
    kinds = [_TYPES[part] for part in (get_args(annotation) or (annotation,))]
    return dict(kinds[0]) if len(kinds) == 1 else {"anyOf": [dict(kind) for kind in kinds]}


def _one_at_least(properties: Schema) -> Schema:
    """Ask for a list that is not empty, or for a bound that is a number."""
    lists = [name for name in ("any_of", "none_of") if name in properties]
    bounds = [name for name in (*_LOWS, *_HIGHS) if name in properties]
    asked = [({"minItems": 1}, name) for name in lists] + [({"type": "number"}, name) for name in bounds]
    return {"anyOf": [{"properties": {name: what}, "required": [name]} for what, name in asked]} if asked else {}


def _one_a_side(properties: Schema) -> Schema:
    """Refuse two bounds on one side."""
    sides = [[name for name in side if name in properties] for side in (_LOWS, _HIGHS)]
    both = [
        {"properties": {name: {"type": "number"} for name in side}, "required": side}
        for side in sides
        if len(side) > 1
    ]
    return {"not": {"anyOf": both}} if both else {}
