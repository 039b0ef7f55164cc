"""Facts that a firm states in passing: offered where a listed scheme asks for them, taken only on its word."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from backend.matchmaking import engine
from backend.matchmaking.known import FACT_NAMES, value_text
from backend.matchmaking.models import Result, Submission

ACTIVITIES = ("naf", "naf_2025")  # one of them says what the firm does


@dataclass(frozen=True, slots=True)
class Offer:
    """A fact that a sentence may state."""

    fact: str
    value: float | str
    sentence: str

    @property
    def name(self) -> str:
        return str(FACT_NAMES[self.fact])

    @property
    def said(self) -> str:
        return value_text(self.fact, self.value)


@dataclass(frozen=True, slots=True)
class OfferedFact:
    """What a sentence may state of one fact: a trade may be one of several activities."""

    choices: tuple[Offer, ...]

    @property
    def first(self) -> Offer:
        return self.choices[0]


def by_fact(offers: Iterable[Offer]) -> tuple[OfferedFact, ...]:
    """Put offers that stand together and speak of one fact in one question."""
    return tuple(OfferedFact(tuple(several)) for _fact, several in groupby(offers, key=lambda offer: offer.fact))


def chosen(offers: Iterable[Offer], *, fact: str, value: str) -> Offer | None:
    """Return the offer of a fact that a firm accepts; of several, the one whose value it names."""
    several = [offer for offer in offers if offer.fact == fact]
    return next((offer for offer in several if len(several) == 1 or str(offer.value) == value), None)


def offers_in(text: str, *, known: Container[str], waiting: Iterable[Iterable[str]]) -> tuple[Offer, ...]:
    """Return what a text states of facts that are not known; ``waiting`` are those that each listed scheme lacks.

    The activity is offered whatever waits for it: it orders, and its officer needs it first.
    """
    open_facts = {fact for facts in waiting for fact in facts}
    figures = [
        Offer(fact, figure.value, text[slice(*figure.sentence)])
        for fact, figure in engine.read_figures(text).items()
        if fact in open_facts and fact not in known
    ]
    return (*_trades_in(text, known), *figures)


def _trades_in(text: str, known: Container[str]) -> Sequence[Offer]:
    if any(fact in known for fact in ACTIVITIES):
        return ()
    return [Offer("naf", code, text[slice(*sentence)]) for code, sentence in engine.read_trades(text).items()]


def offers_of(submission: Submission, result: Result) -> tuple[Offer, ...]:
    """Return what the text of a file states and the schemes of its result lack."""
    if not submission.text.strip():
        return ()
    waiting = (match.unknown for match in result.answering)
    return offers_in(submission.text, known=result.facts, waiting=waiting)
