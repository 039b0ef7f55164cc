"""Which kinds of rows hang on a file, asked with the file itself: a page reads no table that has nothing for it."""

from django.db.models import Exists, OuterRef, Q

from backend.matchmaking.models import (
    FollowUp,
    Guest,
    HandOver,
    NeedCorrection,
    Note,
    PartnerShare,
    Review,
    SchemeEvent,
    Submission,
    Survey,
)
from backend.matchmaking.models.submissions import SubmissionQuerySet
from backend.schemes.models import Fusion

REVIEWS, FOLLOW_UPS, NOTES, OFFER, REFERRALS = "reviews", "follow_ups", "notes", "offer", "referrals"
EVENTS, RATING, PARTNERS = "scheme_events", "rating", "partners"
NEED_CORRECTIONS, SAME_SIREN, GUESTS = "need_corrections", "same_siren", "guests"
GONE_SHEETS = "gone_sheets"  # of any file: a sheet gave way to another one


def read_contents(files: SubmissionQuerySet, pk: int) -> Submission | None:
    """Return one of some files, which knows from the same query what hangs on it."""
    of_file = {"submission": OuterRef("pk")}
    others = Submission.objects.confirmed().filter(~Q(pk=OuterRef("pk")), sheet__company=OuterRef("sheet__company"))
    there = {
        REVIEWS: Review.objects.filter(**of_file),
        FOLLOW_UPS: FollowUp.objects.standing().filter(**of_file),
        EVENTS: SchemeEvent.objects.standing().filter(**of_file),
        RATING: Survey.objects.filter(**of_file).exclude(grade=""),
        GUESTS: Guest.objects.filter(**of_file),
        NOTES: Note.objects.filter(**of_file),
        OFFER: HandOver.objects.waiting().filter(**of_file),
        REFERRALS: HandOver.objects.referrals().filter(**of_file),
        PARTNERS: PartnerShare.objects.filter(**of_file),
        NEED_CORRECTIONS: NeedCorrection.objects.filter(**of_file),
        SAME_SIREN: others,
        GONE_SHEETS: Fusion.objects.done(),
    }
    marks = {f"has_{kind}": Exists(rows) for kind, rows in there.items()}
    submission = files.annotate(**marks).filter(pk=pk).first()
    if submission:
        submission.page_contents = frozenset(kind for kind in there if getattr(submission, f"has_{kind}"))
    return submission


def may_have(submission: Submission, kind: str) -> bool:
    """Tell whether rows of a kind may hang on a file: all kinds may on one that was read otherwise."""
    return submission.page_contents is None or kind in submission.page_contents
