"""From a proposal to a revision in force: one person writes, another one publishes.

Rights are checked here, whoever calls: an editor proposes, an approver who is not the author decides.
"""

from collections.abc import Collection, Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.comparison import differences
from backend.schemes.lifecycle import PublishingError as PublishingError
from backend.schemes.lifecycle import check, check_scheme
from backend.schemes.merging import put_together
from backend.schemes.models import CatalogueTask, Counterpart, Proposal, Revision, Scheme, WindowObservation
from backend.schemes.public_reports import enqueue_answer
from backend.schemes.records import (
    BROKEN,
    Record,
    RecordError,
    check_record,
    digest_of,
    plain,
    read_record,
    write_revision,
)
from backend.schemes.relations import contradiction_with, hold_relations
from backend.schemes.succession import why_gone
from backend.schemes.telling import tell, tell_approvers, tell_author
from backend.schemes.variants import chain_with, followed, in_force, is_same, variants_of, why_followed


class OutdatedError(PublishingError):
    """Another revision was published since the proposal was written."""


class EditedError(PublishingError):
    """Somebody saved the same draft since it was read; both are kept, to be put together."""


# -- writing


@transaction.atomic
def write_draft(
    *,
    author: User,
    record: Record,
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
    _need_editor(author)
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
    *, proposal: Proposal, author: User, record: Record, comment: str = "", version: int | None = None
) -> Proposal:
    """Change a draft, one's own or another editor's: both have then written it, and neither decides.

    ``version`` is the one that the author read; raises ``EditedError`` where somebody saved another one since.
    """
    _need_editor(author)
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
def rebase_draft(*, proposal: Proposal, author: User, record: Record, base: Revision | None) -> Proposal:
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


def _write(proposal: Proposal, record: Record, comment: str) -> None:
    _check_key(proposal, record)
    record = plain(record)
    try:
        check_record(record)
    except RecordError as error:
        raise PublishingError(f"La fiche n’est pas bien formée : {error}") from error
    if not differences(read_record(proposal.base) if proposal.base else None, record):
        raise PublishingError("La fiche proposée ne change rien à la version de départ.")
    proposal.record, proposal.digest, proposal.comment = record, digest_of(record), comment.strip()


def _check_key(proposal: Proposal, record: Record) -> None:
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
    refuse_unpublishable(proposal.record)
    proposal.state = Proposal.State.PROPOSED
    proposal.proposed_at = timezone.now()
    proposal.save(update_fields=["state", "proposed_at"])
    tell_approvers(proposal)
    return proposal


@transaction.atomic
def propose_file(*, scheme: Scheme, record: Record) -> Proposal:
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


# -- deciding


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
    refuse_unpublishable(proposal.record)
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
    record: Record,
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
    refuse_unpublishable(record)
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
    before = scheme.current
    scheme.current = revision
    scheme.state = state
    scheme.changed_at = timezone.now()
    scheme.save(update_fields=["current", "state", "changed_at"])
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
    variant: Scheme, record: Record, *, parent: Revision, waiting: Proposal | None, conflicts: Iterable[str] = ()
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


def refuse_unpublishable(record: Record) -> None:
    """Refuse a record that is well formed and that nobody should publish all the same."""
    for reason in _why_unpublishable(record):
        raise PublishingError(reason)


def _why_unpublishable(record: Record) -> Iterable[str]:
    if record["confidence"] == Revision.Confidence.TO_VERIFY:
        yield (
            "Une fiche non vérifiée ne peut pas être publiée : vérifiez-la, puis indiquez « vérifié » ou « vérifié en "
            "partie »."
        )
    if not any(row.get("url") or row.get("dated") for row in record["sources"]):
        yield "Il faut au moins une source qui ait une adresse ou une date."
    if contradiction := contradiction_with(record):
        yield contradiction.text
    if chain := chain_with(record):
        yield chain
    if gone := why_gone(record["key"]):
        yield gone


def mistakes_in(record: Record) -> list[str]:
    """Return why a record could not be published as it stands: read by the very code that publishes."""
    try:
        check_record(record)
    except RecordError as error:
        return [str(error)]
    return list(_why_unpublishable(record))


# -- schemes and reports


@transaction.atomic
def archive(*, scheme: Scheme, approver: User, reason: str) -> Scheme:
    """Take a scheme out of every ranking, saying why; what was matched with it stays readable."""
    scheme = Scheme.objects.select_for_update(of=("self",)).get(pk=scheme.pk)
    check_scheme("archive", scheme=scheme, user=approver, reason=reason)
    return _change_state(scheme, Scheme.State.ARCHIVED)


@transaction.atomic
def put_back(*, scheme: Scheme, approver: User) -> Scheme:
    """Put an archived scheme back as it was: published, or a draft where its sheet is not verified."""
    hold_relations()
    scheme = Scheme.objects.select_for_update(of=("self",)).get(pk=scheme.pk)
    check_scheme("put_back", scheme=scheme, user=approver)
    if gone := why_gone(scheme.source_key):
        raise PublishingError(gone)
    current = scheme.current
    contradiction = contradiction_with(read_record(current)) if current else None
    if contradiction:
        raise PublishingError(f"Ce dispositif ne peut pas revenir tel quel. {contradiction.text}")
    if current and (chain := chain_with(read_record(current))):
        raise PublishingError(f"Ce dispositif ne peut pas revenir tel quel. {chain}")
    is_verified = current is not None and current.confidence != Revision.Confidence.TO_VERIFY
    return _change_state(scheme, Scheme.State.PUBLISHED if is_verified else Scheme.State.DRAFT)


def _change_state(scheme: Scheme, state: str) -> Scheme:
    scheme.state = state
    scheme.changed_at = timezone.now()
    scheme.save(update_fields=["state", "changed_at"])
    return scheme


@transaction.atomic
def close_task(*, task: CatalogueTask, editor: User, answer: str) -> CatalogueTask:
    """Answer what was reported as wrong in a sheet; who reported it is told, a visitor where there is an address."""
    _need_editor(editor)
    task = CatalogueTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if task.closed_at is not None:
        raise PublishingError("Ce signalement est déjà traité.")
    if not answer.strip():
        raise PublishingError("Écrivez une réponse : elle reste dans la fiche, et qui a signalé l’erreur la reçoit.")
    task.closed_at, task.closed_by, task.answer = timezone.now(), editor, answer.strip()
    task.save(update_fields=["closed_at", "closed_by", "answer"])
    if task.reported_by and task.reported_by.is_active and task.reported_by_id != editor.pk:
        tell("catalogue_task_closed", f"catalogue_task:{task.pk}:closed", task.reported_by, {"task": task})
    enqueue_answer(task)
    return task


# -- rights


def _need_editor(user: User) -> None:
    if not user.may_edit_catalogue:
        raise PermissionDenied


def check_written(proposal: Proposal, user: User) -> None:
    """Refuse who wrote nothing of a proposal."""
    _need_editor(user)
    if not proposal.is_written_by(user):
        raise PermissionDenied


def hold(proposal: Proposal) -> Proposal:
    """Return a proposal that nobody else changes until the end of the transaction."""
    return Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)


def hold_scheme(proposal: Proposal) -> Scheme:
    """Return the scheme of a proposal, made on the spot for a new one, held until the end of the transaction."""
    if proposal.scheme is None:
        Scheme.objects.get_or_create(source=Scheme.OWN, source_key=proposal.key)
    return Scheme.objects.select_for_update(of=("self",)).get(source=Scheme.OWN, source_key=proposal.key)


def decide(proposal: Proposal, state: str, *, by: User, comment: str = "") -> None:
    """Write a decision down, with who made it and why."""
    proposal.state, proposal.decided_by, proposal.decided_at = state, by, timezone.now()
    proposal.decision_comment = comment.strip()
    proposal.save()
