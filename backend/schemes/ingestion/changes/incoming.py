"""Records of other sites that describe none of our sheets: made into a draft, or set aside with a reason."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.catalogue.evidence import quotable
from backend.schemes.catalogue.record_types import CriterionRecord, SchemeRecord, SourceRecord
from backend.schemes.catalogue.records import read_record, without_mark
from backend.schemes.ingestion.changes.following import ChangeError
from backend.schemes.models import Revision, Scheme, SetAside, SourceChange

BATCH = 5000


def draft_record(imported: Scheme) -> SchemeRecord:
    """Return what a sheet of ours starts from: all that the record says, and that nobody of ours has checked it.

    What it says of other records of its source is left out: they are not ours.
    """
    if imported.current is None:
        raise ChangeError("Cette fiche importée n’a pas de version.")
    record = read_record(imported.current)
    decision = imported.tag_decisions.first()
    return {
        **record,
        "key": _free_key(imported.source_key),
        "confidence": Revision.Confidence.TO_VERIFY.value,
        "needs": decision.tags if decision else record["needs"],
        "relations": [],
        "variant_of": None,
        "criteria": [_as_ours(row, record["sources"]) for row in record["criteria"]],
    }


def _as_ours(row: CriterionRecord, sources: list[SourceRecord]) -> CriterionRecord:
    """Return a condition as our sheet has it: read by a person, with the sentence where it may be quoted."""
    return {**without_mark(row), "excerpt": quotable(row, sources)}


def _free_key(wanted: str) -> str:
    """Return a key that none of ours has."""
    taken = set(
        Scheme.objects.of_source(Scheme.OWN).filter(source_key__startswith=wanted).values_list("source_key", flat=True)
    )
    return next(key for key in (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3))) if key not in taken)


@transaction.atomic
def set_aside(*, schemes: "QuerySet[SourceChange]", editor: User, why: str, until: int | None = None) -> int:
    """Leave records out of the queue until they say something else; return how many were there.

    ``until`` is the last revision that the person knew of: what was imported since is left in the queue.
    """
    if not editor.may_edit_catalogue:
        raise PermissionDenied
    if not why.strip():
        raise ChangeError("Dites pourquoi ces fiches sont mises de côté : la prochaine personne le lira.")
    waiting = SourceChange.objects.unclaimed().filter(pk__in=schemes.values("pk"))
    revisions = waiting.values_list("current_id", flat=True)
    if until is not None:
        revisions = revisions.filter(current_id__lte=until)
    now = timezone.now()
    rows = (SetAside(revision_id=revision, why=why.strip(), by=editor, at=now) for revision in list(revisions))
    return len(SetAside.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True))


@transaction.atomic
def put_back(*, scheme: Scheme, editor: User) -> None:
    """Put a record that was set aside back into the queue."""
    if not editor.may_edit_catalogue:
        raise PermissionDenied
    rows = SetAside.objects.in_force().filter(revision=scheme.current)
    if not rows.update(back_by=editor, back_at=timezone.now()):
        raise ChangeError("Cette fiche n’est pas mise de côté.")
