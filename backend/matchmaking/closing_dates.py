"""Reminding a firm of the last day of a scheme: once when there is just time to apply, once in the last week."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from functools import cache

from backend.common.files import read_yaml
from backend.common.territory_files import territory_file
from backend.matchmaking.differences import is_closed
from backend.matchmaking.models import Alert, Match, Reminder, Result
from backend.schemes.catalogue.windows import MARGIN_DAYS
from backend.schemes.models import Revision

WEEK = timedelta(days=7)
type Sent = Mapping[tuple[int, date, str], date]  # by scheme, last day and stage: when it was reminded of


@cache
def notice_days() -> Mapping[str, int]:
    """Return the days before a last day, as ``fixtures/alerts.yaml`` gives them."""
    content: Mapping[str, int] = read_yaml(territory_file("alerts.yaml"))
    return content


def reminders_of(alert: Alert, result: Result, *, of: Collection[int], on: date) -> list[tuple[Match, Reminder]]:
    """Return the reminders that some schemes of a result are worth on a day, unsaved, those that close first ahead."""
    rows = alert.reminders.values_list("scheme", "closes_on", "stage", "sent_on")
    sent = {(scheme, closes_on, stage): sent_on for scheme, closes_on, stage, sent_on in rows}
    closing = result.matches.filter(scheme__in=of, revision__closes_on__gte=on).order_by("revision__closes_on", "rank")
    found = []
    for match in closing.select_related("revision"):
        closes_on, stage = match.revision.closes_on, _stage(match.revision, sent, on)
        if closes_on and stage and (match.scheme_id, closes_on, stage) not in sent:
            reminder = Reminder(alert=alert, scheme_id=match.scheme_id, closes_on=closes_on, stage=stage, sent_on=on)
            found.append((match, reminder))
    return found


def _stage(revision: Revision, sent: Sent, on: date) -> str | None:
    """Return which reminder is due; the second is none where the first came less than a week before its day."""
    left, last_days = revision.days_left(on), notice_days()["last_days"]
    if left is None or revision.closes_on is None or is_closed(revision, on=on):
        return None
    if left <= last_days:
        first = sent.get((revision.scheme_id, revision.closes_on, Reminder.Stage.PREPARE))
        second_on = revision.closes_on - timedelta(days=last_days)
        return None if first and second_on - first < WEEK else Reminder.Stage.LAST_WEEK
    unknown, preparation = notice_days()["unknown_preparation"], revision.preparation_days
    is_time = left <= (unknown if preparation is None else preparation + MARGIN_DAYS)
    return Reminder.Stage.PREPARE if is_time else None
