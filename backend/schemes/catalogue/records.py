"""A record is all that a reviewed file, or a person's proposal, says of a scheme, written in one way."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, cast

import yaml
from django.core.exceptions import ValidationError
from django.db import DatabaseError

from backend.schemes.catalogue.record_types import (
    AmountRecord,
    Annotations,
    ContactRecord,
    CriterionRecord,
    Euros,
    EvidenceRecord,
    MainRecord,
    OperatorRecord,
    RelationRecord,
    SchemeRecord,
    Sighting,
    SourceRecord,
    WindowRecord,
    keys_of,
)
from backend.schemes.models import RATE_COLUMNS, Definition, Revision, canonical_criterion

KEYS = SchemeRecord.__required_keys__
OPTIONAL_KEYS = SchemeRecord.__optional_keys__
AMOUNT_EUR = keys_of(Euros)
EVIDENCE = keys_of(EvidenceRecord)
AMOUNT = keys_of(AmountRecord)
CONTACT = keys_of(ContactRecord)
SEEN = keys_of(Sighting)
SOURCE = keys_of(SourceRecord)
RELATION = keys_of(RelationRecord)
ANNOTATIONS = keys_of(Annotations)
FROM_TEXT = "from_text"  # as a column: from an import's free text

# What a record can raise while it is read, of any shape at any place.
BROKEN = (ValueError, LookupError, TypeError, AttributeError, ValidationError, DatabaseError, yaml.YAMLError)


class RecordError(ValueError):
    """A record is not well formed: the message names the place."""


def plain(record: Any) -> Any:
    """Write dates as text, so that a file and a form say the same thing in the same way."""
    return json.loads(json.dumps(record, default=str))


def digest_of(record: Mapping[str, object]) -> str:
    """Return the hash of a record, or of a part of one."""
    return sha256(json.dumps(record, sort_keys=True, default=str).encode()).hexdigest()


def definitions_of(criteria: Iterable[CriterionRecord]) -> list[tuple[bool, Definition]]:
    """Return what the engine reads of each criterion, and whether it was typed from free text."""
    return [(row.get("from_text", False), definition_of(row)) for row in criteria]


def definition_of(row: CriterionRecord | Definition) -> Definition:
    """Leave out what is said about a criterion, at any depth."""
    found = cast("Definition", {name: value for name, value in row.items() if name not in (*ANNOTATIONS, FROM_TEXT)})
    parts = found.get("of")
    if isinstance(parts, list):
        found["of"] = [definition_of(part) for part in parts]
    elif isinstance(parts, dict):
        found["of"] = definition_of(parts)
    return found


def criterion_record(definition: Definition, said: Annotations, *, from_text: bool = False) -> CriterionRecord:
    """Return a criterion with what is said about it."""
    record: CriterionRecord = {**cast("CriterionRecord", definition), **said}
    return {**record, "from_text": True} if from_text else record


def without_mark(row: CriterionRecord) -> CriterionRecord:
    """Return a criterion as one that a person has read, wherever it came from."""
    kept = row.copy()
    kept.pop("from_text", None)
    return kept


def read_record(revision: Revision) -> SchemeRecord:
    """Return what a revision says, in the shape of a reviewed file."""
    positions = {source.pk: source.position for source in revision.sources.all()}
    return normalise(
        {
            **_main_of(revision),
            "needs": {served.sub_need_id: served.weight for served in revision.served_needs.all()},
            "operators": _operators_of(revision),
            "sources": [
                {
                    "title": source.title,
                    "url": source.url,
                    "dated": source.dated,
                    "tier": source.tier,
                    "licence": source.licence,
                }
                for source in revision.sources.all()
            ],
            "criteria": [
                criterion_record(
                    row.definition,
                    {
                        "source": positions.get(row.source_id or 0),
                        "place": row.place,
                        "note": row.note,
                        "excerpt": row.excerpt,
                    },
                    from_text=row.from_text,
                )
                for row in revision.criteria.all()
            ],
            "relations": [
                {
                    "kind": row.kind,
                    "scheme": row.other_key,
                    "cap_pct": number_or_none(row.cap_pct),
                    "note": row.note,
                    "source": positions.get(row.source_id or 0),
                }
                for row in revision.relations.all()
            ],
        }
    )


def read_main(revision: Revision) -> MainRecord:
    """Return what a revision says of its scheme once, in the same shape; no query."""
    main: MainRecord = _absent(_normalised_main(plain(_main_of(revision))))
    return main


def _main_of(revision: Revision) -> MainRecord:
    return {
        "key": revision.scheme.source_key,
        "name": revision.name,
        "summary": revision.summary,
        "kind": revision.kind,
        "level": revision.level,
        "owner": revision.owner,
        "confidence": revision.confidence,
        "as_of": str(revision.as_of),
        "review_by": _day(revision.review_by),
        "variant_of": revision.variant_of,
        "applicants": revision.applicants,
        "targeted_naf": revision.targeted_naf,
        "targeted_naf_2025": revision.targeted_naf_2025,
        "preparation_days": revision.preparation_days,
        "state_aid_regime": revision.state_aid_regime,
        "legal_basis": revision.legal_basis,
        "documents": revision.documents,
        "next_step": revision.next_step,
        "url": revision.url,
        "public_contact": revision.public_contact,
        "notes": revision.notes,
        "corrections": revision.corrections,
        "window": _window_of(revision),
        "amount": _amount_of(revision),
        "contact": {
            "name": revision.contact_name,
            "url": revision.contact_url,
            "phone": revision.contact_phone,
        },
    }


def _operators_of(revision: Revision) -> list[OperatorRecord]:
    operators: dict[str, OperatorRecord] = {}
    for role in revision.roles.select_related("operator"):
        row: OperatorRecord = {"name": role.operator.name, "siren": role.operator.siren, "roles": []}
        operators.setdefault(role.operator.name, row)["roles"].append(role.role)
    return list(operators.values())


def _window_of(revision: Revision) -> WindowRecord:
    return {
        "state": revision.window_state,
        "opens_on": _day(revision.opens_on),
        "closes_on": _day(revision.closes_on),
        "recurring": revision.recurring,
        "note": revision.window_note,
        "seen_on": _day(revision.seen_on),
        "seen_until": _day(revision.seen_until),
        "seen_by": revision.seen_by,
        "seen_url": revision.seen_url,
    }


def _amount_of(revision: Revision) -> AmountRecord:
    return {
        "text": revision.amount_text,
        "unit": revision.amount_unit,
        "rate_max_pct": number_or_none(revision.rate_max_pct),
        "rates": [{"size": size, "pct": written_number(rate)} for size, rate in revision.rates.items()],
        "floor_eur": number_or_none(revision.floor_eur),
        "ceiling_eur": number_or_none(revision.ceiling_eur),
        "spend_min_eur": number_or_none(revision.spend_min_eur),
        "spend_max_eur": number_or_none(revision.spend_max_eur),
        "cost_left_eur": number_or_none(revision.cost_left_eur),
        "in_kind": revision.in_kind,
        "duration": revision.duration,
        "source": revision.amount_source,
        "place": revision.amount_place,
        "excerpt": revision.amount_excerpt,
    }


def normalise(record: SchemeRecord) -> SchemeRecord:
    """Write a well formed record in one way only: absence is ``None``, and a list that has no order is sorted."""
    record = plain(record)
    relations = [_whole(RelationRecord, row) for row in record["relations"]]
    found: SchemeRecord = {
        **record,
        **_normalised_main(record),
        "criteria": [_criterion(row) for row in record["criteria"]],
        "operators": [
            {"name": row["name"], "siren": row.get("siren") or None, "roles": sorted(row["roles"])}
            for row in record["operators"]
        ],
        "sources": [_whole(SourceRecord, row) for row in record["sources"]],
        "relations": sorted(relations, key=lambda row: (row["kind"], row["scheme"])),
    }
    cleaned: SchemeRecord = _absent(found)
    return cleaned


def _normalised_main(record: MainRecord) -> MainRecord:
    return {
        **record,
        "public_contact": bool(record.get("public_contact")),
        "review_by": record.get("review_by"),
        "owner": record.get("owner"),
        "variant_of": record.get("variant_of"),
        "applicants": sorted(record["applicants"]),
        "targeted_naf_2025": record.get("targeted_naf_2025") or [],
        "window": _whole(WindowRecord, record["window"]),
        "amount": _amount(record["amount"]),
        "contact": _filled(ContactRecord, record["contact"] or {}),
    }


def _criterion(row: CriterionRecord) -> CriterionRecord:
    said: Annotations = {
        "source": row.get("source") or None,
        "place": row.get("place") or None,
        "note": row.get("note") or None,
        "excerpt": row.get("excerpt") or None,
    }
    return criterion_record(canonical_criterion(definition_of(row)), said, from_text=row.get("from_text", False))


def _amount(part: AmountRecord | None) -> AmountRecord | None:
    """Return an amount with its rates in the order of the sizes; no rate is nothing, as for every other part."""
    given: AmountRecord = part or {}
    sizes = list(RATE_COLUMNS)
    rates = sorted(given.get("rates") or [], key=lambda row: sizes.index(row["size"]))
    return _filled(AmountRecord, {**given, "rates": rates or None})


def _filled[T](shape: type[T], part: Mapping[str, object]) -> T | None:
    """Return a part with every key of its shape, or nothing where it says nothing."""
    filled = {name: _absent(part.get(name)) for name in keys_of(shape)}
    return cast("T", filled) if any(value is not None for value in filled.values()) else None


def _whole[T](shape: type[T], part: Mapping[str, object]) -> T:
    """Return a part with every key of its shape: what it does not say is ``None``."""
    return cast("T", {name: part.get(name) for name in keys_of(shape)})


def _absent(value: Any) -> Any:
    """Turn an empty text into ``None``, strip the others and drop what is absent from lists, at any depth."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, dict):
        return {name: _absent(part) for name, part in value.items()}
    if isinstance(value, list):
        return [part for part in map(_absent, value) if part is not None]
    return value


def _day(value: date | None) -> str | None:
    return None if value is None else str(value)


def number_or_none(value: Decimal | None) -> float | None:
    return None if value is None else written_number(value)


def written_number(value: Decimal) -> float:
    """Return a number as a record writes it: whole where it is whole."""
    return int(value) if value == int(value) else float(value)
