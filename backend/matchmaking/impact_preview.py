"""What a change of one scheme would do to the firms we know, before anything is published; nothing of it is kept.

Each firm counts once, by its newest confirmed file. A firm gains a scheme when it becomes eligible, loses it when it
can no longer have it, and moves to "à préciser" when the rules can no longer tell: as the result page says it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db.models import Max

from backend.accounts.models import User
from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.models import Match, Review, SchemeEvent, Submission
from backend.matchmaking.ownership import readings_of
from backend.matchmaking.results import packed_facts_of
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import read_record
from backend.schemes.models import Definition, Revision

ELIGIBLE, UNDECIDED, INELIGIBLE = Match.Verdict.ELIGIBLE, Match.Verdict.UNDECIDED, Match.Verdict.INELIGIBLE
LATER = engine.LATER
ABSENT = "absent"  # there was no such scheme, or none will be left
POSSIBLE = (ELIGIBLE, UNDECIDED)

Counts = engine.Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The verdict on a scheme that one firm reads now, and the one it would read."""

    submission: Submission
    before: str
    after: str
    asks: bool  # for something that the scheme serves, or served: only then does it see the scheme at all
    is_visible: bool  # whether the viewer may open its file, and so read its name

    @property
    def gains(self) -> bool:
        return self.after == ELIGIBLE and self.before != ELIGIBLE

    @property
    def becomes_undecided(self) -> bool:
        return self.after == UNDECIDED and self.before != UNDECIDED

    @property
    def loses(self) -> bool:
        return self.before in POSSIBLE and self.after not in POSSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change does to each firm, in the order of the newest files."""

    on: date
    moves: tuple[Move, ...]

    @property
    def n_firms(self) -> int:
        return len(self.moves)

    @property
    def gains(self) -> list[Move]:
        return [move for move in self.moves if move.gains]

    @property
    def loses(self) -> list[Move]:
        return [move for move in self.moves if move.loses]

    @property
    def undecided(self) -> list[Move]:
        return [move for move in self.moves if move.becomes_undecided]

    @property
    def has_names(self) -> bool:
        """Whether the viewer may open the file of one of those that move."""
        return any(move.is_visible for move in (*self.gains, *self.loses, *self.undecided))

    @property
    def unchanged(self) -> int:
        """Count the firms that would read the same, whatever that is."""
        return self.n_firms - len(self.gains) - len(self.loses) - len(self.undecided)

    def of_those_who_ask(self) -> Self:
        """Return the effect on the firms that ask for what the scheme serves: the others never see it."""
        return type(self)(on=self.on, moves=tuple(move for move in self.moves if move.asks))


class Trial:
    """The firms of a day, read once: any number of records and conditions are tried on them."""

    def __init__(self, *, on: date) -> None:
        self.on = on
        self.submissions = _newest_files()
        self._firms = _read(tuple(self.submissions), on, _state_of(self.submissions))

    def effect(
        self,
        record: SchemeRecord | None,
        *,
        base: SchemeRecord | Revision | None,
        viewer: User | AnonymousUser | None = None,
    ) -> Effect:
        """Tell which firms would gain or lose a scheme, were a record published instead of ``base``.

        ``None`` stands for no scheme at all. Everybody reads the counts; a name is for those who may open that file.
        Raises ``RecordError`` where the record is not well formed.
        """
        old = read_record(base) if isinstance(base, Revision) else base
        before, after = self._verdicts(old), self._verdicts(record)
        needs = {need for side in (old, record) if side for need in side["needs"]}
        visible = self._visible_to(viewer)
        return Effect(
            on=self.on,
            moves=tuple(
                Move(
                    submission=file,
                    before=was,
                    after=will_be,
                    asks=_asks(file, needs),
                    is_visible=file.pk in visible,
                )
                for file, was, will_be in zip(self.submissions, before, after, strict=True)
            ),
        )

    def counts(self, criteria: Iterable[Definition]) -> list[Counts]:
        """Count, for each condition by itself, the firms it keeps and excludes. Raises ``RecordError``."""
        return [self._firms.counts(row) for row in criteria]

    def _verdicts(self, record: SchemeRecord | None) -> Sequence[str]:
        return [ABSENT] * len(self.submissions) if record is None else self._firms.verdicts(record)

    def _visible_to(self, viewer: User | AnonymousUser | None) -> set[int]:
        if viewer is None:
            return set()
        return set(Submission.objects.visible_to(viewer).values_list("pk", flat=True))


def _newest_files() -> list[Submission]:
    """Return the newest file of each firm, as far as it is proven: files that are read together are one firm's."""
    rows = Submission.objects.proven().select_related("sheet").prefetch_related("needs").order_by("-filed_at", "-pk")
    files = list(rows)
    readings = readings_of(files)
    taken: set[int] = set()
    newest = []
    for file in files:
        if file.pk not in taken:
            newest.append(file)
            taken.update(other.pk for other in readings[file.pk])
    return newest


def _state_of(submissions: Sequence[Submission]) -> tuple[object, ...]:
    """Return what is another as soon as something else is known of a firm: such rows are only ever added."""
    return (
        tuple(sorted(readings_of(submissions).items())),
        Fact.objects.aggregate(Max("pk"))["pk__max"],
        Review.objects.aggregate(Max("pk"))["pk__max"],
        SchemeEvent.objects.aggregate(Max("pk"))["pk__max"],
    )


@lru_cache(maxsize=1)
def _read(submissions: tuple[Submission, ...], on: date, state: tuple[object, ...]) -> engine.Firms:
    """Read what is known of each firm into columns: a person who tries one change tries the next one at once."""
    numbers, facts = packed_facts_of(Submission.objects.filter(pk__in=[one.pk for one in submissions]))
    places = {pk: place for place, pk in enumerate(numbers)}
    return engine.Firms(facts.take([places[one.pk] for one in submissions]), on=on)


def _asks(submission: Submission, needs: set[str]) -> bool:
    """Tell whether a file asks for one of some sub-needs; one that states nothing asks for all."""
    asked = {need.sub_need_id for need in submission.needs.all()}
    stated = bool(asked) or bool(submission.text.strip())
    return not stated or not asked.isdisjoint(needs)
