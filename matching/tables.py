"""Conditions that read the same fields, and what a class of profiles says of the schemes that set them."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matching.bits import Positions, Words, n_words, pack, row_of
from matching.classes import classifier, cuts_of
from matching.criteria import Criterion, Manual, leaves
from matching.outcomes import MET, UNKNOWN, BoolArray, Outcome, OutcomeArray
from matching.profile_classes import Fields, reader_of
from matching.profiles import Profile, Profiles

type Setter = tuple[int, bool]  # a scheme, and whether its owner states the condition
type Fact = tuple[str, int]  # a name, and a half
type Set = tuple[Criterion, list[Setter]]  # a condition, and who sets it

N_ROWS = 4
POSSIBLE, ELIGIBLE, TYPED_POSSIBLE, TYPED_ELIGIBLE = range(N_ROWS)  # of a class
SURE, PERHAPS = 2, 1  # halves of an open fact: of the typed verdict, of the verdict only
NOBODY = np.uint64(0)


class Table:
    """Conditions that read the same fields.

    Parameters
    ----------
    fields : tuple of str
    conditions : sequence of (Criterion, list of (int, bool))
        Each with who sets it.
    n : int
        Schemes in all.
    """

    def __init__(self, fields: Fields, conditions: Sequence[Set], n: int) -> None:
        self.fields, self._n = fields, n
        self.conditions = tuple(condition for condition, _ in conditions)
        self.read = reader_of(fields)
        pairs = sorted((scheme, at, told) for at, (_, setters) in enumerate(conditions) for scheme, told in setters)
        self._all = _Pairs([(scheme, at) for scheme, at, _ in pairs])
        self._stated = _Pairs([(scheme, at) for scheme, at, is_stated in pairs if is_stated])

    @cached_property
    def key(self) -> Callable[[Profile], Hashable]:
        """What tells the class of a profile."""
        return classifier(self.fields, frozenset().union(*(cuts_of(self.fields, each) for each in self.conditions)))

    def set_facts(self, reading: Mapping[str, Words]) -> None:
        """Work out which facts its classes may leave open: to who reads one in a typed condition none is to confirm.

        Parameters
        ----------
        reading : mapping of str to ndarray of uint64, shape (n_words,)
            By fact, those schemes.
        """
        self._reading = reading
        self.facts: tuple[Fact, ...] = tuple(
            (fact, half)
            for half, pairs in ((SURE, self._stated), (PERHAPS, self._all))
            for fact in sorted({fact for at in pairs.conditions.tolist() for fact in self.conditions[at].facts})
            if half == SURE or (pairs.row(self._n) & ~reading.get(fact, NOBODY)).any()
        )

    def judge(self, profiles: Sequence[Profile]) -> tuple[Words, Words]:
        """Return what classes say, each given by one profile: conditions are evaluated once for all of them.

        Returns
        -------
        rows : ndarray of uint64, shape (n_classes, N_ROWS, n_words)
        opened : ndarray of uint64, shape (n_classes, n_facts, n_words)
            The schemes with a condition that each of the facts leaves unknown.
        """
        columns = Profiles(profiles)
        outcomes = np.empty((len(self.conditions), len(profiles)), dtype=np.int8)
        for at, condition in enumerate(self.conditions):
            outcomes[at] = condition.evaluate(columns)
        typed = outcomes.copy()
        for at, condition in enumerate(self.conditions):
            if has_manual(condition):
                typed[at] = condition.evaluate(columns, assume=MET)
        several = ((outcomes, self._all), (typed, self._stated))
        rows = [self._row(verdicts, pairs, least) for verdicts, pairs in several for least in (UNKNOWN, MET)]
        opened = np.zeros((len(profiles), len(self.facts), n_words(self._n)), dtype=np.uint64)
        for half, assume, (verdicts, pairs) in zip((PERHAPS, SURE), (None, MET), several, strict=True):
            for fact, flags in self._open(columns, verdicts, assume).items():
                if (fact, half) in self.facts:
                    opened[:, self.facts.index((fact, half))] = pack(pairs.any_of(flags, self._n))
        for at, (fact, half) in enumerate(self.facts):
            if half == PERHAPS and fact in self._reading:
                opened[:, at] &= ~self._reading[fact]
        return np.stack(rows, axis=1), opened

    def _row(self, outcomes: OutcomeArray, pairs: "_Pairs", least: int) -> Words:
        """Return the schemes all of whose conditions are met to some degree, of shape (n_classes, n_words)."""
        flags = np.ones((outcomes.shape[1], self._n), dtype=np.bool_)
        if len(pairs.schemes):
            flags[:, pairs.schemes] = (pairs.least_of(outcomes) >= least).T
        return pack(flags)

    def _open(self, columns: Profiles, outcomes: OutcomeArray, assume: Outcome | None) -> dict[str, BoolArray]:
        """Return by fact which conditions it leaves unknown, of shape (n_conditions, n_classes)."""
        found: dict[str, BoolArray] = {}
        for at in np.flatnonzero((outcomes == UNKNOWN).any(axis=1)).tolist():
            for fact, flags in self.conditions[at].open_facts(columns, assume=assume).items():
                if fact not in found:
                    found[fact] = np.zeros(outcomes.shape, dtype=np.bool_)
                found[fact][at] = flags
        return found


class _Pairs:
    """Schemes and the conditions that they set, a scheme after the other.

    Attributes
    ----------
    schemes : ndarray of int
        Those that set one, each once.
    conditions : ndarray of int
        What they set, in that order.
    """

    def __init__(self, pairs: Sequence[tuple[int, int]]) -> None:
        columns = np.array(pairs, dtype=np.intp).reshape(-1, 2)
        self.schemes, self._starts = np.unique(columns[:, 0], return_index=True)
        self.conditions: Positions = columns[:, 1]

    def row(self, n: int) -> Words:
        """Return the schemes, of ``n``, as a row."""
        return row_of(self.schemes, n)

    def least_of(self, outcomes: OutcomeArray) -> OutcomeArray:
        """Return the least outcome of each scheme, of shape (n_schemes, n_classes): Kleene's "all of"."""
        found: OutcomeArray = np.minimum.reduceat(outcomes[self.conditions], self._starts, axis=0)
        return found

    def any_of(self, flags: BoolArray, n: int) -> BoolArray:
        """Return which of ``n`` schemes have a condition so flagged, of shape (n_classes, n)."""
        found = np.zeros((flags.shape[1], n), dtype=np.bool_)
        if len(self.schemes):
            found[:, self.schemes] = np.logical_or.reduceat(flags[self.conditions], self._starts, axis=0).T
        return found


def has_manual(condition: Criterion) -> bool:
    """Tell whether a part of a condition waits for a person: what is assumed of it changes nothing elsewhere."""
    return any(isinstance(leaf, Manual) and leaf.decides for leaf in leaves(condition))


class ClassRows:
    """What the classes seen so far say, as rows over the schemes; threads read it while one of them adds to it.

    Attributes
    ----------
    rows, typed : ndarray of uint64, shape (n_kept, 2, n_words)
        Schemes that are possible, that are eligible; the same on what the owner states.
    opened : ndarray of uint64, shape (n_kept_rows, n_words)
        What classes leave open: a row for each fact of its table, those of a class one after the other.
    starts : ndarray of int, shape (n_kept,)
        Where those of each class start.
    known, keys : list of dict
        By table, the class of the values that were met, and of what tells classes apart.
    """

    def __init__(self, n_tables: int, n_words: int) -> None:
        self.rows: Words = np.zeros((64, 2, n_words), dtype=np.uint64)
        self.typed = self.rows.copy()
        self.opened: Words = np.zeros((64, n_words), dtype=np.uint64)
        self.starts: Positions = np.zeros(64, dtype=np.intp)
        self.known: list[dict[Hashable, int]] = [{} for _ in range(n_tables)]
        self.keys: list[dict[Hashable, int]] = [{} for _ in range(n_tables)]
        self._n = self._n_opened = 0

    @property
    def n_bytes(self) -> int:
        """What classes take."""
        return int(2 * self._n * self.rows[0].nbytes + self._n_opened * self.opened[0].nbytes)

    def add(self, rows: Words, opened: Words) -> int:
        """Keep some classes, as a table judged them, and return the number of the first.

        Who reads meanwhile has what was there: a longer array takes the place of one that is full.
        """
        first, last = self._n, self._n + len(rows)
        n_facts = opened.shape[1]
        end = self._n_opened + len(rows) * n_facts
        self.rows, self.typed = _longer(self.rows, last), _longer(self.typed, last)
        self.opened = _longer(self.opened, end)
        self.starts = _longer(self.starts, last)
        self.rows[first:last], self.typed[first:last] = rows[:, :TYPED_POSSIBLE], rows[:, TYPED_POSSIBLE:]
        self.opened[self._n_opened : end] = opened.reshape(-1, self.opened.shape[1])
        self.starts[first:last] = self._n_opened + n_facts * np.arange(len(rows))
        self._n, self._n_opened = last, end
        return first


def _longer[T: np.generic](array: NDArray[T], n: int) -> NDArray[T]:
    if n <= len(array):
        return array
    found = np.zeros((max(n, 2 * len(array)), *array.shape[1:]), dtype=array.dtype)
    found[: len(array)] = array
    return found
