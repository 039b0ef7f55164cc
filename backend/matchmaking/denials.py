"""What a firm says is wrong of what its words were read to state: kept with the questions that are not asked again."""

from collections.abc import Iterable
from typing import Any

from backend.matchmaking import engine
from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import declined_questions

IS = "="  # between a fact and the value that it has not
ACTIVITY = "naf"


def denial_of(fact: str, value: Any) -> str:
    """Return how it is named that a fact has not a value."""
    return f"{fact}{IS}{value}"


def denied_activities(declined: Iterable[str]) -> frozenset[str]:
    """Return the codes of activities that a firm said it does not have, of what it is not asked again."""
    start = denial_of(ACTIVITY, "")
    return frozenset(name.removeprefix(start) for name in declined if name.startswith(start))


def spoken_by(submission: Submission) -> frozenset[str]:
    """Return the activities that a text plainly says and its firm did not deny: looked up only where it says one."""
    if not engine.read_trades(submission.text):
        return frozenset()
    return engine.spoken_activities(submission.text, denied_activities(declined_questions(submission)))
