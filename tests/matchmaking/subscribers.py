"""Firms that asked for alerts, schemes that come and go, and the sweep that tells one of the other."""

from datetime import timedelta

from django.utils import timezone

from backend.matchmaking import alerts
from backend.matchmaking.differences import POSSIBLE, standing_of
from backend.matchmaking.models import Alert
from backend.matchmaking.rematching import rematch
from backend.matchmaking.reviews import end_review, reopen_review
from backend.notifications.models import Notification
from backend.schemes.models import Scheme
from tests.factories import ARC, DAY, first_matches, make_officer, make_submission, publish_revision
from tests.neighbour import ours

IMMEDIATE, WEEKLY, MONTHLY = Alert.Frequency.IMMEDIATE, Alert.Frequency.WEEKLY, Alert.Frequency.MONTHLY
SENT = Notification.State.SENT
NEXT_DAY = DAY + timedelta(days=1)


def withheld(need: str = "numerique.robot") -> Scheme:
    """Return a scheme that answers a need of the firm, taken out of the catalogue: publishing it again is news.

    It serves that need alone, and nothing of it is left to the firm to say.
    """
    matches = first_matches(make_submission(needs=(need,), siret="", siren=""), 30)
    found = next(match.scheme for match in matches if standing_of(match) in POSSIBLE and not match.guide)
    withhold(found)
    return found


def withhold(scheme):
    Scheme.objects.filter(pk=scheme.pk).update(state=Scheme.State.ARCHIVED)


def publish(scheme):
    Scheme.objects.filter(pk=scheme.pk).update(state=Scheme.State.PUBLISHED)


def subscriber(frequency=IMMEDIATE, *, on=DAY, **changes):
    submission = make_submission(confirmed=True, on=on, **changes)
    read(submission, on=on)
    alerts.subscribe(submission=submission, frequency=frequency, paused_until=None, on=on)
    return submission


def read(submission, *, on=DAY, officer=None):
    """End the first review of a file, before which no alert leaves, and take it up again."""
    officer = officer or make_officer(submission.epci.short_name if submission.epci else ARC)
    end = end_review(submission=submission, officer=officer, on=on, message="Bonjour.")
    Notification.objects.filter(dedupe_key=end.email_key).update(state=SENT, ended_at=timezone.now())
    reopen_review(submission=submission, officer=officer)
    submission.refresh_from_db()


def sweep(on=DAY):
    """Do what the tasks do; return the e-mails owed by it."""
    before = set(ours(Notification).values_list("pk", flat=True))
    rematch(on=on)
    for pk in alerts.due(on=on):
        alerts.tell(pk=pk, on=on)
    return list(ours(Notification).exclude(pk__in=before).order_by("pk"))


def closing(scheme, closes_on, preparation_days=None, *, needs=None):
    publish(scheme)
    window = {"window_state": "dated", "opens_on": None, "closes_on": closes_on}
    publish_revision(scheme, **window, preparation_days=preparation_days, needs=needs)
