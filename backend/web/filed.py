"""What this browser filed last; its session knows for a day."""

from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from backend.matchmaking.models import Submission

FILED = "filed"  # its key in the session


def filed_here(session: SessionBase, submission: Submission) -> bool:
    """Tell whether this browser filed a submission, and nothing since."""
    return bool(session.get(FILED) == str(submission.filing_key))


def last_filed(session: SessionBase) -> Submission | None:
    """Return what a firm filed last in this browser, as long as it is kept; not what an officer filed for one."""
    key = session.get(FILED)
    return Submission.objects.filter(filing_key=UUID(key), consent_by=None).first() if key else None
