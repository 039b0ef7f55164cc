"""A firm takes its consent back: its file is closed, nothing is written to it any more, its officers know."""

from django.db import transaction
from django.utils import timezone

from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.matchmaking.alerts import unsubscribe
from backend.matchmaking.emails import enqueue_withdrawn
from backend.matchmaking.models import Submission
from backend.notifications.services import stop


@transaction.atomic
def withdraw_consent(*, submission: Submission) -> bool:
    """Close a file at the request of its firm; return whether that is news. What is kept stays until its time."""
    submission = Submission.objects.locked(submission.pk)
    if submission.closed_at:
        return False
    submission.closed_at = timezone.now()
    submission.closed_reason = Submission.Closing.WITHDRAWN
    submission.save(update_fields=["closed_at", "closed_reason"])
    unsubscribe(submission=submission)
    stop(address=submission.contact.email, topic=submission.topic)
    if submission.confirmed_at:
        enqueue_withdrawn(submission)
    record_event(kind=Kind.CONSENT_WITHDRAWN, submission_id=submission.pk, epci_id=submission.epci_id)
    return True
