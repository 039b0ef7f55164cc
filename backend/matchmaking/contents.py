"""Which kinds of rows hang on a file, asked with the file itself: a page reads no table that has nothing for it."""

from functools import cache
from itertools import compress
from typing import Any

from django.db.models import BooleanField, Exists, Func, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower

from backend.companies.models import ReceivedAid
from backend.matchmaking.models import (
    CallRequest,
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
from backend.notifications.models import Stop
from backend.schemes.models import Fusion

REVIEWS, FOLLOW_UPS, NOTES, OFFER, DECLINED = "reviews", "follow_ups", "notes", "offer", "declined"
EVENTS, RATING, PARTNERS = "scheme_events", "rating", "partners"
NEED_CORRECTIONS, SAME_SIREN, GUESTS = "need_corrections", "same_siren", "guests"
AIDS, STOPS, CALLS = "aids", "stops", "calls"
GONE_SHEETS = "gone_sheets"  # of any file: a sheet gave way to another one
ANY_FILE = -1


def read_contents(files: SubmissionQuerySet, pk: int) -> Submission | None:
    """Return one of some files, which knows from the same query what hangs on it.

    What reading its result may write is not among it, such as unmet needs: it is asked for after that.
    """
    kinds, sql, params = _of_any_file()
    there = RawSQL(f"({sql})", [pk if value == ANY_FILE else value for value in params])  # noqa: S611
    submission = files.annotate(there=there).filter(pk=pk).first()
    if submission:
        submission.page_contents = frozenset(compress(kinds, vars(submission).pop("there")))
    return submission


@cache
def _of_any_file() -> tuple[tuple[str, ...], str, tuple[Any, ...]]:
    """Return kinds of rows, with the SQL and its parameters that tell which of them hang on the file ``ANY_FILE``.

    It is the same for each file: fourteen conditions cost more to write in SQL than to answer.
    """
    of_file = {"submission": OuterRef("pk")}
    others = Submission.objects.confirmed().filter(~Q(pk=OuterRef("pk")), sheet__company=OuterRef("sheet__company"))
    rows = {
        REVIEWS: Review.objects.filter(**of_file),
        FOLLOW_UPS: FollowUp.objects.standing().filter(**of_file),
        EVENTS: SchemeEvent.objects.standing().filter(**of_file),
        RATING: Survey.objects.filter(**of_file).exclude(grade=""),
        GUESTS: Guest.objects.filter(**of_file),
        NOTES: Note.objects.filter(**of_file),
        OFFER: HandOver.objects.waiting().filter(**of_file),
        DECLINED: HandOver.objects.filter(**of_file, state=HandOver.State.DECLINED),
        PARTNERS: PartnerShare.objects.filter(**of_file),
        NEED_CORRECTIONS: NeedCorrection.objects.filter(**of_file),
        AIDS: ReceivedAid.objects.filter(sheet=OuterRef("sheet")),
        STOPS: Stop.objects.filter(address=Lower(OuterRef("contact__email"))),
        CALLS: CallRequest.objects.waiting().filter(Q(submission=OuterRef("pk")) | Q(key=OuterRef("filing_key"))),
        SAME_SIREN: others,
        GONE_SHEETS: Fusion.objects.done(),
    }
    there = Func(*map(Exists, rows.values()), template="ARRAY[%(expressions)s]", output_field=BooleanField())
    file = Submission.objects.filter(pk=ANY_FILE).values_list(there)
    return tuple(rows), *file.query.sql_with_params()


def may_have(submission: Submission, kind: str) -> bool:
    """Tell whether rows of a kind may hang on a file: all kinds may on one that was read otherwise."""
    return submission.page_contents is None or kind in submission.page_contents
