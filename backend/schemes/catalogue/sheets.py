"""A sheet as people read it: each condition in French with where it was read, who runs it, what goes with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.schemes.catalogue import criteria, law, revision_wording, wording
from backend.schemes.catalogue.contacts import Office, offices_of
from backend.schemes.catalogue.evidence import Evidence, amount_evidence, evidence_of, is_vouched_for
from backend.schemes.catalogue.quotes import Seen, seen_of
from backend.schemes.models import Criterion, Operator, OperatorRole, Relation, Revision, Scheme, ServedNeed
from backend.schemes.vocabulary import NATURE_TITLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a scheme asks: one sentence, or several under one; ``position`` is its number in the sheet."""

    position: int
    sentence: str
    parts: tuple["Condition", ...] = ()
    note: str = ""
    evidence: Evidence | None = None
    nature: str = ""  # of what a person answers
    quoted: str = ""  # what was found of its sentence on the page that it is quoted from; empty where it stands

    @property
    def title(self) -> str:
        """What to say before a sentence that decides nothing, where it stands among conditions."""
        return str(NATURE_TITLES.get(self.nature, ""))


@dataclass(frozen=True, slots=True)
class Link:
    """What a scheme says of another one."""

    label: str
    other: Scheme
    relation: Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A revision, laid out for a day."""

    revision: Revision
    amount: str
    amount_evidence: Evidence | None
    is_verified: bool  # by us, and vouched for that day, condition by condition
    deadline: str
    conditions: tuple[Condition, ...]
    operators: tuple[tuple[Operator, tuple[str, ...]], ...]
    offices: tuple[Office, ...]
    needs: tuple[ServedNeed, ...]
    links: tuple[Link, ...]
    sources: tuple[Evidence, ...]
    applicants: str
    amount_quoted: str
    changed_on: date | None  # since when a page that it quotes says something else
    law_notices: tuple[str, ...]  # texts that it names and that changed since somebody read it

    @property
    def scheme(self) -> Scheme:
        return self.revision.scheme

    @property
    def asked(self) -> list[Condition]:
        """What has to hold."""
        return [one for one in self.conditions if one.nature not in NATURE_TITLES]

    @property
    def told(self) -> list[tuple[str, str, list[Condition]]]:
        """What decides nothing, by nature, with its title: what the firm will do, what the operator weighs."""
        several = {nature: [one for one in self.conditions if one.nature == nature] for nature in NATURE_TITLES}
        return [(nature, str(NATURE_TITLES[nature]), found) for nature, found in several.items() if found]

    def condition(self, position: int) -> Condition | None:
        return next((one for one in self.conditions if one.position == position), None)


def sheet_of(revision: Revision, *, on: date, linkable: Iterable[Scheme] = (), for_editor: bool = False) -> Sheet:
    """Lay out a revision as seen on a day; of its links only those to ``linkable`` schemes are told.

    Editors read besides which quoted sentences their page never held.
    """
    rows, sources = revision.criteria.select_related("source"), revision.sources.all()
    seen = seen_of(revision, for_editor=for_editor)
    roles = list(revision.roles.select_related("operator"))
    return Sheet(
        revision=revision,
        amount=revision_wording.amount(revision),
        amount_evidence=amount_evidence(revision),
        is_verified=not revision.is_partly_verified and is_vouched_for(rows, sources, on=on),
        deadline=revision_wording.deadline(revision, on=on),
        conditions=tuple(_condition(row, seen) for row in rows),
        operators=operators_of(roles),
        offices=offices_of(roles),
        needs=tuple(revision.served_needs.select_related("sub_need__need")),
        links=tuple(_links(revision, linkable)),
        sources=tuple(evidence for source in sources if (evidence := evidence_of(source))),
        applicants=" ou ".join(str(Revision.Applicant(applicant).label) for applicant in revision.applicants),
        amount_quoted=seen.of(revision.amount_excerpt),
        changed_on=seen.changed_on,
        law_notices=law.notices(revision, on=on),
    )


def operators_of(roles: Iterable[OperatorRole]) -> tuple[tuple[Operator, tuple[str, ...]], ...]:
    """Return each operator once, with all that it does."""
    found: dict[Operator, list[str]] = {}
    for row in roles:
        found.setdefault(row.operator, []).append(str(row.get_role_display()))
    return tuple((operator, tuple(names)) for operator, names in found.items())


def _condition(row: Criterion, seen: Seen) -> Condition:
    return Condition(
        position=row.position,
        **_told(row.position, row.definition),
        note=" ".join(filter(None, (row.note, wording.zone_lists(row.definition)))),
        evidence=evidence_of(row.source, place=row.place, excerpt=row.excerpt),
        quoted=seen.of(row.excerpt),
    )


def _told(position: int, definition: Mapping[str, Any]) -> dict[str, Any]:
    title = wording.LISTS.get(definition["kind"])
    if title is None:
        return {"sentence": criteria.sentence(definition), "parts": (), "nature": wording.nature(definition)}
    told = ((_told(position, part), wording.zone_lists(part)) for part in definition["of"])
    return {"sentence": title, "parts": tuple(Condition(position=position, **part, note=note) for part, note in told)}


def _links(revision: Revision, linkable: Iterable[Scheme]) -> Iterable[Link]:
    schemes = {scheme.source_key: scheme for scheme in linkable}
    for relation in revision.relations.select_related("source").order_by("kind", "other_key"):
        if relation.other_key in schemes:
            yield Link(str(relation.get_kind_display()), schemes[relation.other_key], relation)
