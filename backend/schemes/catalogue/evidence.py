"""Where a condition or an amount was read: who says it, how old the copy is, what of it may be quoted (ADR 51)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import shorten

from backend.schemes.catalogue.record_types import Annotations, EvidenceRecord, SchemeRecord, SourceRecord
from backend.schemes.catalogue.records import SOURCE
from backend.schemes.catalogue.windows import years_later
from backend.schemes.models import Criterion, Revision, Source, Tier
from backend.schemes.typography import NBSP, partial_day

MAX_EXCERPT = 300  # characters: what a reader takes in beside a condition
MAX_PLACE = 200
UNDATED = "page sans date"
# Who speaks, where the word of our sheets says nothing to who reads it in a firm.
SPOKEN = {
    str(Tier.OPERATOR.label): "l’organisme qui propose l’aide",
    str(Tier.OTHER.label): "un autre organisme",
}
# Names of files and of copies of ours: nobody outside can open them.
_INTERNAL = re.compile(r"\bindex stocké|\bcopie interne|\.(?:json|ya?ml|csv|py|md)\b|\blocalhost\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where something was read, in the words that people see; texts are empty where nothing is known."""

    title: str
    url: str
    tier: str
    day: str
    place: str
    excerpt: str

    @property
    def label(self) -> str:
        """Who says it, and of which day."""
        return ", ".join(filter(None, (SPOKEN.get(self.tier, self.tier), self.day or UNDATED)))


def evidence_of(source: Source | None, *, place: str = "", excerpt: str = "") -> Evidence | None:
    """Return where something was read; nothing where no source is named."""
    if source is None:
        return None
    tier = str(source.get_tier_display()) if source.tier else ""
    return Evidence(
        title=source.title, url=source.url, tier=tier, day=partial_day(source.dated), place=place, excerpt=excerpt
    )


def amount_evidence(revision: Revision) -> Evidence | None:
    """Return where the amount of a revision was read."""
    source = next((one for one in revision.sources.all() if one.position == revision.amount_source), None)
    return evidence_of(source, place=revision.amount_place, excerpt=revision.amount_excerpt)


def is_strong(*, tier: str, dated: str, on: date) -> bool:
    """Tell whether a source may vouch for a condition on a day: a text, an operator, or the State's word of a year."""
    if tier == Tier.STATE:
        return bool(dated) and on <= years_later(_first_day(dated), 1)
    return tier in (Tier.OFFICIAL, Tier.OPERATOR)


def _first_day(dated: str) -> date:
    """Return the first day that a date known to the year, the month or the day may mean."""
    return date.fromisoformat(f"{dated}-01-01"[:10] if len(dated) == 4 else f"{dated}-01"[:10])


def is_vouched_for(criteria: Iterable[Criterion], sources: Iterable[Source], *, on: date) -> bool:
    """Tell whether a strong source stands behind every condition of a sheet, and behind one without conditions."""
    return _all_strong(
        [(one.source.tier, one.source.dated) if one.source else None for one in criteria],
        [(one.tier, one.dated) for one in sources],
        on=on,
    )


def is_record_vouched_for(record: SchemeRecord) -> bool:
    """Tell the same of a record, on the day that it speaks of."""
    sources = [(row.get("tier") or "", row.get("dated") or "") for row in record["sources"]]
    named = [row.get("source") for row in record["criteria"]]
    on = date.fromisoformat(record["as_of"])
    return _all_strong([sources[number - 1] if number else None for number in named], sources, on=on)


def _all_strong(named: list[tuple[str, str] | None], sources: list[tuple[str, str]], *, on: date) -> bool:
    strong = {one for one in sources if is_strong(tier=one[0], dated=one[1], on=on)}
    return bool(strong) and all(one in strong for one in named)


def is_internal(text: str) -> bool:
    """Tell whether a text names a file or a copy that nobody outside can open."""
    return bool(_INTERNAL.search(text))


def quotable(row: Annotations, sources: Sequence[SourceRecord]) -> str | None:
    """Return the sentence of a row, shortened, if its source may be quoted in a sheet of ours."""
    number, excerpt = row.get("source"), row.get("excerpt")
    if not excerpt or not number or not sources[number - 1].get("licence"):
        return None
    return shorten(excerpt, MAX_EXCERPT, placeholder="…")


# -- what a record may say


def faults(record: SchemeRecord) -> Iterator[str]:
    """Yield what is wrong in the evidence of a record, each with its place, what was given and what is accepted."""
    sources = record["sources"]
    for number, row in enumerate(sources, 1):
        yield from _faults_of_source(row, f"source {number}")
    for number, criterion in enumerate(record["criteria"], 1):
        yield from _faults_of_evidence(criterion, f"critère {number}", sources)
    yield from _faults_of_evidence(record["amount"] or {}, "montant", sources)


def _faults_of_source(row: SourceRecord, place: str) -> Iterator[str]:
    if unknown := row.keys() - set(SOURCE):
        yield f"{place} : champs inconnus : {', '.join(sorted(unknown))} ; attendus : {', '.join(SOURCE)}"
    url = row.get("url") or "https://"
    if not url.startswith("https://"):
        yield f"{place} : l’adresse « {url[:80]} » ; attendu : une adresse publique en https://"
    if is_internal(row.get("title") or ""):
        yield f"{place} : « {row['title'][:80]} » nomme un fichier ; attendu : un nom que le public comprend"


def _faults_of_evidence(row: EvidenceRecord, about: str, sources: Sequence[SourceRecord]) -> Iterator[str]:
    number, place, excerpt = row.get("source"), row.get("place") or "", row.get("excerpt") or ""
    if number is not None and number not in range(1, len(sources) + 1):
        yield f"{about} : il n’y a pas de source {number}"
        return
    if len(excerpt) > MAX_EXCERPT:
        yield f"{about} : la phrase citée a {len(excerpt)} caractères ; attendu : {MAX_EXCERPT} au plus"
    if is_internal(f"{place} {excerpt}"):
        yield f"{about} : l’endroit ou la phrase nomme un fichier ; attendu : un endroit de la page publique"
    if (place or excerpt) and number is None:
        yield f"{about} : un endroit ou une phrase sans source ; attendu : le numéro d’une source"
    elif number and excerpt and not sources[number - 1].get("licence"):
        yield (
            f"{about} : la source {number} ne peut pas être citée ; attendu{NBSP}: nos propres mots, sauf d’un texte "
            "officiel ou d’une page sous Licence Ouverte"
        )
