"""All figures made again: what happened to files, what their needs get, and once a month what anybody reads."""

from datetime import date

from backend.common.work import Work
from backend.steering.facts import rebuild_facts
from backend.steering.fairness import keep_fairness
from backend.steering.gaps import rebuild_gaps
from backend.steering.published import publish


def rebuild(*, on: date) -> Work:
    """Make all figures again, and publish last month's once; count the files, and what was written."""
    facts, needs = rebuild_facts(), rebuild_gaps(on=on)
    n_monthly = publish(on=on) + keep_fairness(on=on)
    return Work(n_looked_at=facts.n_looked_at, n_changed=facts.n_changed + needs.n_changed + n_monthly)
