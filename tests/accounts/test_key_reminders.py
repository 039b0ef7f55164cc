"""Reminders of expiring API keys: to the territory leads, a month and a week before the last day of each."""

from datetime import date, timedelta

import pytest

from backend.accounts.api_keys import remind_of_expiring_keys, revoke_api_key
from backend.notifications.models import Notification
from tests.factories import make_key, make_lead, make_officer

pytestmark = pytest.mark.django_db


def told(on: date) -> list[str]:
    """Play the job on a day, and return whom it told."""
    before = list(Notification.objects.values_list("pk", flat=True))
    work = remind_of_expiring_keys(on=on)
    recipients = sorted(Notification.objects.exclude(pk__in=before).values_list("recipient", flat=True))
    assert bool(work.n_changed) == bool(recipients)
    return recipients


def days_before(key, days: int) -> date:
    return key.expires_on - timedelta(days=days)


def test_of_each_key_one_is_told_a_month_and_a_week_before_its_last_day():
    (key, _secret), (beside, _) = make_key(days=90, name="Logiciel de suivi"), make_key(days=365, name="Outil beside")
    days = {left: told(days_before(key, left)) for left in range(40, -3, -1)}
    leads = sorted((key.created_by.email, beside.created_by.email))  # both lead the territory: they read of each key
    assert {left: each for left, each in days.items() if each} == {30: leads, 7: leads}
    texts = list(Notification.objects.values_list("text", flat=True))
    assert all("Logiciel de suivi" in text and "Elle n’a jamais servi." in text for text in texts)
    assert not any(beside.name in text for text in texts)


def test_a_day_that_was_missed_is_made_up_for_once():
    key, _secret = make_key(days=90)
    assert told(days_before(key, 22)) == [key.created_by.email]
    assert told(days_before(key, 21)) == []
    assert told(key.expires_on) == [key.created_by.email]


def test_a_key_made_for_a_short_while_or_revoked_is_not_told_of():
    (short, _secret), (revoked, _) = make_key(days=20), make_key(days=90)
    assert told(days_before(short, 19)) == []
    assert told(days_before(short, 7))
    revoke_api_key(key=revoked, by=revoked.created_by)
    assert told(days_before(revoked, 5)) == []


def test_only_who_leads_the_territory_is_told():
    key, _secret = make_key(days=90)
    other = make_lead()
    officer, left = make_officer(), make_lead()
    left.is_active = False
    left.save()
    assert told(days_before(key, 30)) == sorted((key.created_by.email, other.email))
    assert officer.email not in Notification.objects.values_list("recipient", flat=True)
