"""What is read of a result to lay it out, for its officers and for its firm."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.accounts.models import User
from backend.matchmaking.decisions import Decision, decisions_in, told_decisions_in
from backend.matchmaking.fact_display import Known
from backend.matchmaking.models import Match, Result, Submission
from backend.matchmaking.ownership import known_facts, sources_of, told_facts
from backend.matchmaking.states import States, both_states


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of a result to lay it out, for its officers and for its firm."""

    matches: list[Match]
    known: Known
    states: States
    told_states: States  # as far as the firm was told

    @property
    def decided(self) -> Mapping[int, Decision]:
        return decisions_in(self.states)

    @property
    def told(self) -> Mapping[int, Decision]:
        return told_decisions_in(self.told_states)


def reading_of(submission: Submission, result: Result, *, viewer: User | None) -> Reading:
    """Read a result, with what a page shows of it, and what was decided."""
    states, told_states = both_states(submission)
    matches = result.ranked_with(decisions_in(states).keys() | told_decisions_in(told_states).keys())
    return Reading(matches, known_of(submission, result, viewer=viewer), states, told_states)


def known_of(submission: Submission, result: Result, *, viewer: User | None = None) -> Known:
    """Return what a result knows of a firm, each value with where it comes from."""
    sources = sources_of(submission, viewer=viewer)
    return Known(result.facts, told_facts(submission, known_facts(submission)), submission.pk, sources)
