"""What changed between two results of a submission: became possible, changed, is lost."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backend.matchmaking.models import Match, Result
from backend.schemes import wording
from backend.schemes.models import Revision
from backend.schemes.windows import SHUT, WindowOn, window_on


class Standing(StrEnum):
    """Where a scheme stands for a firm, from the best to the worst."""

    ELIGIBLE = "eligible"
    QUESTION = "question"  # undecided, and one answer would settle it
    UNDECIDED = "undecided"
    LATER = "later"
    INELIGIBLE = "ineligible"
    ABSENT = "absent"  # answers no stated need, or is not published


POSSIBLE = (Standing.ELIGIBLE, Standing.QUESTION)
SHOWN = (*POSSIBLE, Standing.UNDECIDED)


class Kind(StrEnum):
    ELIGIBLE = "eligible"  # became eligible
    QUESTION = "question"  # became undecided with one open question
    OPENED = "opened"  # the same, because its window opened
    CHANGED = "changed"  # still possible; its amount or its dates are others
    LOST = "lost"  # was possible, and is no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    kind: Kind
    match: Match  # the newer of the two
    before: Match | None
    after: Match | None

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """What changed of a scheme that stays possible: its name, what it was, what it is."""
        if self.before is None or self.after is None:
            return []
        return changes_of(self.before.revision, self.after.revision, on=self.after.result.on)


def standing(match: Match | None) -> Standing:
    return Standing.ABSENT if match is None or not match.addresses else _standing_if_listed(match)


def _standing_if_listed(match: Match) -> Standing:
    if match.opens_later:
        return Standing.LATER
    if match.typed == Match.Verdict.UNDECIDED:
        return Standing.QUESTION if len(match.unknown) == 1 else Standing.UNDECIDED
    if match.eligibility == Match.Verdict.INELIGIBLE:  # a person answered "no" to a condition
        return Standing.INELIGIBLE
    return Standing(match.typed)


def differences(before: Result, after: Result) -> list[Difference]:
    """Compare two results, the schemes of the newer one in their order, then those it no longer holds."""
    old, new = _matches(before), _matches(after)
    found = []
    for key in dict.fromkeys([*new, *old]):
        was, is_now = old.get(key), new.get(key)
        kind, match = _kind(was, is_now, before.on, after.on), is_now or was
        if kind and match:
            found.append(Difference(kind=kind, match=match, before=was, after=is_now))
    return found


def _matches(result: Result) -> dict[int, Match]:
    rows = result.matches.select_related("revision__scheme", "result", "need")
    return {match.scheme_id: match for match in rows}


def _kind(before: Match | None, after: Match | None, on_before: date, on_after: date) -> Kind | None:
    old, new = standing(before), standing(after)
    if before and after and _is_listed_otherwise(before, after):
        return None
    if after and new in POSSIBLE and old not in POSSIBLE:
        if before and is_closed(before.revision, on=on_before) and not is_closed(after.revision, on=on_after):
            return Kind.OPENED
        return Kind(new)
    if old == Standing.QUESTION and new == Standing.ELIGIBLE:
        return Kind.ELIGIBLE
    if after and after.hidden_by:  # the firm is told of the variant
        return None
    if old in SHOWN and new in (Standing.INELIGIBLE, Standing.LATER, Standing.ABSENT):
        return Kind.LOST
    if old in SHOWN and new in SHOWN and before and after and changes_of(before.revision, after.revision, on=on_after):
        return Kind.CHANGED
    return None


def _is_listed_otherwise(before: Match, after: Match) -> bool:
    """Tell whether a scheme comes or goes though nothing about it changed for the firm.

    What was understood, the points, or the needs that its sheet names are others: no news of the scheme. What a person
    said of the firm's needs in the meantime is.
    """
    return (
        before.addresses != after.addresses
        and before.hidden_by == after.hidden_by
        and _standing_if_listed(before) == _standing_if_listed(after)
        and before.result.ticked == after.result.ticked
    )


def is_closed(revision: Revision, *, on: date) -> bool:
    """Tell whether it is known that no application is taken on a day."""
    return window_on(revision, on=on) in (*SHUT, WindowOn.UPCOMING)


def changes_of(before: Revision, after: Revision, *, on: date) -> list[tuple[str, str, str]]:
    """Return what matters to a firm that differs between two revisions: amount and dates, each old and new."""
    if before.pk == after.pk:
        return []
    parts: tuple[tuple[str, Callable[[Revision], str]], ...] = (
        ("Montant", wording.amount),
        ("Quand", lambda revision: wording.deadline(revision, on=on)),
    )
    pairs = [(label, write(before), write(after)) for label, write in parts]
    return [(label, old, new) for label, old, new in pairs if old != new]
