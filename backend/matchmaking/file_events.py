"""Closing a file and opening it again: each is a row of its history, and the file's own columns say where it stands.

Every closing passes here. Whatever happens to a closed file afterwards opens it again, unless it is barred.
"""

from typing import Any

from django.db.models import DateTimeField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from backend.accounts.models import User
from backend.companies.models import Fact, ReceivedAid
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.matchmaking.models import (
    Alert,
    FileEvent,
    FollowUp,
    HandOver,
    NeedCorrection,
    Note,
    PartnerShare,
    PreferenceCorrection,
    Review,
    ReviewEnd,
    SchemeEvent,
    Submission,
    Survey,
)
from backend.matchmaking.referrals import withdraw_offers
from backend.notifications.services import take_back

WAITING = ("reviewed", "alert", "survey")  # kinds of e-mails that may wait for their day
OF_SHARES = ("file_shared", "partner_consent")
SHARED_NO_MORE = "Ce partage est terminé, ou n’est plus demandé."
NO_MORE = "L’entreprise ne reçoit plus de courriels sur cette demande."


def record_closing(submission: Submission, *, reason: str, actor: User | None = None, note: str = "") -> FileEvent:
    """Close a locked file, with a sentence to the firm if somebody wrote one.

    What is offered of it is withdrawn, partners read it no more, and nobody owes the reading of what was written.

    Where it is barred, what is owed to its firm does not leave any more.
    """
    now = timezone.now()
    withdraw_offers(submission)
    end_shares(submission, how=PartnerShare.Ending.CLOSED, actor=actor)
    submission.follow_ups.to_do().to_read().update(done_at=now, done_by=actor)
    submission.closed_at, submission.closed_by, submission.closed_reason = now, actor, reason
    submission.save(update_fields=["closed_at", "closed_by", "closed_reason"])
    if submission.is_barred:
        end_emails(submission)
    kind = Kind.CONSENT_WITHDRAWN if reason == Submission.Closing.WITHDRAWN else Kind.FILE_CLOSED
    detail = "" if kind == Kind.CONSENT_WITHDRAWN else reason
    _journal(kind, submission, actor, detail)
    return FileEvent.objects.create(
        submission=submission, kind=FileEvent.Kind.CLOSED, reason=reason, actor=actor, note=note, recorded_at=now
    )


def record_reopening(submission: Submission, *, actor: User | None = None) -> None:
    """Open a locked file again, once; its review, if it was awaited, is awaited from now on."""
    now = timezone.now()
    state: dict[str, Any] = {"closed_at": None, "closed_by": None, "closed_reason": ""}
    if submission.reviewed_at is None:
        state["reopened_at"] = now
    was_closed = Submission.objects.filter(pk=submission.pk, closed_at__isnull=False).update(**state)
    for column, value in state.items():
        setattr(submission, column, value)
    if was_closed:
        _journal(Kind.FILE_CLOSED, submission, actor, FileEvent.Kind.REOPENED)
        FileEvent.objects.create(submission=submission, kind=FileEvent.Kind.REOPENED, actor=actor, recorded_at=now)


def end_shares(submission: Submission, *, how: str, actor: User | None = None) -> None:
    """End all shares of a locked file, and what was asked of its firm."""
    for share in submission.partner_shares.standing():
        end_share(share, how=how, actor=actor)


def end_share(share: PartnerShare, *, how: str, actor: User | None = None) -> None:
    """End what a partner reads of a file, once; its notes stay with those in charge.

    What is owed of it and has not left, to the partner or to the firm that was asked, does not leave any more.
    """
    ended = PartnerShare.objects.standing().filter(pk=share.pk).update(ended_at=timezone.now(), ending=how)
    if ended:
        take_back(about=share.key, kinds=OF_SHARES, why=SHARED_NO_MORE)
        _journal(Kind.SHARE_ENDED, share.submission, actor, how)


def end_emails(submission: Submission) -> None:
    """End all alerts of a file, and give up the answers, alerts and questions to its firm that wait for their day."""
    Alert.objects.filter(submission=submission, ended_at=None).update(ended_at=timezone.now())
    take_back(about=submission.topic, kinds=WAITING, why=NO_MORE)


def end_emails_of_contact(submission: Submission) -> None:
    """End the alerts of the contact of a file, and give up what waits for it; those of its guests are their own."""
    Alert.objects.of_contact(submission).filter(ended_at=None).update(ended_at=timezone.now())
    take_back(about=submission.topic, kinds=WAITING, why=NO_MORE, recipient=submission.contact.email)


def reopen_on_event(submission: Submission, *, actor: User | None = None) -> None:
    """Open a locked file again because something happened to it; nothing where it is open, or barred."""
    if submission.closed_at and not submission.is_barred:
        record_reopening(submission, actor=actor)


def closing_of(submission: Submission) -> FileEvent | None:
    """Return what closed a file, why and by whom; none while it is open."""
    if submission.closed_at is None:
        return None
    return submission.file_events.filter(kind=FileEvent.Kind.CLOSED).select_related("actor").first()


def last_event() -> Greatest:
    """Return when something happened last to a file, in a query on files; nulls do not count.

    Filed, confirmed, corrected, decided, written, followed up, offered, answered, shared, closed, opened again.
    """
    return Greatest(
        "filed_at", "confirmed_at", "reviewed_at", "reopened_at",
        _last(Fact.objects.all(), "recorded_at", by="sheet__submission"),
        _last(ReceivedAid.objects.all(), "recorded_at", by="sheet__submission"),
        _last(ReceivedAid.objects.all(), "withdrawn_at", by="sheet__submission"),
        _last(NeedCorrection.objects.all(), "made_at"),
        _last(PreferenceCorrection.objects.all(), "made_at"),
        _last(Review.objects.all(), "decided_at"),
        _last(ReviewEnd.objects.all(), "ended_at"),
        _last(Note.objects.all(), "written_at"),
        _last(FollowUp.objects.all(), "recorded_at"),
        _last(FollowUp.objects.all(), "done_at"),
        _last(FollowUp.objects.all(), "cancelled_at"),
        _last(FollowUp.objects.all(), "agreed_at"),
        _last(HandOver.objects.all(), "offered_at"),
        _last(HandOver.objects.all(), "answered_at"),
        _last(PartnerShare.objects.all(), "asked_at"),
        _last(PartnerShare.objects.all(), "begins_at"),
        _last(PartnerShare.objects.all(), "ended_at"),
        _last(SchemeEvent.objects.all(), "recorded_at"),
        _last(Survey.objects.all(), "answered_at"),
        _last(FileEvent.objects.all(), "recorded_at"),
    )  # fmt: skip


def last_reopened() -> Subquery:
    """Return when a file was opened again last, in a query on files."""
    return _last(FileEvent.objects.filter(kind=FileEvent.Kind.REOPENED), "recorded_at")


def last_closed() -> Subquery:
    """Return when a file was closed last because it was done, in a query on files."""
    closings = FileEvent.objects.filter(kind=FileEvent.Kind.CLOSED).exclude(reason__in=Submission.BARRED)
    return _last(closings, "recorded_at")


def _last(rows: QuerySet[Any], column: str, *, by: str = "submission") -> Subquery:
    grouped = rows.order_by().filter(**{by: OuterRef("pk")}).values(by)
    return Subquery(grouped.annotate(last=Max(column)).values("last"), output_field=DateTimeField())


def _journal(kind: Kind, submission: Submission, actor: User | None, detail: str) -> None:
    record_event(kind=kind, actor=actor, submission_id=submission.pk, epci_id=submission.epci_id, detail=detail)
