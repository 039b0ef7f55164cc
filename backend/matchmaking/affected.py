"""How many firms a sheet misleads where it is wrong: what says which one to mend first."""

from datetime import date

from django.db.models import Count, F
from django.db.models.functions import Coalesce

from backend.common.work import Work
from backend.matchmaking.models import Match, Result, Submission
from backend.schemes.catalogue.completeness import completeness
from backend.schemes.models import Scheme

PARTS = ("current__criteria", "current__sources", "current__served_needs", "current__roles")


def firms_by_scheme() -> dict[int, int]:
    """Count, by scheme, the firms whose newest result holds it among what answers them; who filed twice is one firm.

    Only files of a confirmed address count. A firm whose SIREN is not known is its file. Nothing is told but a count.
    """
    newest = Result.objects.filter(submission__in=Submission.objects.proven())
    newest = newest.order_by("submission_id", "-computed_at", "-pk").distinct("submission_id")
    firm = Coalesce("result__submission__sheet__company_id", -F("result__submission_id"))
    rows = Match.objects.answering().filter(result__in=newest.values("pk")).order_by().values("scheme")
    return dict(rows.annotate(n=Count(firm, distinct=True)).values_list("scheme", "n"))


def score_sheets(*, on: date) -> Work:
    """Keep how complete each published sheet is on a day and how many firms have it: lists sort by both."""
    firms = firms_by_scheme()
    published = Scheme.objects.of_source(Scheme.OWN).published()
    changed = []
    n_looked_at = 0
    for scheme in published.select_related("current").prefetch_related(*PARTS):
        n_looked_at += 1
        found = (completeness(scheme.current, on=on).score if scheme.current else None, firms.get(scheme.pk, 0))
        if (scheme.completeness, scheme.n_firms) != found:
            scheme.completeness, scheme.n_firms = found
            changed.append(scheme)
    Scheme.objects.bulk_update(changed, ["completeness", "n_firms"])
    others = Scheme.objects.exclude(pk__in=published.values("pk")).exclude(completeness=None, n_firms=None)
    return Work(n_looked_at=n_looked_at, n_changed=len(changed) + others.update(completeness=None, n_firms=None))
