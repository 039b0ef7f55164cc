"""Profiles × schemes → verdicts. Rules alone decide; nothing here knows of needs or scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.criteria import Criterion, OpenFacts
from matching.outcomes import MET, UNKNOWN, Outcome, OutcomeArray, all_of, constant
from matching.profiles import Profiles
from matching.schemes import Scheme


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts of one scheme on every profile; each column of shape (n,).

    Parameters
    ----------
    eligibility : ndarray of int8
        On all conditions.
    typed : ndarray of int8
        On what the owner states, manual conditions given the benefit of the doubt; the window is part of it.
    targeted : ndarray of int8
        Whether the owner aims at that activity: it orders and never excludes.
    unknown, to_confirm : mapping of str to ndarray of bool
        By fact, the profiles whose typed verdict it leaves open; then the other open facts, ``manual`` among them.
    """

    eligibility: OutcomeArray
    typed: OutcomeArray
    targeted: OutcomeArray
    unknown: OpenFacts
    to_confirm: OpenFacts


def evaluate(profiles: Profiles, scheme: Scheme) -> Verdicts:
    """Evaluate a scheme for every profile.

    A scheme with one condition not met is ``NOT_MET`` whatever is unknown; one without any condition is open to all.
    Input order does not matter to the verdicts.
    """
    n = profiles.n
    eligibility = all_of((criterion.evaluate(profiles) for criterion in scheme.conditions), n)
    typed = all_of((criterion.evaluate(profiles, assume=MET) for criterion in scheme.stated), n)
    targeted = scheme.targeting.evaluate(profiles) if scheme.targeting else constant(MET, n)
    unknown = _open_facts(profiles, scheme.stated, typed, assume=MET)
    others = _open_facts(profiles, scheme.conditions, eligibility, assume=None)
    to_confirm = {fact: rows for fact, rows in others.items() if fact not in scheme.typed_facts}
    return Verdicts(eligibility, typed, targeted, unknown, to_confirm)


def _open_facts(
    profiles: Profiles, criteria: Sequence[Criterion], verdict: OutcomeArray, *, assume: Outcome | None
) -> OpenFacts:
    """Return the facts that leave a verdict open: none where it is decided."""
    is_open = verdict == UNKNOWN
    found: OpenFacts = {}
    if not is_open.any():
        return found
    for criterion in criteria:
        for fact, rows in criterion.open_facts(profiles, assume=assume).items():
            found[fact] = found.get(fact, np.zeros(profiles.n, dtype=np.bool_)) | (rows & is_open)
    return {fact: rows for fact, rows in found.items() if rows.any()}
