"""What changed between two results of a submission: became possible, changed, closed, is lost."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backend.matchmaking.models import Match, Result
from backend.matchmaking.standing import WINDOW, Standing, standing
from backend.schemes.catalogue import revision_wording
from backend.schemes.catalogue.revision_cache import read_revisions
from backend.schemes.catalogue.windows import SHUT, WindowOn, window_on
from backend.schemes.models import Revision

POSSIBLE = (Standing.ELIGIBLE, Standing.LIKELY)
SHOWN = (*POSSIBLE, Standing.TO_SPECIFY, Standing.DATES)


class Kind(StrEnum):
    """In the order in which an e-mail tells them."""

    CLOSED = "closed"  # took applications, and takes none any more
    ELIGIBLE = "eligible"  # became eligible, or very likely
    QUESTION = "question"  # one answer of the firm is left
    OPENED = "opened"  # the same, because its window opened
    CHANGED = "changed"  # still possible; its amount or its dates are others
    LOST = "lost"  # was possible, and is no more though it takes applications


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A scheme in two results, of which one may not hold it, and the days of both."""

    before: Match | None
    after: Match | None
    on_before: date
    on_after: date

    @property
    def was_closed(self) -> bool:
        return self.before is not None and is_closed(self.before.revision, on=self.on_before)

    @property
    def is_open(self) -> bool:
        """Whether the newer result holds it, and it may take applications."""
        return self.after is not None and not is_closed(self.after.revision, on=self.on_after)

    @property
    def has_closed(self) -> bool:
        """Whether it took applications, or may have, and takes none any more; or is gone from the catalogue."""
        return self.before is not None and not self.was_closed and not self.is_open

    @property
    def was_announced(self) -> bool:
        """Whether it closed on the last day that the firm had read, and for no other reason."""
        last = self.before.revision.closes_on if self.before else None
        if last is None or last >= self.on_after:
            return False
        early = (WindowOn.SUSPENDED, WindowOn.EXHAUSTED)
        return self.after is None or window_on(self.after.revision, on=self.on_after) not in early

    @property
    def is_out(self) -> bool:
        """Whether a condition shuts the firm out, and not the needs of its file alone, which are others."""
        return self.is_open and self.after is not None and _standing(self.after) not in SHOWN

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """What changed of a scheme that stays possible: its name, what it was, what it is."""
        if self.before is None or self.after is None:
            return []
        return changes_of(self.before.revision, self.after.revision, on=self.on_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Pair):
    kind: Kind
    match: Match  # the newer of the two


def standing_of(match: Match | None) -> Standing | None:
    """Return where a scheme of a result stands; nowhere where it answers no stated need, or is not published."""
    return _standing(match) if match and match.addresses else None


def _standing(match: Match) -> Standing:
    """Return the word for what was said alone: what is presumed of a firm is no news to it."""
    return standing(match, match.revision, presumes=False)


def differences(before: Result, after: Result, *, followed: Container[int] = ()) -> list[Difference]:
    """Compare two results, the schemes of the newer one in their order, then those it no longer holds.

    Those that are ``followed`` count whether they answer a stated need or not, and whatever is open of them.
    """
    if before == after:
        return []
    old, new = ({match.scheme_id: match for match in matches_of(result)} for result in (before, after))
    found = []
    for key in dict.fromkeys([*new, *old]):
        was, is_now = old.get(key), new.get(key)
        days = {"on_before": before.on, "on_after": after.on}
        pair = Pair(before=was, after=is_now, **days)
        kind, match = (_kind_followed if key in followed else _kind)(pair), is_now or was
        if kind and match:
            found.append(Difference(kind=kind, match=match, before=was, after=is_now, **days))
    return found


def matches_of(result: Result) -> list[Match]:
    """Return the matches of a result in its order, each with what its revision says, to be read only."""
    matches = list(result.matches.select_related("need"))
    revisions = read_revisions({match.revision_id for match in matches})
    for match in matches:
        match.revision = revisions[match.revision_id]
    return matches


def _kind(pair: Pair) -> Kind | None:
    before, after = pair.before, pair.after
    old, new = standing_of(before), standing_of(after)
    was, is_now = _possible(before, old), _possible(after, new)
    if before and after:
        if _is_listed_otherwise(before, after):
            return None
        if is_now and not was and pair.was_closed:
            return Kind.OPENED if pair.is_open else is_now
    if _became(was, is_now):
        return is_now
    if after and after.hidden_by:  # the firm is told of the variant
        return None
    if old in SHOWN and new not in SHOWN:
        return Kind.CLOSED if pair.has_closed else Kind.LOST
    return Kind.CHANGED if old in SHOWN and new in SHOWN and pair.changes else None


def _kind_followed(pair: Pair) -> Kind | None:
    """Return what becomes of a scheme that a firm follows, whatever it needs and whatever is open of it."""
    before, after = pair.before, pair.after
    if after and after.hidden_by:  # the firm is told of the variant
        return None
    if pair.has_closed:
        return Kind.CLOSED
    if before is None or after is None:
        return None
    old, new = _standing(before), _standing(after)
    if pair.was_closed and pair.is_open and new != Standing.INELIGIBLE:
        return Kind.OPENED
    was, is_now = _possible(before, old), _possible(after, new)
    if _became(was, is_now):
        return is_now
    if pair.is_out and old in SHOWN:
        return Kind.LOST
    return Kind.CHANGED if pair.changes else None


def _became(was: Kind | None, is_now: Kind | None) -> bool:
    return is_now is not None and (was is None or (was == Kind.QUESTION and is_now == Kind.ELIGIBLE))


def _is_listed_otherwise(before: Match, after: Match) -> bool:
    """Tell whether a scheme comes or goes though nothing about it changed for the firm.

    The model, the points, or the needs that its sheet names are others: no news of the scheme. Needs of the file are
    read again only when a person says something of them: that is.
    """
    return (
        before.addresses != after.addresses
        and before.hidden_by == after.hidden_by
        and _standing(before) == _standing(after)
        and before.result.needs == after.result.needs
    )


def _possible(match: Match | None, word: Standing | None) -> Kind | None:
    """Return the news that a scheme is: eligible, a question where one fact of the firm is missing; otherwise none."""
    if word in POSSIBLE:
        return Kind.ELIGIBLE
    is_near = word == Standing.TO_SPECIFY and match and len(match.unknown) <= 1 and WINDOW not in match.unknown
    return Kind.QUESTION if is_near else None


def is_closed(revision: Revision, *, on: date) -> bool:
    """Tell whether it is known that no application is taken on a day."""
    return window_on(revision, on=on) in (*SHUT, WindowOn.UPCOMING)


def changes_of(before: Revision, after: Revision, *, on: date) -> list[tuple[str, str, str]]:
    """Return what matters to a firm that differs between two revisions: amount and dates, each old and new."""
    if before.pk == after.pk:
        return []
    parts: tuple[tuple[str, Callable[[Revision], str]], ...] = (
        ("Montant", revision_wording.amount),
        ("Quand", lambda revision: revision_wording.dates(revision, on=on)),
    )
    pairs = [(label, write(before), write(after)) for label, write in parts]
    return [(label, old, new) for label, old, new in pairs if old != new]
