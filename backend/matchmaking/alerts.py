"""Telling firms what is new in their result: only those who asked, once, at the rhythm they chose.

A subscription names the result of which its firm was notified last. What differs from it is news: a scheme that was
published or changed, a fact that was corrected, a window that opened. The mark moves in the transaction that
owes the e-mail, so that no news is lost and none is sent twice, whichever worker dies on the way.
"""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from backend.matchmaking.closing_dates import reminders_of
from backend.matchmaking.differences import Difference, Kind
from backend.matchmaking.emails import about_guest, context_of, organisation_in_charge
from backend.matchmaking.models import Alert, Match, Reminder, Result, Submission, VerdictMove
from backend.matchmaking.news import groups_of, news_of, watched
from backend.matchmaking.ownership import read_once
from backend.matchmaking.results import latest_result, may_be_shown
from backend.matchmaking.states import states_of
from backend.notifications.frequency_cap import Turn, is_free
from backend.notifications.placeholders import STOP, placeholder
from backend.notifications.rendering import render
from backend.notifications.services import enqueue_email, has_stopped, resume, stop

EVERY = {
    Alert.Frequency.IMMEDIATE: timedelta(0),
    Alert.Frequency.CLOSING: timedelta(0),
    Alert.Frequency.WEEKLY: timedelta(days=7),
    Alert.Frequency.MONTHLY: timedelta(days=30),
}


# -- asking


@transaction.atomic
def subscribe(*, submission: Submission, frequency: str, paused_until: date | None, on: date) -> Alert:
    """Ask to be told, or change the rhythm; an earlier stop by the same address no longer holds.

    It is the subscription of the reader of the file, its contact or a guest. What is known on that day is what they
    have before their eyes. Heard only once the address of the file is confirmed.
    """
    if frequency not in Alert.Frequency.values:
        raise ValueError(frequency)
    guest = submission.page_reader
    submission = Submission.objects.locked(submission.pk)
    result = latest_result(submission, on=on)
    now = timezone.now()
    alert, created = Alert.objects.select_for_update(of=("self",)).get_or_create(
        submission=submission, guest=guest, defaults={"asked_at": now, "told": result, "told_on": on}
    )
    alert.frequency, alert.paused_until = frequency, paused_until
    if not created and not is_heard(alert):
        alert.asked_at, alert.told, alert.told_on = now, result, on
    alert.ended_at = None
    alert.save()
    resume(address=alert.address, topic=alert.topic)
    return alert


@transaction.atomic
def stop_alerts(*, submission: Submission) -> None:
    """Stop telling because who reads the page says so, as by the link of an e-mail: they may say why afterwards."""
    unsubscribe(submission=submission)
    for alert in Alert.objects.of_reader(submission).select_related("submission__contact", "guest"):
        stop(address=alert.address, topic=alert.topic)


@transaction.atomic
def unsubscribe(*, submission: Submission) -> None:
    """End the subscription of the reader of a file."""
    Alert.objects.of_reader(submission).filter(ended_at=None).update(ended_at=timezone.now())


def is_heard(alert: Alert) -> bool:
    """Tell whether a subscription is in force: neither ended on the page nor stopped from an e-mail."""
    return alert.ended_at is None and not has_stopped(address=alert.address, topic=alert.topic)


# -- telling


def due(*, on: date, limit: int = 1000) -> list[int]:
    """Return the subscriptions whose result may hold news: the day or the facts are not those compared, or a rematch
    found that a scheme changed for the firm.

    A file that nobody has read yet has none, unless a policy let it leave unread.
    One that was written to today waits for tomorrow: at most one e-mail a day.
    """
    newer = Result.objects.filter(submission=OuterRef("submission"), computed_at__gt=OuterRef("checked_at"))
    moved = VerdictMove.objects.unheard().filter(submission=OuterRef("submission"))
    stale = ~Q(checked_on=on) | Exists(newer) | Exists(moved)
    rows = Alert.objects.heard().released().filter(stale | Q(checked_at=None)).exclude(sent_on=on)
    return list(rows.order_by("checked_at", "pk").values_list("pk", flat=True)[:limit])


@transaction.atomic
def tell(*, pk: int, on: date) -> bool:
    """Compare a subscriber's result with what it was told last, and owe one e-mail where there is news.

    Where another worker wrote to it on that day meanwhile, what came since waits for the next one.
    """
    alert = _lock(pk)
    if alert is None or alert.sent_on == on:
        return False
    unheard = VerdictMove.objects.unheard().filter(submission=alert.submission)
    moves = list(unheard.values_list("pk", flat=True))  # first: the result holds all of them
    told = is_heard(alert) and not _is_paused(alert, on) and _tell(alert, on)
    alert.checked_at, alert.checked_on = timezone.now(), on
    VerdictMove.objects.filter(pk__in=moves).update(heard_at=alert.checked_at)
    alert.save()
    return told


def _lock(pk: int) -> Alert | None:
    rows = (
        Alert.objects.heard()
        .released()
        .select_related("submission__contact", "submission__sheet", "told__weights", "guest")
    )
    return rows.select_for_update(of=("self",)).filter(pk=pk).first()


def _is_paused(alert: Alert, on: date) -> bool:
    return alert.paused_until is not None and on < alert.paused_until


def _tell(alert: Alert, on: date) -> bool:
    read_once(alert.submission)
    alert.told.submission = alert.submission
    result = latest_result(alert.submission, on=on)
    of = watched(states_of(alert.submission, told=True))
    if not may_be_shown(alert.told):  # what was told read a file that is another's now: not a word of it again
        alert.told = result
    frequency = Alert.Frequency(alert.frequency)
    is_time = on - alert.told_on >= EVERY[frequency]
    news = news_of(alert.told, result, of) if is_time else []
    if frequency == Alert.Frequency.CLOSING:
        news = [one for one in news if one.kind == Kind.CLOSED]
    reminders = reminders_of(alert, result, of=of.shown(result), on=on)
    is_closing = bool(reminders) or any(one.kind == Kind.CLOSED for one in news)
    turn = Turn(firm=alert.submission.firm, on=on, first=is_closing)
    if (news or reminders) and not is_free(address=alert.address, turn=turn):
        return False  # something else about this firm was faster: it is compared again tomorrow, or if something moves
    if is_time:
        alert.told = result
    if not news and not reminders:
        return False
    _owe(alert, result, news, [match for match, _reminder in reminders], turn)
    Reminder.objects.bulk_create(reminder for _match, reminder in reminders)
    alert.sent_on = on
    if is_time:
        alert.told_on = on
    return True


def _owe(alert: Alert, result: Result, news: list[Difference], closing: list[Match], turn: Turn) -> None:
    context = {
        **context_of(alert.submission, guest=alert.guest),
        "stop_url": placeholder(STOP),
        "n_news": len(news),
        "groups": groups_of(news, result),
        "closing": closing,
        "organisation": organisation_in_charge(alert.submission),
        "frequency": alert.get_frequency_display(),
    }
    enqueue_email(
        kind="alert",
        key=f"alert:{alert.pk}:{turn.on}",
        recipient=alert.address,
        message=render("alert", context),
        about=about_guest(alert.guest) if alert.guest else (alert.submission.topic,),
        turn=turn,
    )
