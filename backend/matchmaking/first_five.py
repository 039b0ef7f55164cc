"""Which schemes of a result come first for a firm: what was kept, filled up to five in the order of the result.

Of those that fill, its page shows the ones that likelier help than not (``usefulness``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.matchmaking.models import Match, Result, Review

N_CARDS = 5


class Decided(Protocol):
    """What was decided of a scheme."""

    @property
    def verdict(self) -> str: ...
    @property
    def is_decided(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The matches of a result that a firm reads, each part in order."""

    kept: list[Match]
    answering: list[Match]  # what answers a need and is possible, whatever was decided
    rest: list[Match]
    guides: list[Match]

    @property
    def shown(self) -> list[Match]:
        """Those read first: what was kept, filled up to five."""
        return [*self.kept, *self.rest[: max(0, N_CARDS - len(self.kept))]]


def shown_first(result: Result, reviews: Mapping[int, Decided]) -> frozenset[int]:
    """Return the schemes of a result that its firm reads first."""
    return frozenset(match.scheme_id for match in parts_of(result.ranked_with(reviews), reviews).shown)


def answering(matches: Iterable[Match]) -> list[Match]:
    """Return what answers a need and is possible, in order."""
    return [match for match in matches if match.addresses and match.eligibility != Match.Verdict.INELIGIBLE]


def parts_of(matches: Sequence[Match], reviews: Mapping[int, Decided]) -> Parts:
    # What a person decided stays in sight, even where the needs were corrected since.
    decided = {scheme: review for scheme, review in reviews.items() if review.is_decided}
    kept = [
        match
        for match in matches
        if match.scheme_id in decided and decided[match.scheme_id].verdict == Review.Verdict.KEPT
    ]
    possible = answering(matches)
    others = [match for match in possible if match.scheme_id not in decided]
    return Parts(
        kept=kept,
        answering=possible,
        rest=[match for match in others if not match.guide],
        guides=[match for match in others if match.guide],
    )
