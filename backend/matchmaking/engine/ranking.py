"""Schemes in order for a firm, and why, criterion by criterion."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

import matching
from backend.matchmaking.engine.compiled import Catalogue, catalogue, compile_revision
from backend.matchmaking.engine.firms import Facts, keep_places, perimeter_place, profile, with_correspondents
from backend.matchmaking.engine.learning import adopted_ranker, ranker_of
from backend.matchmaking.engine.needs import Reading, language_in_force, understand_all
from backend.matchmaking.engine.preferences import read_preferences
from backend.matchmaking.engine.trades import spoken_activities
from backend.matchmaking.models import Match, WeightSet
from backend.schemes.models import Revision, Scheme
from backend.territories.services import period_of

POINTS = matching.POINTS  # of each contribution, and the thresholds of an answer
Cause, Reply, Served = matching.Cause, matching.Reply, matching.Served

VERDICTS = {matching.MET: "eligible", matching.UNKNOWN: "undecided", matching.NOT_MET: "ineligible"}


OUTCOMES = {matching.MET: "met", matching.UNKNOWN: "unknown", matching.NOT_MET: "not_met"}


TARGETED = {matching.MET: "yes", matching.UNKNOWN: "unknown", matching.NOT_MET: "no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the engine is asked: facts, day, weight of each sub-need, and what was understood of the words.

    ``stated`` says whether a need was given: if not, every scheme is of interest. ``probabilities`` are by sub-need,
    1 where it has none; ``closeness`` is by scheme key, ``elsewhere`` the share of what no scheme answers;
    ``preferences`` lower schemes and exclude none, as does the activity that the words speak of while none is known.
    """

    facts: Facts
    on: date
    needs: Mapping[str, float] = field(default_factory=dict)
    stated: bool = False
    ticked: frozenset[str] = frozenset()
    probabilities: Mapping[str, float] = field(default_factory=dict)
    closeness: Mapping[str, float] = field(default_factory=dict)
    elsewhere: float = 0.0
    foreign: bool = False
    preferences: frozenset[str] = frozenset()
    spoken_activities: frozenset[str] = frozenset()


class Ranked(NamedTuple):
    """A scheme in an answer."""

    scheme_key: str
    revision_id: int
    rank: int
    score: float | None
    eligibility: str
    typed: str
    targeted: str
    opens_later: bool
    addresses: bool
    hidden_by: tuple[str, ...]
    closeness: float
    guide: bool
    need: str
    unknown: tuple[str, ...]
    to_confirm: tuple[str, ...]
    parts: Mapping[str, float]
    presumed: tuple[str, ...] = ()  # open facts that what is presumed of the firm would close

    @property
    def is_possible(self) -> bool:
        """Whether the firm has or may have the scheme."""
        return self.eligibility != Match.Verdict.INELIGIBLE

    @property
    def answers(self) -> bool:
        """Whether it may have it, and asks for what it is for."""
        return self.addresses and self.is_possible


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Schemes in order, and what the firm's wish gets."""

    ranked: list[Ranked]
    decision: matching.Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one criterion says: its definition (to be read only), its outcome, the facts that leave it open, parts."""

    definition: Mapping[str, Any]
    outcome: str
    open_facts: tuple[str, ...]
    parts: tuple["Line", ...]


def active_weights() -> tuple[WeightSet, matching.Weights]:
    """Return the points in force."""
    weight_set = WeightSet.objects.in_force().get()
    return weight_set, weights_of(weight_set)


def weights_of(weight_set: WeightSet) -> matching.Weights:
    """Return the points of a version as the engine reads them; what it was written without counts for nothing."""
    points = {name: float(weight_set.points.get(name, 0)) for name in POINTS}
    return matching.Weights(version=weight_set.version, **points)


class Query(NamedTuple):
    """What somebody asks of whom nothing is kept, its words not read yet.

    A sub-need, a preference or the code of an activity that was said to be none is ``removed``, and is not read.
    """

    facts: Facts
    text: str
    ticked: Collection[str]
    on: date
    preferences: Iterable[str] = ()
    removed: Container[str] = ()


def read_requests(
    queries: Sequence[Query], *, compiled: Catalogue | None = None, language: str = ""
) -> Iterator[tuple[Request, Reading]]:
    """Yield what the engine is asked, and how the words of each were understood; texts are read together.

    With the catalogue in force and in the language learnt last, unless others are given.
    """
    compiled = compiled or catalogue()
    centroids = None
    if any(query.text.strip() for query in queries):
        language = language or language_in_force()
        centroids = compiled.centroids(language)
    texts = [(query.text, query.ticked) for query in queries]
    readings = understand_all(texts, language=language, centroids=centroids)
    for query, reading in zip(queries, readings, strict=True):
        yield _request(query, reading, compiled)


def read_request(
    facts: Facts,
    text: str,
    ticked: Iterable[str],
    *,
    on: date,
    preferences: Iterable[str] = (),
    compiled: Catalogue | None = None,
    language: str = "",
    removed: Container[str] = (),
) -> tuple[Request, Reading]:
    """Return what the engine is asked, and how the words were understood: see :func:`read_requests`."""
    query = Query(facts, text, [*ticked], on, preferences, removed)
    (found,) = read_requests([query], compiled=compiled, language=language)
    return found


def _request(query: Query, reading: Reading, compiled: Catalogue) -> tuple[Request, Reading]:
    reading = replace(
        reading,
        needs=tuple(need for need in reading.needs if need.ticked or need.sub_need not in query.removed),
        preferences=read_preferences(query.text, query.preferences, on=query.on, removed=query.removed),
    )
    request = Request(
        facts=with_correspondents(query.facts, compiled.correspondence),
        on=query.on,
        needs={need.sub_need: need.weight for need in reading.needs},
        stated=bool(query.ticked or query.text.strip()),
        ticked=frozenset(query.ticked),
        probabilities={need.sub_need: need.probability for need in reading.needs},
        closeness=reading.closeness,
        elsewhere=reading.elsewhere,
        foreign=reading.foreign,
        preferences=frozenset(one.key for one in reading.preferences),
        spoken_activities=spoken_activities(query.text, query.removed),
    )
    return request, reading


def rank(
    requests: Sequence[Request],
    *,
    compiled: Catalogue | None = None,
    weights: matching.Weights | None = None,
    ranker: matching.Ranker | None = None,
) -> list[list[Ranked]]:
    """Rank a catalogue (ours) for each request."""
    return [found.ranked for found in answer(requests, compiled=compiled, weights=weights, ranker=ranker)]


def answer(
    requests: Sequence[Request],
    *,
    compiled: Catalogue | None = None,
    weights: matching.Weights | None = None,
    ranker: matching.Ranker | None = None,
    limit: int | None = None,
) -> list[Answer]:
    """Rank a catalogue (ours) for each request, and tell whether something answers.

    Without weights, by the points in force and what was learnt beside them. With a limit, only the first so many that
    the firm has or may have and that address its needs.
    """
    if weights is None:
        weight_set, weights = active_weights()
        ranker = ranker_of(adopted_ranker(weight_set))
    compiled = compiled or catalogue()
    keep_places((ask.facts, ask.on) for ask in requests)
    found = matching.rank(
        compiled.index,
        [profile(ask.facts, on=ask.on) for ask in requests],
        [*map(_wish, requests)],
        weights,
        ranker=ranker,
        limit=limit,
    )
    return [_answer(ask, compiled, each) for ask, each in zip(requests, found, strict=True)]


def listed(ask: Request, *, compiled: Catalogue, weights: matching.Weights, ranker: matching.Ranker | None) -> Answer:
    """Return the schemes that address the needs of a request, in order: possible ones, then those that open later."""
    keep_places([(ask.facts, ask.on)])
    found = matching.rank_listed(
        compiled.index,
        profile(ask.facts, on=ask.on),
        _wish(ask),
        weights,
        ranker=ranker,
    )
    return _answer(ask, compiled, found)


def _answer(ask: Request, compiled: Catalogue, found: matching.Answer) -> Answer:
    revisions, closeness, new = compiled.revisions, ask.closeness, tuple.__new__
    ranked = [  # by place: by name, thousands of schemes take twice as long
        new(
            Ranked,
            (
                scheme.key, revisions[scheme.key], rank, score, VERDICTS[eligibility], VERDICTS[typed],
                TARGETED[targeted], opens_later, addresses, hidden_by, closeness.get(scheme.key, 0.0),
                scheme.is_guide, need, unknown, to_confirm, parts, (),
            ),
        )
        for rank, (
            scheme, eligibility, typed, targeted, unknown, to_confirm, opens_later, addresses, hidden_by, score, parts,
            need,
        ) in enumerate(found.matches, 1)
    ]  # fmt: skip
    return Answer(ranked=ranked, decision=found.decision)


def _wish(ask: Request) -> matching.Wish:
    return matching.Wish(
        ask.needs,
        stated=ask.stated,
        ticked=ask.ticked,
        probabilities=ask.probabilities,
        closeness=ask.closeness,
        elsewhere=ask.elsewhere,
        foreign=ask.foreign,
        preferences=ask.preferences,
        spoken_activities=ask.spoken_activities,
    )


def explain(facts: Facts, revisions: Iterable[Revision], *, on: date) -> dict[int, list[Line]]:
    """Explain revisions for one profile: one line for each condition, the window first; by revision.

    The revisions are those a match names, so that an old answer is explained with what was true then.
    """
    alone = matching.Profiles([profile(facts, on=on)])
    return {
        revision.pk: [_LINES(condition, alone) for condition in compile_revision(revision).conditions]
        for revision in revisions
    }


def reaching(perimeter: str, *, on: date, source: str = Scheme.OWN) -> set[int]:
    """Return the revisions in force that a firm somewhere in a perimeter may have: whose rules its place allows.

    Nothing else of the firm is known, so that only the place can exclude; the window, which has no place, is left out.
    """
    place = perimeter_place(perimeter, period_of(on))
    profiles = matching.Profiles([matching.Profile(on=on, place=place, project_place=place)])
    compiled = catalogue(source)
    return {
        compiled.revisions[scheme.key]
        for scheme in compiled.schemes
        if all(
            criterion.evaluate(profiles)[0] != matching.NOT_MET for criterion in (*scheme.criteria, *scheme.from_text)
        )
    }


def _line(reason: matching.Reason) -> Line:
    return Line(
        definition=matching.dump_criterion(reason.criterion),
        outcome=OUTCOMES[reason.outcome],
        open_facts=reason.open_facts,
        parts=tuple(map(_line, reason.parts)),
    )


_LINES = matching.ByClass(lambda condition, alone: _line(matching.explain(condition, alone)))
