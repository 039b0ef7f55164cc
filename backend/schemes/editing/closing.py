"""Closing a scheme's window at once, or proposing to: only its window changes.

A closed scheme that is shown open costs firms work for nothing, so one person may close alone; somebody else reads it
afterwards, and may open it again at once (``docs/adr``). Opening always takes two people otherwise.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.catalogue.drafts import hold, propose, write_draft
from backend.schemes.catalogue.emails import approvers_to_tell, context_of, tell, tell_undone
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.publishable import refuse_unpublishable
from backend.schemes.catalogue.publishing import put_proposal_in_force
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import normalise, read_record
from backend.schemes.catalogue.relations import hold_relations
from backend.schemes.models import Proposal, Revision, Scheme

State = Revision.WindowState
SHUT = (State.SUSPENDED, State.EXHAUSTED, State.CLOSED)


def with_window(record: SchemeRecord, *, state: str, note: str) -> SchemeRecord:
    """Return a record whose window alone says something else."""
    if state not in SHUT:
        raise PublishingError(f"« {state} » ne ferme pas un dispositif ; choisissez suspendu, épuisé ou fermé.")
    return {**record, "window": {**record["window"], "state": state, "note": note.strip() or None}}


@transaction.atomic
def propose_to_close(*, scheme: Scheme, author: User, state: str, note: str, reason: str) -> Proposal:
    """Propose that a window be closed, in one go: a draft that is sent to be read at once."""
    draft = _draft(scheme, author, state, note, reason)
    return propose(proposal=draft, author=author)


@transaction.atomic
def close_now(*, scheme: Scheme, author: User, state: str, note: str, reason: str) -> Revision:
    """Close a window alone, at once; the approvers are asked to read it afterwards."""
    hold_relations()
    draft = hold(_draft(scheme, author, state, note, reason))
    return put_in_force_alone(draft, author)


@transaction.atomic
def confirm(*, proposal: Proposal, reader: User) -> Proposal:
    """Say, after somebody put something in force alone, that it is right."""
    proposal = hold(proposal)
    _check_reader(proposal, reader)
    proposal.checked_by, proposal.checked_at = reader, timezone.now()
    proposal.save(update_fields=["checked_by", "checked_at"])
    return proposal


@transaction.atomic
def open_again(*, proposal: Proposal, reader: User, reason: str) -> Revision:
    """Put back the window that somebody closed alone and wrongly: in force at once too, and read afterwards."""
    hold_relations()
    proposal = hold(proposal)
    _check_reader(proposal, reader)
    if not reason.strip():
        raise PublishingError("Dites pourquoi : la personne qui a fermé ce dispositif le lira.")
    if not changes_window(proposal):
        raise PublishingError(
            "Ce changement n’a pas changé l’ouverture : confirmez-le, ou revenez à la version d’avant."
        )
    scheme = Scheme.objects.select_related("current__scheme").filter(proposals=proposal).first()
    if scheme is None or scheme.current is None or scheme.current_id != proposal.revision_id or proposal.base is None:
        raise PublishingError("La fiche a changé depuis : proposez une modification.")
    record: SchemeRecord = {**read_record(scheme.current), "window": read_record(proposal.base)["window"]}
    draft = write_draft(author=reader, record=record, scheme=scheme, base=scheme.current, comment=reason)
    proposal.checked_by, proposal.checked_at = reader, timezone.now()
    proposal.save(update_fields=["checked_by", "checked_at"])
    tell_undone(proposal, by=reader, why=reason)
    return put_in_force_alone(hold(draft), reader)


def may_read_after(proposal: Proposal, user: User) -> bool:
    """Tell whether a person may confirm what another one put in force alone, or undo it."""
    return waits_for_a_reader(proposal) and user.may_approve_catalogue and not proposal.is_written_by(user)


def waits_for_a_reader(proposal: Proposal) -> bool:
    """Tell whether one person put this in force, and nobody else has read it yet."""
    return proposal.is_urgent and proposal.checked_at is None


def changes_window(proposal: Proposal) -> bool:
    """Tell whether a proposal says another window than the version that it was written on."""
    before = read_record(proposal.base)["window"] if proposal.base else None
    return normalise(proposal.record)["window"] != before


def _draft(scheme: Scheme, author: User, state: str, note: str, reason: str) -> Proposal:
    if not reason.strip():
        raise PublishingError("Dites pourquoi, et où vous l’avez lu : qui relira en a besoin.")
    if scheme.source != Scheme.OWN or scheme.state != Scheme.State.PUBLISHED or scheme.current is None:
        raise PublishingError("Seul un dispositif publié peut être fermé.")
    if state in SHUT and scheme.current.window_state == state:
        raise PublishingError(f"Ce dispositif est déjà « {scheme.current.get_window_state_display()} ».")
    record = with_window(read_record(scheme.current), state=state, note=note)
    return write_draft(author=author, record=record, scheme=scheme, base=scheme.current, comment=reason)


def put_in_force_alone(proposal: Proposal, author: User) -> Revision:
    """Put in force what one person wrote and nobody read, within a transaction; ask the others to read it."""
    refuse_unpublishable(proposal.record, base=proposal.base)
    proposal.is_urgent, proposal.proposed_at = True, timezone.now()
    revision = put_proposal_in_force(proposal, by=author, comment=proposal.comment)
    for reader in approvers_to_tell(proposal):
        tell("proposal_urgent", f"proposal:{proposal.pk}:urgent:{reader.pk}", reader, context_of(proposal))
    return revision


def _check_reader(proposal: Proposal, reader: User) -> None:
    if not reader.may_approve_catalogue or proposal.is_written_by(reader):
        raise PermissionDenied
    if not proposal.is_urgent or proposal.checked_at is not None:
        raise PublishingError("Ce changement est déjà relu.")
