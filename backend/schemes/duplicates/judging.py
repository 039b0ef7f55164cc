"""How often the candidates are right: precision and recall on pairs that people judged by reading both sheets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from backend.common.files import read_yaml
from backend.schemes.duplicates.finding import Comparer
from backend.schemes.duplicates.scoring import Advice, Candidate
from backend.schemes.duplicates.sheets import Sheet


class Verdict(StrEnum):
    SAME = "same"
    VARIANT = "variant"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    one: str
    other: str
    verdict: Verdict

    @property
    def measures(self) -> bool:
        """Whether the pair is of the half that measures, and was never used to choose a threshold."""
        return sha256("|".join(sorted((self.one, self.other))).encode()).digest()[0] % 2 == 1


@dataclass(frozen=True, slots=True)
class Measured:
    """A judged pair that is held, what was advised of it, and whether the search would have met it at all."""

    pair: JudgedPair
    candidate: Candidate
    was_met: bool

    @property
    def advice(self) -> Advice:
        return self.candidate.advice if self.was_met else Advice.NONE


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many: of none, there is no share."""

    n: int
    of: int

    @property
    def value(self) -> float | None:
        return self.n / self.of if self.of else None


def read_judged(path: Path) -> list[JudgedPair]:
    """Return the judged pairs of a file."""
    return [
        JudgedPair(one=row["one"], other=row["other"], verdict=Verdict(row["verdict"]))
        for row in read_yaml(path)["pairs"]
    ]


def measure(sheets: Sequence[Sheet], judged: Iterable[JudgedPair]) -> list[Measured]:
    """Compare the judged pairs of which both sheets are held."""
    places = {sheet.key: place for place, sheet in enumerate(sheets)}
    held = [pair for pair in judged if pair.one in places and pair.other in places]
    if not held:
        return []
    comparer = Comparer(sheets)
    met = set(comparer.pairs())
    pairs = [_places(places, pair) for pair in held]
    weighed = comparer.compare(pairs)
    return [Measured(pair, each, place in met) for pair, each, place in zip(held, weighed, pairs, strict=True)]


def precision(measured: Iterable[Measured], *, advised: frozenset[Advice], right: frozenset[Verdict]) -> Share:
    """Return how many of the advised pairs were rightly so."""
    found = [each for each in measured if each.advice in advised]
    return Share(sum(each.pair.verdict in right for each in found), len(found))


def recall(measured: Iterable[Measured], *, advised: frozenset[Advice], right: frozenset[Verdict]) -> Share:
    """Return how many of the pairs that are right were advised."""
    wanted = [each for each in measured if each.pair.verdict in right]
    return Share(sum(each.advice in advised for each in wanted), len(wanted))


def _places(places: dict[str, int], pair: JudgedPair) -> tuple[int, int]:
    one, other = sorted((places[pair.one], places[pair.other]))
    return one, other
