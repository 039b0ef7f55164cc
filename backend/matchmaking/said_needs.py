"""Which needs of an answer are said back to its firm: sure ones, asked ones, and those that nothing serves."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.matchmaking import engine

BOXES = 4  # at most beside a sure need, as many as there are where none is: one box alone is no choice
LIKELIER = 50.0  # percent from which a need that nothing serves is said: a wrong guess there costs little

Reply, Served = engine.Reply, engine.Served


@dataclass(frozen=True, slots=True)
class Said:
    """Sub-needs by what is said of them, each the likeliest first.

    ``sure`` are answered, ``doubtful`` are boxes to tick, ``unserved`` are understood and no scheme serves them.
    """

    sure: tuple[str, ...]
    doubtful: tuple[str, ...]
    unserved: tuple[str, ...]


def say_back(
    reply: str, probabilities: Mapping[str, float], served: Mapping[str, str], weights: engine.Weights
) -> Said:
    """Return what is said back of the needs of an answer: probabilities in [0, 1], thresholds in percent.

    Sure needs stand the likeliest first; one that goes with others, such as to be guided, after those.
    """
    ordered = sorted(probabilities, key=lambda need: (-probabilities[need], need))
    percent = {need: 100.0 * probabilities[need] for need in ordered}
    is_served = {need: served.get(need) == Served.YES for need in ordered}
    sure = [need for need in ordered if is_served[need] and percent[need] >= weights.sure]
    sure.sort(key=lambda need: need in engine.transversal_needs())
    doubtful = [need for need in ordered if is_served[need] and weights.likely <= percent[need] < weights.sure]
    if reply == Reply.TO_CONFIRM:
        doubtful = [need for need in ordered if is_served[need]]
    return Said(
        sure=tuple(sure),
        doubtful=tuple(doubtful[:BOXES]) if reply != Reply.NOTHING else (),
        unserved=tuple(need for need in ordered if not is_served[need] and percent[need] >= LIKELIER),
    )
