"""Which schemes do not go together, and in what order those that do are best asked for."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import matching
from backend.matchmaking.engine.ranking import OUTCOMES


@dataclass(frozen=True, slots=True)
class Link:
    """What a revision says of another scheme; both by key."""

    scheme: str
    kind: str
    other: str
    cap_pct: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Schemes, by key, that do not go together (``not_met``) or for which something must be known first."""

    kind: str
    schemes: tuple[str, ...]
    outcome: str
    cap_pct: float | None


def conflicts(
    kept: Collection[str],
    links: Iterable[Link],
    *,
    rates: Mapping[str, tuple[float, float]],
    held: Mapping[str, bool],
) -> list[Conflict]:
    """Return what does not go together among schemes that are kept, by key, or might not."""
    return [
        Conflict(conflict.kind, conflict.schemes, OUTCOMES[conflict.outcome], conflict.cap_pct)
        for conflict in matching.conflicts(kept, _relations(links), rates=rates, held=held)
    ]


def plan(
    scores: Mapping[str, float],
    links: Iterable[Link],
    *,
    rates: Mapping[str, tuple[float, float]],
    held: Mapping[str, bool],
) -> list[tuple[str, tuple[str, ...]]]:
    """Return the schemes that go together best, first steps first, each with those that come directly before it.

    Nothing where the links cannot all hold, as some may have been in force before anything refused them.
    """
    try:
        steps = matching.bundle(scores, _relations(links), rates=rates, held=held)
    except matching.RelationError:
        return []
    return [(step.scheme, step.after) for step in steps]


def _relations(links: Iterable[Link]) -> list[matching.Relation]:
    return [
        matching.Relation(scheme=link.scheme, kind=link.kind, other=link.other, cap_pct=link.cap_pct) for link in links
    ]
