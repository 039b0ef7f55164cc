"""The calendar of somebody's work, followed by a secret address."""

from backend.accounts.models import User
from backend.links.models import Kind
from backend.links.services import revoke_links


def end_calendar(*, user: User) -> None:
    """End the address that somebody's calendar follows; who fears for an account fears for it too."""
    revoke_links(kind=Kind.STAFF_FEED, object_id=user.pk)
