"""From a gap to a decision: what the committee decided about it, and what the gap has become since."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q

from backend.accounts.models import User
from backend.matchmaking.standing import Standing
from backend.steering.gap_map import gaps
from backend.steering.models import Action, ActionQuerySet, NeedFact
from backend.steering.scopes import Filters, Scope, scope_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """An action and its gap today; ``None`` where it is of a place whose figures the reader does not see."""

    action: Action
    demand: int | None
    unmet: int | None
    to_specify: int | None


def actions_of(scope: Scope) -> ActionQuerySet:
    """Return what a lead reads: what was decided for his intercommunalities, or for the whole territory."""
    rows = Action.objects.select_related("epci", "sub_need", "decided_by")
    return rows if scope.is_whole else rows.filter(Q(epci__in=scope.epcis) | Q(epci__isnull=True))


def may_follow(scope: Scope, action: Action) -> bool:
    """Tell whether a lead reads the figures of an action, and notes what came of it."""
    return scope.is_whole or action.epci in scope.epcis


@transaction.atomic
def decide_action(*, user: User, filters: Filters, what: str, owner: str, due_on: date, on: date) -> Action:
    """Note an action on a gap, with what the gap is today.

    Who leads one intercommunality decides for it; raises ``PermissionDenied`` as ``Filters.decided_by`` does.
    """
    scope = scope_of(user)
    filters = filters.decided_by(scope)
    gap = gaps(scope, filters).total
    return Action.objects.create(
        epci=filters.epci,
        commune=filters.commune,
        sub_need_id=filters.sub_need,
        size=filters.size,
        what=what,
        owner=owner,
        due_on=due_on,
        demand_then=gap.demand,
        unmet_then=gap.unmet,
        to_specify_then=gap.to_specify,
        decided_on=on,
        decided_by=user,
    )


@transaction.atomic
def end_action(*, user: User, action: Action, result: str, on: date) -> None:
    """Note what came of an action, once; raises ``PermissionDenied`` where it is not this lead's."""
    if not may_follow(scope_of(user), action):
        raise PermissionDenied
    Action.objects.to_do().filter(pk=action.pk).update(result=result, done_on=on)


def follow(scope: Scope, actions: Iterable[Action]) -> list[Followed]:
    """Return actions with their gap today: one query for all of them."""
    actions, possible = list(actions), Q(standing__in=NeedFact.POSSIBLE)
    places = ("file__epci", "file__commune", "sub_need", "file__size")
    of_them = Q(sub_need__in={action.sub_need_id for action in actions})
    rows = NeedFact.objects.filter(scope.rows("file__epci"), of_them).order_by().values(*places)
    sums = {
        "n": Count("pk"),
        "unmet": Count("pk", filter=~possible),
        "to_specify": Count("pk", filter=Q(standing=Standing.TO_SPECIFY)),
    }
    cells: list[tuple[Any, ...]] = list(rows.annotate(**sums).values_list(*places, *sums))
    return [_followed(action, cells if may_follow(scope, action) else None) for action in actions]


def _followed(action: Action, cells: list[tuple[Any, ...]] | None) -> Followed:
    if cells is None:
        return Followed(action=action, demand=None, unmet=None, to_specify=None)
    wanted = (action.epci_id, action.commune, action.sub_need_id, action.size)
    mine = [
        cell[4:] for cell in cells if all(not asked or asked == own for asked, own in zip(wanted, cell, strict=False))
    ]
    demand, unmet, to_specify = (sum(column) for column in zip((0, 0, 0), *mine, strict=True))
    return Followed(action=action, demand=demand, unmet=unmet, to_specify=to_specify)
