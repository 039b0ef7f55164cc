from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.neighbour import neighbour, pytest_runtest_call  # noqa: F401 -- beside every test here
from tests.notifications.conftest import nobody_listens, postman  # noqa: F401


class Clock:
    """Django's clock, stopped; it goes on when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def goes_on(self, delta: timedelta) -> None:
        self.now += delta


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock
