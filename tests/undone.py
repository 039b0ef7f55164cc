"""Trying each case of a table on one set-up."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone() -> Iterator[None]:
    """Take back what a case wrote, so that the next one finds the set-up as it was made; rows read before are old."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
