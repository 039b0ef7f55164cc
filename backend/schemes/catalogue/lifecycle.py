"""What can become of a proposal, of a scheme and of a fusion: from which state to which, by whom, with what reason.

This table is the only one: services refuse what is not in it, pages offer what is, ``docs/catalogue.md`` prints it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import PermissionDenied

from backend.accounts.models import User
from backend.schemes.models import Fusion, Proposal, Scheme

Of, In, Joined = Proposal.State, Scheme.State, Fusion.State


class PublishingError(ValueError):
    """What was asked cannot be done, with a sentence for the editor."""


class Who(StrEnum):
    """Who may make a transition, in the words of the page."""

    WRITER = "qui l’a écrite"
    OTHER_APPROVER = "un relecteur qui ne l’a pas écrite"
    APPROVER = "un relecteur"
    CLOCK = "le service, le jour venu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A way from some states to another one."""

    name: str
    label: str
    starts: tuple[str, ...]
    ends: str
    who: Who
    must_explain: bool = False
    undone_by: str = ""


PROPOSALS: dict[str, Transition] = {
    one.name: one
    for one in (
        Transition(
            name="propose",
            label="Envoyer à la relecture",
            starts=(Of.DRAFT,),
            ends=Of.PROPOSED,
            who=Who.WRITER,
            undone_by="reopen",
        ),
        Transition(
            name="publish",
            label="Publier cette version",
            starts=(Of.PROPOSED, Of.APPROVED),
            ends=Of.PUBLISHED,
            who=Who.OTHER_APPROVER,
        ),
        Transition(
            name="approve",
            label="Approuver pour un autre jour",
            starts=(Of.PROPOSED,),
            ends=Of.APPROVED,
            who=Who.OTHER_APPROVER,
            undone_by="disapprove",
        ),
        Transition(
            name="publish_on_its_day",
            label="Publication le jour choisi",
            starts=(Of.APPROVED,),
            ends=Of.PUBLISHED,
            who=Who.CLOCK,
        ),
        Transition(
            name="send_back",
            label="Renvoi à la relecture : elle ne pouvait pas être publiée ce jour-là",
            starts=(Of.APPROVED,),
            ends=Of.PROPOSED,
            who=Who.CLOCK,
            must_explain=True,
        ),
        Transition(
            name="disapprove",
            label="Annuler l’approbation",
            starts=(Of.APPROVED,),
            ends=Of.PROPOSED,
            who=Who.OTHER_APPROVER,
            must_explain=True,
            undone_by="approve",
        ),
        Transition(
            name="refuse",
            label="Refuser la proposition",
            starts=(Of.PROPOSED,),
            ends=Of.REFUSED,
            who=Who.OTHER_APPROVER,
            must_explain=True,
        ),
        Transition(
            name="reopen",
            label="Reprendre en brouillon",
            starts=(Of.PROPOSED, Of.APPROVED, Of.WITHDRAWN),
            ends=Of.DRAFT,
            who=Who.WRITER,
            undone_by="propose",
        ),
        Transition(
            name="withdraw",
            label="Retirer la proposition",
            starts=(Of.DRAFT, Of.PROPOSED),
            ends=Of.WITHDRAWN,
            who=Who.WRITER,
            undone_by="reopen",
        ),
    )
}

SCHEMES: dict[str, Transition] = {
    one.name: one
    for one in (
        Transition(
            name="archive",
            label="Archiver ce dispositif",
            starts=(In.DRAFT, In.PUBLISHED),
            ends=In.ARCHIVED,
            who=Who.APPROVER,
            must_explain=True,
            undone_by="put_back",
        ),
        Transition(
            name="put_back",
            label="Remettre ce dispositif au catalogue",
            starts=(In.ARCHIVED,),
            ends=In.PUBLISHED,
            who=Who.APPROVER,
            undone_by="archive",
        ),
    )
}

FUSIONS: dict[str, Transition] = {
    one.name: one
    for one in (
        Transition(
            name="carry_out",
            label="Réunir ces deux fiches",
            starts=(Joined.PROPOSED,),
            ends=Joined.DONE,
            who=Who.OTHER_APPROVER,
            undone_by="undo",
        ),
        Transition(
            name="refuse",
            label="Refuser la fusion",
            starts=(Joined.PROPOSED,),
            ends=Joined.REFUSED,
            who=Who.OTHER_APPROVER,
            must_explain=True,
        ),
        Transition(
            name="withdraw",
            label="Retirer la fusion",
            starts=(Joined.PROPOSED,),
            ends=Joined.WITHDRAWN,
            who=Who.WRITER,
        ),
        Transition(
            name="undo",
            label="Défaire la fusion",
            starts=(Joined.DONE,),
            ends=Joined.UNDONE,
            who=Who.APPROVER,
            must_explain=True,
        ),
    )
}


def may(name: str, *, proposal: Proposal, user: User) -> bool:
    """Tell whether a person may do this to a proposal as it stands."""
    transition = PROPOSALS[name]
    return proposal.state in transition.starts and _is_one(transition.who, proposal, user)


def offered(proposal: Proposal, user: User) -> Iterator[Transition]:
    """Return what a person may do to a proposal as it stands, in the order of the table."""
    return (one for name, one in PROPOSALS.items() if may(name, proposal=proposal, user=user))


def check(name: str, *, proposal: Proposal, user: User | None = None, reason: str = "") -> Transition:
    """Refuse a transition that this person may not make, or that the state or a missing reason forbids.

    Without a person it is the clock that asks.
    """
    transition = PROPOSALS[name]
    if user is not None:
        if not _is_one(transition.who, proposal, user):
            raise PermissionDenied
    elif transition.who != Who.CLOCK:
        raise PermissionDenied
    if proposal.state not in transition.starts:
        who = f" par {proposal.decided_by}" if proposal.decided_by else ""
        raise PublishingError(
            f"Rien n’a été changé : cette proposition est maintenant « {proposal.get_state_display()} »{who}."
        )
    if transition.must_explain and not reason.strip():
        raise PublishingError("Dites pourquoi : l’auteur reçoit ce motif par courriel.")
    return transition


def check_scheme(name: str, *, scheme: Scheme, user: User, reason: str = "") -> Transition:
    """Refuse a transition of a scheme in the same way."""
    transition = SCHEMES[name]
    if not user.may_approve_catalogue:
        raise PermissionDenied
    if scheme.state not in transition.starts:
        raise PublishingError(f"Rien n’a été changé : ce dispositif est « {scheme.get_state_display()} ».")
    if transition.must_explain and not reason.strip():
        raise PublishingError("Dites pourquoi : ce motif reste dans l’historique du dispositif.")
    return transition


def offered_of(fusion: Fusion, user: User) -> Iterator[Transition]:
    """Return what a person may do to a fusion as it stands, in the order of the table."""
    return (one for one in FUSIONS.values() if fusion.state in one.starts and _may_join(one.who, fusion, user))


def check_fusion(name: str, *, fusion: Fusion, user: User, reason: str = "") -> Transition:
    """Refuse a transition of a fusion in the same way."""
    transition = FUSIONS[name]
    if not _may_join(transition.who, fusion, user):
        raise PermissionDenied
    if fusion.state not in transition.starts:
        raise PublishingError(f"Rien n’a été changé : cette fusion est maintenant « {fusion.get_state_display()} ».")
    if transition.must_explain and not reason.strip():
        raise PublishingError("Dites pourquoi : ce motif reste avec la fusion.")
    return transition


def _may_join(who: Who, fusion: Fusion, user: User) -> bool:
    is_writer = fusion.proposed_by_id == user.pk
    if who == Who.WRITER:
        return user.may_edit_catalogue and is_writer
    return user.may_approve_catalogue and (who == Who.APPROVER or not is_writer)


def _is_one(who: Who, proposal: Proposal, user: User) -> bool:
    if who == Who.WRITER:
        return user.may_edit_catalogue and proposal.is_written_by(user)
    if who == Who.OTHER_APPROVER:
        return user.may_approve_catalogue and not proposal.is_written_by(user)
    return who == Who.APPROVER and user.may_approve_catalogue
