"""One state for each scheme of a firm, read from reviews, from what was said since and from facts.

The tables stand in ``transitions.py``, how long each reason holds in ``models/endings.py``; ``scheme_events.py`` adds.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.common.days import current_day
from backend.companies.models import Fact
from backend.matchmaking.contents import EVENTS, REVIEWS, may_have
from backend.matchmaking.models import ENDINGS, EVERYWHERE, Review, ReviewEnd, SchemeEvent, Submission, has_ended
from backend.matchmaking.models.scheme_events import SchemeEventQuerySet
from backend.matchmaking.models.submissions import SubmissionQuerySet
from backend.matchmaking.ownership import known_facts, numbers_read, told_facts
from backend.matchmaking.transitions import (
    KEPT,
    MAY_SAY,
    OVER,
    SPOKEN_OF,
    Origin,
    State,
    allowed,
    counting,
    differ,
    last_of,
    state_of_verdict,
)
from backend.schemes.models import Scheme

IS_TOLD = "is_told"  # beside a verdict: whether the firm was told of it
LABELS = {KEPT: _("retenu"), **dict(State.choices)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One word on a scheme that still holds: an event, a verdict read as a state, or a fact."""

    scheme: Scheme
    state: str
    at: datetime
    on: date
    is_firms: bool
    event: SchemeEvent | None = None
    review: Review | None = None

    @property
    def label(self) -> str:
        if self.review and self.state == State.SET_ASIDE:
            return str(_("écarté"))
        return str(LABELS[self.state])

    @property
    def who(self) -> str:
        """Name who said it; the firm has no name of its own here."""
        if self.event and self.event.origin == Origin.OPERATOR:
            return str(_("{person}, d’après le porteur")).format(person=self.event.actor)
        person = self.event.actor if self.event else self.review.officer if self.review else None
        return str(person or Origin.FIRM.label)

    @property
    def why(self) -> str:
        """Return the key of what says when it ends."""
        told = self.event or self.review
        return told.reason if told and told.reason else self.state

    @property
    def takes_away(self) -> bool:
        return self.state in OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeState:
    """What is said of one scheme in one file."""

    scheme: Scheme
    verdict: Review | None = None  # the last one, whatever it says
    firm: Said | None = None
    staff: Said | None = None

    @property
    def counts(self) -> Said | None:
        """The word that counts; none where nothing holds any more."""
        return counting(self.firm, self.staff)

    @property
    def differ(self) -> bool:
        """Whether an officer has something to settle."""
        return differ(self.firm, self.staff)

    @property
    def takes_away(self) -> bool:
        """Whether the firm is not proposed the scheme any more."""
        return self.counts is not None and self.counts.takes_away

    @property
    def words(self) -> list[Said]:
        """What was said since the review, or beside it, the last word first."""
        said = [one for one in (self.firm, self.staff) if one and one.event]
        return sorted(said, key=lambda one: one.at, reverse=True)

    @property
    def is_of_review(self) -> bool:
        """Whether the word that counts is a verdict."""
        return self.counts is not None and self.counts.review is not None

    @property
    def next_for_firm(self) -> list[str]:
        """What the firm may say now, in the order of the states."""
        return [state for state in State if state in MAY_SAY[Origin.FIRM] & allowed(self.firm, self.staff)]

    @property
    def ask_by(self) -> date | None:
        """The last day to ask for it, while nobody has and that day has not passed."""
        closes_on = self.scheme.current.closes_on if self.scheme.current and self.is_followed else None
        return closes_on if closes_on and closes_on >= current_day() else None

    @property
    def is_followed(self) -> bool:
        """Whether the firm is interested, and nobody has asked yet."""
        return self.counts is not None and self.counts.state == State.FOLLOWED

    @property
    def takes_words(self) -> bool:
        """Whether the firm may write of it: it follows it, asked for it or obtained it, or its officer kept it."""
        return self.counts is not None and self.counts.state in SPOKEN_OF


type Words = dict[tuple[int, int], dict[str, Said]]  # by file and scheme: the last word of each voice


@dataclass(frozen=True, slots=True)
class States:
    """The states of a file by scheme, and the schemes that another file read with it takes away."""

    own: Mapping[int, SchemeState]
    elsewhere: frozenset[int]


# -- reading


def states_of(submission: Submission, *, told: bool) -> States:
    """Return every scheme of which somebody said something; ``told`` leaves out verdicts the firm does not know."""
    return both_states(submission)[told]


def both_states(submission: Submission) -> tuple[States, States]:
    """Return both, from one reading: what officers see, then what the firm was told.

    Of files read with this one only what was told counts, and what holds for the firm whatever it files.
    """
    others = numbers_read(submission)
    reviews, words = _reviews(submission, others), _words(submission, others)
    known = known_facts(submission)
    read = told_facts(submission, known)
    facts = _words_of_facts(read)
    untold = _words_of_facts({name: fact for name, fact in known.items() if name not in read})
    seen = [review for review, is_told in reviews if is_told or review.submission_id == submission.pk]
    told = [review for review, is_told in reviews if is_told]
    return _states(submission, seen, words, facts, untold), _states(submission, told, words, facts, untold)


def taken_away(scheme: Scheme, *, files: SubmissionQuerySet) -> frozenset[int]:
    """Return the files, of some, in which what was said of a scheme takes it away, as officers see it: two queries."""
    words = _last_words(SchemeEvent.objects.standing().filter(scheme=scheme, submission__in=files.values("pk")))
    if not words:
        return frozenset()
    reviews = Review.objects.filter(scheme=scheme, submission__in=[file for file, _scheme in words])
    verdicts = {row.submission_id: row for row in reviews.with_what_it_names().order_by("decided_at", "pk")}
    return frozenset(file for (file, _scheme), said in words.items() if _state(said, verdicts.get(file)).takes_away)


def states_of_files(keys: Collection[int], *, told: bool = False) -> Mapping[int, Mapping[int, SchemeState]]:
    """Return what is said of the schemes of each of some files in that file, but by facts: two queries.

    It is what officers see; ``told`` leaves out the verdicts that the firm does not know.
    """
    words = _last_words(SchemeEvent.objects.standing().filter(submission__in=keys))
    reviews = Review.objects.filter(submission__in=keys).with_what_it_names().order_by("decided_at", "pk")
    if told:
        reviews = reviews.filter(_was_told())
    verdicts = {(row.submission_id, row.scheme_id): row for row in reviews}
    found: dict[int, dict[int, SchemeState]] = {key: {} for key in keys}
    for file, scheme in words.keys() | verdicts.keys():
        found[file][scheme] = _state(words.get((file, scheme), {}), verdicts.get((file, scheme)))
    return found


def _reviews(submission: Submission, others: Collection[int]) -> list[tuple[Review, bool]]:
    """Return the verdicts of a file and of those read with it, the oldest first, and whether the firm was told."""
    if not others and not may_have(submission, REVIEWS):
        return []
    rows = Review.objects.filter(submission__in=[submission.pk, *others]).with_what_it_names()
    rows = rows.annotate(**{IS_TOLD: _was_told()}).order_by("decided_at", "pk")
    return [(row, getattr(row, IS_TOLD)) for row in rows]


def _was_told() -> Exists:
    """Tell of a verdict whether a review ended since."""
    return Exists(ReviewEnd.objects.filter(submission=OuterRef("submission"), ended_at__gte=OuterRef("decided_at")))


def _words(submission: Submission, others: Collection[int]) -> Words:
    """Return the last word of each voice on each scheme, of a file and of those read with it."""
    if not others and not may_have(submission, EVENTS):
        return {}
    return _last_words(SchemeEvent.objects.standing().filter(submission__in=[submission.pk, *others]))


def _last_words(events: SchemeEventQuerySet) -> Words:
    words: Words = {}
    for event in events.select_related("actor", "revision", "scheme__current").order_by("recorded_at", "pk"):
        voice = "firm" if event.origin == Origin.FIRM else "step"
        words.setdefault((event.submission_id, event.scheme_id), {})[voice] = word_of_event(event)
    return words


def _states(
    submission: Submission, reviews: Iterable[Review], words: Words, facts: Iterable[Said], untold: Iterable[Said]
) -> States:
    """Return the states of a file; facts that its reader is not told count as what other files say."""
    verdicts = {(review.submission_id, review.scheme_id): review for review in reviews}
    states = {key: _state(words.get(key, {}), verdicts.get(key)) for key in [*verdicts, *(words.keys() - verdicts)]}
    own = {scheme: state for (file, scheme), state in states.items() if file == submission.pk}
    for word in facts:
        own.setdefault(word.scheme.pk, _state_of_fact(word))
    others = [state for (file, _), state in states.items() if file != submission.pk]
    return States(own, _hidden([*others, *map(_state_of_fact, untold)]))


def _state(words: Mapping[str, Said], verdict: Review | None) -> SchemeState:
    standing = {voice: said for voice, said in words.items() if not _has_ended(said)}
    read = word_of_review(verdict) if verdict else None
    scheme = verdict.scheme if verdict else next(iter(words.values())).scheme
    staff = last_of(read, standing.get("step"))
    return SchemeState(scheme=scheme, verdict=verdict, firm=standing.get("firm"), staff=staff)


def word_of_event(event: SchemeEvent) -> Said:
    return Said(
        scheme=event.scheme,
        state=event.state,
        at=event.recorded_at,
        on=event.happened_on,
        is_firms=event.origin == Origin.FIRM,
        event=event,
    )


def word_of_review(review: Review) -> Said | None:
    """Read a verdict as a state, where it still holds."""
    state = state_of_verdict(review.verdict, review.reason) if review.is_decided else ""
    on = timezone.localdate(review.decided_at)
    if not state:
        return None
    return Said(scheme=review.scheme, state=state, at=review.decided_at, on=on, is_firms=False, review=review)


def _has_ended(said: Said) -> bool:
    return said.takes_away and said.event is not None and has_ended(said.why, said.event.revision, said.scheme.current)


def _words_of_facts(known: Mapping[str, Fact]) -> list[Said]:
    """Return the schemes that a fact says the firm has: words that count where nobody said more of them."""
    held = {name: fact for name, fact in known.items() if name.startswith(Fact.SCHEME)}
    facts = {name.removeprefix(Fact.SCHEME): fact for name, fact in held.items() if fact.value}
    if not facts:
        return []
    names = {key.partition(":")[2] for key in facts}
    return [
        Said(
            scheme=scheme,
            state=State.HAS_IT,
            at=fact.recorded_at,
            on=timezone.localdate(fact.recorded_at),
            is_firms=fact.author_id is None,
        )
        for scheme in Scheme.objects.filter(source_key__in=names).select_related("current")
        if (fact := facts.get(scheme.key))
    ]


def _state_of_fact(word: Said) -> SchemeState:
    if word.is_firms:
        return SchemeState(scheme=word.scheme, firm=word)
    return SchemeState(scheme=word.scheme, staff=word)


def _hidden(states: Iterable[SchemeState]) -> frozenset[int]:
    """Return the schemes that the last word said in some files takes away from the firm, whatever it files."""
    last: dict[int, Said] = {}
    for state in states:
        said = state.counts
        if said and (state.scheme.pk not in last or said.at > last[state.scheme.pk].at):
            last[state.scheme.pk] = said
    return frozenset(pk for pk, said in last.items() if said.takes_away and ENDINGS[said.why] in EVERYWHERE)
