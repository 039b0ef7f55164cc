"""What was decided of the schemes of a file, as its officers and its firm see it."""

from dataclasses import dataclass
from typing import ClassVar, TypeGuard

from backend.matchmaking.models import Review, Submission
from backend.matchmaking.states import SchemeState, States, both_states


@dataclass(frozen=True, slots=True)
class SeenElsewhere:
    """A decision on a file that is read with this one, which hides a scheme here: not who took it, why nor where."""

    verdict: ClassVar[str] = Review.Verdict.REJECTED
    is_decided: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Over:
    """What was said of a scheme since takes it away: the firm has it or does not want it, or its request has ended."""

    verdict: ClassVar[str] = Review.Verdict.REJECTED
    is_decided: ClassVar[bool] = True


type Decision = Review | SeenElsewhere | Over


def told_decisions(submission: Submission) -> dict[int, Decision]:
    """Return what the firm was told: decisions made before the last end of the review, and what was said since."""
    return told_decisions_in(both_states(submission)[1])


def decisions_in(states: States) -> dict[int, Decision]:
    """Return the verdicts in what is said of the schemes of a file, as its officers see them."""
    own = {scheme: state.verdict for scheme, state in states.own.items() if _stands(state.verdict)}
    return _hidden_elsewhere(states) | own


def told_decisions_in(states: States) -> dict[int, Decision]:
    """Return the same for the firm, from what it was told, with what was said since and takes a scheme away."""
    told = {scheme: _told(state) for scheme, state in states.own.items()}
    return _hidden_elsewhere(states) | {scheme: decision for scheme, decision in told.items() if decision is not None}


def _told(state: SchemeState) -> Decision | None:
    if state.takes_away and not state.is_of_review:
        return Over()
    return state.verdict if _stands(state.verdict) else None


def _stands(review: Review | None) -> TypeGuard[Review]:
    return review is not None and not review.is_withdrawn


def _hidden_elsewhere(states: States) -> dict[int, Decision]:
    """Return what the files read with this one take away from the firm, whatever it asks now."""
    return {scheme: SeenElsewhere() for scheme in states.elsewhere}


def is_set_aside(review: Decision | None) -> bool:
    """Tell whether a decision takes a scheme away from the firm."""
    return review is not None and review.is_decided and review.verdict == Review.Verdict.REJECTED
