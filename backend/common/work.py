"""What a job did, counted."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Work:
    """Rows that were looked at, and those that were changed: sent, erased, reported."""

    n_looked_at: int = 0
    n_changed: int = 0
