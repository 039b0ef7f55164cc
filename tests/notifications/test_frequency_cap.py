"""One e-mail a day for each address and firm; closing dates first; nothing lost."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.notifications.frequency_cap import Turn, is_free
from backend.notifications.models import Notification
from backend.notifications.services import deliver, deliverable, stop
from tests.factories import DAY

pytestmark = pytest.mark.django_db
ADDRESS, ACCOUNTANT = "paul@firm.example", "Paul@Firm.example"
NEXT_DAY = DAY + timedelta(days=1)
PARIS = ZoneInfo("Europe/Paris")


def turn(firm="company:1", on=DAY, **fields):
    return Turn(firm=firm, on=on, **fields)


@pytest.fixture
def capped(make_owed):
    """Return a function that owes a capped e-mail and reads it again."""

    def make(key, **fields):
        return make_owed(key=key, kind="alert", about=(f"submission:{key}",), **{"turn": turn(), **fields})

    return make


def days(*notifications):
    for one in notifications:
        one.refresh_from_db()
    return [(one.cap_day - DAY).days for one in notifications]


def test_each_of_an_address_and_firm_has_a_day_of_its_own(capped):
    assert days(capped("a"), capped("b", recipient=ACCOUNTANT), capped("c")) == [0, 1, 2]


def test_other_firms_of_the_address_and_other_addresses_of_the_firm_do_not_wait(capped):
    same, firm = capped("a"), capped("b", turn=turn("company:2"))
    address = capped("c", recipient="lea@firm.example")
    assert days(same, firm, address) == [0, 0, 0]
    assert all(one.due_at - one.owed_at < timedelta(seconds=1) for one in (same, firm, address))


def test_correspondence_neither_waits_nor_counts(make_owed, capped):
    letter = make_owed(key="a", kind="receipt", about=("submission:1",))
    alert = capped("b")
    other = make_owed(key="c", kind="reviewed", about=("submission:1",))
    assert (letter.cap_day, other.cap_day) == (None, None)
    assert all(one.due_at - one.owed_at < timedelta(seconds=1) for one in (letter, alert, other))


def test_a_capped_kind_says_of_which_firm_it_speaks(make_owed):
    with pytest.raises(ValueError, match="'alert' takes turns"):
        make_owed(kind="alert", turn=None)


def test_what_waits_leaves_in_the_morning_of_its_day(capped):
    capped("a")
    waits = capped("b")
    assert waits.due_at.astimezone(PARIS).time().isoformat() == "08:00:00"
    assert waits.due_at.astimezone(PARIS).date() == timezone.localdate(waits.owed_at) + timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2027, 3, 27, 20, tzinfo=PARIS), 11),  # the night of 28 March has an hour less
        (datetime(2026, 10, 24, 20, tzinfo=PARIS), 13),  # that of 25 October one more
        (datetime(2026, 11, 24, 20, tzinfo=PARIS), 12),
    ],
)
def test_the_morning_is_that_of_paris_on_both_clock_changes(capped, monkeypatch, now, hours):
    monkeypatch.setattr(timezone, "now", lambda: now)
    capped("a")
    assert capped("b").due_at - now.astimezone(ZoneInfo("UTC")) == timedelta(hours=hours)


def test_closing_dates_take_the_place_of_what_has_not_left(capped):
    news, survey = capped("a"), capped("b")
    closing = capped("c", turn=turn(first=True))
    assert days(closing, survey, news) == [0, 1, 2]
    assert news.due_at > closing.due_at
    assert days(capped("d", turn=turn(first=True))) == [3]  # a second one waits for its own


def test_what_has_left_keeps_its_day(capped):
    news = capped("a")
    Notification.objects.filter(pk=news.pk).update(state=Notification.State.SENT)
    assert not is_free(address=ADDRESS, turn=turn(first=True))
    assert days(news, capped("b", turn=turn(first=True))) == [0, 1]


def test_who_asks_first_reads_whether_the_day_is_free(capped):
    assert is_free(address=ADDRESS, turn=turn())
    capped("a")
    assert not is_free(address=ACCOUNTANT, turn=turn())
    assert is_free(address=ADDRESS, turn=turn(first=True))
    assert is_free(address=ADDRESS, turn=turn("company:2"))
    assert is_free(address=ADDRESS, turn=turn(on=NEXT_DAY))


def test_one_owed_again_takes_no_second_turn(capped):
    one = capped("a")
    assert capped("a") == one
    assert days(one, capped("b")) == [0, 1]


def test_what_its_reader_stopped_takes_no_turn(capped):
    stop(address=ADDRESS, topic="alerts:submission:a")
    assert capped("a").cap_day is None
    assert days(capped("b")) == [0]


def test_one_that_missed_its_day_takes_another_turn_when_it_leaves(capped, postman, settings):
    late, waits = capped("a"), capped("b")
    Notification.objects.update(due_at=timezone.now())
    settings.FIXED_DAY = NEXT_DAY  # the server did not answer for a day
    assert deliver(pk=late.pk, attempt=0) is False
    assert deliver(pk=waits.pk, attempt=0) is True
    assert days(late, waits) == [2, 1]
    assert late.pk not in [pk for pk, _attempt in deliverable()]
    settings.FIXED_DAY = NEXT_DAY + timedelta(days=1)
    Notification.objects.filter(pk=late.pk).update(due_at=timezone.now())
    assert deliver(pk=late.pk, attempt=0) is True
    assert len(postman.accepted) == 2


def test_a_closing_date_that_missed_its_day_goes_before_what_waits_on_another(capped, postman, settings):
    late, waits = capped("a", turn=turn(first=True)), capped("b")
    Notification.objects.update(due_at=timezone.now())
    settings.FIXED_DAY = NEXT_DAY
    assert deliver(pk=late.pk, attempt=0) is True
    assert days(late, waits) == [1, 2]
    assert waits.pk not in [pk for pk, _attempt in deliverable()]
    assert len(postman.accepted) == 1


def test_one_that_missed_a_free_day_leaves_at_once(capped, postman, settings):
    late = capped("a")
    settings.FIXED_DAY = DAY + timedelta(days=5)
    assert deliver(pk=late.pk, attempt=0) is True
    assert days(late) == [5]


def test_the_database_refuses_two_of_a_day(capped):
    one, other = capped("a"), capped("b")
    with pytest.raises(IntegrityError, match="one_capped_email_a_day"), transaction.atomic():
        Notification.objects.filter(pk=other.pk).update(cap_day=one.cap_day, recipient=ACCOUNTANT)
