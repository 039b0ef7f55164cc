"""Days counted from the one on which a test runs, not on which it was collected: a run may go over midnight."""

from datetime import date, timedelta

from django.utils import timezone


def in_days(n: int) -> date:
    """Return the day that is ``n`` days from today in Paris; ``in_days(0)`` is today."""
    return timezone.localdate() + timedelta(days=n)
