"""Loading the taxonomy and the catalogue from reviewed files; a file whose content changed makes a new revision."""

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from backend.schemes.models import (
    Criterion,
    Operator,
    OperatorRole,
    Relation,
    Revision,
    Scheme,
    ServedNeed,
    Source,
    SubNeed,
    TaxonomyNeed,
)
from backend.territories.models import Perimeter

KEYS = {
    "key", "name", "kind", "level", "confidence", "as_of", "operators", "applicants", "summary", "needs",
    "targeted_naf", "window", "criteria", "amount", "state_aid_regime", "legal_basis", "documents",
    "preparation_days", "next_step", "contact", "url", "sources", "relations", "notes", "corrections",
}  # fmt: skip
OPTIONAL_KEYS = {"public_contact"}
DRAFTS = "drafts"


class FixtureError(ValueError):
    """A reviewed file is not well formed: the message names the file and the place."""


# What a file can raise while it is read, of any shape at any place.
BROKEN = (ValueError, LookupError, TypeError, AttributeError, ValidationError, DatabaseError, yaml.YAMLError)


@transaction.atomic
def load_taxonomy(path: Path) -> int:
    """Load needs and sub-needs; return how many sub-needs there are."""
    position = 0
    for rank, need in enumerate(yaml.safe_load(path.read_text())["needs"]):
        TaxonomyNeed.objects.update_or_create(
            key=need["id"],
            defaults={"label": need["label"], "position": rank, "transversal": need["transversal"]},
        )
        for sub_need in need["sub_needs"]:
            position += 1
            SubNeed.objects.update_or_create(
                key=sub_need["id"],
                defaults={
                    "need_id": need["id"],
                    "label": sub_need["label"],
                    "short": sub_need["short"],
                    "position": position,
                    "words": [str(word) for word in sub_need["words"]],
                    "sentences": sub_need["sentences"],
                    "confusions": sub_need.get("confusions") or [],
                },
            )
    return SubNeed.objects.count()


@transaction.atomic
def load_catalogue(folder: Path) -> dict[str, int]:
    """Load one scheme a file; all of them or, where one is wrong, none.

    A file of a folder named ``drafts`` becomes a draft: it must be unverified, as no other may be.
    """
    counts = {"créés": 0, "nouvelles versions": 0, "inchangés": 0}
    known = Known()
    for path in sorted(folder.glob("*.yaml")):
        try:
            counts[_load_scheme(yaml.safe_load(path.read_text()), known, is_draft=folder.name == DRAFTS)] += 1
        except BROKEN as error:
            raise FixtureError(f"{path.name} : {error}") from error
    return counts


class Known:
    """Codes that the files may name."""

    def __init__(self) -> None:
        self.sub_needs = set(SubNeed.objects.values_list("key", flat=True))
        self.perimeters = set(Perimeter.objects.values_list("code", flat=True))


def _load_scheme(record: dict[str, Any], known: Known, *, is_draft: bool) -> str:
    unknown, missing = record.keys() - KEYS - OPTIONAL_KEYS, KEYS - record.keys()
    if unknown or missing:
        raise FixtureError(f"champs inconnus : {_list(unknown)} ; champs manquants : {_list(missing)}")
    if is_draft != (record["confidence"] == Revision.Confidence.TO_VERIFY):
        raise FixtureError("une fiche non vérifiée est un brouillon, et un brouillon une fiche non vérifiée")
    digest = sha256(json.dumps(record, sort_keys=True, default=str).encode()).hexdigest()
    scheme, created = Scheme.objects.get_or_create(source=Scheme.OWN, source_key=record["key"])
    if scheme.current and scheme.current.digest == digest:
        return "inchangés"
    last = scheme.revisions.order_by("-number").first()
    revision = _revision(record, scheme, number=last.number + 1 if last else 1, digest=digest)
    revision.full_clean()
    revision.save()
    _children(record, revision, known)
    scheme.current = revision
    scheme.state = Scheme.State.DRAFT if is_draft else Scheme.State.PUBLISHED
    scheme.changed_at = revision.recorded_at
    scheme.save(update_fields=["current", "state", "changed_at"])
    return "créés" if created else "nouvelles versions"


def _revision(record: dict[str, Any], scheme: Scheme, *, number: int, digest: str) -> Revision:
    window, amount, contact = record["window"], record["amount"] or {}, record["contact"] or {}
    return Revision(
        scheme=scheme,
        number=number,
        recorded_at=timezone.now(),
        digest=digest,
        name=record["name"],
        summary=_text(record["summary"]),
        kind=record["kind"],
        level=record["level"],
        confidence=record["confidence"],
        as_of=record["as_of"],
        applicants=record["applicants"],
        targeted_naf=record["targeted_naf"],
        window_state=window["state"],
        opens_on=window["opens_on"],
        closes_on=window["closes_on"],
        recurring=window["recurring"],
        window_note=_text(window["note"]),
        preparation_days=record["preparation_days"],
        amount_text=_text(amount.get("text")),
        amount_unit=amount.get("unit") or "",
        rate_max_pct=amount.get("rate_max_pct"),
        floor_eur=amount.get("floor_eur"),
        ceiling_eur=amount.get("ceiling_eur"),
        cost_left_eur=amount.get("cost_left_eur"),
        duration=_text(amount.get("duration")),
        state_aid_regime=_text(record["state_aid_regime"]),
        legal_basis=_text(record["legal_basis"]),
        documents=record["documents"],
        next_step=_text(record["next_step"]),
        contact_name=_text(contact.get("name")),
        contact_url=_text(contact.get("url")),
        contact_phone=_text(contact.get("phone")),
        url=_text(record["url"]),
        public_contact=record.get("public_contact", False),
        notes=_text(record["notes"]),
        corrections=record["corrections"],
    )


def _children(record: dict[str, Any], revision: Revision, known: Known) -> None:
    sources = [
        Source(
            revision=revision, position=position, title=row["title"], url=_text(row["url"]), dated=_text(row["dated"])
        )
        for position, row in enumerate(record["sources"], 1)
    ]
    for source in sources:
        source.clean_fields(exclude=["revision"])
    Source.objects.bulk_create(sources)
    by_position = {source.position: source for source in sources}
    Criterion.objects.bulk_create(
        _criterion(row, revision, position, by_position, known) for position, row in enumerate(record["criteria"], 1)
    )
    for sub_need in record["needs"].keys() - known.sub_needs:
        raise FixtureError(f"sous-besoin inconnu : {sub_need}")
    ServedNeed.objects.bulk_create(
        ServedNeed(revision=revision, sub_need_id=key, weight=weight) for key, weight in record["needs"].items()
    )
    for position, row in enumerate(record["operators"]):
        operator, _ = Operator.objects.get_or_create(name=row["name"], defaults={"siren": row["siren"] or ""})
        for role in row["roles"]:
            OperatorRole(revision=revision, operator=operator, role=role, position=position).save()
    Relation.objects.bulk_create(
        Relation(
            revision=revision,
            kind=row["kind"],
            other_key=row["scheme"],
            note=_text(row.get("note")),
            source=by_position.get(row.get("source")),
        )
        for row in record["relations"]
    )


def _criterion(
    row: dict[str, Any], revision: Revision, position: int, sources: dict[int, Source], known: Known
) -> Criterion:
    definition = _definition(row)
    criterion = Criterion(
        revision=revision,
        position=position,
        definition=definition,
        source=sources[row["source"]] if row.get("source") else None,
        note=_text(row.get("note")),
        excerpt=_text(row.get("excerpt")),
    )
    try:
        criterion.clean_fields(exclude=["revision", "source"])
    except ValidationError as error:
        raise FixtureError(f"critère {position} : {' '.join(error.messages)}") from None
    unknown = set(perimeter_codes(definition)) - known.perimeters
    if unknown:
        raise FixtureError(f"critère {position} : périmètres inconnus {', '.join(sorted(unknown))}")
    return criterion


def _definition(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is said about a criterion (source, note), at any depth: the engine reads the rest."""
    found = {name: value for name, value in row.items() if name not in ("source", "note", "excerpt")}
    if isinstance(found.get("of"), list):
        found["of"] = [_definition(part) for part in found["of"]]
    elif isinstance(found.get("of"), dict):
        found["of"] = _definition(found["of"])
    return found


def perimeter_codes(definition: dict[str, Any]) -> Iterable[str]:
    """Return every perimeter that a criterion names, at any depth."""
    if definition["kind"] == "in_territory":
        yield from definition.get("any_of", [])
        yield from definition.get("none_of", [])
    parts = definition.get("of", [])
    for part in parts if isinstance(parts, list) else [parts]:
        yield from perimeter_codes(part)


def manual_facts(definition: dict[str, Any]) -> Iterable[str]:
    """Return every condition that a criterion leaves to a person, at any depth."""
    if definition["kind"] == "manual":
        yield definition["fact"]
    parts = definition.get("of", [])
    for part in parts if isinstance(parts, list) else [parts]:
        yield from manual_facts(part)


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "aucun"


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
