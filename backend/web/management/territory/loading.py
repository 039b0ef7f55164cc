"""Loading an invented territory: each file in a transaction of its own, by several processes where asked."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import partial
from random import Random

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from backend.common.processes import in_order
from backend.matchmaking.dead_addresses import follow_dead_addresses
from backend.matchmaking.models import CallRequest, Submission
from backend.notifications.models import Notification
from backend.territories.models import Containment
from backend.web.management.territory.clock import at, later
from backend.web.management.territory.filings import Story, Territory
from backend.web.management.territory.officers import life_of

CALLS = 1 / 40  # for each file


def load_territory(*, seed: int, n_files: int, years: int, now: datetime, processes: int) -> Iterator[int]:
    """Load what is not loaded yet; yield, for each firm, how many of its files are new."""
    territory = Territory(seed, years=years, today=timezone.localdate(now))
    firms: Sequence[Sequence[Story]] = [
        *territory.firms(n_files),
        *([call] for call in territory.calls(round(n_files * CALLS) + 2)),
    ]
    live = partial(_live_all, now=now, first_day=first_day_held())
    yield from in_order(live, firms, processes=processes)
    follow_dead_addresses(on=timezone.localdate(now))


def first_day_held() -> date:
    """Return the first day on which it is known of what intercommunality each commune is."""
    held = Containment.objects.filter(outer__served__isnull=False).aggregate(first=Max("since"))["first"]
    return held or date.min


def _live_all(stories: Sequence[Story], *, now: datetime, first_day: date) -> int:
    return sum(_live(story, now=now, first_day=first_day) for story in stories)


@transaction.atomic
def _live(story: Story, *, now: datetime, first_day: date) -> int:
    """Let a story happen up to now, unless it has: at the moment of each act, until the next would be after today."""
    if _files_of(story).exists() or CallRequest.objects.filter(key=story.key).exists():
        return 0
    draw = Random(story.seed)  # noqa: S311
    acts, moment = life_of(story, draw, now=now), story.moment
    while moment <= now:
        with at(moment, first_day=first_day):
            wait = next(acts, None)
        if wait is None:
            break
        moment = later(moment, wait, draw)
    for submission in _files_of(story):
        _send(submission)
    return 1


def _files_of(story: Story) -> QuerySet[Submission]:
    return Submission.objects.filter(Q(filing_key=story.key) | Q(call_requests__key=story.key))


def _send(submission: Submission) -> None:
    """Record the e-mails about a file as sent when they were owed: nothing of the past leaves today."""
    owed = Notification.objects.about(submission.topic).filter(state=Notification.State.DUE)
    owed.update(state=Notification.State.SENT, attempt=1, ended_at=F("owed_at"))
