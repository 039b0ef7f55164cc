"""Applying the rules of retention: what is too old on a day, and its erasure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from backend.common.work import Work
from backend.matchmaking.models import Submission
from backend.privacy.erasing import erase_rows, erase_submission
from backend.privacy.predicates import PREDICATES, Whole
from backend.privacy.rows import words_of
from backend.privacy.rules import Rule, rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a rule erases on a day: the keys of its rows or files, and from when the oldest counts."""

    rule: Rule
    keys: tuple[Any, ...]
    oldest: datetime | None


def due_on(on: date, *, by: Iterable[Rule] | None = None) -> list[Due]:
    """Return what each rule erases on a day, in the order in which it is done: rows, then words, then whole files.

    A row that counts from a day is kept for all of the last of its days. A file that two rules name is the first's.
    """
    found, files = [], set()
    for rule in sorted(by or rules().values(), key=_order):
        before = timezone.make_aware(datetime.combine(on - timedelta(days=rule.days), time.min))
        rows = list(PREDICATES[rule.rows].older_than(before))
        if PREDICATES[rule.rows].becomes == Whole.FILE:
            rows = [row for row in rows if row[0] not in files]
            files |= {key for key, _since in rows}
        found.append(
            Due(rule=rule, keys=tuple(key for key, _since in rows), oldest=min((at for _, at in rows), default=None))
        )
    return found


def _order(rule: Rule) -> int:
    becomes = PREDICATES[rule.rows].becomes
    return [Whole.WORDS, Whole.FILE].index(becomes) if becomes in (Whole.WORDS, Whole.FILE) else -1


def apply_retention(*, on: date) -> Work:
    """Erase what is too old on a day; a rule that has nothing to erase leaves a proof all the same."""
    due = due_on(on)
    for found in due:
        predicate = PREDICATES[found.rule.rows]
        becomes = predicate.becomes
        if becomes == Whole.OUTSIDE:
            continue
        if becomes == Whole.FILE:
            for submission in Submission.objects.filter(pk__in=found.keys).order_by("pk"):
                erase_submission(submission=submission, rule=found.rule.name)
        elif becomes == Whole.WORDS:
            _erase_words(found)
        else:
            erase_rows(rule=found.rule.name, rows={str(becomes): found.keys, **predicate.beside(found.keys)})
    return Work(n_looked_at=len(due), n_changed=sum(len(found.keys) for found in due))


def _erase_words(found: Due) -> None:
    for submission in Submission.objects.filter(pk__in=found.keys).order_by("pk"):
        with transaction.atomic():
            rows = words_of(submission)
            erase_rows(rule=found.rule.name, rows=rows)
