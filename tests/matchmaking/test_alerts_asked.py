"""Asking for alerts, changing their rhythm, ending them; which are looked at first, and what each line says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.links.models import Kind
from backend.matchmaking import alerts
from backend.matchmaking.fact_display import missing_facts
from backend.matchmaking.models import Alert, Reminder
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from backend.notifications.services import stop
from tests.factories import DAY, decide, make_guest, make_officer, make_submission, publish_revision, revise_scheme
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
from tests.neighbour import ours

pytestmark = pytest.mark.django_db


@pytest.fixture
def scheme():
    return withheld()


# -- asking


def test_asking_keeps_what_the_firm_has_before_its_eyes():
    submission, before = make_submission(confirmed=True), timezone.now()
    made = alerts.subscribe(submission=submission, frequency=WEEKLY, paused_until=NEXT_DAY, on=DAY)
    kept = Alert.objects.get(submission=submission)
    assert made == kept
    assert (kept.frequency, kept.paused_until, kept.ended_at) == (WEEKLY, NEXT_DAY, None)
    assert (kept.told, kept.told_on) == (latest_result(submission, on=DAY), DAY)
    assert kept.asked_at >= before


def test_a_rhythm_that_nobody_offers_is_refused():
    submission = make_submission(confirmed=True)
    with pytest.raises(ValueError, match="hourly"):
        alerts.subscribe(submission=submission, frequency="hourly", paused_until=None, on=DAY)
    assert not ours(Alert).exists()


def test_a_guest_asks_for_its_own_alerts_and_leaves_those_of_the_contact():
    submission = subscriber(WEEKLY)
    submission.page_reader = guest = make_guest(submission)
    made = alerts.subscribe(submission=submission, frequency=MONTHLY, paused_until=None, on=DAY)
    assert (made.guest, made.frequency, made.address) == (guest, MONTHLY, guest.email)
    assert submission.alerts.get(guest=None).frequency == WEEKLY


def test_a_guest_is_told_with_a_link_of_its_own_and_the_contact_with_theirs(scheme):
    submission = subscriber()
    submission.page_reader = guest = make_guest(submission)
    alerts.subscribe(submission=submission, frequency=IMMEDIATE, paused_until=None, on=DAY)
    publish(scheme)
    told = {email.recipient: email for email in sweep(NEXT_DAY)}
    assert told.keys() == {submission.contact.email, guest.email}
    for email, scope in ((told[guest.email], guest.key), (told[submission.contact.email], "")):
        results = [link for link in email.links if link[0] == Kind.RESULT]
        assert results
        assert all(link == [Kind.RESULT, submission.pk, scope] for link in results)


def test_another_rhythm_leaves_what_waits_to_be_told(scheme):
    submission = subscriber(WEEKLY)
    asked_at = submission.alerts.get().asked_at
    publish(scheme)
    assert sweep(NEXT_DAY) == []
    alert = alerts.subscribe(submission=submission, frequency=IMMEDIATE, paused_until=None, on=NEXT_DAY)
    assert (alert.asked_at, alert.told_on) == (asked_at, DAY)
    (email,) = sweep(NEXT_DAY + timedelta(days=1))
    assert scheme.current.name in email.text


@pytest.mark.parametrize("way", ["page", "e-mail"])
def test_asking_again_after_an_end_starts_from_what_is_shown_then(scheme, way):
    submission = subscriber()
    asked_at = submission.alerts.get().asked_at
    if way == "page":
        alerts.unsubscribe(submission=submission)
    else:
        stop(address=submission.contact.email, topic=submission.alerts.get().topic)
    publish(scheme)
    alert = alerts.subscribe(submission=submission, frequency=IMMEDIATE, paused_until=None, on=NEXT_DAY)
    assert (alert.told, alert.told_on, alert.ended_at) == (latest_result(submission, on=NEXT_DAY), NEXT_DAY, None)
    assert alert.asked_at > asked_at
    assert alerts.is_heard(alert)
    assert sweep(NEXT_DAY) == []


def test_ending_an_alert_ends_no_other_and_is_done_once():
    mine, other = subscriber(), subscriber(email="b@firm.example")
    alerts.unsubscribe(submission=mine)
    ended_at = Alert.objects.get(submission=mine).ended_at
    assert ended_at
    alerts.unsubscribe(submission=mine)
    assert Alert.objects.get(submission=mine).ended_at == ended_at
    assert Alert.objects.get(submission=other).ended_at is None


def test_an_alert_is_heard_until_it_is_ended_or_stopped_by_its_own_reader():
    mine, other = subscriber(), subscriber(email="b@firm.example")
    stop(address=mine.contact.email, topic=mine.alerts.get().topic)
    assert [alerts.is_heard(file.alerts.get()) for file in (mine, other)] == [False, True]
    alerts.unsubscribe(submission=other)
    assert not alerts.is_heard(other.alerts.get())


# -- which are looked at


def test_what_was_looked_at_longest_ago_is_due_first_and_no_more_than_asked_for():
    found = [subscriber(email=f"{name}@firm.example").alerts.get() for name in "abcd"]
    now = timezone.now()
    for n, alert in zip((2, 3, 1), found, strict=False):
        Alert.objects.filter(pk=alert.pk).update(checked_at=now - timedelta(days=n), checked_on=DAY)
    first, second, third, never = found
    assert [pk for pk in alerts.due(on=NEXT_DAY) if pk in {one.pk for one in found}] == [
        second.pk, first.pk, third.pk, never.pk,
    ]  # fmt: skip
    assert alerts.due(on=NEXT_DAY, limit=2) == [second.pk, first.pk]
    assert never.pk in alerts.due(on=DAY)
    Alert.objects.filter(pk=never.pk).update(sent_on=NEXT_DAY)
    assert never.pk not in alerts.due(on=NEXT_DAY)


def test_comparing_says_whether_an_email_is_owed_and_when_it_looked(scheme):
    submission, before = subscriber(), timezone.now()
    assert alerts.tell(pk=submission.alerts.get().pk, on=DAY) is False
    alert = Alert.objects.get(submission=submission)
    assert alert.checked_on == DAY
    assert alert.checked_at >= before
    publish(scheme)
    assert alerts.tell(pk=alert.pk, on=NEXT_DAY) is True
    withhold(scheme)
    alerts.unsubscribe(submission=submission)
    assert alerts.tell(pk=alert.pk, on=NEXT_DAY + timedelta(days=1)) is False


def test_the_second_file_of_an_address_waits_and_is_looked_at_again(scheme):
    first, second = subscriber(), subscriber(email="Isabelle.Morel@tolerie.example")
    publish(scheme)
    assert [alerts.tell(pk=file.alerts.get().pk, on=DAY) for file in (first, second)] == [True, False]
    waits = Alert.objects.get(submission=second)
    assert (waits.checked_on, waits.sent_on) == (DAY, None)
    assert waits.pk not in alerts.due(on=DAY)  # nothing has moved: it is not compared again each minute
    assert waits.pk in alerts.due(on=NEXT_DAY)
    assert alerts.tell(pk=waits.pk, on=NEXT_DAY) is True


# -- at what rhythm


def test_a_reminder_does_not_put_the_news_of_the_month_off(scheme):
    closing(scheme, DAY + timedelta(days=12))
    other = withheld("competences.recruter")
    submission = subscriber(MONTHLY)
    say(submission=submission, scheme=scheme, on=DAY, state="followed")
    publish(other)
    (reminder,) = sweep(DAY + timedelta(days=5))
    assert "FERME BIENTÔT" in reminder.text
    assert reminder.subject == f"Bientôt fermé : {scheme.current.name}"
    assert "prévenu une fois par mois. Changer de rythme" in reminder.text
    assert other.current.name not in reminder.text
    alert = Alert.objects.get(submission=submission)
    assert (alert.told_on, alert.sent_on) == (DAY, DAY + timedelta(days=5))
    assert Reminder.objects.get(alert=alert).sent_on == DAY + timedelta(days=5)
    assert sweep(DAY + timedelta(days=29)) == []
    (news,) = sweep(DAY + timedelta(days=30))
    assert other.current.name in news.text
    assert Alert.objects.get(submission=submission).told_on == DAY + timedelta(days=30)


@pytest.mark.slow
def test_what_a_person_set_aside_is_reminded_no_more_and_what_was_kept_is(scheme):
    closing(scheme, DAY + timedelta(days=5))
    kept, refused, officer = subscriber(), subscriber(email="b@firm.example"), make_officer()
    decide(kept, scheme, officer)
    decide(refused, scheme, officer, "not_interested")
    for submission in (kept, refused):
        end_review(submission=submission, officer=officer, on=DAY)
    assert [email.recipient for email in sweep() if scheme.current.name in email.text] == [kept.contact.email]


# -- what is written


def test_each_line_says_amount_dates_and_what_the_firm_asked_for(scheme):
    make_officer()
    publish(scheme)
    amount = {"amount_text": "Jusqu’à 10 000 €", "rate_max_pct": None, "floor_eur": None, "ceiling_eur": None}
    publish_revision(scheme, window_state="permanent", opens_on=None, closes_on=None, **amount)
    withhold(scheme)
    submission = subscriber(needs=("numerique.robot",))
    publish(scheme)
    (email,) = sweep()
    scheme.refresh_from_db()
    need = latest_result(submission, on=DAY).matches.get(scheme=scheme).need.label
    kind = scheme.current.get_kind_display()
    lines = email.text.splitlines()
    at = lines.index(f"- {scheme.current.name} ({kind}) – pour : {need[0].lower()}{need[1:]}")
    assert lines[at + 1] == "  Montant : Jusqu’à 10 000 €"
    assert lines[at + 2].startswith("  Quand : ")
    assert not lines[at + 3].startswith("  ")
    assert email.subject == "1 nouveauté pour Tôlerie des Étangs"
    assert "Une question ? Service ARC, 03 53 01 10 00." in lines
    assert "prévenu dès qu’il y a du nouveau. Changer de rythme" in email.text


def test_what_is_only_presumed_of_a_small_firm_is_said_to_be_missing(scheme, tmp_path):
    publish(scheme)
    revise_scheme(tmp_path, scheme.source_key, criteria=[{"kind": "size_category", "to": "medium"}])
    submission = subscriber(without=("group",), facts={"headcount": 12.0})
    match = submission.results.first().matches.get(scheme=scheme)
    assert match.presumed == ["group"]
    withhold(scheme)
    sweep()
    publish(scheme)
    (email,) = sweep()
    assert match.revision.name in email.text
    assert f"Il manque : {', '.join(missing_facts(match, match.result.facts, presumes=False))}" in email.text
    assert "que vous seul pouvez confirmer" not in email.text
