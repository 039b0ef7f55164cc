"""The answer to a firm that has filed nothing: made from what it typed, and nothing of it is kept."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice

from backend.matchmaking import engine
from backend.matchmaking.cards import Card, cards_of, unsaved
from backend.matchmaking.denials import denied_activities
from backend.matchmaking.fact_display import Known
from backend.matchmaking.first_five import answering
from backend.matchmaking.models import Match
from backend.matchmaking.offers import Offer, offers_in
from backend.matchmaking.preferences import preferences_in
from backend.matchmaking.questions import Open
from backend.matchmaking.replies import SaidBack, said_back_unfiled
from backend.matchmaking.shortlist import Shortlist, preview

N_LIKELY = 10  # of the schemes that the firm has or may have, the likeliest


@dataclass(frozen=True, kw_only=True)
class Unfiled:
    """What a firm typed, as the engine reads it and answers it."""

    text: str
    request: engine.Request
    reading: engine.Reading
    found: engine.Answer
    weights: engine.Weights
    compiled: engine.Catalogue
    language: str
    removed: Collection[str]
    declined: Collection[str]

    def page(self) -> Shortlist:
        """Return the schemes, laid out."""
        return preview(self.request, self._laid_out, self.weights)

    def matches(self) -> list[Match]:
        """Return every scheme in order, as matches of which nothing is kept."""
        return unsaved(self.found.ranked)

    def card(self, scheme: int) -> Card | None:
        """Lay out one scheme with its conditions; nothing where there is none of this number."""
        matches = [match for match in self.matches() if match.scheme_id == scheme]
        return next(iter(cards_of(matches, Known(self.request.facts, {}), {}, self.request.on)), None)

    def said_back(self) -> SaidBack:
        """Return what was understood of its needs."""
        preferences = preferences_in(self.text, self.removed, on=self.request.on)
        return said_back_unfiled(
            self.text, self.reading, self.found, self.weights, preferences, self.offers(), language=self.language
        )

    def sure_needs(self) -> set[str]:
        """Return the sub-needs that are surely meant, by key; none while the firm is asked what it means."""
        if self.found.decision.reply == engine.Reply.TO_CONFIRM:
            return set()
        return {key for key, chance in self.request.probabilities.items() if 100.0 * chance >= self.weights.sure}

    def offers(self) -> tuple[Offer, ...]:
        """Return the facts that its text states and that listed schemes lack."""
        return offers_in(
            self.text,
            known=self.request.facts,
            listed=self._listed(),
            on=self.request.on,
            declined=self.declined,
        )

    def open(self) -> Open:
        """Return what may be asked."""
        return Open(
            matches=tuple(answering(self._laid_out)),
            facts=self.request.facts,
            declined=self.declined,
            spoken=self.request.spoken_activities,
            weights=self.weights,
            on=self.request.on,
            compiled=self.compiled,
        )

    def waits_for(self, facts: Collection[str]) -> bool:
        """Tell whether one of the likeliest schemes is undecided for want of one of some facts.

        Where the firm is asked first what it means, or nothing answers, no scheme is likely yet.
        """
        if self.found.decision.reply != engine.Reply.ANSWERED:
            return False
        return any(not set(facts).isdisjoint(item.unknown) for item in islice(self._listed(), N_LIKELY))

    @cached_property
    def _laid_out(self) -> list[Match]:
        """What answers the firm, even where it may not have it, and what gave way to a local variant."""
        return unsaved(item for item in self.found.ranked if item.addresses or item.hidden_by)

    def _listed(self) -> Iterator[engine.Ranked]:
        """Yield what the firm has or may have and answers it."""
        possible = (item for item in self.found.ranked if item.is_possible)
        return (item for item in possible if item.addresses)


def read_unfiled(
    facts: engine.Facts,
    text: str,
    needs: Iterable[str],
    *,
    removed: Collection[str] = (),
    declined: Collection[str] = (),
    on: date,
) -> Unfiled:
    """Read what a firm typed with what is in force: ``needs`` are those it ticked, ``removed`` those it took away.

    What it took away are sub-needs and preferences; ``declined`` are the questions that are not asked again, and what
    it said is wrong.
    """
    rules, taken_away = engine.in_force(), {*removed, *denied_activities(declined)}
    request, reading = engine.read_request(
        facts, text, needs, on=on, compiled=rules.compiled, language=rules.language, removed=taken_away
    )
    (answer,) = engine.answer([request], compiled=rules.compiled, weights=rules.weights, ranker=rules.ranker)
    found = engine.with_presumed(answer, request, compiled=rules.compiled, weights=rules.weights, ranker=rules.ranker)
    return Unfiled(
        text=text,
        request=request,
        reading=reading,
        found=found,
        weights=rules.weights,
        compiled=rules.compiled,
        language=rules.language,
        removed=removed,
        declined=declined,
    )
