"""Approving a proposal for a chosen day: that morning a job publishes it, or sends it back where it no longer can."""

from datetime import date, timedelta

from django.db import transaction

from backend.accounts.models import User
from backend.common.work import Work
from backend.schemes.catalogue.drafts import decide, hold
from backend.schemes.catalogue.emails import context_of, tell, tell_author
from backend.schemes.catalogue.lifecycle import PublishingError, check
from backend.schemes.catalogue.publishable import refuse_unpublishable
from backend.schemes.catalogue.publishing import put_proposal_in_force
from backend.schemes.catalogue.relations import hold_relations
from backend.schemes.models import Proposal

FARTHEST = timedelta(days=366)


@transaction.atomic
def approve(*, proposal: Proposal, approver: User, publish_on: date, on: date, comment: str = "") -> Proposal:
    """Approve a proposal to be published on a later day; its author is told."""
    proposal = hold(proposal)
    check("approve", proposal=proposal, user=approver)
    if not on < publish_on <= on + FARTHEST:
        raise PublishingError(
            f"Le {publish_on:%d/%m/%Y} ne convient pas : choisissez un jour après aujourd’hui, dans l’année qui "
            "vient. Pour aujourd’hui, publiez maintenant."
        )
    if proposal.is_outdated:
        raise PublishingError("Une autre version a été publiée depuis : elle doit d’abord être reprise sur celle-ci.")
    refuse_unpublishable(proposal.record, base=proposal.base)
    proposal.publish_on = publish_on
    decide(proposal, Proposal.State.APPROVED, by=approver, comment=comment)
    tell_author(proposal)
    return proposal


@transaction.atomic
def disapprove(*, proposal: Proposal, approver: User, comment: str) -> Proposal:
    """Take an approval back before its day, saying why; its author is told."""
    proposal = hold(proposal)
    check("disapprove", proposal=proposal, user=approver, reason=comment)
    _send_back(proposal, f"{approver} a annulé l’approbation : {comment.strip()}")
    return proposal


def publish_due(*, on: date) -> Work:
    """Publish what was approved for this day or an earlier one; what no longer can goes back to be read."""
    due = list(Proposal.objects.due(on).order_by("publish_on", "pk").values_list("pk", flat=True))
    n_changed = sum(_publish_or_send_back(pk, on) for pk in due)
    return Work(n_looked_at=len(due), n_changed=n_changed)


@transaction.atomic
def _publish_or_send_back(pk: int, on: date) -> bool:
    """Do what is due for one proposal; somebody may have changed its state since it was listed."""
    hold_relations()
    proposal = Proposal.objects.due(on).select_for_update(of=("self",)).filter(pk=pk).first()
    if proposal is None or proposal.decided_by is None:
        return False
    check("publish_on_its_day", proposal=proposal)
    try:
        with transaction.atomic():
            put_proposal_in_force(proposal, by=proposal.decided_by, comment=proposal.decision_comment)
    except PublishingError as error:
        proposal = hold(proposal)
        check("send_back", proposal=proposal, reason=str(error))
        _send_back(proposal, str(error))
    return True


def _send_back(proposal: Proposal, why: str) -> None:
    """Make an approved proposal wait for a decision again, and tell its author and who had approved it."""
    approver = proposal.decided_by
    proposal.state, proposal.publish_on = Proposal.State.PROPOSED, None
    proposal.decided_by = proposal.decided_at = None
    proposal.decision_comment = ""
    proposal.save()
    for reader in {user for user in (proposal.author, approver) if user and user.is_active}:
        key = f"proposal:{proposal.pk}:sent_back:{proposal.version}:{reader.pk}"
        tell("proposal_sent_back", key, reader, {**context_of(proposal), "why": why})
