"""The needs counted and what alone blocks them, as columns of numbers in one row: read and summed in milliseconds.

It is made again, of the rows that stand, whenever they or the files that they are of were. Words are kept once.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from backend.common.locks import wait_for_turn
from backend.matchmaking.models import Submission
from backend.steering.models import NeedFact, NeedTable, SoleBlocker, Step, StepFact

WORDS = ("epci", "commune", "size", "sub_need", "standing")  # columns of which the values are places among words
# Working days until the file was answered; 1 where a guide would talk to the firm, else 0.
NEED = np.dtype([(name, "<u4") for name in ("file", "days", "advised", *WORDS)])
BLOCKER = np.dtype([(name, "<u4") for name in ("need", "revision", "criterion")])  # the first is the place of its need
DATES = 0  # in place of the key of a criterion: the dates of the scheme
WAITS = 2**16  # in place of days: the file is not answered
ONLY = 1  # the key of the one row
type Kept = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Needs of live files, file by file, of shape (n,) and type ``NEED``, and their blockers, (m,) and ``BLOCKER``."""

    words: Sequence[str]
    needs: NDArray[np.void]
    blockers: NDArray[np.void]

    def where(self, kept: Kept) -> "Needs":
        """Return the needs that are kept, and what blocks them."""
        blockers = self.blockers[kept[self.blockers["need"]]]
        blockers["need"] = (np.cumsum(kept) - 1)[blockers["need"]]
        return Needs(words=self.words, needs=self.needs[kept], blockers=blockers)

    @property
    def is_first(self) -> Kept:
        """Whether a need is the first one of its file: of shape (n,)."""
        file = self.needs["file"]
        return np.concatenate([[True], file[1:] != file[:-1]])[: len(file)]

    @property
    def is_unmet(self) -> Kept:
        """Whether no scheme answers a need or may, once a question is answered: of shape (n,)."""
        return ~self.among("standing", NeedFact.POSSIBLE)

    @property
    def is_advised(self) -> Kept:
        """Whether a guide would talk to the firm of an unmet need: of shape (n,)."""
        advised: Kept = (self.needs["advised"] > 0) & self.is_unmet
        return advised

    def places(self, words: Collection[str]) -> list[int]:
        """Return the places of those of some words that there are."""
        return [place for place, word in enumerate(self.words) if word in words]

    def among(self, column: str, words: Collection[str]) -> Kept:
        """Return, of shape (n,), whether the word of a column is one of some."""
        return np.isin(self.needs[column], self.places(words))


def read_needs() -> Needs:
    """Return the needs counted last night, but of files that were closed or erased since; none before the first."""
    table = NeedTable.objects.filter(pk=ONLY).first() or NeedTable(words=[], needs=b"", blockers=b"")
    counted = Needs(
        words=table.words,
        needs=np.frombuffer(table.needs, dtype=NEED),
        blockers=np.frombuffer(table.blockers, dtype=BLOCKER),
    )
    live = Submission.objects.confirmed().still_open().values("pk")
    ended = NeedFact.objects.exclude(file__in=live).values_list("file", flat=True)
    return counted.where(~np.isin(counted.needs["file"], list(ended)))


@transaction.atomic
def pack_needs() -> None:
    """Put the needs that stand in place of those that are read."""
    wait_for_turn("need_table")  # two that pack follow one another: what is read last is written last
    places: dict[str, int] = defaultdict(count().__next__)
    needs: list[tuple[int, ...]] = []
    at: dict[int, int] = {}
    answered = StepFact.objects.filter(step=Step.ANSWERED, file__in=NeedFact.objects.values("file"))
    days = dict(answered.values_list("file", "working_days"))
    of_file = ("file__epci", "file__commune", "file__size")
    columns = ("pk", "file", "is_advised", *of_file, "sub_need", "standing")
    rows: Any = NeedFact.objects.order_by("file", "pk").values_list(*columns)
    for pk, file, is_advised, *words in rows:
        at[pk] = len(needs)
        needs.append((file, days.get(file, WAITS), is_advised, *(places[str(word or "")] for word in words)))
    alone = SoleBlocker.objects.order_by("pk").values_list("need", "revision", "criterion")
    blockers = [(at[need], revision, criterion or DATES) for need, revision, criterion in alone if need in at]
    packed = {"needs": np.array(needs, dtype=NEED).tobytes(), "blockers": np.array(blockers, dtype=BLOCKER).tobytes()}
    NeedTable.objects.update_or_create(pk=ONLY, defaults={"words": list(places), **packed})
