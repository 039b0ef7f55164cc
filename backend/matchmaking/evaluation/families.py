"""What requests that look like life get, by family: right, wrong, asked back, or nothing."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from backend.matchmaking import engine
from backend.matchmaking.evaluation.disturbed import VARIANTS
from backend.matchmaking.evaluation.judgements import Labelled, load_labelled
from backend.matchmaking.match_input import as_requests, proposed
from backend.matchmaking.said_needs import Said, say_back
from backend.schemes.models import Scheme

Reply = engine.Reply
RIGHT, WRONG, RIGHT_BOX, WRONG_BOX, NOTHING = "right", "wrong", "right box", "wrong box", "nothing"
OUTCOMES = (RIGHT, WRONG, RIGHT_BOX, WRONG_BOX, NOTHING)


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """Shares of the requests of a family, written in one way, by what they get; they add up to 1."""

    family: str
    variant: str
    n: int
    shares: dict[str, float]


@dataclass(frozen=True)
class Told:
    """A labelled request and what it got."""

    labelled: Labelled
    request: engine.Request
    answer: engine.Answer
    said: Said

    @property
    def id(self) -> str:
        return str(self.labelled.question.id)

    @property
    def reply(self) -> str:
        """Tell whether it was answered, asked back, or told that nothing fits."""
        return self.answer.decision.reply

    @property
    def has_right_box(self) -> bool:
        """Tell whether one of the boxes to tick is what is asked for."""
        return not set(self.said.doubtful).isdisjoint(self.labelled.needs)

    @property
    def likeliest(self) -> list[str]:
        """Return the sub-needs that were understood, the likeliest first."""
        chances = self.request.probabilities
        return sorted(chances, key=lambda need: (-chances[need], need))

    @property
    def listed(self) -> list[str]:
        """Return the keys of the schemes that the firm reads, in order."""
        return [item.scheme_key for item in self.proposed]

    @property
    def proposed(self) -> list[engine.Ranked]:
        """Return the schemes that the firm reads, in order."""
        return [] if self.reply == Reply.NOTHING else proposed(self.answer.ranked)

    @cached_property
    def possible(self) -> frozenset[str]:
        """Return the keys of the schemes that the firm has or may have; of an answer without a limit."""
        return frozenset(item.scheme_key for item in self.answer.ranked if item.is_possible)


def evaluate_families(*, held_out: bool) -> list[FamilyRow]:
    """Answer one half of the labelled requests, as written and disturbed, with our catalogue."""
    labelled = [each for each in load_labelled() if each.held_out == held_out]
    families = sorted({each.family for each in labelled})
    return [
        _row(family, variant, [each for each in labelled if each.family == family], disturb)
        for family in families
        for variant, disturb in VARIANTS.items()
    ]


def told(requests: Sequence[Labelled], disturb: Callable[[str], str], *, limit: int | None = None) -> list[Told]:
    """Answer requests, each written in another way, with our catalogue."""
    catalogue, language = engine.catalogue(Scheme.OWN), engine.language_in_force()
    _, weights = engine.active_weights()
    questions = [replace(each.question, text=disturb(each.question.text)) for each in requests]
    asked = [request for request, _ in as_requests(questions, catalogue, language=language)]
    answers = engine.answer(asked, compiled=catalogue, weights=weights, limit=limit)
    if limit is None:  # as a page is answered, whose cards hang on it
        answers = [
            engine.with_presumed(answer, request, compiled=catalogue, weights=weights, ranker=None)
            for request, answer in zip(asked, answers, strict=True)
        ]
    return [
        Told(
            each,
            request,
            answer,
            say_back(answer.decision.reply, request.probabilities, answer.decision.served, weights),
        )
        for each, request, answer in zip(requests, asked, answers, strict=True)
    ]


def _row(family: str, variant: str, requests: Sequence[Labelled], disturb: Callable[[str], str]) -> FamilyRow:
    counts = Counter(_outcome(one) for one in told(requests, disturb, limit=1))
    return FamilyRow(family, variant, len(requests), {name: counts[name] / len(requests) for name in OUTCOMES})


def _outcome(one: Told) -> str:
    """Tell what a request got; an answer to what no scheme is for is wrong, and so is a box."""
    if one.reply == Reply.NOTHING:
        return NOTHING
    if one.reply == Reply.ANSWERED:
        return RIGHT if one.said.sure and one.said.sure[0] in one.labelled.needs else WRONG
    return RIGHT_BOX if one.has_right_box else WRONG_BOX
