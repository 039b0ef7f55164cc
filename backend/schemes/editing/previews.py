"""Letting the owner of a scheme read a proposal before it is published, by a secret link, and say what is wrong.

Its row says for whom it is and until when it opens; the secret is shown once, to who makes it. Opening it changes
nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.links.models import Kind
from backend.links.services import find_link, make_link, revoke_links
from backend.schemes.catalogue.emails import context_of, tell
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.publishing import hold_scheme
from backend.schemes.catalogue.revising import write_revision
from backend.schemes.models import PreviewLink, Proposal, Remark, Revision

DAYS = 30
FARTHEST = timedelta(days=180)
SAME_REMARK = timedelta(minutes=10)


@transaction.atomic
def make_preview(
    *, proposal: Proposal, editor: User, for_whom: str, expires_on: date, on: date
) -> tuple[PreviewLink, str]:
    """Make a link for one reader, and return it with its token; it opens until its last day, or until revoked."""
    need_editor(editor)
    if not proposal.is_open:
        state = proposal.get_state_display()
        raise PublishingError(f"Cette proposition est « {state} » : il n’y a plus rien à relire.")
    if not on <= expires_on <= on + FARTHEST:
        raise PublishingError("Choisissez un dernier jour à partir d’aujourd’hui, et dans les 180 jours.")
    link = PreviewLink.objects.create(
        proposal=proposal, for_whom=for_whom.strip(), expires_on=expires_on, made_by=editor, made_at=timezone.now()
    )
    return link, make_link(kind=Kind.PREVIEW, object_id=link.pk)


@transaction.atomic
def revoke_preview(*, link: PreviewLink, editor: User) -> None:
    """Close a link at once; a second time changes nothing."""
    need_editor(editor)
    now = timezone.now()
    PreviewLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now, revoked_by=editor)
    revoke_links(kind=Kind.PREVIEW, object_id=link.pk)


def link_of(token: str, *, on: date) -> PreviewLink | None:
    """Return the link of a token while it opens: not over, not revoked, and the proposal still to be decided on."""
    link = find_link(kind=Kind.PREVIEW, token=token)
    if link is None:
        return None
    rows = PreviewLink.objects.valid(on).select_related("proposal__base", "proposal__author")
    return rows.filter(pk=link.object_id, proposal__state__in=Proposal.OPEN).first()


@contextmanager
def as_published(proposal: Proposal) -> Iterator[Revision]:
    """Give a proposal as the revision that it would make; nothing of it is left afterwards.

    Raises ``RecordError`` and the like where it is not well formed.
    """
    with transaction.atomic():
        try:
            yield write_revision(proposal.record, scheme=hold_scheme(proposal))
        finally:
            transaction.set_rollback(True)


@transaction.atomic
def leave_remark(*, link: PreviewLink, text: str, now: datetime) -> Remark:
    """Keep what the owner says, and tell those who write; the same words sent again at once are one remark."""
    PreviewLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    same = link.remarks.waiting().filter(text=text, left_at__gte=now - SAME_REMARK).first()
    if same:
        return same
    remark = link.remarks.create(text=text, left_at=now, version=link.proposal.version)
    for reader in writers_of(link.proposal):
        key = f"remark:{remark.pk}:{reader.pk}"
        tell("proposal_remark", key, reader, {**context_of(link.proposal), "remark": remark})
    return remark


@transaction.atomic
def settle(*, remark: Remark, editor: User) -> None:
    """Say that a remark is dealt with."""
    need_editor(editor)
    Remark.objects.filter(pk=remark.pk, done_at=None).update(done_at=timezone.now(), done_by=editor)


def writers_of(proposal: Proposal) -> list[User]:
    """Return who wrote a proposal and still works on the catalogue."""
    wrote = User.objects.filter(pk__in=proposal.edits.filter(by__isnull=False).values("by"), is_active=True)
    found = set(wrote) | ({proposal.author} if proposal.author and proposal.author.is_active else set())
    return sorted((user for user in found if user.may_edit_catalogue), key=lambda user: user.pk)


def need_editor(user: User) -> None:
    if not user.may_edit_catalogue:
        raise PermissionDenied
