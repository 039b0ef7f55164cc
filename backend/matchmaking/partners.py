"""A chamber or the Region reads a file: an officer proposes it, the firm agrees, either ends it at once (ADR 50).

Who follows the file, and its clock, stay what they are.
"""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import DateTimeField, Max, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from backend.accounts.models import Membership, Organisation, User
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.matchmaking.file_events import end_share
from backend.matchmaking.in_charge import check_may_decide
from backend.matchmaking.models import FollowUp, Note, PartnerShare, Submission
from backend.matchmaking.partner_emails import enqueue_file_shared, enqueue_partner_consent, enqueue_partner_noted

Ending = PartnerShare.Ending
ASKED_AGAIN_AFTER = timedelta(days=30)


class SharingError(ValueError):
    """A file that cannot be shared, or what is not shared any more, with a sentence for who asked."""


def partner_organisations() -> QuerySet[Organisation]:
    """Return the chambers and the Region for which somebody in post reads."""
    read_for = Membership.objects.partners().values("organisation")
    return Organisation.objects.filter(pk__in=read_for).order_by("name")


@transaction.atomic
def propose_share(
    *,
    submission: Submission,
    organisation: Organisation,
    officer: User,
    message: str,
    agreed_at: datetime | None = None,
) -> PartnerShare:
    """Propose that a partner reads a file; ``agreed_at`` is when the firm agreed by word of mouth, else it is asked.

    ``message`` is read by the partner and by the firm. On the day of a refusal or of an end, ``agreed_at`` is exact to
    the minute. Raises ``PermissionDenied`` where the officer does not review the file, ``SharingError``.
    """
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(officer, submission)
    if submission.closed_at:
        raise SharingError("Ce dossier est clos : rouvrez-le d’abord.")
    _check_confirmed(submission)
    if not partner_organisations().filter(pk=organisation.pk).exists():
        raise SharingError(f"Personne ne lit de dossier pour {organisation} : choisissez un partenaire de la liste.")
    if standing := submission.partner_shares.standing().filter(organisation=organisation).first():
        done = "lit déjà ce dossier" if standing.agreed_at else "attend déjà l’accord de l’entreprise"
        raise SharingError(f"{organisation} {done}.")
    if agreed_at is None:
        _check_not_refused(submission, organisation)
    share = PartnerShare.objects.create(
        submission=submission,
        organisation=organisation,
        message=message.strip(),
        asked_by=officer,
        asked_at=timezone.now(),
    )
    if agreed_at:
        _agree(share, at=agreed_at, noted_by=officer)
    else:
        _journal(Kind.FILE_SHARED, share, officer, "asked")
        enqueue_partner_consent(share)
    return share


@transaction.atomic
def note_agreement(*, share: PartnerShare, officer: User, agreed_at: datetime) -> None:
    """Note that a firm agreed by word of mouth. Raises ``PermissionDenied``, ``SharingError`` where it is over."""
    share = _locked(share)
    check_may_decide(officer, share.submission)
    _agree(share, at=agreed_at, noted_by=officer)


@transaction.atomic
def answer_as_firm(*, share: PartnerShare, agrees: bool) -> None:
    """Agree to a share, refuse it, or take an agreement back: from then on the partner reads nothing.

    Raises ``SharingError`` where it ended before.
    """
    share = _locked(share)
    if agrees:
        _agree(share, at=timezone.now())
    else:
        end_share(share, how=Ending.WITHDRAWN if share.agreed_at else Ending.REFUSED)


@transaction.atomic
def end_as_officer(*, share: PartnerShare, officer: User) -> None:
    """End a share, or take back what was asked. Raises ``PermissionDenied`` for who does not review the file."""
    share = _locked(share)
    check_may_decide(officer, share.submission)
    end_share(share, how=Ending.OFFICER, actor=officer)


def _locked(share: PartnerShare) -> PartnerShare:
    """Lock the file of a share, so that two who answer at once are one after the other; return what is so now."""
    submission = Submission.objects.locked(share.submission_id)
    found = PartnerShare.objects.select_related("organisation", "asked_by").get(pk=share.pk)
    found.submission = submission
    return found


def _agree(share: PartnerShare, *, at: datetime, noted_by: User | None = None) -> None:
    if share.ended_at or share.submission.closed_at:
        raise SharingError(f"Ce partage avec {share.organisation} est terminé : il faut le proposer de nouveau.")
    _check_confirmed(share.submission)
    if share.agreed_at:  # a second click
        return
    if noted_by:
        _check_is_after_last_end(share, at)
    share.agreed_at, share.agreed_by, share.begins_at = at, noted_by, timezone.now()
    share.save(update_fields=["agreed_at", "agreed_by", "begins_at"])
    _journal(Kind.FILE_SHARED, share, noted_by, "agreed")
    if noted_by:
        enqueue_partner_noted(share, by=noted_by)
    enqueue_file_shared(share, by=share.asked_by)


def _check_confirmed(submission: Submission) -> None:
    if submission.confirmed_at is None:
        raise SharingError("L’entreprise n’a pas confirmé son adresse : personne d’autre ne lit son dossier avant.")


def last_end(submission: Submission, organisation: Organisation) -> PartnerShare | None:
    """Return the share of a file with a partner that was refused or ended last."""
    ended = submission.partner_shares.filter(organisation=organisation, ended_at__isnull=False)
    return ended.select_related("organisation").order_by("-ended_at").first()


def said_of_end(share: PartnerShare) -> str:
    """Return when and how a share ended, as a clause that begins with its partner."""
    if share.ended_at is None:
        raise ValueError(f"{share} has not ended")
    when = f"{_day(share.ended_at)} à {_hour(share.ended_at)}"
    return f"{share.organisation} a pris fin le {when} ({share.get_ending_display()})"


def _check_is_after_last_end(share: PartnerShare, agreed_at: datetime) -> None:
    """Raise ``SharingError`` for an agreement by word of mouth that is not after the last end or refusal."""
    last = last_end(share.submission, share.organisation)
    if last and last.ended_at and agreed_at <= last.ended_at:
        hour = f" à {_hour(agreed_at)}" if _day(agreed_at) == _day(last.ended_at) else ""
        raise SharingError(
            f"Le partage avec {said_of_end(last)} : un accord du {_day(agreed_at)}{hour} ne vaut plus. "
            f"Il en faut un d’après."
        )


def _check_not_refused(submission: Submission, organisation: Organisation) -> None:
    """Raise ``SharingError`` where a firm said no to a partner of late: it is not asked again so soon."""
    since = timezone.now() - ASKED_AGAIN_AFTER
    of_late = submission.partner_shares.filter(organisation=organisation, ended_at__gt=since)
    said_no = of_late.filter(ending__in=(Ending.REFUSED, Ending.WITHDRAWN)).aggregate(last=Max("ended_at"))["last"]
    if said_no:
        raise SharingError(
            f"L’entreprise a dit non à {organisation} le {_day(said_no)} : "
            f"on peut le lui redemander à partir du {_day(said_no + ASKED_AGAIN_AFTER)}."
        )


def _day(at: datetime | None) -> str:
    return f"{timezone.localdate(at):%d/%m/%Y}"


def _hour(at: datetime) -> str:
    return f"{timezone.localtime(at):%H\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}%M}"


def _journal(kind: Kind, share: PartnerShare, actor: User | None, detail: str) -> None:
    file = share.submission
    record_event(kind=kind, actor=actor, submission_id=file.pk, epci_id=file.epci_id, detail=detail)


# -- what partners and officers write to each other


@transaction.atomic
def write_as_partner(*, share: PartnerShare, author: User, text: str) -> Note:
    """Write a note to those in charge of a file, who owe its reading; the firm and other partners do not read it.

    Raises ``PermissionDenied`` for who does not read the file, ``SharingError`` where nothing is written.
    """
    share = _locked(share)
    if not PartnerShare.objects.visible_to(author).filter(pk=share.pk).exists():
        raise PermissionDenied
    if not text.strip():
        raise SharingError("Écrivez votre réponse.")
    now = timezone.now()
    step = FollowUp.objects.create(
        submission=share.submission,
        step=FollowUp.Step.PARTNER_SAID,
        note=str(share.organisation),
        recorded_by=author,
        recorded_at=now,
    )
    return Note.objects.create(
        submission=share.submission,
        author=author,
        organisation=share.organisation,
        audience=Note.Audience.PARTNER,
        share=share,
        step=step,
        text=text.strip(),
        written_at=now,
    )


# -- who reads with whom it is shared


def note_reading(share: PartnerShare) -> None:
    """Note that somebody of the partner opens the file: the first time, and the last."""
    now = timezone.now()
    first = Coalesce("first_read_at", Value(now, output_field=DateTimeField()))
    PartnerShare.objects.filter(pk=share.pk).update(first_read_at=first, last_read_at=now)


def shares_of(submission: Submission) -> list[PartnerShare]:
    """Return what is asked and shared of a file, and what has ended, the oldest first."""
    return list(submission.partner_shares.select_related("organisation", "asked_by", "agreed_by"))
