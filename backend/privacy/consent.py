"""A firm takes its consent back: its file is closed, nothing is written to it any more, its officers know."""

from django.db import transaction

from backend.matchmaking.emails import enqueue_withdrawn
from backend.matchmaking.file_events import record_closing
from backend.matchmaking.models import Submission
from backend.notifications.services import stop


@transaction.atomic
def withdraw_consent(*, submission: Submission) -> bool:
    """Close a file at the request of its firm; return whether that is news. What is kept stays until its time."""
    submission = Submission.objects.locked(submission.pk)
    if submission.is_barred:
        return False
    record_closing(submission, reason=Submission.Closing.WITHDRAWN)
    stop(address=submission.contact.email, topic=submission.topic)
    if submission.confirmed_at:
        enqueue_withdrawn(submission)
    return True
