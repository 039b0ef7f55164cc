"""Rebasing a proposal on the version in force: in place while it is open and one's own, as a new draft otherwise."""

from collections.abc import Mapping

from django.db import transaction

from backend.accounts.models import User
from backend.schemes.catalogue.drafts import EditedError, hold, rebase_draft, rewrite_draft, write_draft
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.merging import Merge, Side, put_together
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import read_record
from backend.schemes.models import Proposal


def merge_on_current(proposal: Proposal) -> Merge:
    """Put what a proposal changes together with what was published since; mine is the proposal."""
    current = proposal.in_force
    base = read_record(proposal.base) if proposal.base else None
    return put_together(base=base, mine=proposal.record, theirs=read_record(current) if current else proposal.record)


@transaction.atomic
def take_up(*, proposal: Proposal, editor: User, choices: Mapping[str, Side], current: str) -> Proposal:
    """Make a draft of a proposal on the version in force, with what was chosen where both changed a field.

    ``current`` is the version that the editor read, as the page names it: the choices are for that one.
    """
    proposal = hold(proposal)
    in_force = proposal.in_force
    if str(in_force.pk if in_force else "") != current:
        raise PublishingError("Une autre version a été publiée pendant que vous choisissiez : regardez de nouveau.")
    record = merge_on_current(proposal).record(choices)
    if proposal.is_open and proposal.is_written_by(editor):
        return rebase_draft(proposal=proposal, author=editor, record=record, base=in_force)
    return write_draft(
        author=editor,
        record=record,
        scheme=in_force.scheme if in_force else None,
        base=in_force,
        comment=proposal.comment,
        task=proposal.task,
        imported=proposal.imported,
    )


def merge_edits(*, proposal: Proposal, version: int, mine: SchemeRecord) -> Merge:
    """Put what somebody writes together with what was saved since they read a draft."""
    read = proposal.edits.filter(version=version).first()
    return put_together(base=read.record if read else None, mine=mine, theirs=proposal.record)


@transaction.atomic
def save_over(
    *,
    proposal: Proposal,
    author: User,
    mine: SchemeRecord,
    comment: str,
    version: int,
    seen: int,
    choices: Mapping[str, Side] | None,
) -> tuple[Proposal, Merge | None]:
    """Save what somebody wrote over a draft that others saved since; return what was put together, if anything was.

    ``version`` is the one that was read first, ``seen`` the one that the choices were made on. Raises ``EditedError``
    where a person has to choose, or where yet another one was saved.
    """
    proposal = hold(proposal)
    if proposal.version == version:
        saved = rewrite_draft(proposal=proposal, author=author, record=mine, comment=comment, version=version)
        return saved, None
    merge = merge_edits(proposal=proposal, version=version, mine=mine)
    if merge.conflicts and (choices is None or seen != proposal.version):
        raise EditedError("Quelqu’un a enregistré ce brouillon pendant que vous l’écriviez.")
    both = "\n".join(dict.fromkeys(text for text in (proposal.comment, comment.strip()) if text))
    saved = rewrite_draft(proposal=proposal, author=author, record=merge.record(choices), comment=both)
    return saved, merge
