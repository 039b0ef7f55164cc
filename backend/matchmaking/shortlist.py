"""What a firm reads first: up to five schemes in one order, the steps to take, and what it lost or must choose."""

import math
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter

from backend.accounts.models import User
from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.cards import Card, cards_of, links_of, with_relations, with_state, with_variants
from backend.matchmaking.decisions import Decision, Over, is_set_aside, told_decisions_in
from backend.matchmaking.fact_display import Known
from backend.matchmaking.first_five import parts_of
from backend.matchmaking.models import Match, Result, Submission
from backend.matchmaking.plans import Links
from backend.matchmaking.presentation import Page, present
from backend.matchmaking.reading import known_of, reading_of
from backend.matchmaking.reviews import KEPT
from backend.matchmaking.standing import WINDOW
from backend.matchmaking.states import SchemeState, States, both_states
from backend.matchmaking.superseded import Superseded, superseded_schemes
from backend.matchmaking.transitions import LEFT
from backend.matchmaking.usefulness import is_unlikely
from backend.schemes.catalogue.revision_cache import read_revisions
from backend.schemes.models import Revision
from backend.schemes.typography import euros

N_STEPS = 3
STARTED, SPEND = "project.started", "project.spend"
NEARLY, N_NEARLY = (
    2,
    2,
)  # times the cost of a project, from which a scheme is far from it; how many that are near are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to do: what, with whom, by when, and why in this place."""

    card: Card
    opens: str  # the name of the scheme that it comes before

    @property
    def what(self) -> str:
        return self.card.revision.next_step

    @property
    def by(self) -> date | None:
        """Return the last day to ask, where one is known."""
        return self.card.revision.closes_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A sheet that only the cost of the project excludes, and the cost in euros from which it would not."""

    revision: Revision
    least: float

    @property
    def from_cost(self) -> str:
        return euros(self.least)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortlist:
    """What a firm reads of a result."""

    cards: tuple[Card, ...]  # those that were kept first, in the order to take them
    steps: tuple[Step, ...]
    to_choose: tuple[Card, ...]  # kept, and does not go with the rest
    guides: tuple[Card, ...]  # they know whom to turn to
    set_aside: tuple[Card, ...]
    lost: tuple[Revision, ...]  # what a project that has begun cannot have any more
    nearly: tuple[Near, ...]  # what a little more of a project would open
    n_more: int  # what the list of all that answers holds beside the cards, guides included
    nothing_fits: bool
    left_out: frozenset[int]  # schemes that were set aside, or that the firm has: nothing is asked for them
    superseded: tuple[Superseded, ...] = ()  # whose sheet gave way to another one since
    followed: tuple[SchemeState, ...] = ()  # of which the firm or its officer said something, the last said first
    none_retained: bool = False  # the review retained no scheme for the firm

    @property
    def n_possible(self) -> int:
        return len(self.cards) + self.n_more

    @property
    def n_kept(self) -> int:
        """How many of its cards, the first ones, are of schemes that were kept."""
        return sum(card.verdict == KEPT for card in self.cards)

    @property
    def n_near(self) -> int:
        return len(self.cards) - self.n_kept

    @property
    def asked(self) -> frozenset[str]:
        """The names of the questions that its cards ask."""
        return frozenset(f"{Fact.ANSWER}{card.asked.condition}" for card in self.cards if card.asked)

    @property
    def presumed(self) -> frozenset[str]:
        """The facts that its cards presume: the question to ask first."""
        return frozenset(fact for card in self.cards for fact in card.match.presumed or ())


def shortlist_of(submission: Submission, result: Result) -> Shortlist:
    """Lay out a result for its firm, which reads officers' decisions once the review has ended."""
    read = reading_of(submission, result, viewer=None)
    page = _layout(read.matches, read.known, read.told, result, engine.weights_of(result.weights))
    kept = any(state.verdict and state.verdict.verdict == KEPT for state in read.told_states.own.values())
    none_retained = submission.has_answer and not kept
    return replace(
        page,
        steps=() if none_retained else page.steps,
        none_retained=none_retained,
        cards=tuple(with_state(card, read.told_states) for card in page.cards),
        superseded=superseded_schemes(submission, read.told),
        followed=_followed(read.told_states),
    )


def present_both(submission: Submission, result: Result, *, viewer: User) -> tuple[Page, Shortlist]:
    """Lay out a result for an officer, and what its firm reads of it first, from one reading."""
    read = reading_of(submission, result, viewer=viewer)
    page = present(submission, result, viewer=viewer, read=read)
    return page, _layout(read.matches, read.known, read.told, result, engine.weights_of(result.weights))


def _followed(states: States) -> tuple[SchemeState, ...]:
    """Return what was spoken of, the last word first; what is not wanted, or was refused, after the rest."""
    said = [state for state in states.own.values() if state.words]
    said.sort(key=lambda state: state.words[0].at, reverse=True)
    return tuple(sorted(said, key=lambda state: state.counts is not None and state.counts.state in LEFT))


def told_card(submission: Submission, result: Result, scheme: int) -> Card | None:
    """Lay out one scheme of a result for its firm; nothing where the result does not hold it."""
    matches = list(result.matches.filter(scheme=scheme).select_related("scheme", "need"))
    states = both_states(submission)[1]
    cards = cards_of(matches, known_of(submission, result), told_decisions_in(states), result.on)
    return next((with_state(card, states) for card in cards), None)


def preview(request: engine.Request, matches: list[Match], weights: engine.Weights) -> Shortlist:
    """Lay out what the engine answers to a request: matches of which nothing is kept."""
    return _layout(matches, Known(request.facts, {}), {}, request, weights)


def _layout(
    matches: list[Match],
    known: Known,
    reviews: Mapping[int, Decision],
    asked: Result | engine.Request,
    weights: engine.Weights,
) -> Shortlist:
    parts = parts_of(matches, reviews, asked.probabilities, weights, known.facts)
    shown, kept, guides = parts.shown, parts.kept, parts.guides
    doubtful = {need for need, chance in asked.probabilities.items() if 100 * chance < weights.sure}
    over = {scheme for scheme, review in reviews.items() if isinstance(review, Over)}
    aside = [match for match in matches if is_set_aside(reviews.get(match.scheme_id)) and match.scheme_id not in over]
    cards = with_variants(with_relations(cards_of([*shown, *guides], known, reviews, asked.on), known), matches)
    first, orienting = cards[: len(shown)], cards[len(shown) :]
    ordered, to_choose = _in_order(first, known)
    to_turn_to = [] if kept else _advisers(orienting, known, doubtful)
    return Shortlist(
        cards=ordered,
        steps=_steps(_to_do(ordered, known) or to_turn_to[:1], known, doubtful),
        to_choose=to_choose,
        guides=tuple(orienting),
        set_aside=tuple(cards_of(aside, known, reviews, asked.on)),
        lost=tuple(_lost(matches, known, asked)),
        nearly=tuple(_nearly([match for match in matches if match.need_id not in doubtful], known, asked)),
        n_more=sum(match not in shown and not is_set_aside(reviews.get(match.scheme_id)) for match in parts.answering),
        nothing_fits=not kept and not parts.answering,
        left_out=frozenset(scheme for scheme, review in reviews.items() if is_set_aside(review)),
    )


def _in_order(cards: list[Card], known: Known) -> tuple[tuple[Card, ...], tuple[Card, ...]]:
    """Put kept schemes in the order to take them, before the others; return those that do not go with the rest too."""
    kept = [card for card in cards if card.verdict == KEPT]
    links = links_of(kept, known)
    places = {scheme: place for place, scheme in enumerate(_plan(links, kept))} if len(kept) > 1 else {}
    if not places:
        return tuple(cards), ()
    keys = {card.match.scheme.key for card in kept}
    planned = sorted(
        (card for card in kept if card.match.scheme_id in places), key=lambda card: places[card.match.scheme_id]
    )
    left_out = tuple(
        replace(card, warnings=links.warnings_for(card.match.scheme.key, keys))
        for card in kept
        if card.match.scheme_id not in places
    )
    return (*planned, *left_out, *cards[len(kept) :]), left_out


def _to_do(cards: Sequence[Card], known: Known) -> list[Card]:
    """Return the cards that steps are taken from: what was kept, once anything was, and nothing the firm cannot have.

    Whoever reviewed a file chose: what nobody read is no step beside it. Where nobody chose, no step is taken from a
    scheme of which it is not known that it is open, or that the firm cannot have if it stands alone, as it is presumed
    to: it stays a card, which says what is left to confirm.
    """
    possible = [card for card in cards if card.match.is_possible]
    presumed = engine.presumed_facts(known.facts)
    likely = [card for card in possible if not (WINDOW in card.match.unknown or is_unlikely(card.match, presumed))]
    return [card for card in possible if card.verdict == KEPT] or likely


def _advisers(orienting: Sequence[Card], known: Known, doubtful: Container[str]) -> list[Card]:
    """Return those who orient with a need that is sure, to turn to where no scheme gives a step."""
    return [card for card in _to_do(orienting, known) if card.match.need_id and card.match.need_id not in doubtful]


def _plan(links: Links, cards: Iterable[Card]) -> dict[int, tuple[int, ...]]:
    return links.plan({card.match.scheme.key: card.match.score or 0.0 for card in cards})


def _steps(cards: Sequence[Card], known: Known, doubtful: Container[str]) -> tuple[Step, ...]:
    """Return what to do first, of schemes that go together: one of each need, and a study before what it opens.

    Of two for one need of which one may replace the other, the first: both would be done for one and the same thing.
    """
    by_scheme = {card.match.scheme_id: card for card in cards}
    links = links_of(cards, known)
    plan = _plan(links, cards) if len(cards) > 1 else {}
    opens = {first: by_scheme[then].revision.name for then, before in plan.items() for first in before}
    found: dict[int, Step] = {}

    def take(card: Card) -> None:
        for first in plan.get(card.match.scheme_id, ()):
            take(by_scheme[first])
        others = (step.card.match for step in found.values() if step.card.match.need_id == card.match.need_id)
        if card.verdict != KEPT and any(
            links.may_replace(card.match.scheme.key, other.scheme.key) for other in others
        ):
            return
        if card.revision.next_step:
            found.setdefault(card.match.scheme_id, Step(card=card, opens=opens.get(card.match.scheme_id, "")))

    for card in _in_turns([by_scheme[scheme] for scheme in plan] or cards, doubtful):
        take(card)
    return tuple(found.values())[:N_STEPS]


def _in_turns(cards: Sequence[Card], doubtful: Container[str]) -> list[Card]:
    """Put the first of each sure need before the second ones, and last what only a doubt or the words came near."""
    seen, turns = Counter[str](), []
    for card in cards:
        need = card.match.need_id
        if need and (need not in doubtful or card.verdict == KEPT):
            seen[need] += 1
            turns.append(seen[need])
        else:
            turns.append(len(cards))
    return [card for _turn, card in sorted(zip(turns, cards, strict=True), key=itemgetter(0))]


def _lost(matches: Iterable[Match], known: Known, asked: Result | engine.Request) -> Iterator[Revision]:
    """Yield the sheets that answer the needs and that only a project which has not begun can have."""
    if known.facts.get(STARTED) is True:
        for revision, _ in _excluded_by("project_not_started", matches, known, asked):
            yield revision


def _nearly(matches: Iterable[Match], known: Known, asked: Result | engine.Request) -> list[Near]:
    """Return the sheets that a project of up to twice its cost could have, the nearest first."""
    spend = known.facts.get(SPEND)
    known_cost = spend[0] if isinstance(spend, Sequence) else spend
    if not known_cost:
        return []
    found = [
        Near(revision=revision, least=max(line.definition.get("at_least") or math.inf for line in refused))
        for revision, refused in _excluded_by("spend", matches, known, asked)
    ]
    near = [each for each in found if each.least <= NEARLY * known_cost]
    return sorted(near, key=lambda each: (each.least, each.revision.name))[:N_NEARLY]


def _excluded_by(
    kind: str, matches: Iterable[Match], known: Known, asked: Result | engine.Request
) -> Iterator[tuple[Revision, list[engine.Line]]]:
    """Yield the sheets that answer the needs and that conditions of one kind alone exclude, with these conditions."""
    out = [match for match in matches if match.addresses and not match.is_possible]
    revisions = read_revisions([match.revision_id for match in out])
    for pk, lines in engine.explain(known.facts, revisions.values(), on=asked.on).items():
        refused = [line for line in lines if line.outcome == "not_met"]
        if {line.definition["kind"] for line in refused} == {kind}:
            yield revisions[pk], refused
