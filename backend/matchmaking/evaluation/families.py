"""What requests that look like life get, by family: right, wrong, asked back, or nothing."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from backend.matchmaking import engine
from backend.matchmaking.evaluation.disturbed import VARIANTS
from backend.matchmaking.evaluation.judgements import Labelled, load_labelled
from backend.matchmaking.match_input import as_request
from backend.matchmaking.said_needs import say_back
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


def evaluate_families(*, held_out: bool) -> list[FamilyRow]:
    """Answer one half of the labelled requests, as written and disturbed, with our catalogue."""
    labelled = [each for each in load_labelled() if each.held_out == held_out]
    families = sorted({each.family for each in labelled})
    return [
        _row(family, variant, [each for each in labelled if each.family == family], disturb)
        for family in families
        for variant, disturb in VARIANTS.items()
    ]


def _row(family: str, variant: str, requests: Sequence[Labelled], disturb: Callable[[str], str]) -> FamilyRow:
    catalogue, language = engine.catalogue(Scheme.OWN), engine.language_in_force()
    _, weights = engine.active_weights()
    questions = [replace(each.question, text=disturb(each.question.text)) for each in requests]
    asked = [as_request(question, catalogue, language=language)[0] for question in questions]
    answers = engine.answer(asked, compiled=catalogue, weights=weights, limit=1)
    counts = Counter(
        _outcome(each, request, answer, weights)
        for each, request, answer in zip(requests, asked, answers, strict=True)
    )
    return FamilyRow(family, variant, len(requests), {name: counts[name] / len(requests) for name in OUTCOMES})


def _outcome(each: Labelled, request: engine.Request, answer: engine.Answer, weights: engine.Weights) -> str:
    """Tell what a request got; an answer to what no scheme is for is wrong, and so is a box."""
    decision = answer.decision
    if decision.reply == Reply.NOTHING:
        return NOTHING
    said = say_back(decision.reply, request.probabilities, decision.served, weights)
    if decision.reply == Reply.ANSWERED:
        return RIGHT if said.sure and said.sure[0] in each.needs else WRONG
    return RIGHT_BOX if not set(said.doubtful).isdisjoint(each.needs) else WRONG_BOX
