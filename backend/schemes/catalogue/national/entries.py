"""What a scheme says and the national schema has no column for: beside its CSV, one entry a scheme, by its id.

It repeats nothing that a column says whole, nor what editors tell each other. What a column says in part or not at all
is here in full, and where a column could not say a place, that is told. ``docs/catalogue-sidecar.schema.json``
describes it.
"""

from collections.abc import Collection
from typing import Any

from backend.schemes.catalogue.national.places import places_of
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.models import Revision

VERSION = "1"

type Entry = dict[str, Any]


def entry_of(revision: Revision, record: SchemeRecord, *, exported: Collection[str]) -> Entry:
    """Return the entry of a revision; of its links only those to schemes that are ``exported`` with it are told."""
    parent, window = record.get("variant_of"), record["window"]
    return {
        "id": str(revision.scheme.uuid),
        "key": record["key"],
        "revision": revision.number,
        "approximations": [
            {"column": column, "known": known, "written": written}
            for column, known, written in places_of(record["criteria"]).doubts
        ],
        "summary": record["summary"],
        "kind": record["kind"],
        "level": record["level"],
        "owner": record.get("owner"),
        "confidence": record["confidence"],
        "as_of": record["as_of"],
        "review_by": record.get("review_by"),
        "variant_of": parent if parent in exported else None,
        "applicants": record["applicants"],
        "targeted_naf": record["targeted_naf"],
        "targeted_naf_2025": record.get("targeted_naf_2025"),
        "preparation_days": record["preparation_days"],
        "state_aid_regime": record["state_aid_regime"],
        "legal_basis": record["legal_basis"],
        "documents": record["documents"],
        "next_step": record["next_step"],
        "public_contact": record.get("public_contact"),
        "needs": record["needs"],
        "window": {
            "state": window["state"],
            "recurring": window["recurring"],
            "note": window["note"],
            "seen_on": window.get("seen_on"),
            "seen_until": window.get("seen_until"),
            "seen_by": window.get("seen_by"),
            "seen_url": window.get("seen_url"),
        },
        "amount": record["amount"],
        "contact": record["contact"],
        "sources": record["sources"],
        "criteria": record["criteria"],
        "relations": [row for row in record["relations"] if row["scheme"] in exported],
    }
