"""Editors, approvers, and what they propose."""

from django.utils import timezone

from backend.accounts.models import Membership, User
from backend.schemes.catalogue.drafts import propose, write_draft
from backend.schemes.catalogue.publishing import publish
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import read_record
from backend.schemes.ingestion.importers.loading import import_records
from backend.schemes.models import CatalogueTask, ImportedScheme, Proposal, Scheme
from tests.factories import DAY, make_officer
from tests.schemes.ingestion.importers.made_up import SOURCE, make_programme

KEY = "mediation-credit"


def make_editor(**fields) -> User:
    return make_officer("", role=Membership.Role.EDITOR, is_staff=True, **fields)


def make_approver(**fields) -> User:
    return make_officer("", role=Membership.Role.APPROVER, is_staff=True, **fields)


def get_scheme(key: str = KEY) -> Scheme:
    return Scheme.objects.of_source(Scheme.OWN).select_related("current__scheme").get(source_key=key)


def record_of(scheme: Scheme, **changes) -> SchemeRecord:
    return {**read_record(scheme.current), **changes}


def make_record(key: str = "essai-pass-robot", **changes) -> SchemeRecord:
    """Make the record of a scheme that does not exist."""
    return {
        "key": key,
        "name": "Pass robot (essai)",
        "kind": "grant",
        "level": "regional",
        "confidence": "verified",
        "as_of": "2026-11-24",
        "operators": [{"name": "Région Hauts-de-France", "siren": "200053742", "roles": ["funder"]}],
        "applicants": ["firm"],
        "summary": "Une aide inventée pour essayer.",
        "needs": {"numerique.robot": 1.0},
        "targeted_naf": [],
        "window": {"state": "permanent", "opens_on": None, "closes_on": None, "recurring": None, "note": None},
        "criteria": [{"kind": "headcount", "below": 250, "source": 1}],
        "amount": None,
        "state_aid_regime": None,
        "legal_basis": None,
        "documents": [],
        "preparation_days": None,
        "next_step": "Appelez la Région.",
        "contact": {"name": "Région", "url": None, "phone": None},
        "url": None,
        "sources": [
            {
                "title": "Page inventée",
                "url": "https://exemple.example/robot",
                "dated": "2026",
                "tier": "operator",
                "licence": "open",
            }
        ],
        "relations": [],
        "notes": None,
        "corrections": [],
        **changes,
    }


def make_draft(author: User | None = None, *, scheme: Scheme | None = None, **changes) -> Proposal:
    """Write a draft: of a change where a scheme is given, of a new scheme otherwise."""
    author = author or make_editor()
    if scheme is None:
        return write_draft(author=author, record=make_record(**changes))
    record = record_of(scheme, **(changes or {"name": "Un autre nom"}))
    return write_draft(author=author, record=record, scheme=scheme, base=scheme.current)


def make_proposal(author: User | None = None, *, scheme: Scheme | None = None, **changes) -> Proposal:
    draft = make_draft(author, scheme=scheme, **changes)
    assert draft.author is not None
    return propose(proposal=draft, author=draft.author)


def publish_change(scheme: Scheme, **changes) -> Scheme:
    """Publish a change of a scheme, by two people."""
    publish(proposal=make_proposal(scheme=scheme, **changes), approver=make_approver())
    return get_scheme(scheme.source_key)


def make_task(scheme: Scheme, **fields) -> CatalogueTask:
    assert scheme.current is not None
    defaults = {
        "revision": scheme.current,
        "criterion": scheme.current.criteria.first(),
        "text": "Le plafond a changé en octobre.",
        "reported_by": make_officer(),
        "reported_at": timezone.now(),
    }
    return CatalogueTask.objects.create(scheme=scheme, **{**defaults, **fields})


def make_imported(key: str = "essai", **changes) -> ImportedScheme:
    """Bring in a programme of another site that nobody tagged, alone."""
    import_records(source=SOURCE, records=[make_programme(key, **changes)], on=DAY)
    return ImportedScheme.objects.select_related("current").get(source_key=key)
