"""What rules of retention are about: which rows, from which moment each counts, and what is done with the old ones."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest, Least, Lower

from backend.journal.models import AuditEvent
from backend.links.models import Link
from backend.matchmaking.file_events import last_event
from backend.matchmaking.models import (
    Alert,
    CallRequest,
    Escalation,
    FileEvent,
    FollowUp,
    Guest,
    Language,
    Match,
    Note,
    PartnerShare,
    Result,
    Review,
    ReviewEnd,
    SavedDraft,
    SchemeEvent,
    Submission,
    Survey,
)
from backend.notifications.kinds import COMMITTEE_NOTE
from backend.notifications.models import Notification, Stop
from backend.privacy.rows import DRAFT
from backend.privacy.treatments import ERASED
from backend.steering.mailing import emails_of
from backend.steering.models import NoteRecipient
from backend.webhooks.models import Delivery

type Found = Iterator[tuple[Any, datetime]]  # a key, and the moment from which it counts


class Whole(Enum):
    """What is not rows of one table."""

    FILE = "files, erased as on request"
    WORDS = "words of files, which stay"
    OUTSIDE = "outside the database: docs/operations.md says how"


@dataclass(frozen=True, slots=True)
class Predicate:
    """``older_than`` gives what counts from before a moment; ``becomes`` is a treatment, or more than one.

    ``beside`` gives the rows elsewhere that go with those of some keys, by the name of their treatment.
    """

    older_than: Callable[[datetime], Found]
    becomes: str | Whole
    beside: Callable[[Collection[Any]], Mapping[str, Collection[int]]] = field(default=lambda _keys: {})


def _rows(queryset: QuerySet[Any], moment: Any, before: datetime) -> Found:
    rows = queryset.order_by().annotate(counts_from=moment).filter(counts_from__lt=before)
    yield from rows.order_by("counts_from").values_list("pk", "counts_from")


def _kept(*, followed: bool) -> QuerySet[Submission]:
    """Files that are not erased: those that somebody confirmed or an officer follows, or the others."""
    followed_up = Q(confirmed_at__isnull=False) | Q(officer__isnull=False)
    return Submission.objects.filter(followed_up if followed else ~followed_up, erased_at=None)


def _barred() -> QuerySet[Submission]:
    """Closed files on which nobody acts; the others count from their last event, which a closing is."""
    return Submission.objects.filter(erased_at=None, closed_reason__in=Submission.BARRED)


def _with_words() -> QuerySet[Submission]:
    """Files in which something that somebody wrote is left."""
    none = ("", ERASED)
    here: dict[str, Any] = {"submission": OuterRef("pk")}
    reviews = Review.objects.filter(**here).exclude(comment__in=none, message__in=none, partner__in=none)
    ends = ReviewEnd.objects.filter(**here).exclude(message__in=none)
    steps = FollowUp.objects.filter(**here).exclude(note__in=none)
    events = SchemeEvent.objects.filter(**here).exclude(note__in=none)
    closings = FileEvent.objects.filter(**here).exclude(note__in=none)
    answers = Survey.objects.filter(**here).exclude(comment__in=none)
    shares = PartnerShare.objects.filter(**here).exclude(message__in=none)
    rows = (Note.objects.filter(**here), shares, reviews, ends, steps, events, closings, answers)
    return _kept(followed=True).filter(reduce(or_, map(Exists, rows), ~Q(text="")))


def _drafts(before: datetime) -> Found:
    """Count from the last visit: a session says when it ends, so long after that."""
    age = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    for session in Session.objects.filter(expire_date__lt=before + age).order_by("expire_date"):
        if DRAFT in session.get_decoded():
            yield session.pk, session.expire_date - age


def _languages(before: datetime) -> Found:
    newest = Language.objects.order_by("-learnt_at", "-version").values("pk")[:1]
    return _rows(Language.objects.exclude(pk__in=newest), F("learnt_at"), before)


def _matches_unread(before: datetime) -> Found:
    """Give the matches of replaced answers on which nothing rests: no review, no end of one, no mark of an alert."""
    newer = Result.objects.filter(submission=OuterRef("submission"), computed_at__gt=OuterRef("computed_at"))
    matches = Match.objects.filter(result=OuterRef("pk"))
    replaced = Result.objects.filter(Exists(newer), Exists(matches), ~Exists(matches.filter(reviews__isnull=False)))
    named = Exists(ReviewEnd.objects.filter(result=OuterRef("pk"))) | Exists(Alert.objects.filter(told=OuterRef("pk")))
    old = replaced.exclude(named).filter(computed_at__lt=before)
    return _rows(Match.objects.filter(result__in=old.values("pk")), F("result__computed_at"), before)


def _results_of(keys: Collection[int]) -> dict[str, list[int]]:
    """Give the answers of some matches: they keep what it takes to be replayed."""
    return {"pruned": list(Result.objects.filter(matches__in=keys).distinct().values_list("pk", flat=True))}


def _recipients_stopped(before: datetime) -> Found:
    stopped = Stop.objects.filter(address=Lower(OuterRef("email")), topics__contains=[COMMITTEE_NOTE])
    # A stop keeps the day of the first of its topics, which may be before this one was even accepted.
    moment = Greatest(Subquery(stopped.values("asked_at")), F("confirmed_at"))
    return _rows(NoteRecipient.objects.confirmed().filter(Exists(stopped)), moment, before)


def _emails_of_recipients(keys: Collection[int]) -> dict[str, list[int]]:
    """Give the e-mails that hold the same addresses: the one that asked says that the address is erased."""
    return {"mails": list(emails_of(NoteRecipient.objects.filter(pk__in=keys)).values_list("pk", flat=True))}


def _told_of_calls(keys: Collection[int]) -> dict[str, list[int]]:
    """Give who was told that calls wait: their rows name the call."""
    return {"escalations": list(Escalation.objects.filter(call__in=keys).values_list("pk", flat=True))}


def _mails_of_guests(keys: Collection[int]) -> dict[str, list[int]]:
    """Give the e-mails that hold the same addresses: the one that invites says that the address is erased."""
    about = [[guest.key] for guest in Guest.objects.filter(pk__in=keys)]
    mails = reduce(or_, (Q(about__contains=key) for key in about), Q(pk=None))
    return {"mails": list(Notification.objects.filter(mails).values_list("pk", flat=True))}


_ENDED = Notification.objects.filter(ended_at__isnull=False)

PREDICATES: dict[str, Predicate] = {
    "drafts": Predicate(_drafts, "sessions"),
    "call_requests": Predicate(
        lambda before: _rows(CallRequest.objects.all(), F("asked_at"), before), "call_requests", _told_of_calls
    ),
    "saved_drafts": Predicate(lambda before: _rows(SavedDraft.objects.all(), F("touched_at"), before), "saved_drafts"),
    "files_never_confirmed": Predicate(lambda before: _rows(_kept(followed=False), F("filed_at"), before), Whole.FILE),
    "files_closed": Predicate(lambda before: _rows(_barred(), F("closed_at"), before), Whole.FILE),
    "files_without_news": Predicate(lambda before: _rows(_kept(followed=True), last_event(), before), Whole.FILE),
    "words_without_news": Predicate(lambda before: _rows(_with_words(), last_event(), before), Whole.WORDS),
    "mail_bodies": Predicate(lambda before: _rows(_ENDED.exclude(text=""), F("ended_at"), before), "mail_bodies"),
    "mails": Predicate(lambda before: _rows(_ENDED, F("ended_at"), before), "mails"),
    "links_over": Predicate(
        lambda before: _rows(Link.objects.all(), Least("expires_at", "revoked_at"), before), "links"
    ),
    "recipients_never_confirmed": Predicate(
        lambda before: _rows(NoteRecipient.objects.filter(confirmed_at=None), F("added_at"), before),
        "note_recipients",
        _emails_of_recipients,
    ),
    "recipients_stopped": Predicate(_recipients_stopped, "note_recipients", _emails_of_recipients),
    "guests_never_accepted": Predicate(
        lambda before: _rows(Guest.objects.awaited(), F("invited_at"), before), "guests", _mails_of_guests
    ),
    "matches_unread": Predicate(_matches_unread, "matches", _results_of),
    "webhook_deliveries": Predicate(
        lambda before: _rows(Delivery.objects.all(), F("occurred_at"), before), "webhook_deliveries"
    ),
    "languages_replaced": Predicate(_languages, "languages"),
    "journal": Predicate(lambda before: _rows(AuditEvent.objects.all(), F("at"), before), "journal"),
    "administration": Predicate(
        lambda before: _rows(LogEntry.objects.all(), F("action_time"), before), "administration"
    ),
    "outside": Predicate(lambda _before: iter(()), Whole.OUTSIDE),
}
