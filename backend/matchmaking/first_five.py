"""Which schemes of a result come first for a firm: what was kept, filled up to five in the order of the result.

Of those that fill, the ones that likelier help than not have a card (``usefulness``). Pages, documents, e-mails and
what leaves unread take them from here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.matchmaking import engine
from backend.matchmaking.models import Match, Result, Review
from backend.matchmaking.usefulness import N_CARDS, can_be_judged, is_unlikely, worth_a_card


class Decided(Protocol):
    """What was decided of a scheme."""

    @property
    def verdict(self) -> str: ...
    @property
    def is_decided(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The matches of a result that a firm reads, each part in order."""

    shown: list[Match]  # those with a card: what was kept, then what else is worth one
    kept: list[Match]
    answering: list[Match]  # what answers a need and is possible, whatever was decided
    rest: list[Match]
    guides: list[Match]


def shown_first(result: Result, reviews: Mapping[int, Decided]) -> frozenset[int]:
    """Return the schemes of a result that its firm reads first."""
    matches, weights = result.ranked_with(reviews), engine.weights_of(result.weights)
    return frozenset(
        match.scheme_id for match in parts_of(matches, reviews, result.probabilities, weights, result.facts).shown
    )


def answering(matches: Iterable[Match]) -> list[Match]:
    """Return what answers a need and is possible, in order."""
    return [match for match in matches if match.answers]


def parts_of(
    matches: Sequence[Match],
    reviews: Mapping[int, Decided],
    probabilities: Mapping[str, float],
    weights: engine.Weights,
    facts: engine.Facts,
) -> Parts:
    """Part what an answer listed, by what was decided of it and by how probable each of its needs is, in [0, 1].

    What the firm cannot have if it stands alone, as a small one is presumed to, has a card only beside nothing else.
    """
    # What a person decided stays in sight, even where the needs were corrected since.
    decided = {scheme: review for scheme, review in reviews.items() if review.is_decided}
    kept = [
        match
        for match in matches
        if match.scheme_id in decided and decided[match.scheme_id].verdict == Review.Verdict.KEPT
    ]
    possible = answering(matches)
    others = [match for match in possible if match.scheme_id not in decided]
    rest = [match for match in others if not match.guide]
    guides = [match for match in others if match.guide]
    filling = rest[: max(0, N_CARDS - len(kept))]
    if can_be_judged(possible, probabilities, weights):
        sure = {need for need, probability in probabilities.items() if 100 * probability >= weights.sure}
        presumed = engine.presumed_facts(facts)
        filling = [match for match in filling if not is_unlikely(match, presumed)] or filling
        filling = worth_a_card(filling, sure, weights, kept=answering(kept), guides=guides)
    return Parts(
        shown=[*kept, *filling],
        kept=kept,
        answering=possible,
        rest=rest,
        guides=[match for match in guides if match not in filling],
    )
