"""A file that changes hands: who followed it, or offered it, learns who follows it now."""

from collections import defaultdict
from collections.abc import Iterable

from django.utils import timezone

from backend.accounts.models import User
from backend.matchmaking.models import Submission
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email

type Left = tuple[Submission, User | None]  # a file, and who followed or offered it; nobody where it was nobody's


def enqueue_moves(left: Iterable[Left], *, to: User, by: User, assigned: bool = False) -> None:
    """Tell those whom files left who follows them now, each in one e-mail; nobody of what they did themselves.

    ``assigned``: a lead gave them, perhaps to herself.
    """
    files: dict[User, dict[Submission, None]] = defaultdict(dict)  # each once: one may have followed and offered it
    for file, person in left:
        if person and person.is_active and person not in (to, by):
            files[person][file] = None
    now = timezone.now()
    for person, theirs in files.items():
        context = {
            "officer": to,
            "by": by,
            "assigned": assigned,
            "files": list(theirs),
            "queue_url": absolute_url("officer_queue"),
        }
        enqueue_email(
            kind="file_moved",
            key=f"moved:{person.pk}:{to.pk}:{now.isoformat()}",
            recipient=person.email,
            message=render("file_moved", context),
            about=tuple(file.topic for file in theirs),
            reply_to=by.email,
        )
