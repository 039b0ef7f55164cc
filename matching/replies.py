"""What a wish gets: schemes, the question what is meant, or the reason why nothing fits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from matching.columns import Columns
from matching.features import Weights
from matching.wishes import Wish

if TYPE_CHECKING:
    from matching.index import Standing

SERVES = 0.4  # weight of a need in a scheme, from which the scheme is an answer to it and not only of some use
ELSEWHERE = 0.5  # share of what no scheme answers in a text, from which that is what it speaks of


class Reply(StrEnum):
    """Schemes, the question what is meant, or that nothing fits."""

    ANSWERED = "answered"
    TO_CONFIRM = "to_confirm"
    NOTHING = "nothing"


class Served(StrEnum):
    """Whether a scheme that the firm has or may have serves a need, and if not why."""

    YES = "yes"
    NONE = "none"
    NOT_OPEN = "not_open"
    NOT_FOR_YOU = "not_for_you"


class Cause(StrEnum):
    """Why nothing fits."""

    NOT_UNDERSTOOD = "not_understood"
    NO_SCHEME = "no_scheme"
    NOT_OPEN = "not_open"
    NOT_FOR_YOU = "not_for_you"
    OTHER_LANGUAGE = "other_language"


CAUSES = {Served.NONE: Cause.NO_SCHEME, Served.NOT_OPEN: Cause.NOT_OPEN, Served.NOT_FOR_YOU: Cause.NOT_FOR_YOU}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a wish gets from a catalogue.

    Parameters
    ----------
    reply : Reply
    asked : frozenset of str
        The sub-needs that schemes are ordered by.
    chance : float
        The probability, in [0, 1], of the likeliest of its needs that a scheme serves.
    served : mapping of str to Served
        By sub-need of the wish.
    cause : Cause, optional
        Beside ``NOTHING``.
    """

    reply: Reply
    asked: frozenset[str]
    chance: float = 1.0
    served: Mapping[str, Served] = field(default_factory=dict)
    cause: Cause | None = None


def decide(wish: Wish, weights: Weights, columns: Columns, standing: "Standing") -> Decision:
    """Decide what a wish gets from schemes of which ``standing`` says which the firm has or may have."""
    if not wish.stated:
        return Decision(Reply.ANSWERED, frozenset(wish.weights))
    best = columns.best([*wish.weights], standing.possible) if wish.weights else {}
    served = {need: _served(need, best.get(need, 0.0), columns, standing) for need in wish.weights}
    percents = {need: wish.percent(need) for need in wish.weights}
    possible = [(percents[need], need) for need in served if served[need] == Served.YES]
    chance, likeliest = max(possible, default=(0.0, ""))
    if likeliest and chance >= weights.likely:
        reply = Reply.ANSWERED if chance >= weights.sure else Reply.TO_CONFIRM
        likely = frozenset(need for need, percent in percents.items() if percent >= weights.likely)
        return Decision(reply, likely, chance / 100.0, served)
    return Decision(
        Reply.NOTHING, frozenset(wish.weights), chance / 100.0, served, _cause(wish, percents, served, weights)
    )


def _served(need: str, best: float, columns: Columns, standing: "Standing") -> Served:
    if best >= SERVES:
        return Served.YES
    serving = columns.serve([need])
    if (serving & standing.opens_later).any():
        return Served.NOT_OPEN
    return Served.NOT_FOR_YOU if serving.any() else Served.NONE


def _cause(wish: Wish, percents: Mapping[str, float], served: Mapping[str, Served], weights: Weights) -> Cause:
    likely = {need: percent for need, percent in percents.items() if percent >= weights.likely}
    unserved = [need for need in likely if served[need] in CAUSES]
    if unserved:
        return CAUSES[served[max(unserved, key=lambda need: (likely[need], need))]]
    if wish.foreign:
        return Cause.OTHER_LANGUAGE
    return Cause.NO_SCHEME if wish.elsewhere >= ELSEWHERE else Cause.NOT_UNDERSTOOD
