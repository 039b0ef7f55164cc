"""What is answered: schemes in order for one profile, each with its verdicts, its score and what makes it."""

from collections.abc import ItemsView, Iterator, Mapping, Sequence
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

    ``LOSSES`` count as contributions only where they take points off.
    """

    __slots__ = ("_column", "_names", "_points", "_read")

    def __init__(self, names: Sequence[str], points: NDArray[np.float64], column: int) -> None:
        self._names, self._points, self._column = names, points, column
        self._read: dict[str, float] | None = None

    def as_dict(self) -> dict[str, float]:
        """Return them by name, to be read only."""
        if self._read is None:
            column = self._points[:, self._column].tolist()
            named = zip(self._names, column, strict=True)
            self._read = {name: points for name, points in named if points or name not in LOSSES}
        return self._read

    def __getitem__(self, name: str) -> float:
        return self.as_dict()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.as_dict())

    def items(self) -> ItemsView[str, float]:
        return self.as_dict().items()

    def __len__(self) -> int:
        return len(self.as_dict())

    def __repr__(self) -> str:
        return repr(self.as_dict())


@dataclass(frozen=True, slots=True)
class Answer:
    """Schemes in order for one profile, and what its wish gets."""

    matches: list[Match]
    decision: Decision
