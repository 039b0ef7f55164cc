"""What tells whether two sheets are of one scheme: who runs it, its title, its page, where, and what it says."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from backend.common.text import fold
from backend.schemes.ingestion.duplicates.signs import (
    figures_of,
    operator_signs,
    page_of,
    stage_of,
    subject_of,
    title_of,
    words_of_page,
)
from backend.schemes.models import Revision, Scheme
from backend.territories.models import Containment, Perimeter

_WHOLE = (Perimeter.Kind.COMMUNE, Perimeter.Kind.EPCI, Perimeter.Kind.DEPARTMENT, Perimeter.Kind.REGION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A revision in force, as it is compared with those of other sources.

    ``departments`` is where it holds, as far as its rules say so; ``None`` where they say nothing that we can place.
    ``digest`` is of what tells it from others: name, operators, page, form, places and amounts; no wording, no date.
    """

    pk: int
    revision: int
    key: str
    source: str
    name: str
    title: str
    subject: frozenset[str]
    kind: str
    stage: str
    page: str
    page_words: str
    operators: frozenset[str]
    operator_names: tuple[str, ...]
    departments: frozenset[str] | None
    figures: frozenset[str]
    closes_on: date | None
    text: str
    parent: str
    digest: str


def sheets_in_force() -> list[Sheet]:
    """Return every scheme that has a revision in force and was not archived, in the order of their keys."""
    rows = (
        Scheme.objects.described()
        .exclude(state=Scheme.State.ARCHIVED)
        .select_related("current")
        .prefetch_related("current__criteria", "current__roles__operator")
        .order_by("source", "source_key")
    )
    held = _departments_by_perimeter()
    return [_sheet(scheme, held) for scheme in rows.iterator(chunk_size=500)]


def digest_of(scheme: Scheme) -> str:
    """Return the digest of a sheet in force: a decision on a pair holds while neither one changes."""
    if scheme.current is None:
        raise ValueError(f"{scheme.key} has no revision in force")
    return _digest(scheme.current)


def _sheet(scheme: Scheme, held: Mapping[str, frozenset[str]]) -> Sheet:
    current = scheme.current
    if current is None:
        raise ValueError(f"{scheme.key} has no revision in force")
    operators = [role.operator for role in current.roles.all()]
    page_words = words_of_page(current.url)
    return Sheet(
        pk=scheme.pk,
        revision=current.pk,
        key=scheme.key,
        source=scheme.source,
        name=current.name,
        title=title_of(current.name),
        subject=subject_of(current.name) or subject_of(page_words),
        kind=current.kind,
        stage=stage_of(current.name, page_words),
        page=page_of(current.url),
        page_words=page_words,
        operators=frozenset(sign for each in operators for sign in operator_signs(each.name, each.siren)),
        operator_names=tuple(dict.fromkeys(each.name for each in operators)),
        departments=_where((row.definition for row in current.criteria.all()), held),
        figures=_figures(current),
        closes_on=current.closes_on,
        text=f"{current.name} {current.summary}",
        parent=f"{scheme.source}:{current.variant_of}" if current.variant_of else "",
        digest=_digest(current),
    )


def _digest(revision: Revision) -> str:
    operators = [role.operator for role in revision.roles.all()]
    places = [row.definition for row in revision.criteria.all() if row.definition.get("kind") == "in_territory"]
    amounts = (revision.rate_max_pct, revision.floor_eur, revision.ceiling_eur)
    told = [
        fold(revision.name),
        sorted({(fold(operator.name), operator.siren) for operator in operators}),
        page_of(revision.url),
        revision.kind,
        sorted(json.dumps(place, sort_keys=True) for place in places),
        [None if amount is None else f"{amount:.2f}" for amount in amounts],
    ]
    return sha256(json.dumps(told).encode()).hexdigest()


def _figures(revision: Revision) -> frozenset[str]:
    rate = {f"{float(revision.rate_max_pct):g}%"} if revision.rate_max_pct is not None else set()
    sums = {f"{value:.0f}" for value in (revision.floor_eur, revision.ceiling_eur) if value is not None}
    return frozenset(rate | sums | figures_of(revision.amount_text))


def _where(definitions: Iterable[Mapping[str, Any]], held: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
    """Return the departments where all the rules of places can hold; those inside a choice are left out."""
    found: frozenset[str] | None = None
    for definition in definitions:
        parts = [held.get(code) for code in definition.get("any_of", ())]
        if definition.get("kind") == "in_territory" and parts and None not in parts:
            places = frozenset[str]().union(*(part for part in parts if part is not None))
            found = places if found is None else found & places
    return found


def _departments_by_perimeter() -> dict[str, frozenset[str]]:
    """Return the departments that each perimeter touches, of those whose communes are all known."""
    held: dict[str, set[str]] = defaultdict(set)
    above: dict[str, set[str]] = defaultdict(set)
    links = Containment.objects.filter(holds=True, outer__kind__in=_WHOLE).values_list("inner__code", "outer__code")
    for inner, outer in links.iterator(chunk_size=5000):
        above[inner].add(outer)
    for inner, outers in above.items():
        departments = {inner} if inner.startswith("DEP-") else {code for code in outers if code.startswith("DEP-")}
        for code in (inner, *outers):
            held[code] |= departments
    return {code: frozenset(departments) for code, departments in held.items() if departments}
