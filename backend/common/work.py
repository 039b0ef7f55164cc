"""What a job did, counted; one row that fails stops no other."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

logger = logging.getLogger(__name__)


class SomeFailed(RuntimeError):
    """Some rows of a job failed, and the others are done: the job is one that failed, and is tried again."""


@dataclass(slots=True, kw_only=True)
class Work:
    """Rows that were looked at, and those that were changed: sent, erased, reported."""

    n_looked_at: int = 0
    n_changed: int = 0


def change_each[T](change: Callable[[T], bool], rows: Iterable[T]) -> int:
    """Change rows one by one, each in a transaction of its own; return how many were.

    Raises ``SomeFailed`` from the first error once all were tried.
    """
    n_rows, n_changed, errors = 0, 0, list[Exception]()
    for row in rows:
        n_rows += 1
        try:
            n_changed += change(row)
        except Exception as error:
            logger.exception("Row %s failed", row)
            errors.append(error)
    if errors:
        raise SomeFailed(f"{len(errors)} sur {n_rows} : {type(errors[0]).__name__}") from errors[0]
    return n_changed
