"""What officers' decisions teach of the order, and how well an order agrees with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isnan

import matching
from backend.matchmaking.models import Ranker, WeightSet

LEARNT_FROM = matching.LEARNT_FROM
N_COMPARED = 10  # first schemes of a list, in which two orders are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An officer's decision on a scheme: on which file, what it was worth, and what makes the score of the scheme."""

    file: int
    officer: int
    worth: float  # more is better; 0 for a scheme that was of little use
    parts: Mapping[str, float]  # in today's points


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two orders agree with decisions: mean nDCG of the first ten, from 0 to 1, and the difference with its 95 %.

    All unknown where no file tells one scheme from another.
    """

    champion: float | None
    challenger: float | None
    difference: tuple[float, float, float] | None
    n_files: int


def ranker_of(row: Ranker | None) -> matching.Ranker | None:
    """Return what was learnt as the engine reads it."""
    return matching.Ranker(points=row.points, means=row.means, bound=row.bound) if row else None


def adopted_ranker(weight_set: WeightSet) -> Ranker | None:
    """Return what was learnt and is in use beside a version of the points: with other points, it is not."""
    return Ranker.objects.adopted().filter(weights=weight_set).first()


def restate(parts: Mapping[str, float], then: matching.Weights, now: matching.Weights) -> dict[str, float]:
    """Return the parts of an old score in today's points; what counted for nothing then is left out: nobody knows."""
    shares = matching.shares_of([parts], then)[0]
    return {
        name: float(share) * getattr(now, name)
        for name, share in zip(LEARNT_FROM, shares, strict=True)
        if not isnan(share)
    }


def fit_ranker(
    decisions: Sequence[Decision], weights: matching.Weights, *, strength: float, bound: float
) -> matching.Ranker:
    """Learn points from decisions, beside the rules' own."""
    return matching.fit_ranker(
        matching.shares_of([decision.parts for decision in decisions], weights),
        [decision.worth for decision in decisions],
        [decision.file for decision in decisions],
        weights,
        strength=strength,
        bound=bound,
    )


def compare(
    decisions: Sequence[Decision],
    weights: matching.Weights,
    *,
    champion: matching.Ranker | None,
    challenger: matching.Ranker | None,
) -> Comparison:
    """Compare two orders of the schemes decided upon, file by file; ``None`` is the rules alone."""
    pairs = []
    by_file = groupby(sorted(decisions, key=lambda decision: decision.file), key=lambda decision: decision.file)
    for file in (list(rows) for _, rows in by_file):
        if len({decision.worth for decision in file}) > 1:
            pairs.append((_agreement(file, weights, champion), _agreement(file, weights, challenger)))
    if not pairs:
        return Comparison(champion=None, challenger=None, difference=None, n_files=0)
    before, after = (sum(values) / len(pairs) for values in zip(*pairs, strict=True))
    return Comparison(
        champion=before,
        challenger=after,
        difference=matching.paired_interval([new - old for old, new in pairs]),
        n_files=len(pairs),
    )


def _agreement(file: Sequence[Decision], weights: matching.Weights, ranker: matching.Ranker | None) -> float:
    columns = matching.columns_of([decision.parts for decision in file])
    corrections = ranker.corrections(columns, weights).tolist() if ranker else [0.0] * len(file)
    scores = [sum(decision.parts.values()) + points for decision, points in zip(file, corrections, strict=True)]
    order = sorted(range(len(file)), key=lambda row: -scores[row])
    grades = [file[row].worth for row in order]
    return matching.ndcg(grades, grades, N_COMPARED)
