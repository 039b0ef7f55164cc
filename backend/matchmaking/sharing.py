"""What a firm or an officer lets others read by an address of its own: a feed of days, and an answer to read only."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from backend.accounts.models import Membership, User
from backend.links.models import Kind, Link
from backend.links.services import live_links, make_link, revoke_links
from backend.matchmaking.models import Submission

MOST_SHARES = 10


class NotMadeError(ValueError):
    """A feed or a share that is not made, with a sentence for who asked."""


@transaction.atomic
def renew_feed(*, submission: Submission, after: str | None = None) -> str:
    """Make the feed of a firm's days and return its token, which nobody can read again; the former one ends.

    ``after`` is the key of the live one that a page showed, where a form of it asks. Raises ``NotMadeError`` where
    another lives by now, ``PermissionDenied`` where the file was closed or erased.
    """
    submission = _open_file(submission)
    _asked_once(Kind.FEED, submission.pk, after)
    revoke_links(kind=Kind.FEED, object_id=submission.pk)
    return make_link(kind=Kind.FEED, object_id=submission.pk)


@transaction.atomic
def renew_staff_feed(*, user: User, after: str | None = None) -> str:
    """Make the feed of an officer's days and return its token; the former one ends.

    ``after`` and ``NotMadeError`` are those of ``renew_feed``. Raises ``PermissionDenied`` to who reviews no files.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    post = user.memberships.reviewing().order_by("pk").first() if user.is_active else None
    if post is None:
        raise PermissionDenied
    _asked_once(Kind.STAFF_FEED, user.pk, after)
    revoke_links(kind=Kind.STAFF_FEED, object_id=user.pk)
    return make_link(kind=Kind.STAFF_FEED, object_id=user.pk, scope=_scope_of(post))


def officer_of_feed(link: Link) -> User | None:
    """Return whose days a feed gives, while the post that it was made in is theirs: a later one needs another feed."""
    posts = Membership.objects.reviewing().filter(user=link.object_id).select_related("user")
    return next((post.user for post in posts if _scope_of(post) == link.scope), None)


def _scope_of(post: Membership) -> str:
    """Return what names a post: an administrator may turn its row into another one."""
    return f"{post.pk}:{post.organisation_id}:{post.role}"


@transaction.atomic
def make_share(*, submission: Submission, after: str | None = None) -> str:
    """Make a link by which somebody reads a firm's answer for 30 days, and return its token.

    ``after`` is that of ``renew_feed``: the newest. Raises ``NotMadeError`` where a newer one lives, before the
    address is confirmed or where many live, ``PermissionDenied`` for a closed file.
    """
    submission = _open_file(submission)
    _asked_once(Kind.SHARE, submission.pk, after)
    if submission.confirmed_at is None:
        raise NotMadeError("Confirmez d’abord votre adresse : un partage ne s’ouvre qu’ensuite.")
    if live_links(kind=Kind.SHARE, object_id=submission.pk).count() >= MOST_SHARES:
        raise NotMadeError(f"Il y a déjà {MOST_SHARES} partages en cours : arrêtez-en un pour en faire un autre.")
    return make_link(kind=Kind.SHARE, object_id=submission.pk)


def _asked_once(kind: Kind, object_id: int, after: str | None) -> None:
    """Refuse a form that was sent already, as by loading again the page that showed what it made."""
    newest = live_links(kind=kind, object_id=object_id).first()
    if after is not None and after != str(newest.pk if newest else ""):
        raise NotMadeError("Cette adresse a déjà été montrée, une seule fois. Pas copiée ? Faites-en une autre.")


def _open_file(submission: Submission) -> Submission:
    submission = Submission.objects.locked(submission.pk)
    if submission.is_barred:
        raise PermissionDenied
    return submission
