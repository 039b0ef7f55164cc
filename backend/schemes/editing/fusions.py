"""One of two sheets of ours gives way to the other: proposed by one person, done by another one, undone if need be.

Nothing of the sheet that gives way is lost: it is archived, its versions, what was matched with it and what people
decided stay as they are. What names it in force names the other from then on, by new versions that say why.
"""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from backend.accounts.models import Membership, User
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email
from backend.schemes.catalogue.lifecycle import PublishingError, check_fusion
from backend.schemes.catalogue.merging import put_together
from backend.schemes.catalogue.publishable import mistakes_in
from backend.schemes.catalogue.publishing import put_in_force
from backend.schemes.catalogue.record_types import RelationRecord, SchemeRecord
from backend.schemes.catalogue.records import BROKEN, definition_of, digest_of, plain, read_record
from backend.schemes.catalogue.relations import hold_relations
from backend.schemes.catalogue.revising import write_revision
from backend.schemes.catalogue.succession import successors
from backend.schemes.catalogue.variants import in_force, is_same
from backend.schemes.editing.archiving import archive, put_back
from backend.schemes.models import Counterpart, Criterion, Definition, Fusion, Proposal, Revision, Scheme

RULE = "fusion de deux fiches"


# -- proposing


@transaction.atomic
def propose_fusion(*, gone: Revision, stays: Revision, author: User, why: str) -> Fusion:
    """Propose that a sheet give way to another one, having read a version of each; the approvers are told."""
    need_editor(author)
    if not why.strip():
        raise PublishingError("Dites pourquoi c’est le même dispositif : la personne qui décide le lira.")
    held = _hold(gone.scheme_id, stays.scheme_id)
    if len(held) < 2:
        raise PublishingError("Il faut deux fiches différentes.")
    leaving, staying = held[gone.scheme_id], held[stays.scheme_id]
    _check_read(leaving, gone)
    _check_read(staying, stays)
    _check_possible(leaving, staying)
    begun = Q(gone__in=held) | Q(stays=leaving, state=Fusion.State.PROPOSED)
    standing = Fusion.objects.standing().filter(begun).first()
    if standing:
        raise PublishingError(f"Une fusion attend déjà une décision : « {standing} ».")
    fusion = Fusion.objects.create(
        gone=leaving,
        stays=staying,
        gone_revision=gone,
        stays_revision=stays,
        why=why.strip(),
        proposed_by=author,
        proposed_at=timezone.now(),
    )
    for reader in approvers_of(fusion):
        _tell("fusion_notice", f"fusion:{fusion.pk}:proposed:{reader.pk}", fusion, reader)
    return fusion


def _check_possible(gone: Scheme, stays: Scheme) -> None:
    """Refuse what could not be done today."""
    for scheme in (gone, stays):
        if scheme.source != Scheme.OWN or scheme.current is None:
            raise PublishingError("Seules deux fiches de notre catalogue se réunissent.")
        if scheme.state == Scheme.State.ARCHIVED:
            raise PublishingError(f"« {scheme} » est archivé.")
    if stays.state != Scheme.State.PUBLISHED:
        raise PublishingError(f"« {stays} » n’est pas publié : la fiche qui reste doit l’être.")
    started = gone.proposals.open().select_related("author").first()
    if started:
        raise PublishingError(
            f"Une proposition est en cours sur « {gone} » ({started.writer}, {started.get_state_display()}) : "
            "publiez-la, refusez-la ou faites-la retirer d’abord, pour que rien ne se perde."
        )


def names_of(scheme: Scheme) -> QuerySet[Scheme]:
    """Return the sheets of ours, archived ones left out, whose version in force names a scheme."""
    rows = Criterion.objects.annotate(text=Cast("definition", TextField()))
    asked = rows.filter(text__contains=f'"{scheme.key}"').values("revision")
    named = Q(current__variant_of=scheme.source_key) | Q(current__relations__other_key=scheme.source_key)
    schemes = Scheme.objects.of_source(Scheme.OWN).described().exclude(state=Scheme.State.ARCHIVED)
    return schemes.filter(named | Q(current__in=asked)).exclude(pk=scheme.pk).distinct()


def renamed(record: SchemeRecord, *, gone: Scheme, stays: Scheme) -> SchemeRecord:
    """Return a record that names the scheme that stays wherever it named the other one; of itself, it says nothing."""
    itself = record["key"] == stays.source_key
    relations: list[RelationRecord] = []
    for row in record["relations"]:
        is_named = row["scheme"] == gone.source_key
        changed: RelationRecord = {**row, "scheme": stays.source_key} if is_named else row
        known = {(each["kind"], each["scheme"]) for each in relations}
        if not (is_named and itself) and (changed["kind"], changed["scheme"]) not in known:
            relations.append(changed)
    parent = record.get("variant_of")
    if parent == gone.source_key:
        parent = None if itself else stays.source_key
    return {
        **record,
        "variant_of": parent,
        "relations": relations,
        "criteria": [{**row, **_asking(definition_of(row), gone.key, stays.key)} for row in record["criteria"]],
    }


def _asking(definition: Definition, gone: str, stays: str) -> Definition:
    """Return a condition that asks of one scheme what it asked of the other, at any depth."""
    found = definition.copy()
    if found["kind"] == "holds_scheme":
        if wanted := found.get("any_of"):
            found["any_of"] = _once(wanted, gone, stays)
        if excluded := found.get("none_of"):
            found["none_of"] = _once(excluded, gone, stays)
    parts = found.get("of")
    if isinstance(parts, list):
        found["of"] = [_asking(part, gone, stays) for part in parts]
    elif parts is not None:
        found["of"] = _asking(parts, gone, stays)
    return found


def _once(keys: list[str], gone: str, stays: str) -> list[str]:
    return list(dict.fromkeys(stays if key == gone else key for key in keys))


# -- deciding


@transaction.atomic
def carry_out(*, fusion: Fusion, approver: User, gone: Revision, stays: Revision, comment: str = "") -> Fusion:
    """Let one sheet give way to the other, having read a version of each."""
    hold_relations()
    fusion = _held(fusion)
    check_fusion("carry_out", fusion=fusion, user=approver)
    held = _hold(fusion.gone_id, fusion.stays_id)
    leaving, staying = held[fusion.gone_id], held[fusion.stays_id]
    _check_read(leaving, gone)
    _check_read(staying, stays)
    _check_possible(leaving, staying)
    followers = list(names_of(leaving).select_related("current__scheme").order_by("pk"))
    archive(scheme=leaving, approver=approver, reason=fusion.why)
    fusion.gone_revision, fusion.stays_revision = gone, stays
    _decide(fusion, Fusion.State.DONE, by=approver, comment=comment)
    why = f"« {leaving} » est réuni à « {staying} » (proposé par {fusion.proposed_by}, fait par {approver})."
    for scheme in followers:
        record = renamed(read_record(in_force(scheme)), gone=leaving, stays=staying)
        proposal = _put(scheme.pk, record, why)
        if proposal:
            fusion.followed.add(proposal)
    moved = Counterpart.objects.in_force().filter(ours=leaving)
    fusion.moved.set(moved)
    moved.update(ours=staying)
    _tell_author(fusion)
    return fusion


@transaction.atomic
def refuse_fusion(*, fusion: Fusion, approver: User, comment: str) -> Fusion:
    """Refuse a fusion, saying why; who proposed it is told."""
    fusion = _held(fusion)
    check_fusion("refuse", fusion=fusion, user=approver, reason=comment)
    _decide(fusion, Fusion.State.REFUSED, by=approver, comment=comment)
    _tell_author(fusion)
    return fusion


@transaction.atomic
def withdraw_fusion(*, fusion: Fusion, author: User) -> Fusion:
    """Take back one's own proposal."""
    fusion = _held(fusion)
    check_fusion("withdraw", fusion=fusion, user=author)
    _decide(fusion, Fusion.State.WITHDRAWN, by=author)
    return fusion


@transaction.atomic
def undo_fusion(*, fusion: Fusion, approver: User, why: str) -> list[Scheme]:
    """Put back the sheet that gave way, and let what named it name it again.

    Return the sheets that somebody changed since in a way that cannot be put together: they stay as they are.
    """
    hold_relations()
    fusion = _held(fusion)
    check_fusion("undo", fusion=fusion, user=approver, reason=why)
    last = successors()[fusion.gone_id]
    fusion.state, fusion.undone_by, fusion.undone_at = Fusion.State.UNDONE, approver, timezone.now()
    fusion.undone_why = why.strip()
    fusion.save()
    told = f"La fusion de « {fusion.gone} » et de « {fusion.stays} » est défaite par {approver} : {why.strip()}"
    left = []
    for proposal in fusion.followed.select_related("scheme__current__scheme", "base__scheme").order_by("pk"):
        record = _before(proposal)
        if record is None:
            left.append(proposal.scheme)
        elif proposal.scheme:
            _put(proposal.scheme.pk, record, told)
    put_back(scheme=fusion.gone, approver=approver)
    fusion.moved.filter(ended_at__isnull=True, ours__in=(fusion.stays_id, last)).update(ours=fusion.gone)
    return [scheme for scheme in left if scheme is not None]


def _before(proposal: Proposal) -> SchemeRecord | None:
    """Return what a sheet says today without what the fusion changed in it; nothing where both changed one thing."""
    if proposal.scheme is None or proposal.base is None or proposal.scheme.current is None:
        return None
    current = read_record(proposal.scheme.current)
    merge = put_together(base=proposal.record, mine=read_record(proposal.base), theirs=current)
    return None if merge.conflicts else merge.record()


def _put(pk: int, record: SchemeRecord, why: str) -> Proposal | None:
    """Put a version in force that follows from a fusion: its proposal says so."""
    scheme = Scheme.objects.select_for_update(of=("self",)).select_related("current__scheme").get(pk=pk)
    base = in_force(scheme)
    if is_same(record, read_record(base)):
        return None
    mistakes = mistakes_in(record, base=scheme.current) if scheme.state == Scheme.State.PUBLISHED else []
    if mistakes:
        raise PublishingError(f"« {scheme} », qui nomme ce dispositif, ne pourrait pas suivre. {mistakes[0]}")
    try:
        revision = write_revision(record, scheme=scheme)
    except BROKEN as error:
        raise PublishingError(f"« {scheme} » ne pourrait pas suivre : {error}") from error
    put_in_force(scheme=scheme, revision=revision, state=scheme.state)
    now = timezone.now()
    return Proposal.objects.create(
        key=scheme.source_key,
        scheme=scheme,
        base=base,
        record=plain(record),
        digest=digest_of(record),
        comment=why,
        rule=RULE,
        state=Proposal.State.PUBLISHED,
        written_at=now,
        proposed_at=now,
        decided_at=now,
        revision=revision,
    )


# -- rights and locks


def approvers_of(fusion: Fusion) -> Iterable[User]:
    """Return who may decide on a fusion."""
    approving = User.objects.filter(memberships__in=Membership.objects.approving()).distinct()
    return approving.exclude(pk=fusion.proposed_by_id)


def need_editor(user: User) -> None:
    if not user.may_edit_catalogue:
        raise PermissionDenied


def _held(fusion: Fusion) -> Fusion:
    rows = Fusion.objects.select_for_update(of=("self",)).select_related("gone__current", "stays__current")
    return rows.get(pk=fusion.pk)


def _hold(*schemes: int) -> dict[int, Scheme]:
    """Return schemes as they are now, that nobody else changes until the end of the transaction."""
    rows = Scheme.objects.select_for_update(of=("self",)).select_related("current__scheme")
    return {scheme.pk: scheme for scheme in rows.filter(pk__in=schemes).order_by("pk")}


def _check_read(scheme: Scheme, revision: Revision) -> None:
    if scheme.current_id != revision.pk:
        raise PublishingError(f"« {scheme} » a changé pendant que vous lisiez. Rien n’a été fait : relisez.")


def _decide(fusion: Fusion, state: str, *, by: User, comment: str = "") -> None:
    fusion.state, fusion.decided_by, fusion.decided_at = state, by, timezone.now()
    fusion.decision_comment = comment.strip()
    fusion.save()


# -- telling


def _tell_author(fusion: Fusion) -> None:
    if fusion.proposed_by.is_active:
        _tell("fusion_decided", f"fusion:{fusion.pk}:decided", fusion, fusion.proposed_by)


def _tell(kind: str, key: str, fusion: Fusion, reader: User) -> None:
    url = absolute_url("admin:schemes_fusion_change", fusion.pk)
    message = render(kind, {"fusion": fusion, "reader": reader, "url": url})
    enqueue_email(kind=kind, key=key, recipient=reader.email, message=message)
