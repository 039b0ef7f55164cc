"""Which of the first schemes of an answer are worth a card: those that likelier help than not.

The others stay in the list, one link away (ADR 68).
"""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp
from pathlib import Path

from django.conf import settings

from backend.common.files import read_yaml
from backend.matchmaking import engine
from backend.matchmaking.models import Match
from backend.matchmaking.standing import WINDOW

PATH: Path = settings.BASE_DIR / "fixtures" / "usefulness.yaml"
N_CARDS = 5  # of an answer, at most
HELPS = 0.5  # probability from which a scheme likelier helps than not
SECOND = 0.4  # from which a second one has a card beside one that is alone and may be closed
HARDLY = 0.2  # under which even the first, or that of a need that is sure, gets no card


@dataclass(frozen=True, slots=True, kw_only=True)
class Usefulness:
    """From the shares of the points of need and of words that a scheme gets to the probability that it helps at all.

    And from whether it is aimed at other activities (ADR 76). Logistic, fitted on judged requests
    (``evaluation/fitting_usefulness.py``).
    """

    intercept: float
    need: float
    words: float
    off_target: float

    def probability(self, need: float, words: float, off_target: float = 0.0) -> float:
        """Return the probability, from shares in [0, 1], and 1 for a scheme that is aimed at other activities."""
        linear = self.intercept + self.need * need + self.words * words + self.off_target * off_target
        return 1.0 / (1.0 + exp(-linear))


@lru_cache(maxsize=1)
def usefulness() -> Usefulness:
    """Return the model in force."""
    return Usefulness(**read_yaml(PATH)["coefficients"])


def features_of(parts: Mapping[str, float], weights: engine.Weights) -> tuple[float, float, float]:
    """Return which shares of the points of need and of words a scheme has, and 1 where it is aimed elsewhere.

    A share is 0 where these points count for nothing.
    """
    points = ((parts.get("need", 0.0), weights.need), (parts.get("words", 0.0), weights.words))
    need, words = (part / most if most else 0.0 for part, most in points)
    return need, words, float(parts.get("target", 0.0) < 0.0)


def worth_a_card(
    matches: Sequence[Match],
    sure: Collection[str],
    weights: engine.Weights,
    *,
    kept: Sequence[Match],
    guides: Sequence[Match],
) -> list[Match]:
    """Return those of some schemes, in order, that likelier help than not.

    The first too, and the first of each sure need, unless it hardly helps, or somebody who orients likelier helps with
    the same. Those ``kept`` that answer what is asked have their cards already: they stand for the first, and for the
    first of their needs. Where none is worth a card, those who orient have theirs; where nobody does, the first. Where
    nothing was kept, one that is alone and may be closed has the likeliest of those that help nearly as likely as not
    beside it, and a sure need that no card answers that of the first who orients with it, after the others: the seller
    of a firm reads more than what is for its buyer.
    """
    model, seen, found = usefulness(), {match.need_id for match in kept}, list[Match]()

    def chance(match: Match) -> float:
        return model.probability(*features_of(match.parts, weights))

    # What helps with another need than those that are sure says nothing of who orients with these.
    likeliest = max((chance(match) for match in matches if not sure or match.need_id in sure), default=0.0)
    orienting = [match for match in guides if chance(match) >= min(HELPS, max(HARDLY, likeliest))]
    open_needs = {*sure} - {guide.need_id for guide in orienting}
    for match in matches:
        is_first = (match.need_id in open_needs and match.need_id not in seen) or not (kept or found or orienting)
        if chance(match) >= (HARDLY if is_first else HELPS):
            found.append(match)
        seen.add(match.need_id)
    if len(found) == 1 and not kept and WINDOW in found[0].unknown:
        asked = [match for match in matches if match not in found and (not sure or match.need_id in sure)]
        second = max(asked, key=chance, default=found[0])
        found = [match for match in matches if match in found or (match is second and chance(match) >= SECOND)]
    if kept or not found:
        return found or ([] if kept else orienting or [*matches[:1]])
    left, leading = {*sure} - {match.need_id for match in found}, list[Match]()
    for guide in orienting:
        if guide.need_id in left:
            leading.append(guide)
            left.remove(guide.need_id)
    return [*found[: N_CARDS - len(leading)], *leading]


def is_unlikely(match: Match, presumed: Container[str]) -> bool:
    """Tell whether what is presumed of a firm would exclude it: it bears on the scheme, and closes nothing of it."""
    return match.presumed == [] and any(fact in presumed for fact in match.unknown)


def can_be_judged(matches: Iterable[Match], probabilities: Mapping[str, float], weights: engine.Weights) -> bool:
    """Tell whether a text was read for all that an answer lists, and its needs with their probabilities.

    Readers judged what texts are answered, not what boxes alone are; older answers have no probabilities.
    """
    features = (features_of(match.parts, weights) for match in matches)
    return bool(probabilities) and any(words for _, words, _ in features)
