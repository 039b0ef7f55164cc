"""The officers' queue: what waits, the most pressing first."""

from dataclasses import dataclass
from datetime import date

from django.db.models import (
    Case,
    Exists,
    F,
    FloatField,
    IntegerField,
    JSONField,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Extract, Greatest, TruncDate

from backend.accounts.models import User
from backend.companies.models import Fact
from backend.matchmaking.models import FollowUp, Match, Result, Submission
from backend.matchmaking.models.results import MatchQuerySet
from backend.matchmaking.models.submissions import SubmissionQuerySet

# What a day of waiting weighs, by when the firm needs it and by how soon something it could have closes.
URGENCY = {
    Submission.Horizon.UNDER_3_MONTHS: 3.0,
    Submission.Horizon.FROM_3_TO_12_MONTHS: 2.0,
    Submission.Horizon.LATER: 1.0,
}
URGENCY_UNKNOWN = 2.0
DEADLINES = ((7, 4.0), (30, 2.0))  # days left at most, weight


class State:
    WAITING, REVIEWED, TO_FOLLOW, CLOSED = "a-relire", "relues", "a-suivre", "fermees"


class Whose:
    ALL, MINE, TEAM, OFFERED = "toutes", "miennes", "equipe", "proposees"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What an officer wants to see; empty is everything."""

    state: str = State.WAITING
    whose: str = Whose.ALL
    epci: str = ""  # short name
    need: str = ""  # key of a family of needs
    horizon: str = ""
    words: str = ""  # in the firm's name or in the reference
    unanswered: bool = False  # only those that nothing answers


def queue_of(user: User, filters: Filters, *, on: date) -> SubmissionQuerySet:
    """Return the files someone may open that answer the filters, in the order to take them."""
    files = with_priority(_filtered(Submission.objects.visible_to(user), user, filters), on=on)
    if filters.state == State.WAITING:
        return files.order_by(F("priority").desc(), F("received_at").asc(), "pk")
    return files.order_by(F("reviewed_at").desc(nulls_last=True), F("received_at").desc(), "pk")


def in_state(files: SubmissionQuerySet, state: str) -> SubmissionQuerySet:
    """Narrow to what waits for a review, what was reviewed, what still has a step to do, or what was closed."""
    if state == State.CLOSED:
        return files.filter(closed_at__isnull=False)
    files = files.still_open()
    if state == State.REVIEWED:
        return files.reviewed()
    if state == State.TO_FOLLOW:
        return files.filter(pk__in=FollowUp.objects.to_do().values("submission"))
    return files.waiting()


def _filtered(files: SubmissionQuerySet, user: User, filters: Filters) -> SubmissionQuerySet:
    files = in_state(files, filters.state)
    if filters.whose == Whose.MINE:
        files = files.filter(officer=user)
    elif filters.whose == Whose.TEAM:
        files = files.filter(epci__in=user.epcis())
    elif filters.whose == Whose.OFFERED:
        files = files.filter(hand_overs__in=user.offers.waiting())
    if filters.epci:
        files = files.filter(epci__short_name=filters.epci)
    if filters.need:
        files = files.filter(pk__in=Submission.objects.filter(needs__sub_need__need=filters.need).values("pk"))
    if filters.unanswered:
        files = files.filter(~Exists(_answering()))
    if filters.words:
        words = Q(sheet__name__icontains=filters.words) | Q(contact__name__icontains=filters.words)
        number = filters.words.rsplit("-", 1)[-1]
        files = files.filter(words | Q(pk=int(number))) if _is_key(number) else files.filter(words)
    return files.alias(needed_by=_horizon()).filter(needed_by=_json(filters.horizon)) if filters.horizon else files


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def with_priority(files: SubmissionQuerySet, *, on: date) -> SubmissionQuerySet:
    """Add ``received_at`` (when the address was confirmed, else when the file was filed), ``age`` (days since then),
    ``needed_by``, ``closes_on`` (the nearest), ``unanswered``
    (nothing answers) and ``priority``.

    Priority is age × urgency × deadline: a firm in a hurry overtakes one that is not, and nobody waits for ever.
    """
    urgency = Case(
        *(When(needed_by=_json(key), then=Value(weight)) for key, weight in URGENCY.items()),
        default=Value(URGENCY_UNKNOWN),
        output_field=FloatField(),
    )
    left = Extract(F("closes_on") - Value(on), "day", output_field=IntegerField())
    deadline = Case(
        *(When(days_left__lte=limit, then=Value(weight)) for limit, weight in DEADLINES),
        default=Value(1.0),
        output_field=FloatField(),
    )
    age = Extract(Value(on) - TruncDate("received_at"), "day", output_field=IntegerField())
    return (
        files.annotate(received_at=Coalesce("confirmed_at", "filed_at"))
        .annotate(
            age=age,
            closes_on=_nearest_deadline(on),
            needed_by=_horizon(),
            unanswered=~Exists(_answering()),
            is_dead_address=Exists(FollowUp.objects.to_do().dead_addresses().filter(submission=OuterRef("pk"))),
        )
        .annotate(days_left=left, priority=(Greatest(F("age"), 0) + 1) * urgency * deadline)
    )


def _json(value: str) -> Value:
    return Value(str(value), output_field=JSONField())


def _horizon() -> Subquery:
    rows = Fact.objects.filter(sheet=OuterRef("sheet"), name="project.horizon").order_by("-recorded_at", "-pk")
    return Subquery(rows.values("value")[:1], output_field=JSONField())


def _nearest_deadline(on: date) -> Subquery:
    """Return the first closing date among what the firm could have, by its newest result."""
    closing = _answering().filter(revision__closes_on__gte=on).order_by().values("result")
    return Subquery(closing.annotate(first=Min("revision__closes_on")).values("first"))


def _answering() -> MatchQuerySet:
    """Return what the firm could have that answers its needs, by its newest result."""
    newest = (
        Result.objects.filter(submission=OuterRef(OuterRef("pk"))).order_by("-computed_at", "-pk").values("pk")[:1]
    )
    return Match.objects.answering().filter(result=Subquery(newest))
