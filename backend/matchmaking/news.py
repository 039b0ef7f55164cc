"""What is worth an alert: what became possible, and what becomes of the schemes a firm reads first or follows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.matchmaking.decisions import Decision, is_set_aside, told_decisions_in
from backend.matchmaking.differences import SHOWN, Difference, Kind, differences, matches_of, standing_of
from backend.matchmaking.fact_display import missing_facts
from backend.matchmaking.first_five import shown_first
from backend.matchmaking.models import Match, Result
from backend.matchmaking.states import States
from backend.matchmaking.transitions import KEPT, State
from backend.schemes.catalogue import revision_wording
from backend.schemes.catalogue.criteria.base import lower
from backend.schemes.catalogue.succession import successors
from backend.schemes.catalogue.windows import TAKING, window_on
from backend.schemes.models import Relation, Scheme

BECAME = (Kind.ELIGIBLE, Kind.QUESTION, Kind.OPENED)
NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The decisions on schemes that a firm was notified of, and the schemes it follows."""

    decided: Mapping[int, Decision]
    followed: frozenset[int]  # it is interested, has asked, or its officer kept them
    to_ask: frozenset[int]  # those of them that it has not asked for

    def shown(self, result: Result) -> frozenset[int]:
        """Return the schemes of whose last days a firm is reminded: shown first, or yet to be asked for."""
        return shown_first(result, self.decided) | self.to_ask


def watched(states: States) -> Watched:
    """Return what a firm was notified of, and what it follows, from the states of its schemes."""
    of = {scheme: state.counts.state for scheme, state in states.own.items() if state.counts}
    to_ask = frozenset(scheme for scheme, state in of.items() if state in (State.FOLLOWED, KEPT))
    asked = frozenset(scheme for scheme, state in of.items() if state == State.APPLIED)
    return Watched(decided=told_decisions_in(states), followed=to_ask | asked, to_ask=to_ask)


def news_of(told: Result, result: Result, of: Watched) -> list[Difference]:
    """Return the differences a firm wants to hear of: nothing that is set aside, while the reason holds.

    What it neither reads first nor follows is told where it became possible. What gave way to a sheet that the firm is
    shown is not closed: its page says where it went.
    """
    found = [one for one in differences(told, result, followed=of.followed) if not is_set_aside(_decided(of, one))]
    if all(one.kind in BECAME for one in found):
        return found
    mine, led = shown_first(told, of.decided) | of.followed, successors()
    listed = _listed(result) if led else frozenset()

    def is_news(one: Difference) -> bool:
        if one.kind in BECAME:
            return True
        if one.match.scheme_id not in mine:
            return False
        if one.kind == Kind.CLOSED:
            return not one.was_announced and led.get(one.match.scheme_id) not in listed
        return one.kind == Kind.CHANGED or one.is_out

    return [one for one in found if is_news(one)]


def _decided(of: Watched, one: Difference) -> Decision | None:
    return of.decided.get(one.match.scheme_id)


def _listed(result: Result) -> frozenset[int]:
    return frozenset(match.scheme_id for match in matches_of(result) if standing_of(match) in SHOWN)


# -- in words


def groups_of(news: Iterable[Difference], result: Result) -> list[tuple[str, list[dict[str, Any]]]]:
    """Lay out news by kind as the e-mail shows them, what closed first, each kind in the order of the result."""
    by_kind = {kind: [_said(one, result) for one in news if one.kind == kind] for kind in Kind}
    return [(str(kind), found) for kind, found in by_kind.items() if found]


def _said(one: Difference, result: Result) -> dict[str, Any]:
    revision = one.match.revision
    return {
        "name": revision.name,
        "form": revision.get_kind_display(),
        "need": lower(one.match.need.label) if one.match.need else "",
        "lines": _lines(one, result),
    }


def _lines(one: Difference, result: Result) -> list[str]:
    revision, on = one.match.revision, result.on
    if one.kind == Kind.CHANGED:
        unsaid = "non communiqué"
        return [f"{label}{NBSP}: {old or unsaid} → {new or unsaid}" for label, old, new in one.changes]
    if one.kind == Kind.LOST:
        return []
    if one.kind == Kind.CLOSED:
        state = revision_wording.dates(revision, on=on) if one.after else "Il n’est plus proposé"
        instead = _instead_of(one.match, result)
        return [state, *([f"À la place{NBSP}: {', '.join(instead)}"] if instead else [])]
    amount = revision_wording.amount(revision)
    lines = [*([f"Montant : {amount}"] if amount else []), f"Quand : {revision_wording.deadline(revision, on=on)}"]
    if one.kind == Kind.QUESTION:
        missing = (
            ", ".join(missing_facts(one.match, result.facts, presumes=False))
            or "une condition que vous seul pouvez confirmer"
        )
        lines.append(f"Il manque : {missing}")
    return lines


def _instead_of(match: Match, result: Result) -> list[str]:
    """Name what takes the place of a scheme that closed: the sheet it gave way to, else what its own sheet names.

    Of the latter, only what the firm may have and what takes applications.
    """
    last = successors().get(match.scheme_id)
    if last:
        return [str(Scheme.objects.select_related("current").get(pk=last))]
    named = match.revision.relations.filter(kind=Relation.Kind.ALTERNATIVE_TO).values("other_key")
    rows = result.matches.possible().filter(scheme__source=Scheme.OWN, scheme__source_key__in=named).order_by("rank")
    revisions = (row.revision for row in rows.select_related("revision"))
    return [revision.name for revision in revisions if window_on(revision, on=result.on) in TAKING]
