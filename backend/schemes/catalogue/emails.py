"""What people who work on the catalogue are told by e-mail: a proposal to read, what became of theirs."""

from collections.abc import Iterable
from typing import Any

from backend.accounts.models import Membership, User
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email
from backend.schemes.catalogue.comparison import differences
from backend.schemes.catalogue.records import read_record
from backend.schemes.models import Proposal


def tell_approvers(proposal: Proposal) -> None:
    """Ask those who may decide to read a proposal."""
    context = context_of(proposal)
    for user in approvers_to_tell(proposal):
        when = proposal.proposed_at or proposal.written_at  # one e-mail each time that it is proposed
        tell("proposal_notice", f"proposal:{proposal.pk}:proposed:{when.timestamp()}:{user.pk}", user, context)


def approvers_to_tell(proposal: Proposal) -> Iterable[User]:
    """Return who may decide on a proposal."""
    approving = User.objects.filter(memberships__in=Membership.objects.approving()).distinct()
    wrote = proposal.edits.filter(by__isnull=False).values("by")
    return approving.exclude(pk=proposal.author_id or 0).exclude(pk__in=wrote)


def tell_author(proposal: Proposal) -> None:
    """Tell the author what somebody else decided."""
    if proposal.author and proposal.author.is_active and proposal.author_id != proposal.decided_by_id:
        when = proposal.decided_at or proposal.written_at
        key = f"proposal:{proposal.pk}:decided:{proposal.state}:{when.timestamp()}"
        tell("proposal_decided", key, proposal.author, context_of(proposal))


def tell_undone(proposal: Proposal, *, by: User, why: str) -> None:
    """Tell who wrote a published change, and who approved it, that somebody put back what was there before."""
    for reader in {user for user in (proposal.author, proposal.decided_by) if user and user.is_active and user != by}:
        context = {**context_of(proposal), "undone_by": by, "why": why.strip()}
        tell("proposal_sent_back", f"proposal:{proposal.pk}:undone:{reader.pk}", reader, context)


def context_of(proposal: Proposal) -> dict[str, Any]:
    """Return what the e-mails about a proposal tell of it."""
    base = read_record(proposal.base) if proposal.base else None
    return {
        "proposal": proposal,
        "labels": [difference.label for difference in differences(base, proposal.record)] if base else [],
        "url": absolute_url("admin:schemes_proposal_change", proposal.pk),
    }


def tell(kind: str, key: str, user: User, context: dict[str, Any]) -> None:
    """Owe an e-mail to one who works on the catalogue, once for each key."""
    message = render(kind, {**context, "reader": user})
    enqueue_email(kind=kind, key=key, recipient=user.email, message=message)
