"""How often public pages are read: a number by day and kind of page, and nothing of who reads.

Counted in Redis, so that no page writes to the database; a job moves the numbers there every few minutes. Where Redis
is away the pages of that time are not counted, and nothing else happens.
"""

import logging
import time
from datetime import date, timedelta

from django.core.cache import caches
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import TruncMonth
from redis.exceptions import RedisError

from backend.common.counters import count_one
from backend.common.work import Work
from backend.steering.models import PageCount

logger = logging.getLogger(__name__)

KEPT_SECONDS = 3 * 24 * 3600  # in Redis, where nobody moves them
PATIENCE = 60.0  # seconds without counting, once Redis did not answer: no page waits for it again before
N_MONTHS = 12  # that are shown
_off_until = 0.0


def count_page(kind: PageCount.Kind, *, on: date) -> None:
    """Count one page more; where Redis does not answer, none for a minute."""
    global _off_until
    if time.monotonic() < _off_until:
        return
    try:
        count_one(_key(kind, on), KEPT_SECONDS)
    except RedisError as error:
        _off_until = time.monotonic() + PATIENCE
        logger.warning("Pages are not counted: %s", type(error).__name__)


def keep_page_counts(*, on: date) -> Work:
    """Move what was counted since the last time into the database; what is taken and not written is lost."""
    n_looked_at = n_changed = 0
    for day in (on - timedelta(days=1), on):
        for kind in PageCount.Kind:
            n_looked_at += 1
            n_changed += _keep(kind, day)
    return Work(n_looked_at=n_looked_at, n_changed=n_changed)


def _keep(kind: PageCount.Kind, day: date) -> bool:
    cache, key = caches["counters"], _key(kind, day)
    n_pages = cache.get(key) or 0
    if not n_pages:
        return False
    cache.decr(key, n_pages)
    with transaction.atomic():
        PageCount.objects.bulk_create([PageCount(day=day, kind=kind)], ignore_conflicts=True)
        PageCount.objects.filter(day=day, kind=kind).update(n_pages=F("n_pages") + n_pages)
    return True


def _key(kind: PageCount.Kind, day: date) -> str:
    return f"pages:{day}:{kind}"


def pages_by_month(*, on: date) -> list[tuple[date, list[tuple[str, int]]]]:
    """Return the pages of the last months that are over, by kind; the last month first."""
    rows = PageCount.objects.filter(day__lt=on.replace(day=1)).order_by().annotate(month=TruncMonth("day"))
    sums = {
        (month, kind): n
        for month, kind, n in rows.values("month", "kind").annotate(n=Sum("n_pages")).values_list("month", "kind", "n")
    }
    months = sorted({month for month, _kind in sums}, reverse=True)[:N_MONTHS]
    return [
        (month, [(str(kind.label), sums.get((month, kind.value), 0)) for kind in PageCount.Kind]) for month in months
    ]
