"""The answer to one question from outside, of which nothing is kept: schemes in order, and what would settle more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.lines import Question
from backend.matchmaking.models import Match
from backend.matchmaking.presentation import Card, explain_ranked
from backend.matchmaking.questions import efforts, label_of, likely, question_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A fact that undecided schemes wait for; ``settled`` are those for which nothing else is missing."""

    fact: str
    ask: str
    waiting: tuple[str, ...]
    settled: tuple[str, ...]
    expected: float

    @property
    def label(self) -> str:
        return label_of(self.fact)

    @property
    def question(self) -> str:
        return question_of(self.fact)

    @property
    def field(self) -> str | None:
        """Where the answer goes in a line, as a JSON pointer; nowhere where the firm does not know."""
        if self.ask == "operator":
            return None
        if self.fact.startswith(Fact.SCHEME):
            return f"/schemes/{self.fact.removeprefix(Fact.SCHEME)}"
        return f"/{self.fact.replace('.', '/')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Schemes in order, the first of them explained."""

    question: Question
    weights: str
    needs: tuple[engine.Understood, ...]
    n_matches: int
    cards: tuple[Card, ...]
    undecided: tuple[OpenQuestion, ...]


def answer(question: Question, *, limit: int) -> Answer:
    """Rank the schemes for a question and explain the first ``limit`` of them."""
    weight_set, weights = engine.active_weights()
    compiled = engine.catalogue()
    request, reading = as_request(question, compiled)
    ranker = engine.ranker_of(engine.adopted_ranker(weight_set))
    (ranked,) = engine.rank([request], compiled=compiled, weights=weights, ranker=ranker)
    possible = proposed(ranked)
    matches = [replace(item, rank=rank) for rank, item in enumerate([*possible, *opening_later(ranked)], 1)]
    return Answer(
        question=question,
        weights=weight_set.version,
        needs=reading.needs,
        n_matches=len(matches),
        cards=tuple(explain_ranked(matches[:limit], request.facts, on=question.on)),
        undecided=open_questions(request, possible, engine.worth(scored(possible), weights), compiled),
    )


def as_request(question: Question, compiled: engine.Catalogue) -> tuple[engine.Request, engine.Reading]:
    """Put a question as the engine takes it, and say how its words were understood."""
    return engine.read_request(question.facts, question.text, question.needs, on=question.on, compiled=compiled)


def proposed(ranked: Iterable[engine.Ranked]) -> list[engine.Ranked]:
    """Return the schemes that the firm has or may have, and that address its needs."""
    return [item for item in ranked if item.addresses and item.eligibility != Match.Verdict.INELIGIBLE]


def listed_as(fact: str) -> str:
    """Return the name under which a match lists a fact that it waits for."""
    return "schemes" if fact.startswith(Fact.SCHEME) else fact


def scored(ranked: Iterable[engine.Ranked]) -> Iterable[tuple[str, float | None, Mapping[str, float]]]:
    """Return what the engine weighs questions by: key, score and its parts."""
    return ((item.scheme_key, item.score, item.parts) for item in ranked)


def opening_later(ranked: Iterable[engine.Ranked]) -> list[engine.Ranked]:
    """Return the schemes that address its needs and have nothing against them but a first day to come."""
    return [item for item in ranked if item.addresses and item.opens_later]


def open_questions(
    question: engine.Request, ranked: Sequence[engine.Ranked], worth: Mapping[str, float], compiled: engine.Catalogue
) -> tuple[OpenQuestion, ...]:
    """Return what is left to ask, first what settles most for its effort."""
    undecided = [item for item in ranked if item.typed == Match.Verdict.UNDECIDED]
    only = {item.scheme_key: item.unknown[0] for item in undecided if len(item.unknown) == 1}
    return tuple(
        OpenQuestion(
            fact=asked.name,
            ask=asked.ask,
            waiting=asked.waiting,
            settled=tuple(key for key in asked.waiting if only.get(key) == listed_as(asked.name)),
            expected=asked.expected,
        )
        for asked in engine.next_questions(
            question.facts, worth, on=question.on, efforts=efforts(), likely=likely(), compiled=compiled
        )
    )
