"""What a firm or an officer lets others read by an address of its own: a feed of days, and an answer to read only."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from backend.accounts.models import Membership, User
from backend.links.models import Kind, Link
from backend.links.services import live_links, make_link, revoke_links
from backend.matchmaking.models import Submission

MOST_SHARES = 10


class ShareError(ValueError):
    """A share that is not made, with a sentence for the firm."""


@transaction.atomic
def renew_feed(*, submission: Submission) -> str:
    """Make the feed of a firm's days and return its token, which nobody can read again; the former one ends.

    Raises ``PermissionDenied`` where the file was closed or erased.
    """
    submission = _open_file(submission)
    revoke_links(kind=Kind.FEED, object_id=submission.pk)
    return make_link(kind=Kind.FEED, object_id=submission.pk)


@transaction.atomic
def renew_staff_feed(*, user: User) -> str:
    """Make the feed of an officer's days and return its token; the former one ends.

    Raises ``PermissionDenied`` to who reviews no files.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    post = user.memberships.reviewing().order_by("pk").first() if user.is_active else None
    if post is None:
        raise PermissionDenied
    revoke_links(kind=Kind.STAFF_FEED, object_id=user.pk)
    return make_link(kind=Kind.STAFF_FEED, object_id=user.pk, scope=str(post.pk))


def officer_of_feed(link: Link) -> User | None:
    """Return whose days a feed gives, while the post that it was made in is theirs: a later one needs another feed."""
    post = Membership.objects.reviewing().filter(pk=link.scope, user=link.object_id, user__is_active=True)
    membership = post.select_related("user").first()
    return membership.user if membership else None


@transaction.atomic
def make_share(*, submission: Submission) -> str:
    """Make a link by which somebody reads a firm's answer for 30 days, and return its token.

    Raises ``ShareError`` before the address is confirmed or where many live, ``PermissionDenied`` for a closed file.
    """
    submission = _open_file(submission)
    if submission.confirmed_at is None:
        raise ShareError("Confirmez d’abord votre adresse : un partage ne s’ouvre qu’ensuite.")
    if live_links(kind=Kind.SHARE, object_id=submission.pk).count() >= MOST_SHARES:
        raise ShareError(f"Il y a déjà {MOST_SHARES} partages en cours : arrêtez-en un pour en faire un autre.")
    return make_link(kind=Kind.SHARE, object_id=submission.pk)


def _open_file(submission: Submission) -> Submission:
    submission = Submission.objects.locked(submission.pk)
    if submission.is_barred:
        raise PermissionDenied
    return submission
