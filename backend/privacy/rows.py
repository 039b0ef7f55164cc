"""Where everything that is kept of a file stands: rows of each table, under the treatment that erasing gives them."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from backend.companies.models import Company, Contact, Establishment, Fact, FactSheet, FactSnapshot, ReceivedAid
from backend.links.models import OF_SUBMISSIONS, Kind, Link
from backend.matchmaking.correspondence import TO_FIRMS
from backend.matchmaking.models import (
    Alert,
    CallRequest,
    Escalation,
    FileEvent,
    FileLink,
    FollowUp,
    Guest,
    HandOver,
    Language,
    Match,
    Need,
    Note,
    PartnerFiling,
    PartnerShare,
    Reminder,
    Result,
    Review,
    ReviewEnd,
    SavedDraft,
    SchemeEvent,
    Submission,
    Survey,
    VerdictMove,
)
from backend.matchmaking.ownership import numbers_read
from backend.notifications.kinds import topics_about
from backend.notifications.models import Notification, Stop, Suppression
from backend.notifications.suppression import digests
from backend.schemes.models import CatalogueTask
from backend.steering.models import FileFact, NeedFact, SoleBlocker

DRAFT = "draft"  # where a session keeps what a firm types before it files
FRESH_ACCESS = "fresh_access"  # and the address whose space is open in it


def rows_of(submission: Submission) -> dict[str, list[int | str]]:
    """Return the keys of all rows that hold something of a file, by treatment."""
    querysets = {**_of_file(submission), **_of_results(submission), **_of_firm(submission), **_beside(submission)}
    rows: dict[str, list[int | str]] = {
        name: sorted(rows.values_list("pk", flat=True)) for name, rows in querysets.items()
    }
    return {**rows, "sessions": sorted(_sessions(submission))}


def _of_file(submission: Submission) -> dict[str, QuerySet[Any]]:
    here = {"submission": submission}
    return {
        "submissions": Submission.objects.filter(pk=submission.pk),
        "counted_files": FileFact.objects.filter(pk=submission.pk),
        "counted_needs": NeedFact.objects.filter(file=submission.pk),
        "sole_blockers": SoleBlocker.objects.filter(need__file=submission.pk),
        "partner_filings": PartnerFiling.objects.filter(**here),
        "call_requests": CallRequest.objects.filter(Q(**here) | Q(key=submission.filing_key)),
        "saved_drafts": SavedDraft.objects.filter(**here),
        "drafts_beside": SavedDraft.objects.filter(submission__in=numbers_read(submission)),
        "needs": Need.objects.filter(**here),
        "hand_overs": HandOver.objects.filter(**here),
        "calls": FollowUp.objects.filter(**here, suppression__isnull=False),
        "file_links": FileLink.objects.touching(submission.pk),
        "reviews": Review.objects.filter(**here),
        "review_ends": ReviewEnd.objects.filter(**here),
        "follow_ups": FollowUp.objects.filter(**here, suppression=None),
        "scheme_events": SchemeEvent.objects.filter(**here),
        "file_events": FileEvent.objects.filter(**here),
        "surveys": Survey.objects.filter(**here),
        "notes": Note.objects.filter(**here),
        "partner_shares": PartnerShare.objects.filter(**here),
        "escalations": Escalation.objects.filter(
            Q(**here)
            | Q(call__submission=submission)
            | Q(follow_up__submission=submission)
            | Q(hand_over__submission=submission)
        ),
        "guests": Guest.objects.filter(**here),
        "alerts": Alert.objects.filter(**here),
        "reminders": Reminder.objects.filter(alert__submission=submission),
        "moves": VerdictMove.objects.filter(**here),
        "catalogue_tasks": CatalogueTask.objects.filter(reviews__submission=submission),
    }


def words_of(submission: Submission) -> dict[str, list[int | str]]:
    """Return the rows of a file in which somebody wrote in their own words, by treatment; the rest of it stays."""
    here = {"submission": submission}
    querysets: dict[str, QuerySet[Any]] = {
        "texts": Submission.objects.filter(pk=submission.pk),
        "needs": Need.objects.filter(**here),
        "hand_overs": HandOver.objects.filter(**here),
        "reviews": Review.objects.filter(**here),
        "review_ends": ReviewEnd.objects.filter(**here),
        "follow_ups": FollowUp.objects.filter(**here),
        "scheme_events": SchemeEvent.objects.filter(**here),
        "file_events": FileEvent.objects.filter(**here),
        "surveys": Survey.objects.filter(**here),
        "notes": Note.objects.filter(**here),
        "partner_words": PartnerShare.objects.filter(**here),
        "catalogue_tasks": CatalogueTask.objects.filter(reviews__submission=submission),
        "languages": _languages(submission),
    }
    return {name: sorted(rows.values_list("pk", flat=True)) for name, rows in querysets.items()}


def _languages(submission: Submission) -> QuerySet[Language]:
    """What was learnt while the corrections of a file taught something."""
    taught = Language.objects.filter(n_corrections__gt=0)
    return taught if submission.need_corrections.exists() else taught.none()


def _of_results(submission: Submission) -> dict[str, QuerySet[Any]]:
    """Results go, with those of other files that read this one; what a decision rests on stays, without its facts."""
    results = Result.objects.filter(Q(submission=submission) | Q(read_files__contains=[submission.pk]))
    told = Alert.objects.exclude(submission=submission).values("told")
    before = ReviewEnd.objects.filter(told_before__isnull=False).values("told_before")
    ends = Q(pk__in=ReviewEnd.objects.values("result")) | Q(pk__in=before)
    kept = ends | Q(matches__reviews__isnull=False) | Q(pk__in=told)
    kept_results = results.filter(kept).values("pk")
    reviewed = Match.objects.filter(reviews__isnull=False)
    return {
        "results": results.exclude(pk__in=kept_results),
        "reviewed_results": results.filter(pk__in=kept_results),
        "matches": Match.objects.filter(result__in=results).exclude(pk__in=reviewed.values("pk")),
        "reviewed_matches": reviewed.filter(result__in=results).distinct(),
    }


def _of_firm(submission: Submission) -> dict[str, QuerySet[Any]]:
    """The sheet, the contact, and the numbers of the firm where nothing else names them."""
    sheet = submission.sheet
    others = FactSheet.objects.exclude(pk=sheet.pk)
    linked = FileLink.objects.exclude(pk__in=FileLink.objects.touching(submission.pk).values("pk"))
    company = Company.objects.filter(sheets=sheet)
    alone = company.exclude(pk__in=others.filter(company__isnull=False).values("company"))
    # Sites of the firm that no sheet names any more: the number was corrected since.
    sites = Establishment.objects.filter(company__in=company)
    return {
        "sheets": FactSheet.objects.filter(pk=sheet.pk),
        "facts": Fact.objects.filter(sheet=sheet),
        "snapshots": FactSnapshot.objects.filter(sheet=sheet),
        "aids": ReceivedAid.objects.filter(sheet=sheet),
        "contacts": Contact.objects.filter(pk=submission.contact_id),
        "establishments": sites.exclude(pk__in=others.filter(establishment__isnull=False).values("establishment")),
        "companies": alone.exclude(pk__in=linked.values("company")),
    }


def _beside(submission: Submission) -> dict[str, QuerySet[Any]]:
    """What stands elsewhere: e-mails about the file or to its address, links, refusals, what administrators did."""
    tasks = CatalogueTask.objects.filter(reviews__submission=submission).values_list("pk", flat=True)
    mails = Notification.objects.about(submission.topic)
    for address in _only_here(submission):
        mails |= Notification.objects.filter(recipient__iexact=address, kind__in=TO_FIRMS)
    return {
        "mails": mails,
        # Of whomever: what an address stopped beside is no business of this file, and keeps its row (erasing.py).
        "stops": Stop.objects.filter(topics__contained_by=topics_about(submission.topic)),
        "suppressions": Suppression.objects.filter(
            digest__in=[one for address in _addresses(submission) for one in digests(address)]
        ),  # a digest: see suppression.py
        "links": Link.objects.filter(kind__in=OF_SUBMISSIONS, object_id=submission.pk)
        | Link.objects.filter(kind=Kind.STOP, object_id__in=mails.values("pk")),
        "languages": _languages(submission),
        "admin_log": LogEntry.objects.filter(
            content_type__app_label="schemes", content_type__model="cataloguetask", object_id__in=map(str, tasks)
        ),
    }


def _addresses(submission: Submission) -> list[str]:
    """Return the addresses of a file, in lower case: of its contact and of its guests."""
    guests = Guest.objects.filter(submission=submission).values_list("email", flat=True)
    return sorted({address.lower() for address in (submission.contact.email, *guests) if address})


def _only_here(submission: Submission) -> list[str]:
    """Return those that neither file another request nor are invited to one."""

    def is_elsewhere(address: str) -> bool:
        filed = Submission.objects.filed_with(address).exclude(pk=submission.pk)
        visited = Guest.objects.filter(email__iexact=address).exclude(submission=submission)
        return filed.exists() or visited.exists()

    return [address for address in _addresses(submission) if not is_elsewhere(address)]


def _sessions(submission: Submission) -> Iterator[str]:
    """Give the sessions in which the same address or firm is typed or chosen: drafts never sent.

    And those in which the space of an address is open, where nothing else is in it.
    """
    email = submission.contact.email.lower()
    siren = submission.sheet.company.siren if submission.sheet.company else ""
    last = set(_only_here(submission))
    for session in Session.objects.iterator():
        kept = session.get_decoded()
        if kept.get(FRESH_ACCESS, {}).get("address", "").lower() in last:
            yield session.session_key
            continue
        draft = kept.get(DRAFT, {})
        steps, chosen = draft.get("steps", {}), draft.get("registered", {}).get("siret", "")
        typed = {value.strip().lower() for step in steps.values() for values in step.values() for value in values}
        numbers = {"".join(filter(str.isdigit, value)) for value in (*typed, chosen)}
        if email in typed or (siren and any(number[:9] == siren for number in numbers if len(number) in (9, 14))):
            yield session.session_key
