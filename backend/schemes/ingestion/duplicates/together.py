"""The surest pairs, decided at once: how sure was measured, some are read, and all is undone as easily.

Each pair is decided as if alone (``deciding.decide_pair``); those of one go have the same moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.ingestion.duplicates.deciding import DuplicateError, decide_pair, take_back
from backend.schemes.models import DuplicateDecision, DuplicatePair, Revision, Scheme

SURE_FROM = 0.9  # of 30 judged pairs that measure and are as likely, 30 were of one scheme (29/11/2026)
SURE_RIGHT, SURE_JUDGED = 30, 30
MOST = 200  # pairs in one go
SAMPLE = 10

type Read = tuple[DuplicatePair, Revision, Revision]


@dataclass(frozen=True, slots=True)
class Decided:
    """How many pairs were decided at once, and what was said of those that were not."""

    n: int
    refused: tuple[str, ...]


def sure_pairs() -> QuerySet[DuplicatePair]:
    """Return the waiting pairs that may be decided at once; two sheets of ours are joined one by one."""
    ours = Q(one__source=Scheme.OWN, other__source=Scheme.OWN)
    return DuplicatePair.objects.waiting().filter(chance__gte=SURE_FROM).exclude(ours).readable()


def sample_of(pairs: Sequence[DuplicatePair]) -> list[DuplicatePair]:
    """Draw the pairs to read: the same ones for the same list, in the order of the list."""
    drawn = Random("-".join(str(pair.pk) for pair in pairs)).sample(range(len(pairs)), min(SAMPLE, len(pairs)))  # noqa: S311
    return [pairs[place] for place in sorted(drawn)]


@transaction.atomic
def decide_together(*, read: Iterable[Read], editor: User, why: str) -> Decided:
    """Say of many pairs that each is of one scheme; one that changed or was decided meanwhile is left as it is.

    Raises
    ------
    DuplicateError
        Without a reason, or where none of the pairs could be decided.
    """
    if not why.strip():
        raise DuplicateError("Dites pourquoi : la prochaine personne le lira.")
    at, n, refused = timezone.now(), 0, []
    sure = set(sure_pairs().values_list("pk", flat=True))
    for pair, one, other in read:
        try:
            if pair.pk not in sure:
                raise DuplicateError("Cette paire n’attend plus, ou n’est plus assez sûre.")
            with transaction.atomic():
                decide_pair(
                    pair=pair,
                    editor=editor,
                    verdict=DuplicateDecision.Verdict.SAME,
                    one=one,
                    other=other,
                    why=why,
                    at=at,
                )
            n += 1
        except DuplicateError as error:
            refused.append(f"{pair} : {error}")
    if not n:
        raise DuplicateError("Aucune de ces paires n’a pu être décidée : relisez la liste.")
    return Decided(n, tuple(refused))


def decided_with(decision: DuplicateDecision) -> QuerySet[DuplicateDecision]:
    """Return the decisions still in force that were taken in the same go as one, itself among them."""
    return DuplicateDecision.objects.in_force().filter(by=decision.by_id, at=decision.at)


@transaction.atomic
def take_back_together(*, decision: DuplicateDecision, editor: User) -> int:
    """Take back all that was decided in the same go; return how many."""
    rows = list(decided_with(decision))
    for row in rows:
        take_back(decision=row, editor=editor)
    return len(rows)
