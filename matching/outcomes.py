"""Kleene's strong three-valued logic on columns: not met < unknown < met.

"All of" is the minimum, "any of" the maximum and "not" the mirror, so that an unknown decides nothing alone
(S. C. Kleene, *Introduction to Metamathematics*, 1952, § 64).
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import reduce

import numpy as np
from numpy.typing import NDArray

type OutcomeArray = NDArray[np.int8]
type BoolArray = NDArray[np.bool_]


class Outcome(IntEnum):
    """What one criterion says of one profile, in order."""

    NOT_MET = -1
    UNKNOWN = 0
    MET = 1


NOT_MET, UNKNOWN, MET = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET


def constant(outcome: Outcome, n: int) -> OutcomeArray:
    """Return the same outcome for ``n`` profiles.

    >>> constant(MET, 2).tolist()
    [1, 1]
    """
    return np.full(n, outcome, dtype=np.int8)


def all_of(columns: Iterable[OutcomeArray], n: int) -> OutcomeArray:
    """Return the minimum of the columns, each of shape (n,); of none, met.

    >>> all_of([constant(MET, 1), constant(UNKNOWN, 1)], 1).tolist()
    [0]
    """
    return reduce(np.minimum, columns, constant(MET, n))


def any_of(columns: Iterable[OutcomeArray], n: int) -> OutcomeArray:
    """Return the maximum of the columns, each of shape (n,); of none, not met.

    >>> any_of([constant(NOT_MET, 1), constant(UNKNOWN, 1)], 1).tolist()
    [0]
    """
    return reduce(np.maximum, columns, constant(NOT_MET, n))


def negate(column: OutcomeArray) -> OutcomeArray:
    """Mirror a column: what is met is not met, what is unknown stays so."""
    return np.negative(column)


def decide(certain: BoolArray, possible: BoolArray) -> OutcomeArray:
    """Return met where ``certain``, not met where not even ``possible``, unknown between; both of shape (n,)."""
    found = (certain | possible).astype(np.int8)
    found += certain
    found -= np.int8(1)
    return found
