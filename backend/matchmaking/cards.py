"""A scheme of a result, ready to be shown: its reasons line by line, its state, what it is to the others."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.condition_views import LineView, open_conditions, views_of
from backend.matchmaking.contributions import RankExplanation, named, rank_explanation
from backend.matchmaking.decisions import Decision, SeenElsewhere
from backend.matchmaking.estimates import Estimates, EstimateView
from backend.matchmaking.fact_display import Known, missing_facts
from backend.matchmaking.models import Match, Review
from backend.matchmaking.plans import Links, LinkView
from backend.matchmaking.questions import unasked
from backend.matchmaking.results import columns_of
from backend.matchmaking.standing import Standing, standing
from backend.matchmaking.states import SchemeState, States
from backend.schemes.catalogue import law, revision_wording, wording
from backend.schemes.catalogue.contacts import Office, offices_of
from backend.schemes.catalogue.definitions import manual_facts
from backend.schemes.catalogue.evidence import Evidence, amount_evidence
from backend.schemes.catalogue.quality import is_overdue
from backend.schemes.catalogue.revision_cache import read_revisions
from backend.schemes.catalogue.taxonomy import sub_needs
from backend.schemes.models import Revision

type AidNotes = Callable[[Revision], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A scheme of a result, ready to be shown."""

    match: Match
    revision: Revision
    lines: tuple[LineView, ...]
    to_confirm: tuple[LineView, ...]
    appraisals: tuple[LineView, ...]  # what the operator weighs
    undertakings: tuple[LineView, ...]  # what the firm will do
    deadline: str
    missing: tuple[str, ...]  # the facts that leave it open, in words
    review: Review | None  # on this very file
    is_seen_elsewhere: bool  # set aside by a decision on a file that is read with this one
    is_overdue: bool  # nobody read its sheet again in time
    law_notices: tuple[str, ...] = ()  # texts that it names and that changed since somebody read its sheet
    possible_if: str = ""  # what would change a no, where something that can be changed would
    links: tuple[LinkView, ...] = ()  # to other schemes of the page
    warnings: tuple[str, ...] = ()  # what keeping it goes against, for officers
    aid_notes: tuple[str, ...] = ()  # for officers: what to check of the State-aid regime
    estimate: EstimateView | None = None  # of a grant, for this very project
    replaces: tuple[str, ...] = ()  # names of the schemes that it is listed in place of
    replaced_by: tuple[str, ...] = ()  # names of its variants, listed in its place
    state: SchemeState | None = None  # what was said of it, and what its firm may say
    unasked: frozenset[str] = frozenset()  # questions that make no sense for the firm
    is_try: bool = False  # for officers: higher than its score, so that somebody judges it

    @property
    def standing(self) -> Standing:
        """Where it stands for the firm, in one word."""
        return standing(self.match, self.revision)

    @property
    def signs_nothing_first(self) -> bool:
        """Whether signing or ordering before asking for it loses it."""
        return any(line.definition["kind"] == "project_not_started" for line in self.lines)

    @property
    def office(self) -> Office | None:
        """Where who runs it is called near here; nothing where none was found."""
        return next(iter(offices_of(self.revision.roles.all())), None)

    @property
    def amount(self) -> str:
        return revision_wording.amount(self.revision)

    @property
    def brief_amount(self) -> str:
        return revision_wording.brief_amount(self.revision)

    @property
    def amount_evidence(self) -> Evidence | None:
        """Where the amount was read: for the page of one scheme, since it is asked each time."""
        return amount_evidence(self.revision)

    @property
    def applicants(self) -> str:
        return " ou ".join(str(Revision.Applicant(applicant).label) for applicant in self.revision.applicants)

    @property
    def left_to_say(self) -> list[LineView]:
        """What the firm alone can tell, that is still open."""
        if self.match.eligibility != Match.Verdict.UNDECIDED:
            return []
        return [line for line in open_conditions(self.reasons) if line.ask == "firm"]

    @property
    def asked(self) -> LineView | None:
        """The condition that the card asks the firm: the first one, where no fact is missing."""
        asked = (line for line in self.left_to_say if f"{Fact.ANSWER}{line.condition}" not in self.unasked)
        return next(asked, None) if not self.missing else None

    @property
    def verdict(self) -> str:
        """What people decided, where it still holds."""
        if self.is_seen_elsewhere:
            return SeenElsewhere.verdict
        return self.review.verdict if self.review and self.review.is_decided else ""

    @property
    def parts(self) -> list[tuple[str, float]]:
        """What the score is the sum of, in words."""
        return named(self.match.parts)

    @property
    def rank_explanation(self) -> RankExplanation:
        """Why it stands where it does, as its firm reads it."""
        need, level = self.match.need, self.revision.get_level_display()
        return rank_explanation(self.match.parts, need=need.short if need else "", level=level)

    @property
    def reasons(self) -> tuple[LineView, ...]:
        """Every condition, those left to a person after the others; then what decides nothing."""
        told = (line for line in (*self.appraisals, *self.undertakings) if line.criterion)
        return (*self.lines, *self.to_confirm, *told)

    @property
    def conditions(self) -> frozenset[str]:
        """The names of all that is left to a person."""
        return frozenset(name for row in self.revision.criteria.all() for name in manual_facts(row.definition))

    @property
    def denied(self) -> tuple[LineView, ...]:
        """What would have to be so or to be done, and of which somebody said that it is not."""
        return tuple(line for line in (*self.appraisals, *self.undertakings) if line.is_denied)

    @property
    def blocking(self) -> LineView | None:
        """The first condition that excludes the firm."""
        return next((line for line in self.reasons if line.outcome == "not_met"), None)


def cards_of(
    matches: Iterable[Match],
    known: Known,
    reviews: Mapping[int, Decision],
    on: date,
    aid_notes: AidNotes | None = None,
) -> list[Card]:
    """Lay out schemes, each with its reasons."""
    matches = list(matches)
    if not matches:
        return []
    by_pk = read_revisions({match.revision_id for match in matches})
    explained = engine.explain(known.facts, by_pk.values(), on=on)
    excluded = [match.revision_id for match in matches if not match.is_possible]
    changes = engine.changes(known.facts, (by_pk[pk] for pk in excluded), on=on)
    estimates, senseless = Estimates(known.facts, on=on), unasked(known.facts, on=on)
    cards = []
    for match in matches:
        revision = by_pk[match.revision_id]
        card = _card(match, revision, explained[match.revision_id], known, reviews.get(match.scheme_id), on)
        cards.append(
            replace(
                card,
                possible_if=wording.changes(changes.get(match.revision_id, ())),
                estimate=estimates.of(revision),
                unasked=senseless,
                aid_notes=aid_notes(revision) if aid_notes else (),
            )
        )
    return cards


def _card(
    match: Match,
    revision: Revision,
    lines: list[engine.Line],
    known: Known,
    review: Decision | None,
    on: date,
) -> Card:
    views = views_of(lines, revision, known)
    return Card(
        match=match,
        revision=revision,
        lines=tuple(view for view in views if not view.is_manual),
        to_confirm=tuple(view for view in views if view.nature == "condition"),
        appraisals=tuple(line for view in views for line in view.of_nature("appraisal")),
        undertakings=tuple(line for view in views for line in view.of_nature("undertaking")),
        deadline=revision_wording.deadline(revision, on=on),
        missing=missing_facts(match, known.facts),
        review=review if isinstance(review, Review) else None,
        is_seen_elsewhere=isinstance(review, SeenElsewhere),
        is_overdue=is_overdue(revision, on=on),
        law_notices=law.notices(revision, on=on),
    )


def explain_ranked(ranked: Iterable[engine.Ranked], facts: engine.Facts, *, on: date) -> list[Card]:
    """Lay out the reasons of some schemes of an answer, without keeping anything of it."""
    return cards_of(unsaved(ranked), Known(facts, {}), {}, on)


def unsaved(ranked: Iterable[engine.Ranked]) -> list[Match]:
    """Return an answer as matches of which nothing is kept."""
    ranked = list(ranked)
    # By the revisions the answer names: another may be published between the ranking and this line.
    revisions = read_revisions([item.revision_id for item in ranked])
    matches = [Match(scheme=revisions[item.revision_id].scheme, **columns_of(item)) for item in ranked]
    needs = sub_needs()
    for match in matches:
        match.need = needs.get(match.need_id or "")
    return matches


def with_state(card: Card, states: States) -> Card:
    """Say on a card what was said of its scheme."""
    state = states.own.get(card.match.scheme_id) or SchemeState(scheme=card.match.scheme)
    return replace(card, state=state)


def with_relations(cards: list[Card], known: Known) -> list[Card]:
    """Say beside each scheme what it is to the others."""
    links = links_of(cards, known)
    return [replace(card, links=links.of(card.match.scheme.key)) for card in cards]


def links_of(cards: Iterable[Card], known: Known) -> Links:
    """Return what the schemes of some cards say of each other."""
    return Links([card.revision for card in cards], engine.held_schemes(known.facts), known.held_sheets)


def with_variants(cards: list[Card], matches: Iterable[Match]) -> list[Card]:
    """Say beside a local variant which schemes it is listed in place of, and beside those which variants are."""
    hidden = {match.revision_id: match for match in matches if match.hidden_by}
    if not hidden:
        return cards
    parents = dict(Revision.objects.filter(pk__in=hidden).values_list("pk", "name"))
    replaces: dict[str, list[str]] = {}
    for revision_id, match in hidden.items():
        for key in match.hidden_by:
            replaces.setdefault(key, []).append(parents[revision_id])
    return [
        replace(
            card,
            replaces=tuple(replaces.get(card.match.scheme.key, ())),
            replaced_by=tuple(map(wording.scheme_name, card.match.hidden_by)),
        )
        for card in cards
    ]
