"""The day in Paris, around midnight and on the days when the clocks change (directive 2000/84/CE)."""

from datetime import datetime

import pytest
from django.utils import timezone

from backend.common.days import current_day


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-03-28T22:59:59Z", "2026-03-28"),  # winter time: midnight is 23:00 UTC
        ("2026-03-28T23:00:00Z", "2026-03-29"),
        ("2026-03-29T00:59:59Z", "2026-03-29"),  # the last second of winter time
        ("2026-03-29T01:00:00Z", "2026-03-29"),
        ("2026-03-29T21:59:59Z", "2026-03-29"),  # summer time: midnight is 22:00 UTC
        ("2026-03-29T22:00:00Z", "2026-03-30"),
        ("2026-10-24T21:59:59Z", "2026-10-24"),
        ("2026-10-24T22:00:00Z", "2026-10-25"),
        ("2026-10-25T00:30:00Z", "2026-10-25"),  # 02:30, for the first time
        ("2026-10-25T01:30:00Z", "2026-10-25"),  # 02:30, for the second time
        ("2026-10-25T22:59:59Z", "2026-10-25"),
        ("2026-10-25T23:00:00Z", "2026-10-26"),
        ("2026-12-31T22:59:59Z", "2026-12-31"),
        ("2026-12-31T23:00:00Z", "2027-01-01"),
    ],
)
def test_the_day_changes_at_midnight_in_paris(monkeypatch, settings, instant: str, day: str):
    settings.FIXED_DAY = None
    monkeypatch.setattr(timezone, "now", lambda: datetime.fromisoformat(instant))
    assert str(current_day()) == day
