"""What came of the schemes of a file: those of which nobody knows the end, and the questions that ask it.

A question is answered once something was said, by anybody and anywhere, of each scheme that it asks.
"""

from django.utils import timezone

from backend.matchmaking.models import Submission, Survey
from backend.matchmaking.states import SchemeState, states_of
from backend.matchmaking.transitions import State

OPEN = frozenset({State.FOLLOWED, State.APPLIED})


def open_schemes(submission: Submission, *, told: bool = True) -> list[SchemeState]:
    """Return the schemes that a firm follows or asked for, whose outcome nobody has said.

    ``told``: count only the verdicts that the firm was notified of, as a question to it shows no other.
    """
    states = states_of(submission, told=told).own.values()
    return [state for state in states if state.counts and state.counts.state in OPEN]


def without_a_word(survey: Survey) -> list[SchemeState]:
    """Return the schemes of a question of which nothing was said from the day it was asked on, in a review neither."""
    return [
        state
        for state in open_schemes(survey.submission, told=False)
        if state.counts
        and timezone.localdate(state.counts.at) < survey.asked_on
        and state.scheme.pk not in survey.still_waiting
    ]


def end_questions(submission: Submission) -> None:
    """End the questions of a locked file that nothing is left of, and then the step by which its officers ask them."""
    asked = list(submission.surveys.outcomes().filter(answered_at=None))
    if not asked:
        return
    now = timezone.now()
    answered = [survey.pk for survey in asked if not without_a_word(survey)]
    submission.surveys.filter(pk__in=answered).update(answered_at=now)
    if len(answered) == len(asked):
        submission.follow_ups.to_do().outcomes().update(done_at=now)
