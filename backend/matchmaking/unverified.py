"""Sheets that nobody has checked and that would answer a file: for its officers, and whom its firm may call."""

from backend.matchmaking.models import Submission
from backend.schemes.models import Revision, Scheme


def unverified_for(submission: Submission) -> list[Revision]:
    """Return the sheets that nobody has checked and that would answer a need of the submission: for officers only."""
    needs = submission.needs.values("sub_need")
    drafts = Scheme.objects.of_source(Scheme.OWN).drafts().filter(current__served_needs__sub_need__in=needs)
    return list(Revision.objects.filter(pk__in=drafts.values("current")).order_by("name"))


def whom_to_call(submission: Submission) -> list[Revision]:
    """Return the permanent public networks for a need of the submission: a name and a link, even unverified."""
    return [revision for revision in unverified_for(submission) if revision.public_contact]
