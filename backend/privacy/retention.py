"""Applying the rules of retention: what is too old on a day, and its erasure."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from backend.common.work import Work
from backend.matchmaking.models import Submission
from backend.privacy.erasing import erase_rows, erase_submission
from backend.privacy.predicates import PREDICATES, Whole
from backend.privacy.rows import words_of
from backend.privacy.rules import Rule, rules

logger = logging.getLogger(__name__)


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
    """Erase what is too old on a day; a rule that has nothing to erase leaves a proof all the same.

    Where the database refuses one erasure the others are done all the same, and then the first of these errors is
    raised: nobody's data is kept because another's could not be erased.
    """
    due = due_on(on)
    refused = []
    for found in due:
        for erase in _erasures(found):
            try:
                erase()
            except DatabaseError as error:
                logger.exception("Rule %s could not erase", found.rule.name)
                refused.append(error)
    if refused:
        raise refused[0]
    return Work(n_looked_at=len(due), n_changed=sum(len(found.keys) for found in due))


def _erasures(found: Due) -> Iterator[Callable[[], object]]:
    """Yield what a rule has to do, each in a transaction of its own."""
    predicate, rule = PREDICATES[found.rule.rows], found.rule.name
    if predicate.becomes == Whole.OUTSIDE:
        return
    if predicate.becomes not in (Whole.FILE, Whole.WORDS):
        rows = {str(predicate.becomes): found.keys, **predicate.beside(found.keys)}
        yield partial(erase_rows, rule=rule, rows=rows)
        return
    erase = erase_submission if predicate.becomes == Whole.FILE else _erase_words
    for submission in Submission.objects.filter(pk__in=found.keys).order_by("pk"):
        yield partial(erase, submission=submission, rule=rule)


@transaction.atomic
def _erase_words(*, submission: Submission, rule: str) -> None:
    erase_rows(rule=rule, rows=words_of(submission))
