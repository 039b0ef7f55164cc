"""What may be said of a scheme after what and by whom, and which word counts where a firm and its officer differ.

Two voices speak: the firm, and those who follow it (officers, what operators told them, and verdicts of a review, read
as states). The word that counts, by priority:

1. where one voice alone speaks, its last word;
2. a later word of the officer settles it; to keep a scheme contradicts nothing but a dismissal;
3. a later word of the firm counts, unless the officer dismissed the scheme: what takes it away wins until settled.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from backend.matchmaking.models import Review, SchemeEvent

State = SchemeEvent.State
Origin = SchemeEvent.Origin
KEPT: str = Review.Verdict.KEPT
DISMISSED = frozenset({State.HAS_IT, State.SET_ASIDE})  # not wanted, or not any more
HELD = frozenset({State.HAS_IT, State.GRANTED})  # the firm has the scheme: a fact for the engine
LEFT = frozenset({State.SET_ASIDE, State.REFUSED, State.GIVEN_UP})  # nothing more comes of it
OVER = DISMISSED | {State.GRANTED, State.REFUSED, State.GIVEN_UP}  # no more to be proposed, while the reason holds
SPOKEN_OF = frozenset({KEPT, State.FOLLOWED, State.APPLIED, State.GRANTED})  # the firm may write of it
WITH_EUROS = frozenset({State.APPLIED, State.GRANTED})

_FIRST = frozenset({State.FOLLOWED, State.APPLIED, State.HAS_IT, State.SET_ASIDE})
# What may be said after the last word; the empty one where none stands.
AFTER: Mapping[str, frozenset[str]] = {
    "": _FIRST,
    KEPT: _FIRST | {State.GIVEN_UP},
    State.FOLLOWED: frozenset({State.APPLIED, State.GIVEN_UP, State.HAS_IT, State.SET_ASIDE}),
    State.APPLIED: frozenset({State.GRANTED, State.REFUSED, State.GIVEN_UP}),
    State.GRANTED: frozenset(),
    State.REFUSED: frozenset({State.FOLLOWED, State.APPLIED}),
    State.GIVEN_UP: frozenset({State.FOLLOWED, State.APPLIED}),
    State.HAS_IT: frozenset(),
    State.SET_ASIDE: frozenset({State.FOLLOWED, State.APPLIED, State.HAS_IT}),
}
# What those who follow a firm may say besides, to settle its own last word: nothing else follows it. To confirm what
# was granted adds its amount.
SETTLES: Mapping[str, frozenset[str]] = {
    State.GRANTED: frozenset({State.GRANTED, State.APPLIED, State.GIVEN_UP}),
    State.HAS_IT: frozenset({State.APPLIED, State.GIVEN_UP}),
}
# An operator's answer, which those who follow a firm may note at once: the request is implied. Not where it would
# contradict what was said: after a refusal, or what sets the scheme aside, the request is noted first.
OPERATOR_ANSWERS = frozenset({State.GRANTED, State.REFUSED})
UNASKED: frozenset[str] = frozenset({"", KEPT, State.FOLLOWED})
# Who may say what. An officer dismisses a scheme by a review, whose reasons have effects.
MAY_SAY: Mapping[str, frozenset[str]] = {
    Origin.FIRM: frozenset(AFTER) - {"", KEPT},
    Origin.OFFICER: frozenset({State.FOLLOWED, State.APPLIED, State.GRANTED, State.REFUSED, State.GIVEN_UP}),
    Origin.OPERATOR: frozenset({State.APPLIED, State.GRANTED, State.REFUSED}),
}


class Word(Protocol):
    """What one voice said last of a scheme."""

    @property
    def state(self) -> str: ...
    @property
    def at(self) -> datetime: ...


def state_of_verdict(verdict: str, reason: str) -> str:
    """Return the verdict of a review as a state; empty where it says nothing of the scheme."""
    if verdict == Review.Verdict.REJECTED:
        states: dict[str, State] = {
            Review.Reason.ALREADY_HAS_IT: State.HAS_IT,
            Review.Reason.ASKED_AND_REFUSED: State.REFUSED,
        }
        return states.get(reason, State.SET_ASIDE)
    return KEPT if verdict == KEPT else ""


def last_of[W: Word](verdict: W | None, step: W | None) -> W | None:
    """Return the word of those who follow a firm: a verdict, or a step; to keep a scheme takes no step back."""
    if verdict is None or step is None:
        return verdict or step
    return step if verdict.state == KEPT or step.at > verdict.at else verdict


def counting[W: Word](firm: W | None, staff: W | None) -> W | None:
    """Return the word that counts, by the priority above."""
    if firm is None or staff is None:
        return firm or staff
    if staff.at > firm.at:
        return firm if staff.state == KEPT and firm.state not in DISMISSED else staff
    return staff if staff.state in DISMISSED and firm.state not in DISMISSED else firm


def differ(firm: Word | None, staff: Word | None) -> bool:
    """Tell whether a firm said since what does not follow from its officer's last word."""
    if firm is None or staff is None or staff.at > firm.at or firm.state == staff.state:
        return False
    if firm.state in DISMISSED or staff.state in DISMISSED:
        return True
    return staff.state != KEPT and firm.state not in AFTER[staff.state]


def allowed_to_staff(firm: Word | None, staff: Word | None, *, at_once: bool = True) -> frozenset[str]:
    """Return what those who follow a firm may say: the same, the operator's answer, and what settles its last word.

    ``at_once`` tells whether an answer may stand where no request was noted.
    """
    is_last = firm is not None and (staff is None or firm.at > staff.at)
    settles = SETTLES.get(firm.state, frozenset()) if firm and is_last else frozenset()
    return (
        allowed(staff, firm)
        | settles
        | (OPERATOR_ANSWERS if at_once and _followed(staff, firm) <= UNASKED else frozenset())
    )


def allowed(own: Word | None, other: Word | None) -> frozenset[str]:
    """Return what one voice may say: what follows its own word, or a later step of the other voice."""
    return frozenset().union(*(AFTER[state] for state in _followed(own, other)))


def _followed(own: Word | None, other: Word | None) -> frozenset[str]:
    """Return the states that the next word of one voice may follow."""
    if own is None:
        return frozenset({other.state if other else ""})
    if other is None or other.at <= own.at:
        return frozenset({own.state})
    if other.state == KEPT:
        return frozenset({KEPT if own.state in DISMISSED else own.state})
    return frozenset({own.state, other.state})
