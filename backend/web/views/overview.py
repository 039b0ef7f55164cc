"""A page for who leads: where the needs are, what is missing, what waits and what comes of it, each with its page."""

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.common.days import current_day
from backend.matchmaking.escalation import waits_too_long
from backend.steering.actions import actions_of
from backend.steering.funnel import Funnel, funnels
from backend.steering.gap_map import Gaps, gaps
from backend.steering.scopes import Filters, Scope, scope_of
from backend.steering.targets import progress
from backend.territories.outlines import size_of_map
from backend.web import charts
from backend.web.forms.territory import FunnelForm
from backend.web.territory_map import CLASSES, Shown, areas
from backend.web.views.officer import signed_in
from backend.web.views.territory import MOST_SAID, counted_at, lacking_most

SOON = timedelta(days=30)  # until which an action is due


@login_required
@never_cache
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show on one screen what a lead asks first."""
    scope, on = scope_of(signed_in(request)), current_day()
    found, year = gaps(scope, Filters()), FunnelForm({}, scope=scope).filters(on=on)
    late = waits_too_long({epci.pk for epci in scope.epcis}, on=on)
    context = {
        "scope": scope,
        "found": found,
        "counted_at": counted_at(),
        **_map_of(found),
        "asked_most": sorted(found.by_need, key=lambda gap: (-gap.demand, gap.label))[:MOST_SAID],
        "lacking_most": list(lacking_most(found)),
        "late": late,
        "aims": progress(scope, year, on=on),
        "actions": _due_soon(scope, on),
        "on": on,
        "way": charts.rows(_way(funnels(scope, year, on=on).total)),
    }
    return render(request, "web/territory/overview.html", context)


def _map_of(found: Gaps) -> dict[str, Any]:
    shown = Shown.DEMAND
    return {
        "areas": areas(found.by_commune, shown),
        "map_size": size_of_map(),
        "shown": shown,
        "classes": [*enumerate(CLASSES[shown], 1)],
    }


def _due_soon(scope: Scope, on: date) -> list[Any]:
    return list(actions_of(scope).to_do().filter(due_on__lte=on + SOON).order_by("due_on", "pk"))


def _way(total: Funnel) -> list[tuple[str, int]]:
    return [
        (_("déposées"), total.filed),
        (_("répondues"), total.answered.n),
        (_("aide demandée"), total.applied.n),
        (_("aide obtenue"), total.granted.n),
    ]
