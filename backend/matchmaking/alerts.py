"""Telling firms what is new in their result: only those who asked, once, at the rhythm they chose.

A subscription knows the result its firm was told of last. What differs from it is news: a scheme that was published or
changed, a fact that was corrected, a window that opened. Telling moves that mark in the same transaction as the e-mail
is owed, so that nothing is lost and nothing is told twice, whoever dies on the way.
"""

from collections.abc import Container, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from backend.matchmaking.differences import SHOWN as SHOWN_STANDINGS
from backend.matchmaking.differences import Difference, Kind, differences, standing_of
from backend.matchmaking.emails import context_of, organisation_in_charge
from backend.matchmaking.known import missing_facts
from backend.matchmaking.models import Alert, Match, Reminder, Result, Review, Submission, VerdictMove
from backend.matchmaking.results import latest_result, may_be_shown
from backend.matchmaking.reviews import Decision, told_decisions_in
from backend.matchmaking.states import states_of
from backend.notifications.frequency_cap import Turn, is_free
from backend.notifications.placeholders import STOP, placeholder
from backend.notifications.rendering import render
from backend.notifications.services import enqueue_email, has_stopped, resume
from backend.schemes import wording
from backend.schemes.succession import successors
from backend.schemes.windows import MARGIN_DAYS, SHUT, window_on

EVERY = {
    Alert.Frequency.IMMEDIATE: timedelta(0),
    Alert.Frequency.WEEKLY: timedelta(days=7),
    Alert.Frequency.MONTHLY: timedelta(days=30),
}
LAST_DAYS = 7


# -- asking


@transaction.atomic
def subscribe(*, submission: Submission, frequency: str, paused_until: date | None, on: date) -> Alert:
    """Ask to be told, or change the rhythm; an earlier stop by the same address no longer holds.

    What is known on that day is what the firm has before its eyes. Heard only once the address is confirmed.
    """
    if frequency not in Alert.Frequency.values:
        raise ValueError(frequency)
    submission = Submission.objects.locked(submission.pk)
    result = latest_result(submission, on=on)
    now = timezone.now()
    alert, created = Alert.objects.select_for_update(of=("self",)).get_or_create(
        submission=submission, defaults={"asked_at": now, "told": result, "told_on": on}
    )
    alert.frequency, alert.paused_until = frequency, paused_until
    if not created and not is_heard(alert):
        alert.asked_at, alert.told, alert.told_on = now, result, on
    alert.ended_at = None
    alert.save()
    resume(address=submission.contact.email, topic=alert.topic)
    return alert


@transaction.atomic
def unsubscribe(*, submission: Submission) -> None:
    """Stop telling, from the result's page."""
    Alert.objects.filter(submission=submission, ended_at=None).update(ended_at=timezone.now())


def is_heard(alert: Alert) -> bool:
    """Tell whether a subscription is in force: neither ended on the page nor stopped from an e-mail."""
    return alert.ended_at is None and not has_stopped(address=alert.submission.contact.email, topic=alert.topic)


# -- telling


def due(*, on: date, limit: int = 1000) -> list[int]:
    """Return the subscriptions whose result may hold news: the day or the facts are not those compared, or a rematch
    found that a scheme changed for the firm.

    One that was written to today waits for tomorrow: at most one e-mail a day.
    """
    newer = Result.objects.filter(submission=OuterRef("submission"), computed_at__gt=OuterRef("checked_at"))
    moved = VerdictMove.objects.unheard().filter(submission=OuterRef("submission"))
    stale = ~Q(checked_on=on) | Exists(newer) | Exists(moved)
    rows = Alert.objects.heard().filter(stale | Q(checked_at=None)).exclude(sent_on=on)
    return list(rows.order_by("checked_at", "pk").values_list("pk", flat=True)[:limit])


@transaction.atomic
def tell(*, pk: int, on: date) -> bool:
    """Compare a subscriber's result with what it was told last, and owe one e-mail where there is news."""
    alert = _lock(pk)
    if alert is None:
        return False
    unheard = VerdictMove.objects.unheard().filter(submission=alert.submission)
    moves = list(unheard.values_list("pk", flat=True))  # first: the result holds all of them
    result = latest_result(alert.submission, on=on)
    alert.checked_at, alert.checked_on = timezone.now(), on
    VerdictMove.objects.filter(pk__in=moves).update(heard_at=alert.checked_at)
    told = is_heard(alert) and not _is_paused(alert, on) and _tell(alert, result, on)
    alert.save()
    return told


def _lock(pk: int) -> Alert | None:
    rows = Alert.objects.heard().select_related("submission__contact", "submission__sheet", "told")
    return rows.select_for_update(of=("self",)).filter(pk=pk).first()


def _is_paused(alert: Alert, on: date) -> bool:
    return alert.paused_until is not None and on < alert.paused_until


def _tell(alert: Alert, result: Result, on: date) -> bool:
    states = states_of(alert.submission, told=True)
    decided = told_decisions_in(states)
    wanted = {scheme for scheme, state in states.own.items() if state.is_followed}
    if not may_be_shown(alert.told):  # what was told read a file that is another's now: not a word of it again
        alert.told = result
    is_time = on - alert.told_on >= EVERY[Alert.Frequency(alert.frequency)]
    news = news_of(alert.told, result, decided) if is_time else []
    reminders = _reminders(alert, result, decided, wanted, on)
    turn = Turn(firm=alert.submission.firm, on=on, first=bool(reminders))
    if (news or reminders) and not is_free(address=alert.submission.contact.email, turn=turn):
        alert.checked_at = None  # something else about this firm was faster: tomorrow
        return False
    if is_time:
        alert.told = result
    if not news and not reminders:
        return False
    context = {
        **context_of(alert.submission),
        "stop_url": placeholder(STOP),
        "n_news": len(news),
        "groups": _groups(news, on),
        "closing": [match for match, _reminder in reminders],
        "organisation": organisation_in_charge(alert.submission),
        "frequency": alert.get_frequency_display(),
    }
    enqueue_email(
        kind="alert",
        key=f"alert:{alert.pk}:{on}",
        recipient=alert.submission.contact.email,
        message=render("alert", context),
        about=(alert.submission.topic,),
        turn=turn,
    )
    Reminder.objects.bulk_create(reminder for _match, reminder in reminders)
    alert.sent_on = on
    if is_time:
        alert.told_on = on
    return True


# -- what is worth an e-mail


def news_of(told: Result, result: Result, decided: Mapping[int, Decision]) -> list[Difference]:
    """Return the differences a firm wants to hear of: nothing that was set aside, losses of what was kept only.

    What gave way to a sheet that the firm is shown is not lost: its page says where it went.
    """
    led = successors()
    matches = result.matches.select_related("revision").prefetch_related("revision__criteria") if led else ()
    shown = {match.scheme_id for match in matches if standing_of(match) in SHOWN_STANDINGS}

    def is_news(difference: Difference) -> bool:
        review = decided.get(difference.match.scheme_id)
        verdict = review.verdict if review and review.is_decided else ""
        if difference.kind == Kind.LOST:
            return verdict == Review.Verdict.KEPT and led.get(difference.match.scheme_id) not in shown
        return verdict != Review.Verdict.REJECTED

    return [difference for difference in differences(told, result) if is_news(difference)]


def _groups(news: list[Difference], on: date) -> list[tuple[str, list[dict[str, Any]]]]:
    """Lay out news by kind, the best first, as the e-mail shows them."""
    by_kind = {kind: [_lines(one, on) for one in news if one.kind == kind] for kind in Kind}
    return [(str(kind), found) for kind, found in by_kind.items() if found]


def _lines(news: Difference, on: date) -> dict[str, Any]:
    revision = news.match.revision
    if news.kind == Kind.CHANGED:
        lines = [
            f"{label} : {old or 'non communiqué'} → {new or 'non communiqué'}" for label, old, new in news.changes
        ]
    elif news.kind == Kind.LOST:
        lines = []
    else:
        amount = wording.amount(revision)
        lines = [*([f"Montant : {amount}"] if amount else []), f"Quand : {wording.deadline(revision, on=on)}"]
    if news.kind == Kind.QUESTION:
        missing = (
            ", ".join(missing_facts(news.match, presumes=False)) or "une condition que vous seul pouvez confirmer"
        )
        lines.append(f"Il manque : {missing}")
    return {
        "name": revision.name,
        "form": revision.get_kind_display(),
        "need": news.match.need.label.lower() if news.match.need else "",
        "lines": lines,
    }


def _reminders(
    alert: Alert, result: Result, decided: Mapping[int, Decision], wanted: Container[int], on: date
) -> list[tuple[Match, Reminder]]:
    """Return the closing dates to be reminded of: what is kept or wanted, or possible while nobody has decided."""
    known = set(alert.reminders.values_list("scheme", "closes_on", "stage"))
    found = []
    closing = result.matches.filter(revision__closes_on__gte=on)
    for match in closing.select_related("revision").prefetch_related("revision__criteria"):
        stage = _stage(match, on)
        closes_on = match.revision.closes_on
        if stage is None or closes_on is None or (match.scheme_id, closes_on, stage) in known:
            continue
        if match.scheme_id in wanted or _is_followed(match, decided):
            reminder = Reminder(alert=alert, scheme_id=match.scheme_id, closes_on=closes_on, stage=stage, sent_on=on)
            found.append((match, reminder))
    return found


def _stage(match: Match, on: date) -> str | None:
    days_left, preparation = match.revision.days_left(on), match.revision.preparation_days
    if days_left is None or window_on(match.revision, on=on) in SHUT:
        return None
    if days_left <= LAST_DAYS:
        return Reminder.Stage.LAST_WEEK
    if preparation is not None and days_left <= preparation + MARGIN_DAYS:
        return Reminder.Stage.PREPARE
    return None


def _is_followed(match: Match, decided: Mapping[int, Decision]) -> bool:
    review = decided.get(match.scheme_id)
    if review and review.is_decided:
        return review.verdict == Review.Verdict.KEPT
    has_kept = any(review.verdict == Review.Verdict.KEPT for review in decided.values())
    return not has_kept and standing_of(match) in SHOWN_STANDINGS
