"""The day in Paris, around midnight and on the days when the clocks change (directive 2000/84/CE); working days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from backend.common.days import (
    add_working_days,
    current_day,
    day_in_words,
    is_working_day,
    working_day_before,
    working_days_between,
)


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


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        ("2026-11-24", True),  # a Tuesday
        ("2026-11-28", False),  # a Saturday
        ("2026-11-29", False),
        ("2026-04-03", True),  # Good Friday is a holiday in Alsace and Moselle only
        ("2026-04-06", False),  # Easter Monday
        ("2026-05-08", False),
        ("2026-05-14", False),  # Ascension
        ("2026-05-15", True),
        ("2026-05-25", False),  # Whit Monday
        ("2026-11-11", False),
        ("2026-12-26", False),  # a Saturday, and a holiday in Alsace and Moselle only
        ("2025-12-26", True),
    ],
)
def test_a_working_day_is_neither_a_week_end_nor_a_public_holiday(day: str, is_working: bool):
    assert is_working_day(date.fromisoformat(day)) is is_working


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        ("2026-11-24", 0, "2026-11-24"),
        ("2026-11-24", 1, "2026-11-25"),
        ("2026-11-27", 1, "2026-11-30"),  # over a week-end
        ("2026-11-28", 1, "2026-11-30"),  # from a Saturday
        ("2026-04-02", 2, "2026-04-07"),  # over Easter
        ("2026-05-07", 1, "2026-05-11"),  # 8 May is a Friday
        ("2026-05-13", 1, "2026-05-15"),  # over Ascension
        ("2026-12-31", 1, "2027-01-04"),  # into another year
        ("2026-04-07", -1, "2026-04-03"),
        ("2027-01-02", -1, "2026-12-31"),
    ],
)
def test_working_days_are_counted_over_week_ends_and_holidays(day: str, n: int, expected: str):
    assert str(add_working_days(date.fromisoformat(day), n)) == expected


@pytest.mark.parametrize(
    ("filed", "now", "has_waited"),
    [
        ("2026-11-24T10:00", "2026-11-25T09:59", False),
        ("2026-11-24T10:00", "2026-11-25T10:00", True),
        ("2026-11-27T17:00", "2026-11-28T18:00", False),  # Friday evening, then Saturday
        ("2026-11-27T17:00", "2026-11-30T16:59", False),
        ("2026-11-27T17:00", "2026-11-30T17:00", True),
        ("2026-11-27T00:00", "2026-11-28T00:00", True),  # the whole of Friday
        ("2026-11-28T10:00", "2026-11-30T23:59", False),  # from a Saturday: the whole of Monday
        ("2026-11-28T10:00", "2026-12-01T00:00", True),
        ("2026-04-03T10:00", "2026-04-06T12:00", False),  # Good Friday, then Easter Monday
        ("2026-04-03T10:00", "2026-04-07T10:00", True),
        ("2026-05-13T10:00", "2026-05-14T23:59", False),  # Ascension
        ("2026-05-13T10:00", "2026-05-15T10:00", True),
    ],
)
def test_a_working_day_goes_by_between_the_same_hours(filed: str, now: str, has_waited: bool):
    paris = timezone.get_default_timezone()
    moments = [datetime.fromisoformat(text).replace(tzinfo=paris) for text in (filed, now)]
    assert (moments[0] <= working_day_before(moments[1])) is has_waited


@pytest.mark.cases(2)
@pytest.mark.parametrize("first", ["2026-11-20", "2026-11-21", "2026-12-24", "2025-12-31", "2024-02-29", "2026-04-03"])
def test_working_days_between_two_days_are_those_that_are_added_to_get_there(first):
    first = date.fromisoformat(first)
    for n in (0, 1, 2, 5, 23, 300):
        assert working_days_between(first, add_working_days(first, n)) == n
    for n in range(400):
        last = first + timedelta(days=n)
        slowly = sum(is_working_day(first + timedelta(days=each)) for each in range(1, n + 1))
        assert working_days_between(first, last) == slowly
    assert working_days_between(first, first - timedelta(days=9)) == 0


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (date(2026, 11, 1), "j F Y", "1er novembre 2026"),
        (date(2026, 11, 1), "j F", "1er novembre"),
        (date(2026, 11, 11), "j F Y", "11 novembre 2026"),
        (date(2026, 11, 1), "F Y", "novembre 2026"),
        (datetime(2026, 11, 1, 9, 30, tzinfo=UTC), "j F Y à H:i", "1er novembre 2026 à 09:30"),
        (datetime(2026, 12, 31, 9, 30, tzinfo=UTC), "l j F à H:i", "jeudi 31 décembre à 09:30"),
    ],
)
def test_the_first_of_a_month_is_no_plain_number(value, form, text):
    assert day_in_words(value, form) == text
