"""The shape of a record: all that a reviewed file, an import, a form or a proposal says of a scheme, as its JSON.

What enters is plain JSON (``records.plain``) and is read as this from there on, so that mypy names each place where a
key is written or read. ``revising.compose`` checks what is said. Absence is ``None``; what may be left out of a file
is ``NotRequired``, and is there once ``records.normalise`` has written the record. Days are ISO dates, amounts euros,
rates percentages from 0 to 100.
"""

from typing import NotRequired, TypedDict

from backend.schemes.models import Definition


class EvidenceRecord(TypedDict, total=False):
    """Where a condition or an amount was read: the position of a source of the record, from 1, and what it says."""

    source: int | None
    place: str | None
    excerpt: str | None


class Annotations(EvidenceRecord, total=False):
    """What is said about a criterion, and not read by the engine."""

    note: str | None


class CriterionRecord(Definition, Annotations, total=False):
    """A criterion with what is said about it; ``from_text`` marks one that an import typed from free text."""

    from_text: bool


class Sighting(TypedDict, total=False):
    """When a page last showed a window open that its sheet does not state."""

    seen_on: str | None
    seen_until: str | None
    seen_by: str | None
    seen_url: str | None


class Dates(TypedDict):
    """The first and the last day of a window."""

    opens_on: str | None
    closes_on: str | None


class WindowRecord(Dates, Sighting):
    """When applications are taken."""

    state: str
    recurring: bool | None
    note: str | None


class RateRecord(TypedDict):
    """The rate for one size of firm."""

    size: str
    pct: float


class Euros(TypedDict, total=False):
    """The amounts of an aid."""

    floor_eur: float | None
    ceiling_eur: float | None
    spend_min_eur: float | None
    spend_max_eur: float | None
    cost_left_eur: float | None


class AmountRecord(TypedDict, total=False):
    """What an aid comes to, in words and in numbers, and where that was read; forms show it in this order."""

    text: str | None
    unit: str | None
    rate_max_pct: float | None
    rates: list[RateRecord] | None
    floor_eur: float | None
    ceiling_eur: float | None
    spend_min_eur: float | None
    spend_max_eur: float | None
    cost_left_eur: float | None
    in_kind: bool | None
    duration: str | None
    source: int | None
    place: str | None
    excerpt: str | None


class ContactRecord(TypedDict, total=False):
    """Whom a firm asks: a service, never a person."""

    name: str | None
    url: str | None
    phone: str | None


class OperatorRecord(TypedDict):
    """Who runs the scheme, and as what."""

    name: str
    siren: str | None
    roles: list[str]


class SourceRecord(TypedDict):
    """What was read."""

    title: str
    url: str | None
    dated: str | None
    tier: NotRequired[str | None]
    licence: NotRequired[str | None]


class RelationRecord(TypedDict):
    """A link to another scheme, named by its key."""

    kind: str
    scheme: str
    cap_pct: NotRequired[float | None]
    note: NotRequired[str | None]
    source: NotRequired[int | None]


class Rules(TypedDict):
    """What of a record the engine reads, besides its criteria and the needs it serves."""

    kind: str | None
    level: str | None
    confidence: str
    applicants: list[str]
    targeted_naf: list[str]
    targeted_naf_2025: NotRequired[list[str]]
    preparation_days: int | None
    window: WindowRecord


class MainRecord(Rules):
    """What is said of a scheme once."""

    key: str
    name: str
    summary: str | None
    owner: NotRequired[str | None]
    as_of: str
    review_by: NotRequired[str | None]
    variant_of: NotRequired[str | None]
    amount: AmountRecord | None
    next_step: str | None
    documents: list[str]
    contact: ContactRecord | None
    url: str | None
    public_contact: NotRequired[bool]
    state_aid_regime: str | None
    legal_basis: str | None
    notes: str | None
    corrections: list[str]


class SchemeRecord(MainRecord):
    """All that is said of a scheme; ``needs`` gives the weight of each sub-need it serves, in ]0, 1]."""

    operators: list[OperatorRecord]
    needs: dict[str, float]
    sources: list[SourceRecord]
    criteria: list[CriterionRecord]
    relations: list[RelationRecord]


def keys_of(shape: type) -> tuple[str, ...]:
    """Return the keys of a shape, in the order in which they are declared."""
    return tuple(shape.__annotations__)
