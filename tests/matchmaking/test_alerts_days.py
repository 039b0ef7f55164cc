"""When firms are told: once a day, at their rhythm, and what waits comes the next day."""

from datetime import timedelta

import pytest

from backend.matchmaking import alerts
from backend.matchmaking.models import Alert
from backend.matchmaking.rematching import rematch
from tests.factories import DAY
from tests.matchmaking.subscribers import (
    IMMEDIATE,
    MONTHLY,
    NEXT_DAY,
    WEEKLY,
    closing,
    publish,
    subscriber,
    sweep,
    withheld,
    withhold,
)

pytestmark = pytest.mark.django_db

ROBOT = ("numerique.robot",)  # what ``scheme`` serves: it is among the five


@pytest.fixture
def scheme():
    return withheld()


def test_at_most_one_email_a_day_and_what_waits_comes_the_next_day(scheme):
    other = withheld("competences.recruter")
    subscriber()
    publish(scheme)
    assert len(sweep()) == 1
    publish(other)
    assert sweep() == []
    (email,) = sweep(NEXT_DAY)
    assert other.current.name in email.text
    assert scheme.current.name not in email.text


def test_one_address_with_two_files_gets_one_email_a_day(scheme):
    subscriber(), subscriber(email="Isabelle.Morel@tolerie.example")
    publish(scheme)
    assert len(sweep()) == 1
    assert sweep() == []
    assert len(sweep(NEXT_DAY)) == 1
    assert sweep(NEXT_DAY + timedelta(days=1)) == []


def test_one_address_with_two_firms_gets_one_email_of_each(scheme):
    theirs = {"siret": "", "email": "compta@firm.example"}
    one, other = subscriber(siren="552032534", **theirs), subscriber(siren="542065479", **theirs)
    publish(scheme)
    told = sweep()
    assert [email.about for email in told] == [[one.topic], [other.topic]]
    for email, file, not_this in zip(told, (one, other), (other, one), strict=True):
        assert file.reference in email.text
        assert not_this.reference not in email.text + email.html
    assert sweep(NEXT_DAY) == []


@pytest.mark.cases(1)
@pytest.mark.parametrize(("frequency", "days"), [(WEEKLY, 7), (MONTHLY, 30)])
def test_a_digest_waits_for_its_day_and_tells_only_what_still_holds(scheme, frequency, days):
    passing = withheld("competences.recruter")
    subscriber(frequency)
    publish(scheme), publish(passing)
    for after in (0, 1, days - 1):
        assert sweep(DAY + timedelta(days=after)) == []
    withhold(passing)
    (email,) = sweep(DAY + timedelta(days=days))
    assert scheme.current.name in email.text
    assert passing.current.name not in email.text
    assert sweep(DAY + timedelta(days=days + 1)) == []


def test_a_pause_holds_everything_until_its_day(scheme):
    submission = subscriber()
    until = DAY + timedelta(days=10)
    alerts.subscribe(submission=submission, frequency=IMMEDIATE, paused_until=until, on=DAY)
    publish(scheme)
    assert sweep() == []
    assert sweep(until - timedelta(days=1)) == []
    assert len(sweep(until)) == 1


def test_a_last_day_that_comes_between_two_workers_that_tell_one_alert_is_told_the_next_day(scheme):
    alert = Alert.objects.get(submission=subscriber(needs=ROBOT))
    publish(scheme)
    rematch(on=DAY)
    assert alerts.tell(pk=alert.pk, on=DAY)
    closing(scheme, DAY + timedelta(days=5))
    rematch(on=DAY)
    assert not alerts.tell(pk=alert.pk, on=DAY)  # the other one had read that it was due
    (email,) = sweep(NEXT_DAY)
    assert f"{DAY + timedelta(days=5):%d}" in email.text
    assert scheme.current.name in email.text


@pytest.mark.slow
def test_who_waits_for_another_day_is_not_compared_again_until_something_moves(scheme):
    subscriber()
    waits = subscriber(email="Isabelle.Morel@tolerie.example", needs=ROBOT)
    publish(scheme)
    (news,) = sweep()
    assert alerts.due(on=DAY) == []
    closing(scheme, DAY + timedelta(days=5), needs={"numerique.robot": 1.0})
    (reminder,) = sweep()  # goes before what has not left
    assert reminder.about == [waits.topic]
    news.refresh_from_db()
    assert (reminder.cap_day, news.cap_day) == (DAY, NEXT_DAY)
    assert alerts.due(on=DAY) == []
