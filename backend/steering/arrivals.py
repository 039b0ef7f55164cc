"""By whose site the files of a scope came, and how many of them were confirmed."""

from dataclasses import dataclass

from django.db.models import Count, Q

from backend.steering.funnel import Funnel
from backend.steering.models import FileFact, Step
from backend.steering.scopes import Filters, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Files that came by one site; by none that is known where it has no name."""

    site: str
    filed: int
    confirmed: int


def arrivals(scope: Scope, filters: Filters, total: Funnel) -> list[Arrived]:
    """Return what came by each site, the most first, then what came by none: the rest of all files of the same funnel.

    Nothing is returned where all came by none.
    """
    asked = {"epci": filters.epci, "size": filters.size, "filed_on__gte": filters.since}
    wanted = Q(**{name: value for name, value in asked.items() if value})
    if filters.need:
        wanted &= Q(needs__contains=[filters.need])
    files = FileFact.objects.filter(scope.rows("epci"), wanted, submission__came_from__isnull=False)
    rows = files.values_list("submission__came_from__name").annotate(
        filed=Count("pk", distinct=True),
        confirmed=Count("pk", distinct=True, filter=Q(steps__step=Step.CONFIRMED)),
    )
    found = [
        Arrived(site=name, filed=filed, confirmed=confirmed)
        for name, filed, confirmed in rows.order_by("-filed", "submission__came_from__name")
    ]
    if not found:
        return []
    filed, confirmed = total.filed, total.at(Step.CONFIRMED).n
    rest = Arrived(
        site="",
        filed=filed - sum(one.filed for one in found),
        confirmed=confirmed - sum(one.confirmed for one in found),
    )
    return [*found, rest]
