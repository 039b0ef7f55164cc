"""One scheme against very many firms: which of them gain it, lose it, or can no longer be told.

A condition is evaluated by its own code, once for each distinct value of what it reads, and combined over the firms as
sets of bits: "all" is AND, "any" OR, "not" swaps what is met and what may be.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import and_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.bits import EVERY, WORD, Rows, Words, fill, gather, n_words, rows_of, spans
from matching.dictionary import merged
from matching.eligibility import evaluate
from matching.kernels import loaded
from matching.outcomes import MET, NOT_MET, UNKNOWN, OutcomeArray
from matching.profiles import Profile, Profiles
from matching.schemes import Scheme
from matching.stock import Ids, Question, Stock, read

MAX_RECENT = 500  # firms kept as they came, until they take their place in the columns
MAX_SCATTERED = 4_000  # firms of a territory that are looked up one by one


@dataclass(frozen=True, slots=True)
class Changes:
    """What a change does to firms: their ids, in no order; a firm is in one of the three at most.

    Parameters
    ----------
    gained, lost, undecided : ndarray of int64
        Firms that are eligible, ineligible or undecided now, and were not.
    """

    gained: Ids
    lost: Ids
    undecided: Ids


@dataclass(frozen=True, slots=True)
class Concerned:
    """The firms that a scheme is for, and those that it may be for: their ids, in no order."""

    eligible: Ids
    undecided: Ids


@dataclass(frozen=True, slots=True)
class _Judged:
    """Verdicts on the firms from one word on: who may have the scheme, and who has every condition met."""

    first: int
    possible: Words
    eligible: Words

    @property
    def last(self) -> int:
        return self.first + len(self.possible)

    def over(self, first: int, last: int) -> tuple[Words, Words]:
        """Return both over more words."""
        if (first, last) == (self.first, self.last):
            return self.possible, self.eligible
        found = np.zeros((2, last - first), dtype=np.uint64)
        among = slice(self.first - first, self.last - first)
        found[0, among], found[1, among] = self.possible, self.eligible
        return found[0], found[1]


_NOBODY = _Judged(0, np.zeros(0, np.uint64), np.zeros(0, np.uint64))


def _name(words: Words, ids: NDArray[Any]) -> Ids:
    """Return the ids of the rows of a set."""
    loops = loaded()
    if loops is None:
        return ids[rows_of(words)].astype(np.int64)
    found = np.empty(int(np.bitwise_count(words).sum()), dtype=np.int64)
    loops.list_ids(words, ids, found)
    return found


class Firms:
    """Firms, each by an id, against which schemes are tried.

    Parameters
    ----------
    pairs : iterable of (int, Profile)
        Of distinct ids. The day of a profile is not kept: it is that of each question.
    """

    def __init__(self, pairs: Iterable[tuple[int, Profile]] = ()) -> None:
        self._settle(read(pairs))
        if len(np.unique(self.stock.ids)) != self.stock.n:
            raise ValueError("Two firms have the same id; each is given once.")

    def _settle(self, stock: Stock) -> None:
        self.stock = stock
        self._alive = np.zeros(n_words(stock.n), dtype=np.uint64)
        if stock.n:
            fill(self._alive, 0, stock.n)
        self._recent: dict[int, Profile] = {}
        self._recent_profiles: dict[date, Profiles] = {}

    def __len__(self) -> int:
        return int(np.bitwise_count(self._alive).sum()) + len(self._recent)

    def __contains__(self, firm: int) -> bool:
        return firm in self._recent or self._row(firm) is not None

    @property
    def n_bytes(self) -> int:
        """What the columns take."""
        return self.stock.n_bytes + self._alive.nbytes

    def _row(self, firm: int) -> int | None:
        """Return the row of a firm in the columns."""
        for row in np.flatnonzero(self.stock.ids == firm).tolist():
            if self._alive[row // WORD] >> np.uint64(row % WORD) & np.uint64(1):
                return int(row)
        return None

    def put(self, firm: int, profile: Profile) -> None:
        """Add a firm, or put it in the place of the one of that id."""
        if firm in self:
            self.drop(firm)
        self._recent[firm] = profile
        self._recent_profiles.clear()
        if len(self._recent) > MAX_RECENT:
            self.fold()

    def drop(self, firm: int) -> None:
        """Take a firm out. Raises ``KeyError`` where there is none of that id."""
        if self._recent.pop(firm, None) is not None:
            self._recent_profiles.clear()
            return
        row = self._row(firm)
        if row is None:
            raise KeyError(firm)
        self._alive[row // WORD] &= np.uint64(EVERY ^ 1 << row % WORD)

    def fold(self) -> None:
        """Give the latest firms their place in the columns, and forget those that are gone."""
        if not self._recent and len(self) == self.stock.n:
            return
        kept, later = rows_of(self._alive), read(self._recent.items())
        columns = {
            names[0]: merged(self.stock.columns[names], kept, column) for names, column in later.columns.items()
        }
        self._settle(Stock(np.concatenate([self.stock.ids[kept], later.ids]), columns))

    def verdicts(self, scheme: Scheme, *, on: date, shown: bool = False) -> Concerned:
        """Return the firms that a scheme is for, and those that it may be for.

        Parameters
        ----------
        scheme : Scheme
        on : datetime.date
        shown : bool
            Take the verdict that a result shows: a no where the whole is a no, else the typed verdict. Otherwise the
            verdict on all conditions.
        """
        found = self.changes(None, scheme, on=on, shown=shown)
        return Concerned(found.gained, found.undecided)

    def changes(
        self,
        before: Scheme | None,
        after: Scheme | None,
        *,
        on: date,
        on_before: date | None = None,
        shown: bool = False,
    ) -> Changes:
        """Return the firms whose verdict differs.

        Parameters
        ----------
        before, after : Scheme or None
            ``None`` where there was no such scheme, or there is none any more: a no to every firm.
        on : datetime.date
        on_before : datetime.date, optional
            Day of the verdict before; the same if it is left out.
        shown : bool
            As in :meth:`verdicts`.
        """
        judged = [self._judge(before, on_before or on, shown), self._judge(after, on, shown)]
        spans = [each for each in judged if len(each.possible)] or [_NOBODY]
        first, last = min(each.first for each in spans), max(each.last for each in spans)
        (was_possible, was_eligible), (possible, eligible) = (
            each.over(first, last) if len(each.possible) else np.zeros((2, last - first), np.uint64) for each in judged
        )
        words = (
            eligible & ~was_eligible,
            was_possible & ~possible,
            (possible & ~eligible) & ~(was_possible & ~was_eligible),
        )
        recent = [self._judge_recent(before, on_before or on, shown), self._judge_recent(after, on, shown)]
        moved, ids = recent[0] != recent[1], np.array(list(self._recent), dtype=np.int64)
        later = [ids[moved & (recent[1] == outcome)] for outcome in (MET, NOT_MET, UNKNOWN)]
        among = self.stock.ids[first * WORD : last * WORD]
        return Changes(
            *(
                np.concatenate([_name(each, among), recent]) if len(recent) else _name(each, among)
                for each, recent in zip(words, later, strict=True)
            )
        )

    def _judge(self, scheme: Scheme | None, on: date, shown: bool) -> _Judged:
        """Return the verdicts on the firms of the columns."""
        if scheme is None or not self.stock.n:
            return _NOBODY
        whole = [Question(condition, on) for condition in scheme.conditions]
        typed = [Question(condition, on, MET) for condition in scheme.stated] if shown else []
        starts, ends, whole = self.stock.territory(whole)
        if not len(starts):
            return _NOBODY
        if (ends - starts).sum() <= MAX_SCATTERED:
            rows = np.concatenate([np.arange(start, end) for start, end in zip(starts, ends, strict=True)])
            return self._judge_rows(whole, typed, rows)
        first, last = int(starts[0]) // WORD, n_words(int(ends[-1]))
        tests = [self.stock.words(question, first, last) for question in whole]
        here = spans(starts, ends, first, last) & self._alive[first:last]
        possible = reduce(and_, (maybe for _, maybe in tests), here)
        if shown:
            tests = [self.stock.words(question, first, last) for question in typed]
        return _Judged(
            first, possible, reduce(and_, (met for met, maybe in tests if shown or met is not maybe), possible)
        )

    def _judge_rows(self, whole: list[Question], typed: list[Question], rows: Rows) -> _Judged:
        """Return the verdicts on some firms, looked up one by one."""
        verdict = np.full(len(rows), MET, dtype=np.int8)
        for question in whole:
            verdict = np.minimum(verdict, self.stock.outcomes(question, rows))
            kept = verdict > NOT_MET
            rows, verdict = rows[kept], verdict[kept]
        if typed:
            verdict = reduce(np.minimum, (self.stock.outcomes(question, rows) for question in typed))
        if not len(rows):
            return _NOBODY
        first, last = int(rows[0]) // WORD, n_words(int(rows[-1]) + 1)
        alive = self._alive[first:last]
        return _Judged(first, gather(rows, first, last) & alive, gather(rows[verdict == MET], first, last) & alive)

    def _judge_recent(self, scheme: Scheme | None, on: date, shown: bool) -> OutcomeArray:
        """Return the verdict on each of the latest firms, by the evaluator itself."""
        if scheme is None or not self._recent:
            return np.full(len(self._recent), NOT_MET, dtype=np.int8)
        if on not in self._recent_profiles:
            self._recent_profiles[on] = Profiles([replace(profile, on=on) for profile in self._recent.values()])
        found = evaluate(self._recent_profiles[on], scheme)
        if not shown:
            return found.eligibility
        return np.where(found.eligibility == NOT_MET, NOT_MET, found.typed).astype(np.int8)
