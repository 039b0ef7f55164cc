"""What a page, an e-mail or a terminal shows of a result: groups of schemes, each with its reasons line by line."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.matchmaking import engine
from backend.matchmaking.contributions import named
from backend.matchmaking.estimates import Estimates, EstimateView
from backend.matchmaking.exploration import draw_of, with_tries
from backend.matchmaking.known import Known, missing_facts
from backend.matchmaking.line_views import LineView, open_conditions, views_of
from backend.matchmaking.models import Match, Result, Review, Submission
from backend.matchmaking.moved import Moved, moved_schemes
from backend.matchmaking.ownership import known_facts, sources_of
from backend.matchmaking.plans import Links, LinkView
from backend.matchmaking.results import columns_of
from backend.matchmaking.reviews import Decision, SeenElsewhere, decisions_in, told_decisions_in
from backend.matchmaking.standing import Standing, standing
from backend.matchmaking.state_aid import notes_on_schemes
from backend.matchmaking.states import SchemeState, States, both_states
from backend.schemes import wording
from backend.schemes.kept import read_revisions
from backend.schemes.models import Revision, Scheme
from backend.schemes.quality import is_overdue
from backend.schemes.regimes import DE_MINIMIS, regimes_of
from backend.schemes.services import manual_facts

N_FIRST = 3  # of each group, shown in full; the others are one line that opens
KEPT = Review.Verdict.KEPT
EXPLORED = (Match.Verdict.ELIGIBLE, Match.Verdict.UNDECIDED)  # groups in which a scheme may be tried higher
SET_ASIDE, NOT_PROPOSED = "set_aside", "not_proposed"

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
    possible_if: str  # what would change a no, where something that can be changed would
    review: Review | None  # on this very file
    is_seen_elsewhere: bool  # set aside by a decision on a file that is read with this one
    is_overdue: bool  # nobody read its sheet again in time
    links: tuple[LinkView, ...] = ()  # to other schemes of the page
    warnings: tuple[str, ...] = ()  # what keeping it goes against, for officers
    aid_notes: tuple[str, ...] = ()  # for officers: what to check of the State-aid regime
    estimate: EstimateView | None = None  # of a grant, for this very project
    replaces: tuple[str, ...] = ()  # names of the schemes that it is listed in place of
    replaced_by: tuple[str, ...] = ()  # names of its variants, listed in its place
    state: SchemeState | None = None  # what was said of it, and what its firm may say
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
    def amount(self) -> str:
        return wording.amount(self.revision)

    @property
    def applicants(self) -> str:
        return " ou ".join(str(Revision.Applicant(applicant).label) for applicant in self.revision.applicants)

    @property
    def missing(self) -> tuple[str, ...]:
        return missing_facts(self.match)

    @property
    def left_to_say(self) -> list[LineView]:
        """What the firm alone can tell, that is still open."""
        if self.match.eligibility != Match.Verdict.UNDECIDED:
            return []
        return [line for line in open_conditions(self.reasons) if line.ask == "firm"]

    @property
    def asked(self) -> LineView | None:
        """The condition that the card asks the firm: the first one, where no fact is missing."""
        return next(iter(self.left_to_say), None) if not self.missing else None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    key: str
    title: str
    intro: str
    cards: tuple[Card, ...]

    @property
    def first(self) -> tuple[Card, ...]:
        """What someone with five minutes reads."""
        return self.cards[:N_FIRST]

    @property
    def others(self) -> tuple[Card, ...]:
        return self.cards[N_FIRST:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    groups: tuple[Group, ...]
    set_aside: tuple[Card, ...]
    not_proposed: tuple[Card, ...]
    n_elsewhere: int
    nothing_fits: bool
    warnings: tuple[str, ...]  # what the kept schemes go against, for officers
    moved: tuple[Moved, ...] = ()  # whose sheet gave way to another one since
    followed: tuple[SchemeState, ...] = ()  # of which the firm or its officer said something since

    @property
    def n_decided(self) -> int:
        cards = [*self.set_aside, *(card for group in self.groups for card in group.cards)]
        return sum(bool(card.verdict) for card in cards)

    @property
    def n_possible(self) -> int:
        return sum(len(group.cards) for group in self.groups)


GROUPS = (
    ("kept", _("Retenus"), _("Une personne a relu ces dispositifs.")),
    (
        "eligible",
        _("Tout correspond"),  # "éligible" is a word of a card, where nothing is open
        _("Rien de ce que nous savons de l’entreprise ne s’y oppose ; le mot de chacun dit ce qui reste ouvert."),
    ),
    (
        "undecided",
        _("À préciser"),
        _("Il manque une information, du côté de l’entreprise ou du porteur, pour le dire."),
    ),
    ("later", _("Ouvrent plus tard"), _("Rien d’autre que la date ne s’y oppose.")),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of a result to lay it out, for its officers and for its firm."""

    matches: list[Match]
    known: Known
    states: States
    told_states: States  # as far as the firm was told

    @property
    def decided(self) -> Mapping[int, Decision]:
        return decisions_in(self.states)

    @property
    def told(self) -> Mapping[int, Decision]:
        return told_decisions_in(self.told_states)


def reading_of(submission: Submission, result: Result, *, viewer: User | None) -> Reading:
    """Read a result, with what a page shows of it, and what was decided."""
    return Reading(result.ranked, known_of(submission, result, viewer=viewer), *both_states(submission))


def present(
    submission: Submission, result: Result, *, viewer: User | None = None, read: Reading | None = None
) -> Page:
    """Lay out a result for an officer, who sees verdicts at once.

    ``viewer`` is the one who reads it, and who is told the numbers of the other files he may read.
    """
    read = read or reading_of(submission, result, viewer=viewer)
    page = _layout(
        read.matches,
        read.known,
        read.decided,
        on=result.on,
        aid_notes=notes_on_schemes(submission, result, viewer=viewer),
        explores=result.ranker_id is not None,
    )
    followed = tuple(state for state in read.states.own.values() if state.words)
    return replace(
        page,
        groups=tuple(
            replace(group, cards=tuple(with_state(card, read.states) for card in group.cards)) for group in page.groups
        ),
        moved=moved_schemes(submission, read.decided),
        followed=followed,
    )


def with_state(card: Card, states: States) -> Card:
    """Say on a card what was said of its scheme."""
    state = states.own.get(card.match.scheme_id) or SchemeState(scheme=card.match.scheme)
    return replace(card, state=state)


def known_of(submission: Submission, result: Result, *, viewer: User | None = None) -> Known:
    """Return what a result knows of a firm, each value with where it comes from."""
    sources = sources_of(submission, viewer=viewer)
    return Known(result.facts, known_facts(submission), submission.pk, sources)


def present_schemes(
    submission: Submission, result: Result, schemes: Iterable[Scheme], *, viewer: User | None = None
) -> list[Card]:
    """Lay out some schemes of a result for an officer, whether they answer a stated need or not."""
    states = both_states(submission)[0]
    reviews = decisions_in(states)
    kept = {scheme for scheme, review in reviews.items() if review.is_decided and review.verdict == KEPT}
    shown = {scheme.pk for scheme in schemes}
    matches = list(result.matches.filter(scheme__in=shown | kept).select_related("scheme", "need"))
    known = known_of(submission, result, viewer=viewer)
    cards = cards_of(matches, known, reviews, result.on, notes_on_schemes(submission, result))
    cards = with_variants(_with_warnings(with_relations(cards, known), known), matches)
    return [with_state(card, states) for card in cards if card.match.scheme_id in shown]


def unverified_for(submission: Submission) -> list[Revision]:
    """Return the sheets that nobody has checked and that would answer a need of the submission: for officers only."""
    needs = submission.needs.values("sub_need")
    drafts = Scheme.objects.of_source(Scheme.OWN).drafts().filter(current__served_needs__sub_need__in=needs)
    return list(Revision.objects.filter(pk__in=drafts.values("current")).order_by("name"))


def whom_to_call(submission: Submission) -> list[Revision]:
    """Return the permanent public networks for a need of the submission: a name and a link, even unverified."""
    return [revision for revision in unverified_for(submission) if revision.public_contact]


def is_set_aside(review: Decision | None) -> bool:
    """Tell whether a decision takes a scheme away from the firm."""
    return review is not None and review.is_decided and review.verdict == Review.Verdict.REJECTED


def explain_ranked(ranked: Iterable[engine.Ranked], facts: engine.Facts, *, on: date) -> list[Card]:
    """Lay out the reasons of some schemes of an answer, without keeping anything of it."""
    return cards_of(unsaved(ranked), Known(facts, {}), {}, on)


def proposes_de_minimis(result: Result) -> bool:
    """Tell whether a scheme that answers the firm may be paid as de minimis aid."""
    sheets = read_revisions({match.revision_id for match in result.answering})
    texts = {sheet.state_aid_regime for sheet in sheets.values()}
    return any(basis.name == DE_MINIMIS for text in texts for basis in regimes_of(text) or ())


def unsaved(ranked: Iterable[engine.Ranked]) -> list[Match]:
    """Return an answer as matches of which nothing is kept."""
    ranked = list(ranked)
    # By the revisions the answer names: another may be published between the ranking and this line.
    revisions = read_revisions([item.revision_id for item in ranked])
    matches = [Match(scheme=revisions[item.revision_id].scheme, **columns_of(item)) for item in ranked]
    prefetch_related_objects(matches, "need")
    return matches


def _layout(
    matches: list[Match],
    known: Known,
    reviews: Mapping[int, Decision],
    *,
    on: date,
    aid_notes: AidNotes,
    explores: bool,
) -> Page:
    # What a person decided stays in sight, even where the needs were corrected since.
    decided = {scheme for scheme, review in reviews.items() if review.is_decided}
    shown = [match for match in matches if match.addresses or match.scheme_id in decided]
    grouped: dict[str, list[Card]] = {key: [] for key in (*(key for key, *_ in GROUPS), SET_ASIDE, NOT_PROPOSED)}
    for card in with_variants(cards_of(shown, known, reviews, on, aid_notes), matches):
        grouped[_group_of(card)].append(card)
    set_aside, not_proposed = grouped.pop(SET_ASIDE), grouped.pop(NOT_PROPOSED)
    if explores:
        for key in EXPLORED:
            grouped[key] = _with_tries(grouped[key], known, on=on)
    listed = _with_warnings(with_relations([card for cards in grouped.values() for card in cards], known), known)
    by_scheme = {card.match.scheme_id: card for card in listed}
    grouped = {key: [by_scheme[card.match.scheme_id] for card in cards] for key, cards in grouped.items()}
    return Page(
        groups=tuple(
            Group(key=key, title=str(title), intro=str(intro), cards=tuple(grouped[key]))
            for key, title, intro in GROUPS
            if grouped[key]
        ),
        set_aside=tuple(set_aside),
        not_proposed=tuple(not_proposed),
        n_elsewhere=len(matches) - len(shown),
        nothing_fits=all(match.eligibility == Match.Verdict.INELIGIBLE for match in shown) and not grouped["kept"],
        warnings=links_of(listed, known).warnings_among(_kept_keys(listed)),
    )


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


def _with_tries(cards: list[Card], known: Known, *, on: date) -> list[Card]:
    tried = with_tries(cards, lambda card: draw_of(known.submission_id or 0, card.match.scheme_id, on=on))
    return [replace(card, is_try=is_try) for card, is_try in tried]


def links_of(cards: Iterable[Card], known: Known) -> Links:
    """Return what the schemes of some cards say of each other."""
    return Links([card.revision for card in cards], engine.held_schemes(known.facts), known.held_sheets)


def _kept_keys(cards: Iterable[Card]) -> set[str]:
    return {card.match.scheme.key for card in cards if card.verdict == KEPT}


def with_relations(cards: list[Card], known: Known) -> list[Card]:
    """Say beside each scheme what it is to the others."""
    links = links_of(cards, known)
    return [replace(card, links=links.of(card.match.scheme.key)) for card in cards]


def _with_warnings(cards: list[Card], known: Known) -> list[Card]:
    """Warn officers beside each scheme, before they keep it and after."""
    links, kept = links_of(cards, known), _kept_keys(cards)
    return [
        card
        if card.verdict == Review.Verdict.REJECTED
        else replace(card, warnings=links.warnings_for(card.match.scheme.key, kept))
        for card in cards
    ]


def _group_of(card: Card) -> str:
    """Tell where a scheme is shown. Officers decide on the spot: what they decide stays in its place on their page."""
    verdict = card.verdict
    is_out = card.match.eligibility == Match.Verdict.INELIGIBLE and not card.match.opens_later
    stays = card.match.addresses and not is_out
    if verdict == KEPT and not stays:
        return "kept"
    if verdict == Review.Verdict.REJECTED and not stays:
        return SET_ASIDE
    if card.match.opens_later:
        return "later"
    return NOT_PROPOSED if is_out else card.match.typed


def cards_of(
    matches: Iterable[Match],
    known: Known,
    reviews: Mapping[int, Decision],
    on: date,
    aid_notes: AidNotes | None = None,
) -> list[Card]:
    """Lay out schemes, each with its reasons."""
    matches = list(matches)
    by_pk = read_revisions({match.revision_id for match in matches})
    explained = engine.explain(known.facts, by_pk.values(), on=on)
    excluded = [match.revision_id for match in matches if match.eligibility == Match.Verdict.INELIGIBLE]
    changes = engine.changes(known.facts, (by_pk[pk] for pk in excluded), on=on)
    estimates = Estimates(known.facts, on=on)
    cards = [
        _card(
            match,
            by_pk[match.revision_id],
            explained[match.revision_id],
            known,
            reviews,
            on,
            possible_if=wording.changes(changes.get(match.revision_id, ())),
            estimate=estimates.of(by_pk[match.revision_id]),
        )
        for match in matches
    ]
    return [replace(card, aid_notes=aid_notes(card.revision)) for card in cards] if aid_notes else cards


def _card(
    match: Match,
    revision: Revision,
    lines: list[engine.Line],
    known: Known,
    reviews: Mapping[int, Decision],
    on: date,
    *,
    possible_if: str,
    estimate: EstimateView | None,
) -> Card:
    views = views_of(lines, revision, known)
    review = reviews.get(match.scheme_id)
    return Card(
        match=match,
        revision=revision,
        lines=tuple(view for view in views if not view.is_manual),
        to_confirm=tuple(view for view in views if view.nature == "condition"),
        appraisals=tuple(line for view in views for line in view.of_nature("appraisal")),
        undertakings=tuple(line for view in views for line in view.of_nature("undertaking")),
        deadline=wording.deadline(revision, on=on),
        possible_if=possible_if,
        review=review if isinstance(review, Review) else None,
        is_seen_elsewhere=isinstance(review, SeenElsewhere),
        is_overdue=is_overdue(revision, on=on),
        estimate=estimate,
    )
