"""The day of the service. It is read here, at the edge, and passed down as an argument everywhere else."""

from datetime import date

from django.conf import settings
from django.utils import timezone


def current_day() -> date:
    """Return today's date in Paris, or the day fixed for a demonstration."""
    return settings.FIXED_DAY or timezone.localdate()
