"""Facts that a firm states in passing: offered where a listed scheme asks for them, taken only on its word."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Protocol

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.denials import ACTIVITY, denial_of, denied_activities
from backend.matchmaking.fact_display import FACT_NAMES, beside_label, value_text
from backend.matchmaking.models import Result, Submission
from backend.matchmaking.ownership import declined_questions
from backend.schemes.catalogue.definitions import manual_sentences
from backend.schemes.catalogue.revision_cache import read_revisions

ACTIVITIES = (ACTIVITY, "naf_2025")  # one of them says what the firm does


class Listed(Protocol):
    """A scheme of an answer, kept or not."""

    @property
    def revision_id(self) -> int: ...
    @property
    def unknown(self) -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class Offer:
    """A fact that a sentence may state; of a condition that only a person can check, with its sentence."""

    fact: str
    value: Any
    sentence: str
    condition: str = ""

    @property
    def denial(self) -> str:
        """How it is named once the firm said that it is wrong."""
        return denial_of(self.fact, self.value)

    @property
    def said(self) -> str:
        """The value in words, beside the name of the fact."""
        return beside_label(self.fact, self.value)

    @property
    def label(self) -> str:
        """What is taken, after "retenir"."""
        return f"ceci : {self.short}" if isinstance(self.value, bool) else f"{FACT_NAMES[self.fact]} : {self.said}"

    @property
    def short(self) -> str:
        """What is taken, alone."""
        return self.condition or value_text(self.fact, self.value)


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


def offers_in(
    text: str, *, known: Container[str], listed: Iterable[Listed], on: date, declined: Collection[str] = ()
) -> tuple[Offer, ...]:
    """Return what a text of a day states of facts that are not known, and that a listed scheme lacks.

    What the firm said is wrong, which is ``declined``, is not offered again. The activity is offered whatever waits
    for it: it orders, and its officer needs it first.
    """
    if not text.strip():
        return ()
    listed = list(listed)
    stated = {fact: (figure.value, figure.sentence) for fact, figure in engine.read_figures(text).items()}
    stated |= engine.read_spoken(text, on=on)
    missing = {fact: "" for item in listed for fact in item.unknown}
    if any(fact.startswith(Fact.ANSWER) for fact in stated):
        missing |= _conditions_of(listed)
    facts = (
        Offer(fact, value, text[slice(*sentence)], missing[fact])
        for fact, (value, sentence) in stated.items()
        if fact in missing and fact not in known
    )
    offers = (*_trades_in(text, known, denied_activities(declined)), *facts)
    return tuple(offer for offer in offers if offer.denial not in declined)


def _conditions_of(listed: Iterable[Listed]) -> Mapping[str, str]:
    """Return the sentences of the conditions that listed schemes leave to a person, by the names of their answers."""
    rows = (
        row for sheet in read_revisions({item.revision_id for item in listed}).values() for row in sheet.criteria.all()
    )
    return {f"{Fact.ANSWER}{name}": text for row in rows for name, text in manual_sentences(row.definition).items()}


def _trades_in(text: str, known: Container[str], denied: Container[str]) -> Iterator[Offer]:
    if not any(fact in known for fact in ACTIVITIES):
        for code, sentence in engine.read_trades(text, denied).items():
            yield Offer(ACTIVITY, code, text[slice(*sentence)])


def offers_of(submission: Submission, result: Result) -> tuple[Offer, ...]:
    """Return what the text of a file states and the schemes of its result lack."""
    return offers_in(
        submission.text,
        known=result.facts,
        listed=result.answering,
        on=submission.filed_on,
        declined=declined_questions(submission) if submission.text.strip() else (),
    )
