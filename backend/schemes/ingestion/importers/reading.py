"""What reads the records of another site, and what is read of one. Every source has a reader of this shape."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from backend.schemes.catalogue.record_types import SchemeRecord


@dataclass(frozen=True, slots=True)
class Read:
    """A record of another site as a record of ours, and what is to be told of it.

    ``nuances`` are told once with the records that say them; ``contradictions``, and whatever else a person should
    verify, record by record; ``labels`` are what the site files it under.
    """

    record: SchemeRecord
    contradictions: tuple[str, ...] = ()
    nuances: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be told of a file as a whole; who opens it gives it among the records.

    One ``is_partial`` where it does not hold all that its source has: what it leaves out is not gone.
    """

    text: str
    is_partial: bool = False


class Reader(Protocol):
    """Reads the records of one file, one at a time; it may remember what holds for all of them."""

    def key(self, given: dict[str, Any]) -> str:
        """Return the identifier of a record in its source. Raises ``RowError`` where it has none."""

    def read(self, given: dict[str, Any], *, on: date) -> Read:
        """Return a record as of the day of its file. Raises ``RowError`` where a part cannot be read."""
