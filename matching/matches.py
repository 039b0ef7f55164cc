"""What is answered: schemes in order for one profile, each with its verdicts, its score and what makes it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.features import LOSSES
from matching.outcomes import Outcome
from matching.replies import Decision
from matching.schemes import Scheme


class Match(NamedTuple):
    """One scheme for one profile; score, certainty and human review are three things.

    Parameters
    ----------
    scheme : Scheme
    eligibility, typed, targeted : Outcome
    unknown, to_confirm : tuple of str
        Sorted.
    opens_later : bool
        Whether nothing stands against it but that it is not open yet.
    addresses : bool
        Whether it serves a need of the wish, and no variant of it hides it.
    hidden_by : tuple of str
        Keys of the variants of it that the profile has or may have, sorted: they are listed in its place.
    score : float or None
        Higher is better; ``None`` when ineligible.
    parts : mapping of str to float
        The contributions that make the score, in points.
    need : str
        The sub-need it serves best; empty when none.
    """

    scheme: Scheme
    eligibility: Outcome
    typed: Outcome
    targeted: Outcome
    unknown: tuple[str, ...]
    to_confirm: tuple[str, ...]
    opens_later: bool
    addresses: bool
    hidden_by: tuple[str, ...]
    score: float | None
    parts: Mapping[str, float]
    need: str


class Parts(Mapping[str, float]):
    """Contributions by name, in points: a column of a table, read when somebody asks.

    The last ones are ``LOSSES``, which count as contributions only where they take points off.
    """

    __slots__ = ("_column", "_names", "_points")

    def __init__(self, names: Sequence[str], points: NDArray[np.float64], column: int) -> None:
        self._names, self._points, self._column = names, points, column

    def __getitem__(self, name: str) -> float:
        if name not in self._names or (name in LOSSES and not self._of(name)):
            raise KeyError(name)
        return self._of(name)

    def _of(self, name: str) -> float:
        return float(self._points[self._names.index(name), self._column])

    def __iter__(self) -> Iterator[str]:
        yield from self._names[: -len(LOSSES)]
        yield from filter(self._of, LOSSES)

    def __len__(self) -> int:
        return len(self._names) - len(LOSSES) + sum(map(bool, map(self._of, LOSSES)))

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True, slots=True)
class Answer:
    """Schemes in order for one profile, and what its wish gets."""

    matches: list[Match]
    decision: Decision
