"""Going back at once, alone, from the version in force to the one before it.

Two people had published both: nothing new comes in force, so one approver may do it, and somebody else reads it
afterwards (ADR 15). The window never changes this way: nobody opens a scheme alone.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.catalogue.drafts import hold, write_draft
from backend.schemes.catalogue.emails import tell_undone
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.relations import hold_relations
from backend.schemes.editing.closing import changes_window, may_read_after, put_in_force_alone, waits_for_a_reader
from backend.schemes.models import Proposal, Revision, Scheme


def may_go_back(proposal: Proposal, user: User) -> bool:
    """Tell whether a person may go back, alone, to what was in force before a published proposal."""
    return _is_one(proposal, user) and not _why_not(proposal)


@transaction.atomic
def go_back(*, proposal: Proposal, approver: User, reason: str) -> Revision:
    """Put in force again what a published proposal replaced; the other approvers are asked to read it afterwards.

    Raises ``PublishingError`` where the sheet changed since, where its window did, or where nobody else has read the
    version that it would go back to; ``PermissionDenied`` for who does not approve, or wrote what waits to be read.
    """
    hold_relations()
    proposal = hold(proposal)
    if not _is_one(proposal, approver):
        raise PermissionDenied
    if not reason.strip():
        raise PublishingError("Dites pourquoi : qui relira après coup en a besoin.")
    scheme, base, why = proposal.scheme, proposal.base, _why_not(proposal)
    if why or scheme is None or base is None:
        raise PublishingError(why)
    if waits_for_a_reader(proposal):
        proposal.checked_by, proposal.checked_at = approver, timezone.now()
        proposal.save(update_fields=["checked_by", "checked_at"])
    draft = write_draft(
        author=approver,
        record=read_record(base),
        scheme=scheme,
        base=scheme.current,
        comment=f"Retour à la version {base.number}. {reason.strip()}",
    )
    tell_undone(proposal, by=approver, why=reason)
    return put_in_force_alone(hold(draft), approver)


def _is_one(proposal: Proposal, user: User) -> bool:
    return user.may_approve_catalogue and (not waits_for_a_reader(proposal) or may_read_after(proposal, user))


def _why_not(proposal: Proposal) -> str:
    """Say why nobody goes back from a proposal alone; nothing where one may."""
    scheme, base = proposal.scheme, proposal.base
    if proposal.state != Proposal.State.PUBLISHED or scheme is None or base is None:
        return "Seul un changement publié se défait : il n’y a pas de version d’avant."
    if proposal.rule:  # a fusion or a page: each is undone where it was decided, with all that followed from it
        return "Cette version a été publiée par une règle : proposez d’annuler ce changement, ou défaites la fusion."
    if scheme.state != Scheme.State.PUBLISHED:
        return "Ce dispositif n’est pas publié : il n’y a rien à défaire pour les entreprises."
    if scheme.current_id != proposal.revision_id:
        return "La fiche a changé depuis : proposez une modification."
    if changes_window(proposal):
        return (
            "Cette version a aussi changé l’ouverture, et personne n’ouvre un dispositif seul : proposez d’annuler ce "
            "changement, ou fermez le dispositif en attendant."
        )
    before = Proposal.objects.filter(revision=base).first()
    if before is not None and waits_for_a_reader(before):
        return (
            f"La version {base.number} a été mise en vigueur seule, et personne d’autre n’a encore relu ce changement."
        )
    return ""
