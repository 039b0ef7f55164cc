"""Facts that a firm states in passing: offered where a listed scheme asks for them, taken only on its word."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from backend.matchmaking import engine
from backend.matchmaking.known import FACT_NAMES, value_text
from backend.matchmaking.models import Result, Submission


@dataclass(frozen=True, slots=True)
class Offer:
    """A fact that a sentence may state."""

    fact: str
    value: float
    sentence: str

    @property
    def label(self) -> str:
        return f"{FACT_NAMES[self.fact]} : {value_text(self.fact, self.value)}"


def offers_in(text: str, *, known: Container[str], waiting: Iterable[Iterable[str]]) -> tuple[Offer, ...]:
    """Return what a text states of facts that are not known; ``waiting`` are those that each listed scheme lacks."""
    open_facts = {fact for facts in waiting for fact in facts}
    return tuple(
        Offer(fact, figure.value, text[slice(*figure.sentence)])
        for fact, figure in engine.read_figures(text).items()
        if fact in open_facts and fact not in known
    )


def offers_of(submission: Submission, result: Result) -> tuple[Offer, ...]:
    """Return what the text of a file states and the schemes of its result lack."""
    if not submission.text.strip():
        return ()
    waiting = (match.unknown for match in result.answering)
    return offers_in(submission.text, known=result.facts, waiting=waiting)
