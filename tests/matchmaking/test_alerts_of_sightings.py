"""What was seen open grows old, or is seen again: labels change, nobody is written to."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from backend.matchmaking.differences import POSSIBLE, standing_of
from backend.matchmaking.results import latest_result
from backend.matchmaking.standing import Standing
from backend.schemes.ingestion.observing import follow_observations, observe
from backend.schemes.models import CatalogueTask, Scheme, WindowObservation
from tests.factories import make_submission
from tests.matchmaking.subscribers import subscriber, sweep
from tests.schemes.people import make_editor

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 28)


@pytest.fixture
def scheme():
    """Return a scheme that a firm surely has, only because a page showed it open; no other one is left."""
    submission = make_submission(needs=("energie.audit", "risques.climat"), on=ON)
    matches = latest_result(submission, on=ON).matches.select_related("revision__scheme", "result", "need")
    found = next(match for match in matches if standing_of(match) in POSSIBLE and match.revision.seen_until)
    Scheme.objects.matchable(Scheme.OWN).exclude(pk=found.scheme_id).update(state=Scheme.State.ARCHIVED)
    return found.scheme


def word_of(submission, scheme, *, on):
    match = latest_result(submission, on=on).matches.select_related("revision", "result").get(scheme=scheme)
    return standing_of(match)


def told(submission, **options):
    return [email for email in sweep(**options) if email.recipient == submission.contact.email]


def test_growing_old_changes_the_word_opens_one_task_and_mails_nobody(scheme):
    submission = subscriber(needs=("energie.audit", "risques.climat"), on=ON)
    until = scheme.current.seen_until
    assert told(submission, on=ON) == []
    assert word_of(submission, scheme, on=until) in POSSIBLE
    for day in (until + timedelta(days=1), until + timedelta(days=2)):
        follow_observations(on=day)
        assert word_of(submission, scheme, on=day) == Standing.DATES
        assert told(submission, on=day) == []
    assert CatalogueTask.objects.from_job("catalogue.windows").filter(scheme=scheme).count() == 1


@pytest.mark.slow
def test_being_seen_again_mails_nobody(scheme):
    submission = subscriber(needs=("energie.audit", "risques.climat"), on=ON)
    assert told(submission, on=ON) == []
    day, before = ON + timedelta(days=1), scheme.current
    page = {"url": before.seen_url, "site": before.seen_by, "tier": "state", "read_on": day}
    WindowObservation.objects.create(scheme=scheme, day=day, says="open", added_at=timezone.now(), **page)
    follow_observations(on=day)
    scheme.refresh_from_db()
    assert (scheme.current.seen_on, scheme.current.number) == (day, before.number + 1)
    assert told(submission, on=day) == []
    observe(scheme=scheme, editor=make_editor(), on=day, day=day, says="exhausted", **page)
    assert word_of(submission, scheme, on=day) not in POSSIBLE
