"""One scheme against many firms: each condition is evaluated once a class, and taken by the class of each firm."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from matching.classes import fields_of
from matching.criteria import Criterion
from matching.outcomes import MET, NOT_MET, BoolArray, Outcome, OutcomeArray, constant
from matching.profile_classes import ProfileClasses
from matching.schemes import Scheme
from matching.tables import has_manual

FEW = 8  # once only one firm in so many can have a scheme, the others are no longer looked at


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts of one scheme on every firm; each column of shape (n,).

    Parameters
    ----------
    eligibility : ndarray of int8
        On all conditions.
    typed : ndarray of int8
        On what the owner states, manual conditions given the benefit of the doubt; the window is part of it.
    opens_later : ndarray of bool
        Whether nothing stands against it but that it is not open yet.
    """

    eligibility: OutcomeArray
    typed: OutcomeArray
    opens_later: BoolArray


def evaluate(firms: ProfileClasses, scheme: Scheme) -> Verdicts:
    """Evaluate a scheme for every firm.

    A scheme with one condition not met is ``NOT_MET`` whatever is unknown; one without any condition is open to all.
    """
    rules = least(firms, (*scheme.criteria, *scheme.from_text))
    window = outcomes(firms, scheme.window)
    days = firms.of(fields_of(scheme.window))
    later = np.array([scheme.window.opens_after(profile.on) for profile in days.profiles], dtype=np.bool_)
    eligibility = np.minimum(rules, window)
    typed = eligibility
    if scheme.from_text or any(map(has_manual, scheme.criteria)):
        typed = np.minimum(least(firms, scheme.criteria, assume=MET), window)
    return Verdicts(eligibility, typed, later[days.numbers] & (rules != NOT_MET))


def outcomes(firms: ProfileClasses, condition: Criterion, *, assume: Outcome | None = None) -> OutcomeArray:
    """Return what a condition says of every firm, of shape (n,)."""
    classes = firms.of(fields_of(condition))
    return classes.told(condition, assume=assume).take(classes.numbers)


def least(firms: ProfileClasses, conditions: Iterable[Criterion], *, assume: Outcome | None = None) -> OutcomeArray:
    """Return the least of what conditions say of every firm: Kleene's "all of"; of none, met."""
    found, some = constant(MET, firms.n), None
    for condition in conditions:
        classes = firms.of(fields_of(condition))
        told = classes.told(condition, assume=assume)
        if some is None:
            np.minimum(found, told.take(classes.numbers), out=found)
            possible = np.flatnonzero(found != NOT_MET)
            some = possible if FEW * len(possible) < firms.n else None
        else:
            found[some] = np.minimum(found[some], told.take(classes.numbers.take(some)))
    return found
