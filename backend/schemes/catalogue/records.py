"""A record is all that a reviewed file, or a person's proposal, says of a scheme, written in one way."""

import json
from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db import DatabaseError

from backend.schemes.models import (
    RATE_COLUMNS,
    Revision,
    canonical_criterion,
)

type Record = dict[str, Any]

KEYS = {
    "key", "name", "kind", "level", "confidence", "as_of", "operators", "applicants", "summary", "needs",
    "targeted_naf", "window", "criteria", "amount", "state_aid_regime", "legal_basis", "documents",
    "preparation_days", "next_step", "contact", "url", "sources", "relations", "notes", "corrections",
}  # fmt: skip
OPTIONAL_KEYS = {"public_contact", "review_by", "variant_of", "targeted_naf_2025", "owner"}
AMOUNT_EUR = ("floor_eur", "ceiling_eur", "spend_min_eur", "spend_max_eur", "cost_left_eur")
EVIDENCE = ("source", "place", "excerpt")  # of a condition or an amount: where it was read
AMOUNT = ("text", "unit", "rate_max_pct", "rates", *AMOUNT_EUR, "in_kind", "duration", *EVIDENCE)
CONTACT = ("name", "url", "phone")
SEEN = ("seen_on", "seen_until", "seen_by", "seen_url")  # of a window that its sheet does not state
SOURCE = ("title", "url", "dated", "tier", "licence")
RELATION = ("kind", "scheme", "cap_pct", "note", "source")
ANNOTATIONS = (*EVIDENCE, "note")  # what is said about a criterion: the engine reads the rest
FROM_TEXT = "from_text"  # marks a criterion that an import typed from free text; absent from every other

# What a record can raise while it is read, of any shape at any place.
BROKEN = (ValueError, LookupError, TypeError, AttributeError, ValidationError, DatabaseError, yaml.YAMLError)


class RecordError(ValueError):
    """A record is not well formed: the message names the place."""


def plain(record: Any) -> Any:
    """Write dates as text, so that a file and a form say the same thing in the same way."""
    return json.loads(json.dumps(record, default=str))


def digest_of(record: Record) -> str:
    """Return what tells two contents apart."""
    return sha256(json.dumps(record, sort_keys=True, default=str).encode()).hexdigest()


def definitions_of(record: Record) -> list[tuple[bool, Record]]:
    """Return what the engine reads of each criterion, and whether it was typed from free text."""
    return [(bool(row.get(FROM_TEXT)), definition_of(row)) for row in record["criteria"]]


def definition_of(row: Record) -> Record:
    """Leave out what is said about a criterion, at any depth."""
    found = {name: value for name, value in row.items() if name not in (*ANNOTATIONS, FROM_TEXT)}
    if isinstance(found.get("of"), list):
        found["of"] = [definition_of(part) for part in found["of"]]
    elif isinstance(found.get("of"), dict):
        found["of"] = definition_of(found["of"])
    return found


def read_record(revision: Revision) -> Record:
    """Return what a revision says, in the shape of a reviewed file."""
    positions = {source.pk: source.position for source in revision.sources.all()}
    operators: dict[str, Record] = {}
    for role in revision.roles.select_related("operator"):
        row = {"name": role.operator.name, "siren": role.operator.siren, "roles": []}
        operators.setdefault(role.operator.name, row)["roles"].append(role.role)
    return normalise(
        {
            "key": revision.scheme.source_key,
            **{name: getattr(revision, name) for name in _SAME_NAME},
            "needs": {served.sub_need_id: served.weight for served in revision.served_needs.all()},
            "operators": list(operators.values()),
            "window": {
                "state": revision.window_state,
                "opens_on": revision.opens_on,
                "closes_on": revision.closes_on,
                "recurring": revision.recurring,
                "note": revision.window_note,
                **{name: getattr(revision, name) for name in SEEN},
            },
            "amount": {
                "text": revision.amount_text,
                "unit": revision.amount_unit,
                "rate_max_pct": _number(revision.rate_max_pct),
                "rates": [{"size": size, "pct": _number(rate)} for size, rate in revision.rates.items()],
                **{name: _number(getattr(revision, name)) for name in AMOUNT_EUR},
                "in_kind": revision.in_kind,
                "duration": revision.duration,
                "source": revision.amount_source,
                "place": revision.amount_place,
                "excerpt": revision.amount_excerpt,
            },
            "contact": {
                "name": revision.contact_name,
                "url": revision.contact_url,
                "phone": revision.contact_phone,
            },
            "sources": [{name: getattr(source, name) for name in SOURCE} for source in revision.sources.all()],
            "criteria": [
                {
                    **row.definition,
                    "source": positions.get(row.source_id or 0),
                    "place": row.place,
                    "note": row.note,
                    "excerpt": row.excerpt,
                    **_mark(row.from_text),
                }
                for row in revision.criteria.all()
            ],
            "relations": [
                {
                    "kind": row.kind,
                    "scheme": row.other_key,
                    "cap_pct": _number(row.cap_pct),
                    "note": row.note,
                    "source": positions.get(row.source_id or 0),
                }
                for row in revision.relations.all()
            ],
        }
    )


_SAME_NAME = (
    "name", "summary", "kind", "level", "owner", "confidence", "as_of", "review_by", "variant_of", "applicants",
    "targeted_naf", "targeted_naf_2025", "preparation_days", "state_aid_regime", "legal_basis", "documents",
    "next_step", "url",
    "public_contact", "notes", "corrections",
)  # fmt: skip


def normalise(record: Record) -> Record:
    """Write a well formed record in one way only: absence is ``None``, and a list that has no order is sorted."""
    record = plain(record)
    criteria = [
        {
            **canonical_criterion(definition_of(row)),
            **{name: row.get(name) or None for name in ANNOTATIONS},
            **_mark(row.get(FROM_TEXT, False)),
        }
        for row in record["criteria"]
    ]
    operators = [
        {"name": row["name"], "siren": row.get("siren") or None, "roles": sorted(row["roles"])}
        for row in record["operators"]
    ]
    relations = [{name: row.get(name) for name in RELATION} for row in record["relations"]]
    sources = [{name: row.get(name) for name in SOURCE} for row in record["sources"]]
    found = {
        **{name: _absent(value) for name, value in record.items()},
        "public_contact": bool(record.get("public_contact")),
        "review_by": record.get("review_by"),
        "owner": record.get("owner"),
        "variant_of": record.get("variant_of"),
        "applicants": sorted(record["applicants"]),
        "targeted_naf": record["targeted_naf"],
        "targeted_naf_2025": record.get("targeted_naf_2025") or [],
        "documents": record["documents"],
        "corrections": record["corrections"],
        "window": {**dict.fromkeys(("opens_on", "closes_on", "recurring", "note", *SEEN)), **record["window"]},
        "amount": _amount(record["amount"]),
        "contact": _filled(record["contact"], CONTACT),
        "criteria": criteria,
        "operators": operators,
        "sources": sources,
        "relations": sorted(relations, key=lambda row: (row["kind"], row["scheme"])),
    }
    cleaned: Record = _absent(found)
    return cleaned


def _mark(from_text: bool) -> Record:
    return {FROM_TEXT: True} if from_text else {}


def _amount(part: Record | None) -> Record | None:
    """Return an amount with its rates in the order of the sizes; no rate is nothing, as for every other part."""
    rates = (part or {}).get("rates") or []
    in_order = sorted(rates, key=lambda row: list(RATE_COLUMNS).index(row["size"]))
    return _filled({**(part or {}), "rates": in_order or None}, AMOUNT)


def _filled(part: Record | None, names: Iterable[str]) -> Record | None:
    """Return a part with every name, or nothing where it says nothing."""
    filled = {name: _absent((part or {}).get(name)) for name in names}
    return filled if any(value is not None for value in filled.values()) else None


def _absent(value: Any) -> Any:
    """Turn an empty text into ``None``, strip the others and drop what is absent from lists, at any depth."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, dict):
        return {name: _absent(part) for name, part in value.items()}
    if isinstance(value, list):
        return [part for part in map(_absent, value) if part is not None]
    return value


def _number(value: Decimal | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)
