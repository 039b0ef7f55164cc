"""The versions of a scheme that anybody may read, each with what it changed."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from backend.schemes.catalogue.comparison import LABELS, Difference, differences
from backend.schemes.catalogue.records import read_record
from backend.schemes.models import Revision, Scheme

# What editors tell each other is no part of a published version.
INTERNAL = frozenset(LABELS[name] for name in ("notes", "corrections", "public_contact"))


@dataclass(frozen=True, slots=True)
class Version:
    revision: Revision
    published_on: date
    is_in_force: bool
    is_first: bool
    changes: tuple[Difference, ...]


def versions_of(scheme: Scheme) -> list[Version]:
    """Return the versions of a scheme, the last one first; a sheet that nobody had checked is none."""
    rows = scheme.revisions.exclude(confidence=Revision.Confidence.TO_VERIFY).order_by("number")
    revisions = list(rows.filter(number__lte=scheme.current.number) if scheme.current else ())
    records = [read_record(revision) for revision in revisions]
    found = []
    for position, revision in enumerate(revisions):
        changes = differences(records[position - 1], records[position]) if position else []
        found.append(
            Version(
                revision=revision,
                published_on=timezone.localdate(revision.recorded_at),
                is_in_force=revision.pk == scheme.current_id,
                is_first=position == 0,
                changes=tuple(change for change in changes if change.label not in INTERNAL),
            )
        )
    return found[::-1]
