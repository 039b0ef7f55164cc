"""How far the published catalogue can say yes on a day: windows known, sheets read in time, what is surely open."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from backend.common.percents import whole_percent
from backend.schemes.catalogue.quality import review_column
from backend.schemes.catalogue.windows import TAKING, WindowOn, window_column
from backend.schemes.models import Revision, Scheme, TaxonomyNeed, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Counts of published sheets of ours, as seen on a day.

    ``seen`` are those whose window is known only because a page showed it open, by who spoke; ``told`` those of the
    unknown ones that a page once showed open; ``open_by_need`` how many surely take applications, of how many.
    """

    n_schemes: int
    n_stated: int
    seen: tuple[tuple[str, int], ...]
    n_unknown: int
    n_told: int
    n_read_in_time: int
    open_by_need: tuple[tuple[str, int, int], ...]

    @property
    def n_known(self) -> int:
        return self.n_schemes - self.n_unknown

    @property
    def known_pct(self) -> int:
        return whole_percent(self.n_known, self.n_schemes)

    @property
    def read_in_time_pct(self) -> int:
        return whole_percent(self.n_read_in_time, self.n_schemes)


def shares(*, on: date) -> Shares:
    """Count the published sheets on a day."""
    published = Revision.objects.filter(pk__in=Scheme.objects.of_source(Scheme.OWN).published().values("current"))
    rows = published.annotate(today=window_column(on), review_on=review_column())
    is_unknown, was_seen = Q(today=WindowOn.UNKNOWN), Q(seen_on__isnull=False)
    counts = rows.aggregate(
        n=Count("pk"),
        unknown=Count("pk", filter=is_unknown),
        told=Count("pk", filter=is_unknown & was_seen),
        in_time=Count("pk", filter=Q(review_on__gte=on)),
    )
    by_tier = dict(
        rows.filter(was_seen, today__in=TAKING).values_list("observed__tier").annotate(n=Count("pk")).order_by()
    )
    return Shares(
        n_schemes=counts["n"],
        n_stated=counts["n"] - counts["unknown"] - sum(by_tier.values()),
        seen=tuple((str(tier.label), by_tier[tier]) for tier in Tier if tier in by_tier),
        n_unknown=counts["unknown"],
        n_told=counts["told"],
        n_read_in_time=counts["in_time"],
        open_by_need=_open_by_need(list(rows.values_list("pk", "today"))),
    )


def _open_by_need(rows: list[tuple[int, str]]) -> tuple[tuple[str, int, int], ...]:
    taking = [pk for pk, today in rows if today in TAKING]
    served = "sub_needs__served_by__revision"
    needs = TaxonomyNeed.objects.annotate(
        n=Count(served, filter=Q(**{f"{served}__in": [pk for pk, _ in rows]}), distinct=True),
        n_open=Count(served, filter=Q(**{f"{served}__in": taking}), distinct=True),
    )
    return tuple((need.label, need.n_open, need.n) for need in needs.order_by("position"))
