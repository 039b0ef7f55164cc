"""One scheme against very many firms: which of them gain it, lose it, or can no longer be told.

A condition is evaluated by its own code, once for each distinct value of what it reads, and combined over the firms as
sets of bits: "all" is AND, "any" OR, "not" swaps what is met and what may be.
"""

from collections.abc import Buffer, Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from matching.bits import EVERY, WORD, Among, Rows, Words, fill, n_words, rows_of, spans
from matching.dictionary import merged
from matching.eligibility import evaluate
from matching.kernels import loaded
from matching.outcomes import MET, NOT_MET, UNKNOWN, BoolArray, OutcomeArray
from matching.profiles import Profile, Profiles
from matching.saved import load, save
from matching.schemes import Scheme
from matching.stock import Ids, Question, Stock, Territory, arranged, read

MAX_RECENT = 500  # firms kept as they came, until they take their place in the columns
FEW_WORDS = 4  # one word in so many has a firm of the territory: then only such words are looked at


@dataclass(frozen=True, slots=True)
class Changes:
    """What a change does to firms: their ids, in no order; a firm is in one of the three at most.

    Parameters
    ----------
    gained, lost, undecided : ndarray of int
        Firms that are eligible, ineligible or undecided now, and were not. Unsigned and in four bytes each, where all
        ids are that small.
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
        """Return both over other words."""
        if (first, last) == (self.first, self.last):
            return self.possible, self.eligible
        found = np.zeros((2, last - first), dtype=np.uint64)
        low, high = max(first, self.first), min(last, self.last)
        if low < high:
            here, there = slice(low - first, high - first), slice(low - self.first, high - self.first)
            found[0, here], found[1, here] = self.possible[there], self.eligible[there]
        return found[0], found[1]


_NOBODY = _Judged(0, np.zeros(0, np.uint64), np.zeros(0, np.uint64))


def _name(words: Words, ids: Ids) -> Ids:
    """Return the ids of the rows of a set."""
    loops = loaded()
    if loops is None:
        return ids.take(rows_of(words))
    found = np.empty(loops.count(words), dtype=ids.dtype)
    loops.list_ids(words, ids, found)
    return found


def _n_touched(here: Territory) -> int:
    """Return how many words have firms of a territory, at most."""
    return int(((here.ends - 1) // WORD - here.starts // WORD + 1).sum())


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

    @classmethod
    def open(cls, buffer: Buffer, *, thorough: bool = False) -> "Firms":
        """Return the firms of a buffer, on which they stay: it is read, never written, and kept as long as they are.

        What comes and goes later is kept apart, until the latest firms take their place in columns of their own.

        Parameters
        ----------
        buffer : bytes-like
            What :meth:`save` returned, such as a file that is mapped.
        thorough : bool
            Check the columns too, which reads all of them, and not only the head.

        Raises
        ------
        SavedError
            Where these are no saved firms, or of another version, of other fields, cut short or changed.
        """
        firms = cls()
        firms._settle(load(buffer, thorough=thorough))
        return firms

    def save(self) -> bytearray:
        """Return the firms as one buffer, the latest ones in their place."""
        self.fold()
        return save(self.stock)

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
        self._settle(arranged(np.concatenate([self.stock.ids[kept], later.ids]), columns))

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
        judged, recent = self._judge(scheme, on, shown), self._judge_recent(scheme, on, shown)
        return Concerned(
            self._name(judged.eligible, judged.first, recent == MET),
            self._name(judged.possible ^ judged.eligible, judged.first, recent == UNKNOWN),
        )

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
        known = [each for each in judged if len(each.possible)] or [_NOBODY]
        first, last = min(each.first for each in known), max(each.last for each in known)
        (was_possible, was_eligible), (possible, eligible) = (each.over(first, last) for each in judged)
        recent = [self._judge_recent(before, on_before or on, shown), self._judge_recent(after, on, shown)]
        moved = recent[0] != recent[1]
        return Changes(
            self._name(eligible & ~was_eligible, first, moved & (recent[1] == MET)),
            self._name(was_possible & ~possible, first, moved & (recent[1] == NOT_MET)),
            self._name((possible ^ eligible) & ~(was_possible ^ was_eligible), first, moved & (recent[1] == UNKNOWN)),
        )

    def _name(self, words: Words, first: int, later: BoolArray) -> Ids:
        """Return the ids of a set of the firms from one word on, and of some of the latest ones."""
        found = _name(words, self.stock.ids[first * WORD :])
        if not len(later):
            return found
        return np.concatenate([found, np.array(list(self._recent), dtype=np.int64)[later]])

    def _judge(self, scheme: Scheme | None, on: date, shown: bool) -> _Judged:
        """Return the verdicts on the firms of the columns."""
        if scheme is None or not self.stock.n:
            return _NOBODY
        whole = self._hold([Question(condition, on) for condition in scheme.conditions])
        if not shown:
            return whole
        typed = self._hold([Question(condition, on, MET) for condition in scheme.stated])
        _, met = typed.over(whole.first, whole.last)
        return _Judged(whole.first, whole.possible, whole.possible & met)

    def _hold(self, questions: list[Question]) -> _Judged:
        """Return the firms of which all of some conditions may be met, and those of which they are."""
        here, tests = self.stock.sort_out(questions)
        if not len(here.starts):
            return _NOBODY
        first, last = int(here.starts[0]) // WORD, n_words(int(here.ends[-1]))
        everywhere = spans(here.starts, here.ends, first, last)
        everywhere &= self._alive[first:last]
        among = Among(first, last)
        kept: Rows | slice = slice(None)
        if len(here.starts) > 1 and FEW_WORDS * _n_touched(here) < last - first:
            filled = np.flatnonzero(everywhere)
            among, kept = Among(first, last, first + filled), filled
        sets = np.empty((1 + here.met.any(), among.n), dtype=np.uint64)
        sets[:] = everywhere[kept]
        if len(sets) > 1 and not here.met.all():
            sets[1] &= spans(here.starts[here.met], here.ends[here.met], first, last)[kept]
        for narrow in tests:
            narrow(among, sets)
        found = sets
        if len(sets) < 2 or among.some is not None:
            found = np.zeros((2, last - first), dtype=np.uint64)
            found[: len(sets), kept] = sets
        return _Judged(first, found[0], found[1])

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
