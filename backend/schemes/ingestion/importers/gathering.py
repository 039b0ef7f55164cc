"""A record of another site while it is read, and the record that it becomes: a draft, checked by nobody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from textwrap import shorten

from backend.schemes.catalogue.record_types import AmountRecord, CriterionRecord, SchemeRecord, WindowRecord
from backend.schemes.ingestion.importers.cleaning import clean_line
from backend.schemes.ingestion.importers.faults import refuse
from backend.schemes.ingestion.importers.locating import Where
from backend.schemes.ingestion.importers.reading import Read
from backend.schemes.models import OperatorRole, Revision
from backend.schemes.typography import typeset

MAX_NAME = 200  # characters of a name that the catalogue keeps
Role = OperatorRole.Role


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What was read of a record so far. ``told`` is what an officer must know is doubtful."""

    key: str
    name: str
    source_title: str
    window: WindowRecord
    where: Where
    label: str = ""  # of the place, in the words of the site
    summary: str = ""
    kind: str = ""
    operators: list[tuple[str, list[str]]] = field(default_factory=list)
    sirens: dict[str, str] = field(default_factory=dict)  # of operators, by name
    stated: list[CriterionRecord] = field(default_factory=list)  # conditions that stand as data
    conditions: list[CriterionRecord] = field(default_factory=list)
    targeted_naf: list[str] = field(default_factory=list)
    amount: AmountRecord = field(default_factory=AmountRecord)
    state_aid_regime: str = ""
    legal_basis: str = ""
    documents: list[str] = field(default_factory=list)
    preparation_days: int | None = None
    next_step: str = ""
    contact_url: str = ""
    url: str = ""  # of the owner's page
    page: str = ""  # of the site we read
    notes: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    nuances: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def read(self, *, on: date) -> Read:
        """Return the record as of a day: that of its file, or when its site read it last."""
        told = tuple(dict.fromkeys(typeset(line) for line in (*self.where.told, *self.told)))
        return Read(self._record(on, told), told, tuple(self.nuances), tuple(dict.fromkeys(self.labels)))

    def _record(self, on: date, told: Sequence[str]) -> SchemeRecord:
        name = clean_line(self.name)
        whole = [f"Titre complet : {name}"] if len(name) > MAX_NAME else []
        address = self.url or self.page
        return {
            "key": self.key,
            "name": shorten(name, MAX_NAME, placeholder="…"),
            "kind": self.kind or None,
            "level": self.where.level or None,
            "confidence": Revision.Confidence.TO_VERIFY.value,
            "as_of": on.isoformat(),
            "operators": [
                {"name": name, "siren": self.sirens.get(name), "roles": roles} for name, roles in self.operators
            ],
            "applicants": [Revision.Applicant.FIRM.value],
            "summary": self.summary,
            "needs": {},
            "targeted_naf": self.targeted_naf,
            "window": self.window,
            "criteria": _once([*self.stated, *self.where.criteria(self.label), *self.conditions]),
            "amount": self.amount,
            "state_aid_regime": self.state_aid_regime or None,
            "legal_basis": self.legal_basis or None,
            "documents": self.documents,
            "preparation_days": self.preparation_days,
            "next_step": self.next_step or None,
            "contact": {
                "name": self.operators[0][0] if self.operators else None,
                "url": self.contact_url or address or None,
            },
            "url": address or None,
            "sources": [{"title": self.source_title, "url": self.page or address or None, "dated": on.isoformat()}],
            "relations": [],
            "notes": typeset(
                "\n".join([*whole, *(f"À vérifier : {line}" for line in told), *filter(None, self.notes)])
            )
            or None,
            "corrections": [],
        }


def operators_of(
    *, funders: Iterable[str] = (), assessors: Iterable[str] = (), distributors: Iterable[str] = ()
) -> list[tuple[str, list[str]]]:
    """Return names with their roles, once each."""
    found: dict[str, list[str]] = {}
    for names, role in ((funders, Role.FUNDER), (assessors, Role.ASSESSOR), (distributors, Role.DISTRIBUTOR)):
        for name in _whole_names(names):
            found.setdefault(name, []).append(role.value)
    return [(name, list(dict.fromkeys(roles))) for name, roles in found.items()]


def owners_of(operators: list[tuple[str, list[str]]]) -> list[str]:
    """Return the names of those who pay, or of all where nobody is said to."""
    funders = [name for name, roles in operators if Role.FUNDER.value in roles]
    return funders or [name for name, _ in operators]


def _whole_names(names: Iterable[str]) -> list[str]:
    """Put back together a name that was cut at its commas: what follows begins with a space."""
    found: list[str] = []
    for raw in names:
        name = clean_line(raw)
        if found and raw[:1].isspace() and name[:1].islower():
            found[-1] = f"{found[-1]}, {name}"
        elif name:
            found.append(name)
    for name in found:
        if len(name) > MAX_NAME:
            raise refuse("porteur", name, f"un nom de {MAX_NAME} caractères au plus")
    return found


def _once(rows: Iterable[CriterionRecord]) -> list[CriterionRecord]:
    found: list[CriterionRecord] = []
    for row in rows:
        if row not in found:
            found.append(row)
    return found
