"""Profiles × schemes → verdicts, slow and obvious: every condition of every scheme, asked of every profile."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching import MET, NOT_MET, UNKNOWN, Outcome, Profiles, Scheme
from matching.criteria import Criterion, OpenFacts
from matching.outcomes import BoolArray, OutcomeArray, all_of, constant


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts of one scheme on every profile, and by fact the profiles whose verdict it leaves open."""

    eligibility: OutcomeArray
    typed: OutcomeArray
    targeted: OutcomeArray
    unknown: OpenFacts
    to_confirm: OpenFacts
    opens_later: BoolArray


def evaluate(profiles: Profiles, scheme: Scheme) -> Verdicts:
    n = profiles.n
    eligibility = all_of((criterion.evaluate(profiles) for criterion in scheme.conditions), n)
    typed = all_of((criterion.evaluate(profiles, assume=MET) for criterion in scheme.stated), n)
    targeted = scheme.targeting.evaluate(profiles) if scheme.targeting else constant(MET, n)
    unknown = _open_facts(profiles, scheme.stated, typed, assume=MET)
    others = _open_facts(profiles, scheme.conditions, eligibility, assume=None)
    to_confirm = {fact: rows for fact, rows in others.items() if fact not in scheme.typed_facts}
    later = np.array([scheme.window.opens_after(profile.on) for profile in profiles.rows], dtype=np.bool_)
    for criterion in (*scheme.criteria, *scheme.from_text):
        later &= criterion.evaluate(profiles) != NOT_MET
    return Verdicts(eligibility, typed, targeted, unknown, to_confirm, later)


def _open_facts(
    profiles: Profiles, criteria: Sequence[Criterion], verdict: OutcomeArray, *, assume: Outcome | None
) -> OpenFacts:
    """Return the facts that leave a verdict open: none where it is decided."""
    is_open = verdict == UNKNOWN
    found: OpenFacts = {}
    for criterion in criteria:
        for fact, rows in criterion.open_facts(profiles, assume=assume).items():
            found[fact] = found.get(fact, np.zeros(profiles.n, dtype=np.bool_)) | (rows & is_open)
    return {fact: rows for fact, rows in found.items() if rows.any()}
