"""All figures of steering made again: first what happened to files, then what their needs get."""

from datetime import date

from backend.common.work import Work
from backend.steering.facts import rebuild_facts
from backend.steering.gaps import rebuild_gaps


def rebuild(*, on: date) -> Work:
    """Make all figures again; count the files, and the files and needs that were written."""
    facts, needs = rebuild_facts(on=on), rebuild_gaps(on=on)
    return Work(n_looked_at=facts.n_looked_at, n_changed=facts.n_changed + needs.n_changed)
