"""A result as an officer reads it: groups of schemes, each with its reasons line by line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.matchmaking.cards import AidNotes, Card, cards_of, links_of, with_relations, with_state, with_variants
from backend.matchmaking.decisions import Decision, decisions_in
from backend.matchmaking.exploration import draw_of, with_tries
from backend.matchmaking.fact_display import Known
from backend.matchmaking.models import Match, Result, Review, Submission
from backend.matchmaking.reading import Reading, known_of, reading_of
from backend.matchmaking.reviews import KEPT
from backend.matchmaking.state_aid import notes_on_schemes
from backend.matchmaking.states import SchemeState, both_states
from backend.matchmaking.superseded import Superseded, superseded_schemes
from backend.schemes.models import Scheme

N_FIRST = 3  # of each group, shown in full; the others are one line that opens
EXPLORED = (Match.Verdict.ELIGIBLE, Match.Verdict.UNDECIDED)  # groups in which a scheme may be tried higher
SET_ASIDE, NOT_PROPOSED = "set_aside", "not_proposed"


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
    nothing_fits: bool
    warnings: tuple[str, ...]  # what the kept schemes go against, for officers
    superseded: tuple[Superseded, ...] = ()  # whose sheet gave way to another one since
    followed: tuple[SchemeState, ...] = ()  # of which the firm or its officer said something since

    @property
    def n_decided(self) -> int:
        cards = [*self.set_aside, *(card for group in self.groups for card in group.cards)]
        return sum(bool(card.verdict) for card in cards)

    @property
    def n_possible(self) -> int:
        return sum(len(group.cards) for group in self.groups)


KEPT_BESIDE = (  # until a review ends: what is kept of the other groups stays in its place
    _("Retenus en plus de ce qui répond"),
    _("Ajoutés à la main, ou qui ne répondent plus à ce que nous savons."),
)
GROUPS = (  # by the typed verdict: a title speaks of facts and dates, the word of a card of all that is open
    ("kept", _("Retenus"), _("Une personne a relu ces dispositifs.")),
    (
        "eligible",
        _("Tous les faits correspondent"),
        _("Rien de ce que nous savons de l’entreprise ne s’y oppose ; le mot de chacun dit ce qui reste à demander."),
    ),
    (
        "undecided",
        _("Un fait ou une date manque"),
        _("Il manque une information, du côté de l’entreprise ou du porteur, pour le dire."),
    ),
    ("later", _("Ouvrent plus tard"), _("Rien d’autre que la date ne s’y oppose.")),
)


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
        in_review=submission.reviewed_at is None,
    )
    followed = tuple(state for state in read.states.own.values() if state.words)
    return replace(
        page,
        groups=tuple(
            replace(group, cards=tuple(with_state(card, read.states) for card in group.cards)) for group in page.groups
        ),
        superseded=superseded_schemes(submission, read.decided),
        followed=followed,
    )


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


def _layout(
    matches: list[Match],
    known: Known,
    reviews: Mapping[int, Decision],
    *,
    on: date,
    aid_notes: AidNotes,
    explores: bool,
    in_review: bool,
) -> Page:
    # What a person decided stays in sight, even where the needs were corrected since.
    decided = {scheme for scheme, review in reviews.items() if review.is_decided}
    shown = [match for match in matches if match.addresses or match.scheme_id in decided]
    grouped: dict[str, list[Card]] = {key: [] for key in (*(key for key, *_ in GROUPS), SET_ASIDE, NOT_PROPOSED)}
    for card in with_variants(cards_of(shown, known, reviews, on, aid_notes), matches):
        grouped[_group_of(card, in_review=in_review)].append(card)
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
            for key, *words in GROUPS
            for title, intro in [KEPT_BESIDE if in_review and key == "kept" else words]
            if grouped[key]
        ),
        set_aside=tuple(set_aside),
        not_proposed=tuple(not_proposed),
        nothing_fits=all(not match.is_possible for match in shown) and not grouped["kept"],
        warnings=links_of(listed, known).warnings_among(_kept_keys(listed)),
    )


def _with_tries(cards: list[Card], known: Known, *, on: date) -> list[Card]:
    tried = with_tries(cards, lambda card: draw_of(known.submission_id or 0, card.match.scheme_id, on=on))
    return [replace(card, is_try=is_try) for card, is_try in tried]


def _with_warnings(cards: list[Card], known: Known) -> list[Card]:
    """Warn officers beside each scheme, before they keep it and after."""
    links, kept = links_of(cards, known), _kept_keys(cards)
    return [
        card
        if card.verdict == Review.Verdict.REJECTED
        else replace(card, warnings=links.warnings_for(card.match.scheme.key, kept))
        for card in cards
    ]


def _kept_keys(cards: Iterable[Card]) -> set[str]:
    return {card.match.scheme.key for card in cards if card.verdict == KEPT}


def _group_of(card: Card, *, in_review: bool) -> str:
    """Tell where a scheme is shown. What officers decide stays in its place on their page until the review ends."""
    verdict = card.verdict
    is_out = not card.match.is_possible and not card.match.opens_later
    stays = in_review and card.match.addresses and not is_out
    if verdict == KEPT and not stays:
        return "kept"
    if verdict == Review.Verdict.REJECTED and not stays:
        return SET_ASIDE
    if card.match.opens_later:
        return "later"
    return NOT_PROPOSED if is_out else card.match.typed
