"""The dates that a firm has to keep: of its schemes, and of the de minimis aids that it received."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from textwrap import shorten
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.matchmaking import engine
from backend.matchmaking.contents import NOTES, may_have
from backend.matchmaking.models import Submission
from backend.matchmaking.shortlist import Shortlist
from backend.matchmaking.state_aid import Ledger
from backend.matchmaking.states import SchemeState
from backend.matchmaking.transitions import KEPT, State
from backend.schemes.catalogue.windows import SHUT, expected_again, window_on
from backend.schemes.models import Revision, Scheme
from backend.schemes.typography import NBSP

MOST_SAID = 100  # characters of the firm's words, in the line of a calendar


class DateKind(models.TextChoices):
    """What a date is, in words that come before the name of a scheme."""

    LAST_DAY = "last_day", gettext_lazy("Dernier jour")
    PREPARE = "prepare", gettext_lazy("À préparer dès maintenant")
    OPENS = "opens", gettext_lazy("Ouverture")
    OPENS_AGAIN = "opens_again", gettext_lazy("Réouverture attendue, à confirmer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A day to keep. One whose day changes keeps its ``uid``, so that a calendar moves it and adds no second one."""

    uid: UUID
    on: date
    summary: str
    description: str
    stated_at: datetime  # when what says so was recorded
    scheme: Scheme | None = None


def dates_of(scheme: Scheme, revision: Revision | None, *, on: date) -> Iterator[Deadline]:
    """Yield the days of one scheme that have not passed, as its revision in force says them."""
    if revision is None or scheme.state != Scheme.State.PUBLISHED:
        return
    found: dict[DateKind, date | None] = {DateKind.OPENS_AGAIN: expected_again(revision, on=on)}
    if window_on(revision, on=on) not in SHUT:
        found = {DateKind.OPENS: revision.opens_on, DateKind.LAST_DAY: revision.closes_on}
        if revision.closes_on and revision.preparation_days:
            found[DateKind.PREPARE] = revision.closes_on - timedelta(days=revision.preparation_days)
    for kind, day in found.items():
        if day and day >= on:
            yield Deadline(
                uid=uuid5(NAMESPACE_URL, f"urn:jonction:date:{scheme.uuid}:{kind}"),
                on=day,
                summary=f"{kind.label}{NBSP}: {revision.name}",
                description=_("D’après la fiche à l’état du {day:%d/%m/%Y}. À vérifier auprès du porteur.").format(
                    day=revision.as_of
                ),
                stated_at=revision.recorded_at,
                scheme=scheme,
            )


def deadlines_of(
    submission: Submission, page: Shortlist, ledger: Ledger | None, *, on: date, says_words: bool = True
) -> list[Deadline]:
    """Return the days of the schemes that a firm is shown first or follows, of its words and its aids, in order.

    Without ``says_words`` what it wrote of a day is left out: others read the calendar that holds it.
    """
    sheets = {state.scheme: state.scheme.current for state in page.followed if state.is_followed}
    sheets |= {card.match.scheme: card.revision for card in page.cards if is_ahead(card.state)}
    found = [day for scheme, revision in sheets.items() for day in dates_of(scheme, revision, on=on)]
    written = _written(submission, on=on, says_words=says_words) if may_have(submission, NOTES) else ()
    return in_order([*found, *written, *(_of_aids(submission, ledger, on=on) if ledger else ())])


def is_ahead(state: SchemeState | None) -> bool:
    """Tell whether a firm may still have to ask for a scheme: nobody said that it asked, or has it."""
    said = state.counts if state else None
    return said is None or said.state in (KEPT, State.FOLLOWED)


def in_order(deadlines: Iterable[Deadline]) -> list[Deadline]:
    return sorted(deadlines, key=lambda deadline: (deadline.on, deadline.summary))


def _written(submission: Submission, *, on: date, says_words: bool) -> Iterator[Deadline]:
    """Yield the days that the firm itself asked to keep."""
    for note in submission.notes.of_firm().filter(keep_on__gte=on).select_related("scheme__current"):
        assert note.keep_on  # noqa: S101 -- as the query says
        said = f"{shorten(note.text, MOST_SAID, placeholder=f'{NBSP}…')} – " if says_words else ""
        yield Deadline(
            uid=uuid5(NAMESPACE_URL, f"urn:jonction:word:{submission.filing_key}:{note.pk}"),
            on=note.keep_on,
            summary=f"{_('Votre date')}{NBSP}: {said}{note.scheme}",
            description=_("Notée par vous, pour {reference}.").format(reference=submission.reference),
            stated_at=note.written_at,
            scheme=note.scheme,
        )


def _of_aids(submission: Submission, ledger: Ledger, *, on: date) -> Iterator[Deadline]:
    """Yield the days on which an aid is more than three years old, without what it was: one a day."""
    leaves = {engine.leaves_window_on(line.aid.granted_on): line.aid.recorded_at for line in ledger.lines}
    for day, recorded_at in leaves.items():
        if day >= on:
            yield Deadline(
                uid=uuid5(NAMESPACE_URL, f"urn:jonction:aid:{submission.filing_key}:{day}"),
                on=day,
                summary=f"De minimis{NBSP}: une aide de plus de trois ans ne compte plus",
                description=_("D’après les aides que vous avez déclarées."),
                stated_at=recorded_at,
            )
