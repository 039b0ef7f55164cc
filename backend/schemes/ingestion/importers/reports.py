"""What one run over the records of another site did and found, and how it is told in French."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from backend.schemes.ingestion.importers.anonymity import names_persons
from backend.schemes.ingestion.importers.reading import Read

N_TOLD = 100  # keys that a line repeats
# What differs between two refusals of one kind: what was given, a cell, a number.
_GIVEN = re.compile(r'(?<= vaut ).*?(?= ; attendu)|"(?:[^"\\]|\\.)*(?:"|…)|\b[A-Z]{0,3}\d+\b')


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was not taken, by its place in the file."""

    row: int
    key: str
    reason: str


@dataclass(slots=True)
class Report:
    """What one run did and found."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)  # about the file as a whole
    gone: list[str] = field(default_factory=list)
    is_partial: bool = False  # the file does not hold all that its source has
    untagged: list[str] = field(default_factory=list)
    anonymous: list[str] = field(default_factory=list)  # whose text named a person
    by_rule: list[str] = field(default_factory=list)
    to_decide: list[str] = field(default_factory=list)
    contradictions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    nuances: dict[str, list[str]] = field(default_factory=dict)  # what is said → the records that say it
    stated: Counter[str] = field(default_factory=Counter)
    from_text: Counter[str] = field(default_factory=Counter)

    @property
    def taken(self) -> list[str]:
        """The keys of the records that were read whole, whether they said something new or not."""
        return [*self.created, *self.updated, *self.unchanged]

    @property
    def n_records(self) -> int:
        return len(self.taken) + len(self.rejected)

    def as_json(self) -> dict[str, Any]:
        """Return all of it, to be kept."""
        found = {column.name: getattr(self, column.name) for column in fields(self)}
        return {**found, "rejected": [asdict(one) for one in self.rejected]}

    def note(self, key: str, read: Read) -> None:
        """Keep what is to be told of a record that went in."""
        if not read.record["needs"]:
            self.untagged.append(key)
        if names_persons(str(read.record)):
            self.anonymous.append(key)
        if read.contradictions:
            self.contradictions[key] = read.contradictions
        for nuance in read.nuances:
            self.nuances.setdefault(nuance, []).append(key)
        for row in read.record["criteria"]:
            (self.from_text if row.get("from_text") else self.stated)[row["kind"]] += 1


def describe(report: Report) -> Iterator[str]:
    """Tell a run in French, line by line."""
    yield from report.notices
    if report.contradictions:
        yield f"À vérifier ({count(len(report.contradictions), 'fiche')}) :"
    for key, contradictions in report.contradictions.items():
        yield from (f"  {key} : {contradiction}" for contradiction in contradictions)
    if report.nuances:
        yield "Le texte et les données diffèrent à une borne près :"
    for nuance, keys in report.nuances.items():
        yield f"  {nuance} ({len(keys)}) : {_some(keys)}"
    if report.gone:
        yield f"Absentes du fichier, gardées ({len(report.gone)}) : {_some(report.gone)}"
    if report.anonymous:
        n_anonymous = len(report.anonymous)
        yield f"Nom, adresse ou téléphone de personnes non repris ({n_anonymous}) : {_some(report.anonymous)}"
    if report.by_rule:
        yield f"Reprises par règle dans nos fiches ({len(report.by_rule)}) : {_some(report.by_rule)}"
    if report.to_decide:
        yield f"À décider pour nos fiches ({len(report.to_decide)}) : {_some(report.to_decide)}"
    if report.untagged:
        yield f"Sans besoins relus pour leur texte actuel ({len(report.untagged)}) : {_some(report.untagged)}"
    yield f"Critères tirés des données : {_counts(report.stated)}"
    yield f"Critères tirés du texte : {_counts(report.from_text)}"
    if report.rejected:
        yield f"Fiches refusées ({len(report.rejected)}) :"
    kinds: dict[str, list[Rejected]] = {}
    for rejected in report.rejected:
        kinds.setdefault(_GIVEN.sub("", rejected.reason), []).append(rejected)
    for alike in kinds.values():
        first = alike[0]
        others = f"{len(alike)} fiches, dont la " if len(alike) > 1 else ""
        yield f"  {others}fiche {first.row}{f' ({first.key})' if first.key else ''} : {first.reason}"


def count(n: int, word: str) -> str:
    """Write a number of things."""
    return f"{n} {word}{'s' if n > 1 else ''}"


def _some(keys: list[str]) -> str:
    """Return the first keys; the report that is kept holds them all."""
    more = f" et {len(keys) - N_TOLD} autres" if len(keys) > N_TOLD else ""
    return f"{', '.join(keys[:N_TOLD])}{more}"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in counts.most_common()) or "aucun"
