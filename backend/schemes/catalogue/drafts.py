"""Proposals on their way to an approver: written, rewritten, sent, taken back.

Rights are checked here, not by callers: an editor proposes.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.catalogue.comparison import differences
from backend.schemes.catalogue.emails import tell_approvers
from backend.schemes.catalogue.lifecycle import PublishingError, check
from backend.schemes.catalogue.publishable import refuse_unpublishable
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import RecordError, digest_of, plain, read_record
from backend.schemes.catalogue.revising import check_record
from backend.schemes.models import CatalogueTask, Proposal, Revision, Scheme, WindowObservation


class EditedError(PublishingError):
    """Somebody saved the same draft since it was read; both are kept, to be put together."""


@transaction.atomic
def write_draft(
    *,
    author: User,
    record: SchemeRecord,
    scheme: Scheme | None = None,
    base: Revision | None = None,
    comment: str = "",
    task: CatalogueTask | None = None,
    imported: Revision | None = None,
    observed: WindowObservation | None = None,
) -> Proposal:
    """Keep a change that nobody else is asked to read yet; ``base`` is the revision its author had under the eyes.

    ``imported`` is the record of another site that it takes up: once published, a new sheet follows it. ``observed``
    is what was seen of the window, where that is what it changes.
    """
    need_editor(author)
    proposal = Proposal(
        author=author,
        key=record["key"],
        scheme=scheme,
        base=base,
        task=task,
        imported=imported,
        observed=observed,
        written_at=timezone.now(),
    )
    _write(proposal, record, comment)
    proposal.save()
    _keep(proposal, author)
    return proposal


@transaction.atomic
def rewrite_draft(
    *, proposal: Proposal, author: User, record: SchemeRecord, comment: str = "", version: int | None = None
) -> Proposal:
    """Change a draft, one's own or another editor's: both have then written it, and neither decides.

    ``version`` is the one that the author read; raises ``EditedError`` where somebody saved another one since.
    """
    need_editor(author)
    proposal = hold(proposal)
    if proposal.state != Proposal.State.DRAFT:
        state = proposal.get_state_display()
        raise PublishingError(
            f"Rien n’a été changé : seul un brouillon se modifie, et cette proposition est « {state} »."
        )
    if version is not None and proposal.version != version:
        raise EditedError("Quelqu’un a enregistré ce brouillon pendant que vous l’écriviez.")
    proposal.key = record["key"]
    _write(proposal, record, comment)
    proposal.version += 1
    proposal.written_at = timezone.now()
    proposal.save()
    _keep(proposal, author)
    return proposal


@transaction.atomic
def rebase_draft(*, proposal: Proposal, author: User, record: SchemeRecord, base: Revision | None) -> Proposal:
    """Put what a proposal says on the revision in force, as its writer put it together; it is a draft again."""
    check_written(proposal, author)
    proposal = hold(proposal)
    if not proposal.is_open:
        state = proposal.get_state_display()
        raise PublishingError(f"Cette proposition est « {state} » : reprenez-la dans une autre.")
    proposal.base = base
    proposal.scheme = base.scheme if base else proposal.scheme
    _write(proposal, record, proposal.comment)
    proposal.version += 1
    proposal.written_at = timezone.now()
    _make_draft(proposal)
    _keep(proposal, author)
    return proposal


def _keep(proposal: Proposal, author: User | None) -> None:
    """Keep a proposal as it was saved: what two people write at once is put together from these."""
    proposal.edits.create(
        version=proposal.version, base=proposal.base, record=proposal.record, by=author, at=proposal.written_at
    )


def _make_draft(proposal: Proposal) -> None:
    proposal.state = Proposal.State.DRAFT
    proposal.proposed_at = proposal.decided_at = proposal.decided_by = proposal.publish_on = None
    proposal.decision_comment = ""
    proposal.save()


def _write(proposal: Proposal, record: SchemeRecord, comment: str) -> None:
    _check_key(proposal, record)
    record = plain(record)
    try:
        check_record(record)
    except RecordError as error:
        raise PublishingError(f"La fiche n’est pas bien formée : {error}") from error
    if not differences(read_record(proposal.base) if proposal.base else None, record):
        raise PublishingError("La fiche proposée ne change rien à la version de départ.")
    proposal.record, proposal.digest, proposal.comment = record, digest_of(record), comment.strip()


def _check_key(proposal: Proposal, record: SchemeRecord) -> None:
    if proposal.scheme is None:
        if Scheme.objects.of_source(Scheme.OWN).filter(source_key=record["key"]).exists():
            raise PublishingError(
                f"L’identifiant « {record['key']} » est déjà celui d’un dispositif : "
                "proposez plutôt une modification de celui-ci, ou choisissez un autre identifiant."
            )
    elif proposal.scheme.source != Scheme.OWN or proposal.scheme.source_key != record["key"]:
        raise PublishingError(
            "Une modification garde l’identifiant du dispositif, et une fiche importée ne se modifie pas ici."
        )


@transaction.atomic
def propose(*, proposal: Proposal, author: User) -> Proposal:
    """Ask the approvers to read one's own draft; they are told by e-mail."""
    proposal = hold(proposal)
    check("propose", proposal=proposal, user=author)
    refuse_unpublishable(proposal.record, base=proposal.base)
    proposal.state = Proposal.State.PROPOSED
    proposal.proposed_at = timezone.now()
    proposal.save(update_fields=["state", "proposed_at"])
    tell_approvers(proposal)
    return proposal


@transaction.atomic
def propose_file(*, scheme: Scheme, record: SchemeRecord) -> Proposal:
    """Propose what a reviewed file says of a scheme that people keep by hand; it replaces an older file's proposal."""
    check_record(record)
    now = timezone.now()
    scheme.proposals.from_files().open().update(state=Proposal.State.WITHDRAWN, decided_at=now)
    proposal = Proposal.objects.create(
        key=scheme.source_key,
        scheme=scheme,
        base=scheme.current,
        record=plain(record),
        digest=digest_of(record),
        comment="Le fichier du catalogue a changé ; la fiche en vigueur a été publiée à la main.",
        state=Proposal.State.PROPOSED,
        written_at=now,
        proposed_at=now,
    )
    tell_approvers(proposal)
    return proposal


@transaction.atomic
def withdraw(*, proposal: Proposal, author: User) -> Proposal:
    """Take back one's own draft or proposal."""
    proposal = hold(proposal)
    check("withdraw", proposal=proposal, user=author)
    decide(proposal, Proposal.State.WITHDRAWN, by=author)
    return proposal


@transaction.atomic
def reopen(*, proposal: Proposal, author: User) -> Proposal:
    """Make a draft again of what was proposed, approved for a later day, or withdrawn."""
    proposal = hold(proposal)
    check("reopen", proposal=proposal, user=author)
    _make_draft(proposal)
    return proposal


def need_editor(user: User) -> None:
    if not user.may_edit_catalogue:
        raise PermissionDenied


def check_written(proposal: Proposal, user: User) -> None:
    """Refuse who wrote nothing of a proposal."""
    need_editor(user)
    if not proposal.is_written_by(user):
        raise PermissionDenied


def hold(proposal: Proposal) -> Proposal:
    """Return a proposal that nobody else changes until the end of the transaction."""
    return Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)


def decide(proposal: Proposal, state: str, *, by: User, comment: str = "") -> None:
    """Write a decision down, with who made it and why."""
    proposal.state, proposal.decided_by, proposal.decided_at = state, by, timezone.now()
    proposal.decision_comment = comment.strip()
    proposal.save()
