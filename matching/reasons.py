"""Why, why not and what is missing, criterion by criterion: codes that the backend turns into sentences."""

from dataclasses import dataclass

from matching.criteria import Criterion
from matching.outcomes import UNKNOWN, Outcome
from matching.profiles import Profiles
from matching.schemes import Scheme


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


def explain(
    profiles: Profiles, scheme: Scheme, row: int = 0, *, known: dict[Criterion, Reason] | None = None
) -> tuple[Reason, ...]:
    """Return one reason for each condition of a scheme, the window first.

    Parameters
    ----------
    profiles : Profiles
    scheme : Scheme
    row : int
        Which profile.
    known : dict of Criterion to Reason, optional
        What was found for the same profile; it is added to, so that schemes that ask the same are answered once.
    """
    known = {} if known is None else known
    for criterion in scheme.conditions:
        if criterion not in known:
            known[criterion] = _reason(criterion, profiles, row)
    return tuple(known[criterion] for criterion in scheme.conditions)


def _reason(criterion: Criterion, profiles: Profiles, row: int) -> Reason:
    outcome = Outcome(int(criterion.evaluate(profiles)[row]))
    facts = criterion.open_facts(profiles) if outcome == UNKNOWN else {}
    return Reason(
        criterion,
        outcome,
        tuple(sorted(fact for fact, rows in facts.items() if rows[row])),
        tuple(_reason(part, profiles, row) for part in criterion.children()),
    )
