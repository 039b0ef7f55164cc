"""From a record to a revision: read, checked, and kept with all that hangs on it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from backend.schemes.catalogue.codes import Memory, tell, unknown_activities, unknown_codes, unknown_sub_needs
from backend.schemes.catalogue.evidence import faults
from backend.schemes.catalogue.record_types import (
    CriterionRecord,
    OperatorRecord,
    RateRecord,
    RelationRecord,
    SchemeRecord,
    WindowRecord,
)
from backend.schemes.catalogue.records import (
    AMOUNT,
    AMOUNT_EUR,
    BROKEN,
    KEYS,
    OPTIONAL_KEYS,
    RELATION,
    SEEN,
    RecordError,
    definition_of,
    digest_of,
    plain,
)
from backend.schemes.models import (
    RATE_COLUMNS,
    Criterion,
    Operator,
    OperatorRole,
    Relation,
    Revision,
    Scheme,
    ServedNeed,
    Source,
    WindowObservation,
)

BATCH = 1000  # rows of one statement


@dataclass(frozen=True, slots=True)
class Draft:
    """A revision that was checked, with all that hangs on it, and is not kept yet."""

    revision: Revision
    sources: list[Source]
    criteria: list[Criterion]
    served_needs: list[ServedNeed]
    operators: list[Operator]
    roles: list[OperatorRole]
    relations: list[Relation]


def write_revision(record: SchemeRecord, *, scheme: Scheme, observed: WindowObservation | None = None) -> Revision:
    """Add the next revision of a scheme, with all that hangs on it; call it in a transaction that holds the scheme.

    ``observed`` is what was seen of its window, where that is what it changes.
    """
    last = scheme.revisions.order_by("-number").values_list("number", flat=True).first()
    draft = compose(record, scheme=scheme, number=(last or 0) + 1)
    draft.revision.observed = observed or _still_observed(draft.revision, scheme)
    try:
        with transaction.atomic():
            keep([draft])
    except IntegrityError:
        draft.revision.validate_constraints()  # says in French what is wrong: a query a rule, asked only then
        raise
    return draft.revision


def _still_observed(revision: Revision, scheme: Scheme) -> WindowObservation | None:
    """Return what was seen of a window whose sighting the next revision keeps."""
    before = scheme.current
    if before is None or revision.seen_on is None:
        return None
    return before.observed if (before.seen_on, before.seen_url) == (revision.seen_on, revision.seen_url) else None


def compose(record: SchemeRecord, *, scheme: Scheme, number: int, memory: Memory | None = None) -> Draft:
    """Read a record as a revision, and keep nothing; what compares two of its columns is left to the database.

    Raises ``RecordError`` or ``ValidationError``. With a ``memory``, what exists is asked for once for many records.
    """
    memory = {} if memory is None else memory
    unknown, missing = record.keys() - KEYS - OPTIONAL_KEYS, KEYS - record.keys()
    if unknown or missing:
        raise RecordError(f"champs inconnus : {_list(unknown)} ; champs manquants : {_list(missing)}")
    record = plain(record)
    unknown_targets = unknown_activities(map(str, record["targeted_naf"]), memory=memory)
    if unknown_targets:
        raise RecordError(f"targeted_naf : n’est pas un code NAF rév. 2 : {_list(unknown_targets)}")
    if scheme.source == Scheme.OWN and not (record["kind"] and record["level"]):
        raise RecordError("forme ou niveau absents : un dispositif du catalogue dit les deux")
    if scheme.source == Scheme.OWN and (wrong := list(faults(record))):
        raise RecordError(" ; ".join(wrong))
    _check_parent(record, scheme)
    revision = _revision(record, scheme, number=number)
    revision.clean_fields(exclude=["scheme"])
    revision.clean()
    return _with_children(record, revision, memory)


def keep(drafts: Collection[Draft]) -> None:
    """Keep revisions with all that hangs on them, kind by kind; their schemes are kept already."""
    Revision.objects.bulk_create([draft.revision for draft in drafts])
    _keep_operators(drafts)
    for model, name in (
        (Source, "sources"),
        (Criterion, "criteria"),
        (ServedNeed, "served_needs"),
        (OperatorRole, "roles"),
        (Relation, "relations"),
    ):
        rows = [row for draft in drafts for row in getattr(draft, name)]
        if rows:
            model._default_manager.bulk_create(rows, batch_size=BATCH)


def _keep_operators(drafts: Iterable[Draft]) -> None:
    """Name in each role the operator that we hold; a number is filled in where nobody knew it, and never changed."""
    given: dict[str, Operator] = {}
    for operator in (operator for draft in drafts for operator in draft.operators):
        first = given.setdefault(operator.name, operator)
        first.siren = first.siren or operator.siren
    if not given:
        return
    held = {row.name: row for row in Operator.objects.filter(name__in=given)}
    Operator.objects.bulk_create([row for name, row in given.items() if name not in held], ignore_conflicts=True)
    numbered = [row for name, row in held.items() if given[name].siren and not row.siren]
    for row in numbered:
        row.siren = given[row.name].siren
    Operator.objects.bulk_update(numbered, ["siren"])
    held |= {row.name: row for row in Operator.objects.filter(name__in=given.keys() - held.keys())}
    for draft in drafts:
        for role in draft.roles:
            role.operator = held[role.operator.name]


def _check_parent(record: SchemeRecord, scheme: Scheme) -> None:
    """Refuse a variant of itself, or of a scheme that does not exist; what variants are together is told elsewhere."""
    parent = _text(record.get("variant_of"))
    if parent and parent == scheme.source_key:
        raise RecordError("variant_of : un dispositif n’est pas une variante de lui-même")
    if parent and not Scheme.objects.filter(source=scheme.source, source_key=parent).exists():
        raise RecordError(f"variant_of : dispositif inconnu « {parent} » ; attendu : l’identifiant d’un dispositif")


def check_record(record: SchemeRecord) -> None:
    """Read a record as for a publication, and keep nothing; raise ``RecordError`` where it is not well formed."""
    try:
        with transaction.atomic():
            scheme, _ = Scheme.objects.get_or_create(source=Scheme.OWN, source_key=record["key"])
            write_revision(record, scheme=scheme)
            transaction.set_rollback(True)
    except ValidationError as error:
        raise RecordError(told(error)) from error
    except BROKEN as error:
        raise RecordError(str(error)) from error


def revision_of(record: SchemeRecord) -> Revision:
    """Return the revision that a record would make, typed and not saved; raise ``RecordError`` where it cannot be."""
    scheme = Scheme(source=Scheme.OWN, source_key=record["key"])
    try:
        revision = _revision(plain(record), scheme, number=1)
        revision.clean_fields(exclude=["scheme"])
    except ValidationError as error:
        raise RecordError(told(error)) from error
    except BROKEN as error:
        raise RecordError(str(error)) from error
    return revision


def told(error: ValidationError) -> str:
    """Return the messages of the database's rules, each after the field it is about."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    found = error.message_dict.items()
    return " ".join(f"{name} : {' '.join(texts)}" if name != "__all__" else " ".join(texts) for name, texts in found)


def _revision(record: SchemeRecord, scheme: Scheme, *, number: int) -> Revision:
    window, amount, contact = record["window"], record["amount"] or {}, record["contact"] or {}
    if unknown := amount.keys() - set(AMOUNT):
        raise RecordError(f"amount : champs inconnus : {_list(unknown)} ; attendus : {', '.join(AMOUNT)}")
    return Revision(
        scheme=scheme,
        number=number,
        recorded_at=timezone.now(),
        digest=digest_of(record),
        name=record["name"],
        summary=_text(record["summary"]),
        kind=_text(record["kind"]),
        level=_text(record["level"]),
        owner=_text(record.get("owner")),
        confidence=record["confidence"],
        as_of=record["as_of"],
        review_by=record.get("review_by"),
        variant_of=_text(record.get("variant_of")),
        applicants=record["applicants"],
        targeted_naf=record["targeted_naf"],
        targeted_naf_2025=record.get("targeted_naf_2025") or [],
        window_state=window["state"],
        opens_on=window["opens_on"],
        closes_on=window["closes_on"],
        recurring=window["recurring"],
        window_note=_text(window["note"]),
        **_seen(window),
        preparation_days=record["preparation_days"],
        amount_text=_text(amount.get("text")),
        amount_unit=amount.get("unit") or "",
        rate_max_pct=_text(amount.get("rate_max_pct")) or None,
        **_rates(amount.get("rates") or []),
        **{name: _text(amount.get(name)) or None for name in AMOUNT_EUR},
        in_kind=amount.get("in_kind"),
        duration=_text(amount.get("duration")),
        amount_source=amount.get("source"),
        amount_place=_text(amount.get("place")),
        amount_excerpt=_text(amount.get("excerpt")),
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


def _seen(window: WindowRecord) -> dict[str, Any]:
    """Return the columns of a sighting; none beside a window that is stated."""
    seen = {name: window.get(name) for name in SEEN}
    if window["state"] != Revision.WindowState.UNKNOWN or not seen["seen_on"]:
        return {}
    return {**seen, "seen_by": _text(seen["seen_by"]), "seen_url": _text(seen["seen_url"])}


def _rates(rows: list[RateRecord]) -> dict[str, str]:
    """Return the column of each rate by size; each size once."""
    found: dict[str, str] = {}
    for row in rows:
        pct = row.get("pct")
        is_number = isinstance(pct, int | float) and not isinstance(pct, bool)
        if row.keys() != {"size", "pct"} or row["size"] not in RATE_COLUMNS or not is_number:
            sizes = ", ".join(RATE_COLUMNS)
            raise RecordError(f"amount.rates : {row} ; attendu : size ({sizes}) et pct, de 0 à 100")
        column = RATE_COLUMNS[row["size"]]
        if column in found:
            raise RecordError(f"amount.rates : deux taux pour la taille {row['size']} ; attendu : un seul")
        found[column] = str(pct)  # as it is written: a float has more digits than were meant
    return found


def _with_children(record: SchemeRecord, revision: Revision, memory: Memory) -> Draft:
    sources = [
        Source(
            revision=revision,
            position=position,
            title=row["title"],
            url=_text(row["url"]),
            dated=_text(row["dated"]),
            tier=_text(row.get("tier")),
            licence=_text(row.get("licence")),
        )
        for position, row in enumerate(record["sources"], 1)
    ]
    by_position: dict[int | None, Source | None] = {source.position: source for source in sources}
    by_position[None] = None
    for sub_need in unknown_sub_needs(record["needs"], memory=memory):
        raise RecordError(f"sous-besoin inconnu : {sub_need}")
    operators = [_operator(row) for row in record["operators"]]
    roles = [
        OperatorRole(revision=revision, operator=operator, role=role, position=position)
        for position, (operator, row) in enumerate(zip(operators, record["operators"], strict=True))
        for role in row["roles"]
    ]
    needs = [ServedNeed(revision=revision, sub_need_id=key, weight=weight) for key, weight in record["needs"].items()]
    for row in (*sources, *needs, *roles):
        _check(row)
    return Draft(
        revision,
        sources,
        [
            _criterion(row, revision, position, by_position, memory)
            for position, row in enumerate(record["criteria"], 1)
        ],
        needs,
        operators,
        roles,
        [_relation(row, revision, position, by_position) for position, row in enumerate(record["relations"], 1)],
    )


def _operator(row: OperatorRecord) -> Operator:
    operator = Operator(name=row["name"], siren=row["siren"] or "")
    try:
        operator.clean_fields()
    except ValidationError as error:
        raise RecordError(f"porteur {operator.name[:80]} : {' '.join(error.messages)}") from None
    return operator


def _check(row: models.Model) -> None:
    """Check a row; what it points at was checked with the rest."""
    row.clean_fields(exclude=[field.name for field in row._meta.fields if isinstance(field, models.ForeignKey)])


def _criterion(
    row: CriterionRecord, revision: Revision, position: int, sources: dict[int | None, Source | None], memory: Memory
) -> Criterion:
    definition = definition_of(row)
    if row.get("source") not in sources:
        raise RecordError(f"critère {position} : il n’y a pas de source {row['source']}")
    criterion = Criterion(
        revision=revision,
        position=position,
        definition=definition,
        from_text=row.get("from_text", False),
        source=sources[row.get("source")],
        place=_text(row.get("place")),
        note=_text(row.get("note")),
        excerpt=_text(row.get("excerpt")),
    )
    try:
        criterion.clean_fields(exclude=["revision", "source"])
    except ValidationError as error:
        raise RecordError(f"critère {position} : {' '.join(error.messages)}") from None
    unknown = unknown_codes(definition, memory=memory)
    if unknown:
        raise RecordError(f"critère {position}, {tell(unknown)}")
    return criterion


def _relation(
    row: RelationRecord, revision: Revision, position: int, sources: dict[int | None, Source | None]
) -> Relation:
    unknown = row.keys() - set(RELATION)
    if unknown:
        raise RecordError(f"lien {position} : champs inconnus {_list(unknown)}")
    if row.get("source") not in sources:
        raise RecordError(f"lien {position} : il n’y a pas de source {row['source']}")
    if row["scheme"] == revision.scheme.source_key:
        raise RecordError(f"lien {position} : un dispositif n’est pas lié à lui-même")
    relation = Relation(
        revision=revision,
        kind=row["kind"],
        other_key=row["scheme"],
        cap_pct=_text(row.get("cap_pct")) or None,  # as it is written: a float has more digits than were meant
        note=_text(row.get("note")),
        source=sources[row.get("source")],
    )
    try:
        relation.clean_fields(exclude=["revision", "source"])
        relation.validate_constraints(exclude=["revision", "source"])
    except ValidationError as error:
        raise RecordError(f"lien {position} : {' '.join(error.messages)}") from None
    return relation


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "aucun"


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
