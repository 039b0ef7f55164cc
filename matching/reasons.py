"""Why, why not and what is missing, criterion by criterion: codes that the backend turns into sentences."""

from dataclasses import dataclass

from matching.criteria import Criterion
from matching.outcomes import UNKNOWN, Outcome
from matching.profiles import Profiles


@dataclass(frozen=True, slots=True)
class Reason:
    """What one condition says of one profile.

    Parameters
    ----------
    criterion : Criterion
    outcome : Outcome
    open_facts : tuple of str
        Sorted; the facts that leave it unknown.
    parts : tuple of Reason
        Of a composite.
    """

    criterion: Criterion
    outcome: Outcome
    open_facts: tuple[str, ...]
    parts: tuple["Reason", ...] = ()


def explain(criterion: Criterion, alone: Profiles) -> Reason:
    """Say what a condition says of one profile, and each of its parts."""
    outcome = Outcome(int(criterion.evaluate(alone)[0]))
    facts = criterion.open_facts(alone) if outcome == UNKNOWN else {}
    return Reason(
        criterion,
        outcome,
        tuple(sorted(fact for fact, rows in facts.items() if rows[0])),
        tuple(explain(part, alone) for part in criterion.children()),
    )
