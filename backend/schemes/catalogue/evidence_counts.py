"""How the conditions of the published catalogue are vouched for on a day: by whom, with a page, with a quotation."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.common.percents import whole_percent
from backend.schemes.catalogue.evidence import is_internal, is_strong, is_vouched_for
from backend.schemes.models import Criterion, Revision, Scheme, Source, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceCounts:
    """Counts of the leaf conditions of published sheets of ours, those inside groups among them, as seen on a day.

    A condition has the source of the criterion that it stands in. ``n_quotable`` are those whose source may be quoted;
    ``n_unproved`` the sheets that say "verified" without a strong source for each condition, ``n_internal`` the
    sources that name a file of ours.
    """

    n_conditions: int
    n_linked: int
    n_strong: int
    by_tier: tuple[tuple[str, int], ...]
    n_unnamed: int  # of a source that says nothing of who speaks
    n_unsourced: int
    n_quotable: int
    n_quoted: int
    n_amounts: int
    n_amounts_linked: int
    n_verified: int
    n_unproved: int
    n_internal: int

    @property
    def linked_pct(self) -> int:
        return whole_percent(self.n_linked, self.n_conditions)

    @property
    def strong_pct(self) -> int:
        return whole_percent(self.n_strong, self.n_conditions)

    @property
    def quoted_pct(self) -> int:
        return whole_percent(self.n_quoted, self.n_quotable)


def evidence_counts(*, on: date) -> EvidenceCounts:
    """Count the evidence of the published sheets on a day."""
    published = Revision.objects.filter(pk__in=Scheme.objects.of_source(Scheme.OWN).published().values("current"))
    sheets = list(published.prefetch_related("criteria__source", "sources"))
    leaves = [row for sheet in sheets for row in sheet.criteria.all() for _ in leaves_of(row.definition)]
    sources = [row.source for row in leaves if row.source]
    tiers = Counter(source.tier for source in sources)
    quotable = [row for row in leaves if row.source and row.source.licence]
    verified = [sheet for sheet in sheets if sheet.confidence == Revision.Confidence.VERIFIED]
    amounts = [sheet for sheet in sheets if sheet.amount_text or sheet.amount_source]
    return EvidenceCounts(
        n_conditions=len(leaves),
        n_linked=sum(bool(source.url) for source in sources),
        n_strong=sum(is_strong(tier=source.tier, dated=source.dated, on=on) for source in sources),
        by_tier=tuple((str(tier.label), tiers[tier]) for tier in Tier if tiers[tier]),
        n_unnamed=tiers[""],
        n_unsourced=len(leaves) - len(sources),
        n_quotable=len(quotable),
        n_quoted=sum(bool(row.excerpt) for row in quotable),
        n_amounts=len(amounts),
        n_amounts_linked=sum(bool(source and source.url) for source in map(_source_of_amount, amounts)),
        n_verified=len(verified),
        n_unproved=sum(not is_vouched_for(sheet.criteria.all(), sheet.sources.all(), on=on) for sheet in verified),
        n_internal=_n_internal(sheets, leaves),
    )


def leaves_of(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the conditions that a criterion is made of, itself where it is no group."""
    parts = definition.get("of")
    if not parts:
        yield definition
    for part in parts if isinstance(parts, list) else filter(None, [parts]):
        yield from leaves_of(part)


def _source_of_amount(sheet: Revision) -> Source | None:
    return next((source for source in sheet.sources.all() if source.position == sheet.amount_source), None)


def _n_internal(sheets: Iterable[Revision], leaves: Iterable[Criterion]) -> int:
    texts = [source.title for sheet in sheets for source in sheet.sources.all()]
    return sum(map(is_internal, [*texts, *(f"{row.place} {row.excerpt}" for row in leaves)]))
