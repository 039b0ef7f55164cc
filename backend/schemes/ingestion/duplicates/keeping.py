"""The search of the night: what it finds takes the place of what was found before; decisions stay."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from backend.common.work import Work
from backend.schemes.ingestion.duplicates.finding import find_candidates
from backend.schemes.ingestion.duplicates.scoring import Candidate
from backend.schemes.ingestion.duplicates.sheets import sheets_in_force
from backend.schemes.models import DuplicatePair

BATCH = 2000
TOLD = ["one_digest", "other_digest", "chance", "advice", "reasons", "found_at"]


def search_duplicates(*, on: date) -> Work:
    """Compare all sheets in force and keep the pairs that may be of one scheme."""
    sheets = sheets_in_force()
    found = {row.sides: row for row in map(_row, find_candidates(sheets))}
    with transaction.atomic():
        kept = {row.sides: row for row in DuplicatePair.objects.all()}
        gone = [row.pk for sides, row in kept.items() if sides not in found]
        new = [row for sides, row in found.items() if sides not in kept or not _says_the_same(row, kept[sides])]
        DuplicatePair.objects.filter(pk__in=gone).delete()
        DuplicatePair.objects.bulk_create(
            new, batch_size=BATCH, update_conflicts=True, unique_fields=["one", "other"], update_fields=TOLD
        )
    return Work(n_looked_at=len(sheets), n_changed=len(gone) + len(new))


def _says_the_same(one: DuplicatePair, other: DuplicatePair) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in TOLD if name != "found_at")


def _row(candidate: Candidate) -> DuplicatePair:
    one, other = sorted((candidate.one, candidate.other), key=lambda sheet: sheet.pk)
    return DuplicatePair(
        one_id=one.pk,
        other_id=other.pk,
        one_digest=one.digest,
        other_digest=other.digest,
        chance=round(candidate.chance, 4),
        advice=candidate.advice.value,
        reasons=[{"weight": round(reason.weight, 2), "text": reason.text} for reason in candidate.reasons],
        found_at=timezone.now(),
    )
