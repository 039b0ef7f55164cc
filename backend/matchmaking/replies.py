"""What is said back of what was understood: sure needs, boxes where there is a doubt, needs that nothing serves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from backend.matchmaking import engine
from backend.matchmaking.models import Cause, Need, Result, Submission
from backend.matchmaking.offers import ACTIVITIES, Offer, OfferedFact, by_fact, offers_of
from backend.matchmaking.preferences import Preferences, SaidPreference, preferences_of
from backend.matchmaking.said_needs import Said, say_back
from backend.schemes.catalogue.taxonomy import sub_needs

Reply = engine.Reply


@dataclass(frozen=True, slots=True)
class UnderstoodNeed:
    """A need of a question, with what says it: ``sentence`` is none for a tick."""

    sub_need: str
    ticked: bool
    probability: float
    sentence: str | None
    words: tuple[str, ...]
    served: str


def understood_of(
    text: str, reading: engine.Reading, answer: engine.Answer, weights: engine.Weights
) -> tuple[UnderstoodNeed, ...]:
    """Return the needs that are likely, and those that the firm is asked about, as the reading orders them."""
    decision = answer.decision
    probabilities = {need.sub_need: need.probability for need in reading.needs}
    asked = say_back(decision.reply, probabilities, decision.served, weights).doubtful
    return tuple(
        UnderstoodNeed(
            sub_need=need.sub_need,
            ticked=need.ticked,
            probability=round(need.probability, 4),
            sentence=None if need.sentence is None else text[slice(*need.sentence)],
            words=need.evidence,
            served=decision.served[need.sub_need],
        )
        for need in reading.needs
        if 100.0 * need.probability >= weights.likely or need.sub_need in asked
    )


@dataclass(frozen=True, slots=True)
class Chip:
    """A need as the firm reads it: its label, and the sentence of the firm that says it, none for a tick."""

    need: Need
    sentence: str

    @property
    def key(self) -> str:
        return self.need.sub_need_id

    @property
    def label(self) -> str:
        return str(self.need.sub_need.label)


MOST_AT_ONCE = 3  # needs


@dataclass(frozen=True, slots=True)
class SaidBack:
    """What the firm reads of what was understood, the likeliest first."""

    reply: str
    cause: str
    sure: tuple[Chip, ...]
    doubtful: tuple[Chip, ...]
    unserved: tuple[Chip, ...]
    preferences: tuple[SaidPreference, ...] = ()
    removed: tuple[SaidPreference, ...] = ()
    language: str = ""  # of a text that is not in French, and what its writer is told in it
    told: tuple[str, ...] = ()
    offers: tuple[OfferedFact, ...] = ()
    unread: tuple[str, ...] = ()  # parts of its text that nothing here is for, as it wrote them

    @property
    def at_once(self) -> tuple[Chip, ...]:
        """The needs said above the steps: of more than three, the two likeliest, that the steps stay in sight."""
        return self.sure if len(self.sure) <= MOST_AT_ONCE else self.sure[: MOST_AT_ONCE - 1]

    @property
    def folded(self) -> tuple[Chip, ...]:
        return self.sure[len(self.at_once) :]

    @property
    def quotes_differ(self) -> bool:
        """Whether the sentences beside its doubtful needs tell them apart; one under each box does not."""
        return len(self.doubtful) == 1 or len({chip.sentence for chip in self.doubtful}) > 1

    @property
    def offered(self) -> frozenset[str]:
        """The names of the facts that it is asked to take as it wrote them: no question asks them beside that."""
        facts = {offered.first.fact for offered in self.offers}
        return frozenset(facts.union(ACTIVITIES) if facts.intersection(ACTIVITIES) else facts)

    @property
    def asks(self) -> bool:
        """Whether it is asked what it means before it reads anything else."""
        return self.reply == Reply.TO_CONFIRM

    @property
    def is_unclear(self) -> bool:
        """Whether it has still to say what it needs: asked what it means, or not understood."""
        return self.asks or self.cause in (Cause.NOT_UNDERSTOOD, Cause.OTHER_LANGUAGE)


def said_back(submission: Submission, result: Result) -> SaidBack:
    """Return what the firm reads of its needs beside a result."""
    said = say_back(result.reply, result.probabilities, result.served, engine.weights_of(result.weights))
    needs = {need.sub_need_id: need for need in submission.needs.select_related("sub_need")}
    return _put(
        said,
        result.reply,
        result.cause,
        submission.text,
        needs,
        preferences_of(submission),
        offers_of(submission, result),
    )


def said_back_unfiled(
    text: str,
    reading: engine.Reading,
    answer: engine.Answer,
    weights: engine.Weights,
    preferences: Preferences,
    offers: tuple[Offer, ...],
    *,
    language: str,
) -> SaidBack:
    """Return what a firm reads of its needs that has filed nothing: the same, from what was understood just now."""
    decision, known = answer.decision, sub_needs()
    unread = engine.unread_of(text, language=language) if decision.reply != Reply.NOTHING else []
    needs = {
        need.sub_need: Need(
            sub_need=known[need.sub_need],
            ticked=need.ticked,
            sentence=need.sentence and list(need.sentence),
        )
        for need in reading.needs
    }
    probabilities = {need.sub_need: need.probability for need in reading.needs}
    said = say_back(decision.reply, probabilities, decision.served, weights)
    found = _put(said, decision.reply, decision.cause or "", text, needs, preferences, offers)
    return replace(found, unread=tuple(text[start:end] for start, end in unread))


def _put(
    said: Said,
    reply: str,
    cause: str,
    text: str,
    needs: Mapping[str, Need],
    preferences: Preferences,
    offers: tuple[Offer, ...],
) -> SaidBack:
    def chips(keys: tuple[str, ...]) -> tuple[Chip, ...]:
        return tuple(Chip(needs[key], _sentence(text, needs[key])) for key in keys if key in needs)

    standing, removed = preferences
    language = engine.other_language(text) if cause == Cause.OTHER_LANGUAGE else ""
    return SaidBack(
        reply,
        Cause.NOT_UNDERSTOOD if language else cause,
        chips(said.sure),
        chips(said.doubtful),
        chips(said.unserved),
        tuple(standing),
        tuple(removed),
        language,
        tuple(engine.told_in(language)) if language else (),
        by_fact(offers),
    )


def _sentence(text: str, need: Need) -> str:
    return "" if need.sentence is None or need.is_certain else text[slice(*need.sentence)]
