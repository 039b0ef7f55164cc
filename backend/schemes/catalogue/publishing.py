"""From a proposal to a revision in force: one person writes, another one publishes.

Rights are checked here, not by callers: an approver who is not the author decides.
"""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.catalogue.announcing import announce_change
from backend.schemes.catalogue.drafts import decide, hold
from backend.schemes.catalogue.emails import tell_approvers, tell_author
from backend.schemes.catalogue.lifecycle import PublishingError, check
from backend.schemes.catalogue.merging import put_together
from backend.schemes.catalogue.publishable import refuse_unpublishable
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import BROKEN, RecordError, digest_of, plain, read_record
from backend.schemes.catalogue.relations import hold_relations
from backend.schemes.catalogue.reports import close_task
from backend.schemes.catalogue.revising import check_record, write_revision
from backend.schemes.catalogue.variants import followed, in_force, is_same, variants_of, why_followed
from backend.schemes.models import Counterpart, Proposal, Revision, Scheme, WindowObservation


class OutdatedError(PublishingError):
    """Another revision was published since the proposal was written."""


@transaction.atomic
def refuse(*, proposal: Proposal, approver: User, comment: str) -> Proposal:
    """Refuse a proposal, saying why; its author is told."""
    proposal = hold(proposal)
    check("refuse", proposal=proposal, user=approver, reason=comment)
    decide(proposal, Proposal.State.REFUSED, by=approver, comment=comment)
    tell_author(proposal)
    return proposal


@transaction.atomic
def publish(*, proposal: Proposal, approver: User, comment: str = "") -> Revision:
    """Make the next revision of a scheme from a proposal and put it in force; its author is told.

    Raises ``OutdatedError`` where another revision came in between: two changes are never mixed unseen.
    """
    hold_relations()
    proposal = hold(proposal)
    check("publish", proposal=proposal, user=approver)
    return put_proposal_in_force(proposal, by=approver, comment=comment)


def put_proposal_in_force(proposal: Proposal, *, by: User, comment: str) -> Revision:
    """Make the next revision from a proposal that is locked and that somebody approved."""
    scheme = hold_scheme(proposal)
    if scheme.current_id != proposal.base_id:
        raise OutdatedError(_why_outdated(proposal, scheme))
    refuse_unpublishable(proposal.record, base=proposal.base)
    try:
        revision = write_revision(proposal.record, scheme=scheme, observed=proposal.observed)
    except BROKEN as error:
        raise PublishingError(f"La fiche n’est plus bien formée : {error}") from error
    put_in_force(scheme=scheme, revision=revision, state=Scheme.State.PUBLISHED)
    proposal.scheme, proposal.revision = scheme, revision
    decide(proposal, Proposal.State.PUBLISHED, by=by, comment=comment)
    _follow(proposal, scheme)
    tell_author(proposal)
    if proposal.task and proposal.task.closed_at is None:
        answer = f"Corrigé dans la version {revision.number} de la fiche."
        close_task(task=proposal.task, editor=by, answer=answer)
    return revision


def _follow(proposal: Proposal, scheme: Scheme) -> None:
    """Let a new sheet follow the record it was made from, unless that one describes another sheet meanwhile."""
    imported, author = proposal.imported, proposal.author
    if imported is None or author is None or imported.scheme.counterparts.in_force().exists():
        return
    now = timezone.now()
    Counterpart.objects.create(
        imported=imported.scheme, ours=scheme, compared=imported, compared_at=now, made_by=author, made_at=now
    )


@transaction.atomic
def publish_by_rule(
    *,
    base: Revision,
    record: SchemeRecord,
    rule: str,
    comment: str,
    imported: Revision | None = None,
    observed: WindowObservation | None = None,
    is_urgent: bool = False,
) -> Proposal:
    """Put in force what a rule takes from a source or a page, without a person; its proposal says so, and is undone.

    What is urgent takes something away from firms: it waits for nobody, and a person reads it afterwards. Raises
    ``PublishingError`` where a person has to look first: the sheet changed, or it could not be published.
    """
    hold_relations()
    scheme = Scheme.objects.select_for_update(of=("self",)).get(pk=base.scheme_id)
    if scheme.current_id != base.pk or scheme.state != Scheme.State.PUBLISHED:
        raise OutdatedError("La fiche a changé, ou n’est plus publiée.")
    if not is_urgent and scheme.proposals.open().exists():
        raise PublishingError("Une proposition est en cours sur cette fiche.")
    refuse_unpublishable(record, base=base)
    try:
        revision = write_revision(record, scheme=scheme, observed=observed)
    except BROKEN as error:
        raise PublishingError(f"La fiche n’est pas bien formée : {error}") from error
    put_in_force(scheme=scheme, revision=revision, state=Scheme.State.PUBLISHED)
    now = timezone.now()
    return Proposal.objects.create(
        key=scheme.source_key,
        scheme=scheme,
        base=base,
        record=plain(record),
        digest=digest_of(record),
        comment=comment,
        imported=imported,
        observed=observed,
        rule=rule,
        is_urgent=is_urgent,
        state=Proposal.State.PUBLISHED,
        written_at=now,
        proposed_at=now,
        decided_at=now,
        revision=revision,
    )


def put_in_force(*, scheme: Scheme, revision: Revision, state: str) -> None:
    """Make a revision the one that firms are matched with from now on; variants are proposed to follow it."""
    before, was_public = scheme.current, scheme.is_public
    scheme.current = revision
    scheme.state = state
    scheme.changed_at = timezone.now()
    scheme.save(update_fields=["current", "state", "changed_at"])
    announce_change(scheme, was_public=was_public)
    if before is not None and scheme.source == Scheme.OWN:
        _carry_over(scheme, before, revision)
        _propose_to_variants(scheme, before, revision)


def _propose_to_variants(parent: Scheme, before: Revision, after: Revision) -> None:
    """Propose to each variant what its parent changed: what it inherits follows, what it says otherwise stays."""
    old, new = read_record(before), read_record(after)
    for variant in variants_of(parent).select_related("current__scheme"):
        waiting = variant.proposals.from_parents().waiting().first()
        said = waiting.record if waiting else read_record(in_force(variant))
        record, conflicts = followed(said, before=old, after=new)
        _propose_following(variant, record, parent=after, waiting=waiting, conflicts=conflicts)


def _carry_over(variant: Scheme, before: Revision, after: Revision) -> None:
    """Put what a parent changed, and nobody has decided on yet, on top of a revision that came in between."""
    waiting = variant.proposals.from_parents().waiting().exclude(digest=after.digest).first()
    if waiting and waiting.followed:
        merge = put_together(base=read_record(before), mine=read_record(after), theirs=waiting.record)
        record = merge.record()
        _propose_following(variant, record, parent=waiting.followed, waiting=waiting)


def _propose_following(
    variant: Scheme, record: SchemeRecord, *, parent: Revision, waiting: Proposal | None, conflicts: Iterable[str] = ()
) -> None:
    """Propose what a variant would say, in place of what was proposed before; nothing where it says it already."""
    now = timezone.now()
    if waiting:
        variant.proposals.filter(pk=waiting.pk).update(state=Proposal.State.WITHDRAWN, decided_at=now)
    if is_same(record, read_record(in_force(variant))):
        return
    try:
        check_record(record)
    except RecordError as error:
        raise PublishingError(f"La variante « {variant} » ne peut pas suivre ce changement : {error}") from error
    proposal = Proposal.objects.create(
        key=variant.source_key,
        scheme=variant,
        base=variant.current,
        record=plain(record),
        digest=digest_of(record),
        comment=why_followed(parent, conflicts),
        followed=parent,
        state=Proposal.State.PROPOSED,
        written_at=now,
        proposed_at=now,
    )
    tell_approvers(proposal)


def put_last_in_force(schemes: Collection[int]) -> None:
    """Make the last revision of each of many schemes the one in force, whatever their state; it stays."""
    last = Revision.objects.filter(scheme=OuterRef("pk")).order_by("-number").values("pk")[:1]
    Scheme.objects.filter(pk__in=schemes).update(current=Subquery(last), changed_at=timezone.now())


def _why_outdated(proposal: Proposal, scheme: Scheme) -> str:
    if proposal.base is None:
        return f"Un dispositif « {proposal.key} » a été publié depuis que cette proposition a été écrite."
    current = scheme.current
    return (
        f"Cette proposition a été écrite sur la version {proposal.base.number}, et la version "
        f"{current.number if current else '?'} a été publiée depuis. Rien n’a été publié : comparez les deux "
        "changements, puis reprenez la proposition sur la version en vigueur."
    )


def hold_scheme(proposal: Proposal) -> Scheme:
    """Return the scheme of a proposal, made on the spot for a new one, held until the end of the transaction."""
    if proposal.scheme is None:
        Scheme.objects.get_or_create(source=Scheme.OWN, source_key=proposal.key)
    return Scheme.objects.select_for_update(of=("self",)).get(source=Scheme.OWN, source_key=proposal.key)
