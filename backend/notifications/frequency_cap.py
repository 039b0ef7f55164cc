"""At most one e-mail a day for each address and firm, of those that it did not just ask for (ADR 44).

Alerts, surveys and what officers write to several firms at once take turns; closing dates go first. Correspondence
about a file takes no turn: it neither waits nor counts. A kind of e-mail that is capped says ``is_capped`` in the
registry, and each of its e-mails gives its ``Turn`` to ``enqueue_email``: it leaves on the first free day. One whose
text would be old by then asks ``is_free`` first, in the same transaction, and is written another day where it is not.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from backend.common.locks import wait_for_turn
from backend.notifications.models import Notification, NotificationQuerySet

MORNING = time(8)  # in Paris: when what waited for its day leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What an e-mail is counted for: the firm it speaks of, such as ``company:12``, and the day it would leave.

    ``first``: it tells of a closing date, and takes the place of another one that has not left yet.
    """

    firm: str
    on: date
    first: bool = False


def is_free(*, address: str, turn: Turn) -> bool:
    """Tell whether an e-mail may leave on its very day; nobody else takes the place until the transaction ends."""
    _hold(address, turn.firm)
    taken = _taken(address, turn.firm).filter(cap_day=turn.on).select_for_update(of=("self",)).first()
    return taken is None or (turn.first and _gives_way(taken))


def take_turn(*, address: str, turn: Turn) -> date:
    """Return the day on which an e-mail leaves: the first free one. What waits there for a closing date moves on."""
    if turn.first and is_free(address=address, turn=turn):
        for waiting in _taken(address, turn.firm).filter(cap_day=turn.on):
            _move(waiting, _first_free_day(address, turn.firm, turn.on + timedelta(days=1)), since=turn.on)
    return _first_free_day(address, turn.firm, turn.on)


def earliest(day: date, *, on: date) -> datetime:
    """Return from when an e-mail of a day may leave: now on that very day, in the morning of a later one."""
    now = timezone.localtime()
    return now if day <= on else datetime.combine(now.date() + (day - on), MORNING, tzinfo=now.tzinfo)


@transaction.atomic
def may_leave(rows: NotificationQuerySet, *, on: date) -> bool:
    """Tell whether the one e-mail of some rows may leave on a day; one that missed its own takes another turn."""
    late = rows.filter(state=Notification.State.DUE, cap_day__lt=on)
    found = late.first()
    if found is None:
        return True
    _hold(found.recipient, found.cap_firm)
    held = late.select_for_update(skip_locked=True, of=("self",)).first()
    if held is None:  # somebody else has it
        return False
    day = take_turn(address=held.recipient, turn=Turn(firm=held.cap_firm, on=on, first=held.cap_first))
    _move(held, day, since=on)
    return day == on


def _first_free_day(address: str, firm: str, day: date) -> date:
    _hold(address, firm)
    taken = set(_taken(address, firm).filter(cap_day__gte=day).values_list("cap_day", flat=True))
    while day in taken:
        day += timedelta(days=1)
    return day


def _taken(address: str, firm: str) -> NotificationQuerySet:
    return Notification.objects.filter(recipient__iexact=address, cap_firm=firm, cap_day__isnull=False)


def _gives_way(notification: Notification) -> bool:
    return notification.state == Notification.State.DUE and not notification.cap_first


def _move(notification: Notification, day: date, *, since: date) -> None:
    notification.cap_day = day
    if day > since:
        notification.due_at = max(notification.due_at, earliest(day, on=since))
    notification.save(update_fields=["cap_day", "due_at"])


def _hold(address: str, firm: str) -> None:
    """Let nobody else take a turn of that address and firm until the end of the transaction."""
    wait_for_turn("frequency_cap", f"{firm} {address.lower()}")
