"""How often the candidates are right: precision and recall on pairs that people judged by reading both sheets.

Of the pairs picked by hand, one half, drawn by a hash of their keys, measures and the other half tunes. Fresh pairs
were drawn at random by strata and only measure; each stands for as many pairs as its stratum holds for one drawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import numpy as np
from django.conf import settings

from backend.common.files import read_yaml
from backend.common.percents import CONFIDENCE_LEVEL, wilson_interval
from backend.schemes.ingestion.duplicates.finding import pairs_met
from backend.schemes.ingestion.duplicates.scoring import Advice, Candidate, Model, model_in_use, weigh
from backend.schemes.ingestion.duplicates.sheets import Sheet
from backend.schemes.ingestion.duplicates.similarity import Vectors

FOLDER = settings.BASE_DIR / "fixtures" / "judgements"
PICKED, FRESH = FOLDER / "duplicates.yaml", FOLDER / "duplicates-fresh.yaml"
DRAWS = 2000  # of the interval of a weighted share


class Verdict(StrEnum):
    SAME = "same"
    VARIANT = "variant"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    """``stratum`` is that of a pair drawn at random, ``stands_for`` how many pairs it was drawn for."""

    one: str
    other: str
    verdict: Verdict
    stratum: str = ""
    stands_for: float = 1.0

    @property
    def measures(self) -> bool:
        """Whether the pair measures, and was never used to choose anything."""
        drawn = sha256("|".join(sorted((self.one, self.other))).encode()).digest()[0] % 2 == 1
        return bool(self.stratum) or drawn


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

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return what the share may be of all such pairs (Wilson, 95 %)."""
        return wilson_interval(self.n, self.of) if self.of else None


def read_judged(path: Path) -> list[JudgedPair]:
    """Return the judged pairs of a file."""
    content = read_yaml(path)
    strata: Mapping[str, Mapping[str, int]] = content.get("strata", {})
    stands_for = {name: row["pairs"] / row["drawn"] for name, row in strata.items()}
    return [
        JudgedPair(
            one=row["one"],
            other=row["other"],
            verdict=Verdict(row["verdict"]),
            stratum=row.get("stratum", ""),
            stands_for=stands_for.get(row.get("stratum", ""), 1.0),
        )
        for row in content["pairs"]
    ]


def measure(sheets: Sequence[Sheet], judged: Iterable[JudgedPair], *, model: Model | None = None) -> list[Measured]:
    """Compare the judged pairs of which both sheets are held."""
    places = {sheet.key: place for place, sheet in enumerate(sheets)}
    kept = [pair for pair in judged if pair.one in places and pair.other in places]
    if not kept:
        return []
    vectors = Vectors(sheets)
    met = set(pairs_met(vectors))
    pairs = [_places(places, pair) for pair in kept]
    weighed = weigh(vectors, pairs, model or model_in_use())
    return [Measured(pair, each, place in met) for pair, each, place in zip(kept, weighed, pairs, strict=True)]


def precision(measured: Iterable[Measured], *, advised: frozenset[Advice], right: frozenset[Verdict]) -> Share:
    """Return how many of the advised pairs were rightly so."""
    found = [each for each in measured if each.advice in advised]
    return Share(sum(each.pair.verdict in right for each in found), len(found))


def recall(measured: Iterable[Measured], *, advised: frozenset[Advice], right: frozenset[Verdict]) -> Share:
    """Return how many of the pairs that are right were advised."""
    wanted = [each for each in measured if each.pair.verdict in right]
    return Share(sum(each.advice in advised for each in wanted), len(wanted))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share of all the pairs that were drawn from; its interval comes of drawing those of each stratum again."""

    value: float
    low: float
    high: float


def estimate(
    measured: Sequence[Measured], *, advised: frozenset[Advice], right: frozenset[Verdict], of: str
) -> Estimate | None:
    """Return the ``precision`` or the ``recall`` of all the pairs that the drawn ones stand for."""
    stands_for = np.array([each.pair.stands_for for each in measured])
    is_advised = np.array([each.advice in advised for each in measured])
    is_right = np.array([each.pair.verdict in right for each in measured])
    counted = is_advised if of == "precision" else is_right
    if not counted.any():
        return None
    strata: dict[str, list[int]] = {}
    for place, each in enumerate(measured):
        strata.setdefault(each.pair.stratum, []).append(place)

    def share(places: np.ndarray) -> float:
        whole = stands_for[places][counted[places]].sum()
        return float(stands_for[places][(is_advised & is_right)[places]].sum() / whole) if whole else float("nan")

    chance = np.random.default_rng(0)
    drawn = [
        share(np.concatenate([chance.choice(places, len(places)) for places in strata.values()])) for _ in range(DRAWS)
    ]
    low, high = np.nanquantile(drawn, [(1 - CONFIDENCE_LEVEL) / 2, (1 + CONFIDENCE_LEVEL) / 2])
    return Estimate(share(np.arange(len(measured))), float(low), float(high))


def _places(places: dict[str, int], pair: JudgedPair) -> tuple[int, int]:
    one, other = sorted((places[pair.one], places[pair.other]))
    return one, other
