"""What officers say of two files of one SIREN: read together, or not; and closing one whose author is not entitled.

Whoever speaks for both files links them at once. Whoever speaks for one proposes it to the officers of the other, and
learns no more of that other file than where it is and whom to ask. Either side undoes a link.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.common.days import current_day
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.matchmaking.contents import SAME_SIREN, may_have
from backend.matchmaking.emails import (
    caller_of,
    enqueue_closed,
    enqueue_colleague,
    enqueue_link_proposal,
)
from backend.matchmaking.file_events import record_closing
from backend.matchmaking.in_charge import check_may_decide, may_decide
from backend.matchmaking.models import FileLink, Submission
from backend.matchmaking.ownership import numbers_read, read_together
from backend.matchmaking.services import compute_results_of
from backend.territories.models import ServedEpci


class FileLinkError(ValueError):
    """A link that cannot be made, with a sentence for the officer."""


def speaks_for(*, officer: User, submission: Submission) -> bool:
    """Tell whether someone may link a file: who reviews it, or who leads the territory."""
    return officer.posts.leads_territory or may_decide(officer=officer, submission=submission)


@transaction.atomic
def link_files(*, submission: Submission, other: Submission, kind: str, officer: User, on: date) -> FileLink:
    """Link two files of one SIREN, or propose it where the officer speaks for the first one only.

    Raises ``PermissionDenied`` where the officer does not speak for it, ``FileLinkError`` where it cannot be linked.
    """
    if submission == other:
        raise FileLinkError("Une demande ne se lie pas à elle-même.")
    first, second = _locked(submission.pk, other.pk)
    if not speaks_for(officer=officer, submission=submission):
        raise PermissionDenied
    if kind not in FileLink.Kind.values:
        raise FileLinkError("Dites qui a déposé l’autre demande\N{NO-BREAK SPACE}: la même personne, ou un collègue.")
    company = first.sheet.company
    if company is None or company != second.sheet.company:
        raise FileLinkError("Ces deux demandes n’ont pas le même SIREN\N{NO-BREAK SPACE}: elles ne se lient pas.")
    if Submission.objects.proven().filter(pk__in=(first.pk, second.pk)).count() < 2:
        raise FileLinkError("L’adresse de ces deux demandes doit être confirmée, et aucune ne doit être fermée.")
    standing = FileLink.objects.standing().filter(first=first, second=second).first()
    if standing and standing.company != company:  # made for another SIREN, which neither names any more
        _undo(standing, officer)
    elif standing:
        raise FileLinkError("Ces deux demandes sont déjà liées, ou leur lien est déjà proposé.")
    link = FileLink.objects.create(
        first=first,
        second=second,
        company=company,
        kind=kind,
        proposed_for=submission,
        proposed_by=officer,
        proposed_at=timezone.now(),
    )
    if speaks_for(officer=officer, submission=other):
        _agree(link, officer, on=on)
    else:
        _note(Kind.FILES_LINKED, officer, submission, detail="proposed")
        enqueue_link_proposal(link, other, by=officer, at=submission)
    return link


@transaction.atomic
def agree_link(*, link: FileLink, officer: User, on: date) -> None:
    """Accept a link that an officer of the other file proposes. Raises ``PermissionDenied`` to anyone else."""
    link = _standing(link)
    other = Submission.objects.get(pk=link.other_than(link.proposed_for_id))
    if not speaks_for(officer=officer, submission=other):
        raise PermissionDenied
    if link.agreed_at is None:
        _agree(link, officer, on=on)


@transaction.atomic
def undo_link(*, link: FileLink, officer: User, on: date) -> None:
    """Undo a link, or refuse the one that is proposed: both results are computed again, without the other file."""
    link = _standing(link)
    if not any(speaks_for(officer=officer, submission=file) for file in (link.first, link.second)):
        raise PermissionDenied
    _undo(link, officer)
    if link.agreed_at:
        compute_results_of((link.first_id, link.second_id), on=on)


def _locked(*pks: int) -> list[Submission]:
    return list(Submission.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk"))


def _standing(link: FileLink) -> FileLink:
    """Lock a link and both its files. Raises ``FileLinkError`` where somebody undid it."""
    _locked(link.first_id, link.second_id)
    found = FileLink.objects.standing().select_for_update(of=("self",)).filter(pk=link.pk).first()
    if found is None:
        raise FileLinkError("Ce lien est déjà défait.")
    return found


def _agree(link: FileLink, officer: User, *, on: date) -> None:
    link.agreed_by, link.agreed_at = officer, timezone.now()
    link.save(update_fields=["agreed_by", "agreed_at"])
    _note(Kind.FILES_LINKED, officer, link.first, link.second)
    compute_results_of((link.first_id, link.second_id), on=on)
    if link.kind == FileLink.Kind.COLLEAGUE:
        enqueue_colleague(link, to=link.first, other=link.second)
        enqueue_colleague(link, to=link.second, other=link.first)


def _undo(link: FileLink, officer: User) -> None:
    link.undone_by, link.undone_at = officer, timezone.now()
    link.save(update_fields=["undone_by", "undone_at"])
    _note(Kind.FILES_UNLINKED, officer, link.first, link.second)


def _note(kind: Kind, officer: User, *files: Submission, detail: str = "") -> None:
    """Note it of each file apart: who reads the log of one learns nothing of the other."""
    for file in files:
        record_event(kind=kind, actor=officer, submission_id=file.pk, epci_id=file.epci_id, detail=detail)


# -- an author who is not entitled


@transaction.atomic
def close_unentitled(*, submission: Submission, officer: User, on: date) -> None:
    """Close a file whose author may not speak for the firm: its links end, its alerts too, and its author is told.

    What is told mentions no other file. Raises ``PermissionDenied`` to whoever does not review the file.
    """
    (submission,) = _locked(submission.pk)
    check_may_decide(officer, submission)
    together = numbers_read(submission)
    record_closing(submission, reason=Submission.Closing.NOT_ENTITLED, actor=officer)
    for link in FileLink.objects.standing().touching(submission.pk):
        _undo(link, officer)
    compute_results_of([submission.pk, *together], on=on)
    enqueue_closed(submission)


# -- colleagues


@transaction.atomic
def share_name(*, submission: Submission, agrees: bool) -> None:
    """Let the colleagues of a contact read their name, or no more."""
    submission.name_shared_at = timezone.now() if agrees else None
    submission.save(update_fields=["name_shared_at"])


def colleagues_of(submission: Submission) -> list[str]:
    """Return the colleagues who filed for the same firm, by what each agreed to have told: a name, or nothing."""
    linked = [other.pk for other in read_together(submission)]
    if not linked:
        return []
    links = FileLink.objects.agreed().touching(submission.pk).filter(kind=FileLink.Kind.COLLEAGUE)
    others = [pk for pk in (link.other_than(submission.pk) for link in links) if pk in linked]
    files = Submission.objects.filter(pk__in=others).select_related("contact").order_by("pk")
    return [file.contact.name if file.name_shared_at else "" for file in files]


# -- what an officer reads of it


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFile:
    """A file of the same SIREN that an officer may open."""

    submission: Submission
    is_same_contact: bool
    link: FileLink | None
    may_link: bool  # the officer speaks for both
    may_undo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FileElsewhere:
    """Files of the same SIREN that an officer may not open: only where they are, and whom to ask."""

    epci: ServedEpci
    whom: str
    is_same_contact: bool
    links: tuple[FileLink, ...]  # agreed or proposed, with those files
    may_propose: bool


@dataclass(frozen=True, slots=True)
class OfTheSameSiren:
    """The other files of a SIREN, as an officer of one of them reads them."""

    files: tuple[OtherFile, ...] = ()
    elsewhere: tuple[FileElsewhere, ...] = ()
    speaks: bool = False  # the officer speaks for this file, and may undo its links

    def __bool__(self) -> bool:
        return self.n > 0

    @property
    def n(self) -> int:
        """How many lines there are to read."""
        return len(self.files) + len(self.elsewhere)


def of_the_same_siren(submission: Submission, *, viewer: User) -> OfTheSameSiren:
    """Return the other confirmed files of a SIREN for an officer who may open this one."""
    company = submission.sheet.company_id
    if company is None or submission.confirmed_at is None or not may_have(submission, SAME_SIREN):
        return OfTheSameSiren()
    rows = Submission.objects.confirmed().filter(sheet__company=company).exclude(pk=submission.pk)
    rows = rows.select_related("sheet", "contact", "epci", "officer").order_by("filed_at", "pk")
    visible = set(Submission.objects.visible_to(viewer).filter(pk__in=rows.values("pk")).values_list("pk", flat=True))
    standing = FileLink.objects.standing().touching(submission.pk).filter(company=company)
    links = {link.other_than(submission.pk): link for link in standing.select_related("proposed_by", "agreed_by")}
    own = {other.pk for other in read_together(submission) if other.same_address}
    speaks = speaks_for(officer=viewer, submission=submission) and not submission.is_barred
    files = tuple(
        OtherFile(
            submission=file,
            is_same_contact=file.pk in own,
            link=links.get(file.pk),
            may_link=speaks and not file.is_barred and speaks_for(officer=viewer, submission=file),
            may_undo=speaks or speaks_for(officer=viewer, submission=file),
        )
        for file in rows
        if file.pk in visible
    )
    hidden = [file for file in rows if file.pk not in visible and not file.is_barred]
    return OfTheSameSiren(files, _elsewhere(hidden, links, own, speaks=speaks), speaks)


def _elsewhere(
    hidden: Collection[Submission],
    links: dict[int, FileLink],
    own: Collection[int],
    *,
    speaks: bool,
) -> tuple[FileElsewhere, ...]:
    """Put files that an officer may not open together by intercommunality: not even their number is told."""
    of_epci: dict[ServedEpci, list[Submission]] = {}
    for file in hidden:
        if file.epci:  # those placed nowhere are every officer's to open
            of_epci.setdefault(file.epci, []).append(file)
    found = []
    for epci, files in of_epci.items():
        known = tuple(links[file.pk] for file in files if file.pk in links)
        unlinked = [file for file in files if file.pk not in links and file.pk not in own]
        found.append(
            FileElsewhere(
                epci=epci,
                whom=caller_of(files[-1], on=current_day()),
                is_same_contact=all(file.pk in own for file in files),
                links=known,
                may_propose=speaks and bool(unlinked),
            )
        )
    return tuple(found)


def files_to_propose(submission: Submission, *, epci: ServedEpci, viewer: User) -> list[Submission]:
    """Return the files of the same SIREN in an intercommunality that an officer may propose to link, unseen."""
    company = submission.sheet.company_id
    if company is None:
        return []
    rows = Submission.objects.proven().not_barred().filter(sheet__company=company, epci=epci)
    rows = rows.exclude(pk__in=[submission.pk, *numbers_read(submission)])
    rows = rows.exclude(pk__in=Submission.objects.visible_to(viewer).values("pk"))
    standing = FileLink.objects.standing().filter(company=company).touching(submission.pk)
    linked = [link.other_than(submission.pk) for link in standing]
    return list(rows.exclude(pk__in=linked).order_by("pk"))
