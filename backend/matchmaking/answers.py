"""The answer to one question from outside, of which nothing is kept: schemes in order, and what would settle more."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.cards import Card, explain_ranked
from backend.matchmaking.match_input import Question, as_requests
from backend.matchmaking.models import Match
from backend.matchmaking.offers import Offer, offers_in
from backend.matchmaking.preferences import SaidPreference, said_of
from backend.matchmaking.questions import efforts, label_of, likely, question_of, unasked
from backend.matchmaking.replies import UnderstoodNeed, understood_of


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
    reply: str
    cause: str | None
    understood: tuple[UnderstoodNeed, ...]
    preferences: tuple[SaidPreference, ...]
    offered: tuple[Offer, ...]
    n_matches: int
    cards: tuple[Card, ...]
    undecided: tuple[OpenQuestion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as the engine takes it, with the catalogue, the points and what was learnt that answer it."""

    question: Question
    request: engine.Request
    reading: engine.Reading
    compiled: engine.Catalogue
    weights: engine.Weights
    ranker: engine.Ranker | None


def answer(question: Question, *, limit: int) -> Answer:
    """Rank the schemes for a question and explain the first ``limit`` of them."""
    asked = prepare(question)
    return lay_out(asked, rank(asked), limit=limit)


def prepare(question: Question) -> Asked:
    """Read a question with what is in force."""
    rules = engine.in_force()
    ((request, reading),) = as_requests([question], rules.compiled, language=rules.language)
    return Asked(
        question=question,
        request=request,
        reading=reading,
        compiled=rules.compiled,
        weights=rules.weights,
        ranker=rules.ranker,
    )


def rank(asked: Asked) -> engine.Answer:
    """Return the schemes that address the needs, in order: those that the firm has or may have, then later ones."""
    return engine.listed(asked.request, compiled=asked.compiled, weights=asked.weights, ranker=asked.ranker)


def lay_out(asked: Asked, found: engine.Answer, *, limit: int) -> Answer:
    """Explain the first of the schemes of an answer, and say what is left to ask of all of them."""
    ranked = found.ranked
    return Answer(
        question=asked.question,
        weights=asked.weights.version,
        reply=found.decision.reply,
        cause=found.decision.cause,
        understood=understood_of(asked.question.text, asked.reading, found, asked.weights),
        preferences=tuple(said_of(asked.question.text, asked.reading.preferences)),
        offered=offers_in(asked.question.text, known=asked.question.facts, listed=ranked, on=asked.question.on),
        n_matches=len(ranked),
        cards=tuple(explain_ranked(ranked[:limit], asked.request.facts, on=asked.question.on)),
        undecided=open_questions(asked, ranked),
    )


def listed_as(fact: str) -> str:
    """Return the name under which a match lists a fact that it waits for."""
    return "schemes" if fact.startswith(Fact.SCHEME) else fact


def open_questions(asked: Asked, ranked: Sequence[engine.Ranked]) -> tuple[OpenQuestion, ...]:
    """Return what is left to ask of the schemes of an answer, first what settles most for its effort."""
    undecided = [item for item in ranked if item.typed == Match.Verdict.UNDECIDED]
    only = {item.scheme_key: item.unknown[0] for item in undecided if len(item.unknown) == 1}
    worth = engine.worth(((item.scheme_key, item.score, item.parts) for item in undecided), asked.weights)
    return tuple(
        OpenQuestion(
            fact=open_fact.name,
            ask=open_fact.ask,
            waiting=open_fact.waiting,
            settled=tuple(key for key in open_fact.waiting if only.get(key) == listed_as(open_fact.name)),
            expected=open_fact.expected,
        )
        for open_fact in engine.next_questions(
            asked.request.facts,
            worth,
            on=asked.request.on,
            efforts=efforts(),
            likely=likely(),
            skip=unasked(asked.request.facts, on=asked.request.on, spoken=asked.request.spoken_activities),
            compiled=asked.compiled,
        )
    )
