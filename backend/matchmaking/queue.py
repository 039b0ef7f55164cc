"""The officers' lists: what waits, what is to be done, what is followed; and who stands before and after a file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    Count,
    DateField,
    Exists,
    F,
    FloatField,
    IntegerField,
    JSONField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, Extract, FirstValue, Greatest, Lag, Lead, TruncDate

from backend.accounts.models import Absence, User
from backend.companies.models import Fact
from backend.matchmaking.finding import file_named
from backend.matchmaking.models import CallRequest, FollowUp, HandOver, Match, Need, Result, Submission
from backend.matchmaking.models.results import MatchQuerySet
from backend.matchmaking.models.submissions import SubmissionQuerySet
from backend.schemes.models import Revision

# What a day of waiting weighs, by when the firm needs it and by how soon something it could have closes.
URGENCY = {
    Submission.Horizon.UNDER_3_MONTHS: 3.0,
    Submission.Horizon.FROM_3_TO_12_MONTHS: 2.0,
    Submission.Horizon.LATER: 1.0,
}
URGENCY_UNKNOWN = 2.0
DEADLINES = ((7, 4.0), (30, 2.0))  # days left at most, weight
SOON = timedelta(days=DEADLINES[-1][0])
HORIZON = "project.horizon"
NOWHERE = "inconnue"  # in place of an intercommunality: files of the pool


class Tab:
    TO_READ, TO_CALL, OFFERED = "a-lire", "a-rappeler", "offerts"
    TO_DO, FOLLOWED, ALL = "a-traiter", "suivis", "tous"


class Whose:
    ALL, MINE, STOOD_IN, TEAM = "toutes", "miennes", "suppleees", "equipe"


class Order:
    PRESSING, WAITING, NEWEST, NAME = "presse", "attente", "recentes", "nom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What an officer wants to see, and in what order; empty is everything, in the order of the tab."""

    tab: str = Tab.TO_READ
    whose: str = Whose.ALL
    epci: str = ""  # short name, or ``NOWHERE``
    need: str = ""  # key of a family of needs
    horizon: str = ""
    words: str = ""  # of ``finding``
    unanswered: bool = False  # only those that nothing answers
    among: frozenset[int] | None = None  # only files of these numbers; none: of any
    order: str = ""

    @property
    def sorted_by(self) -> str:
        return self.order or (Order.PRESSING if self.tab == Tab.TO_READ else Order.NEWEST)

    @property
    def narrows(self) -> bool:
        """Whether it leaves out some of a tab."""
        return self != Filters(tab=self.tab, order=self.order)


class Counts(NamedTuple):
    """How many stand in each tab, and how many files someone follows."""

    by_tab: Mapping[str, int]
    mine: int


def queue_of(
    user: User, filters: Filters, *, on: date, visible: SubmissionQuerySet | None = None
) -> SubmissionQuerySet:
    """Return the files someone may open that answer the filters, in the order to take them.

    ``visible``: those they may open, where the page has them already, as they take long to write. They must be limited
    to ``user`` already: nothing here does so again.
    """
    files = narrowed(Submission.objects.visible_to(user) if visible is None else visible, user, filters, on=on)
    order = filters.sorted_by
    if order == Order.PRESSING:
        pressing = (F("waits").desc(), F("priority").desc(), F("waiting_from").asc(), F("pk").asc())
        return with_priority(files, on=on).order_by(*pressing)
    if order == Order.NAME:
        return files.order_by(F("sheet__name").asc(), F("pk").asc())
    return files.order_by(RECEIVED.asc() if order == Order.WAITING else RECEIVED.desc(), F("pk").asc())


def calls_promised(user: User, *, on: date) -> QuerySet[FollowUp]:
    """Return the calls promised or to make again on a day that has come, of the files someone may open, by day."""
    return _promised(Submission.objects.visible_to(user), on).order_by("due_on", "pk")


def _promised(files: SubmissionQuerySet, on: date) -> QuerySet[FollowUp]:
    return FollowUp.objects.calls_due(on).filter(submission__in=files.still_open().order_by().values("pk"))


def counts_for(user: User, *, on: date, visible: SubmissionQuerySet | None = None) -> Counts:
    """Count what stands in each tab, in two queries; ``visible`` as for ``queue_of``."""
    tabs = {tab: Count("pk", filter=in_tab(tab)) for tab in (Tab.TO_READ, Tab.TO_DO, Tab.FOLLOWED, Tab.ALL)}
    files = Submission.objects.visible_to(user) if visible is None else visible
    found = files.aggregate(
        **{tab.replace("-", "_"): count for tab, count in tabs.items()}, mine=Count("pk", filter=Q(officer=user))
    )
    by_tab = {tab: found[tab.replace("-", "_")] for tab in tabs}
    by_tab |= {Tab.TO_CALL: 0, Tab.OFFERED: 0}
    for tab, n in _n_of_no_file_list(user, files, on=on):
        by_tab[tab] += n
    return Counts(by_tab, found["mine"])


def _n_of_no_file_list(user: User, files: SubmissionQuerySet, *, on: date) -> QuerySet[Any, tuple[str, int]]:
    """Return how many calls are asked for or promised, and how many files offered, in one query."""
    waiting: tuple[tuple[str, QuerySet[Any]], ...] = (
        (Tab.TO_CALL, CallRequest.objects.visible_to(user).waiting()),
        (Tab.TO_CALL, _promised(files, on)),
        (Tab.OFFERED, HandOver.objects.offered_to(user)),
    )
    asked, promised, offered = (
        rows.order_by().annotate(tab=Value(tab)).values("tab").annotate(n=Count("pk")).values_list("tab", "n")
        for tab, rows in waiting
    )
    counted: QuerySet[Any, tuple[str, int]] = asked.union(promised, offered, all=True).order_by()
    return counted


def n_stood_in(absences: Iterable[Absence], *, visible: SubmissionQuerySet) -> dict[str, int]:
    """Count the files of who is away in each tab of files that are open."""
    files = visible.filter(officer__in=[absence.user_id for absence in absences])
    return {tab: files.filter(in_tab(tab)).count() for tab in (Tab.TO_READ, Tab.TO_DO, Tab.FOLLOWED)}


def in_tab(tab: str) -> Q:
    """Tell which files stand in a tab; what is only called or offered is no list of files of its own."""
    if tab == Tab.ALL:
        return Q()
    still_open = Q(closed_at__isnull=True)
    if tab == Tab.FOLLOWED:
        return still_open & Q(reviewed_at__isnull=False)
    if tab == Tab.TO_DO:
        steps = FollowUp.objects.to_do().exclude(step__in=FollowUp.CALLS).values("submission")
        asks = FollowUp.objects.to_do().outcomes().values("submission")  # of closed files: a call opens none again
        barred = Q(closed_reason__in=Submission.BARRED)
        return still_open & (Q(pk__in=steps) | Q(confirmed_at__isnull=True)) | Q(pk__in=asks) & ~barred
    return still_open & Q(reviewed_at__isnull=True)


def narrowed(files: SubmissionQuerySet, user: User, filters: Filters, *, on: date) -> SubmissionQuerySet:
    files = files.filter(in_tab(filters.tab))
    if filters.tab == Tab.OFFERED:
        files = files.filter(pk__in=HandOver.objects.offered_to(user).values("submission"))
    if filters.whose == Whose.MINE:
        files = files.filter(officer=user)
    elif filters.whose == Whose.STOOD_IN:
        files = files.filter(officer__in=Absence.objects.on(on).replaced_by(user).values("user"))
    elif filters.whose == Whose.TEAM:
        files = files.filter(epci__in=user.posts.epcis)
    if filters.epci:
        files = files.filter(epci=None) if filters.epci == NOWHERE else files.filter(epci__short_name=filters.epci)
    if filters.need:
        files = files.filter(pk__in=Need.objects.clear().filter(sub_need__need=filters.need).values("submission"))
    if filters.among is not None:
        files = files.filter(pk__in=filters.among)
    if filters.unanswered:
        files = files.filter(~Exists(_answering()))
    if filters.words:
        files = files.filter(file_named(filters.words))
    return files.alias(needed_by=_horizon()).filter(needed_by=_json(filters.horizon)) if filters.horizon else files


# -- before and after a file


class Neighbours(NamedTuple):
    """The numbers of the files before and after one in a list."""

    before: int | None
    after: int | None


def neighbours(user: User, filters: Filters, pk: int, *, on: date) -> Neighbours | None:
    """Return what stands before and after a file in a list; nothing where the list does not hold it (any more)."""
    files = queue_of(user, filters, on=on)
    order: Any = files.query.order_by
    window = {
        "before": Window(Lag("pk"), order_by=order),
        "after": Window(Lead("pk"), order_by=order),
    }
    # By a window of its own: by its column, the file would be looked for before its neighbours are.
    itself = Window(FirstValue("pk"), partition_by=[F("pk")])
    row = files.annotate(**window).alias(itself=itself).filter(itself=pk).values_list(*window).first()
    return Neighbours(*row) if row else None


# -- what makes a file pressing

RECEIVED = Coalesce("confirmed_at", "filed_at")


def with_priority(files: SubmissionQuerySet, *, on: date) -> SubmissionQuerySet:
    """Add ``waits`` (open, its review awaited), ``waiting_from`` (when it was opened again, else received), ``age``
    (days since then), ``needed_by``, ``closes_on`` (the nearest within thirty days) and ``priority``.

    Priority is age × urgency × deadline: a firm in a hurry overtakes one that is not, and nobody waits for ever. What
    was answered waits no more: it has no age, and comes after all that does.
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
    waits = Case(When(reviewed_at=None, closed_at=None, then=1), default=0, output_field=IntegerField())
    age = Extract(Value(on) - TruncDate("waiting_from"), "day", output_field=IntegerField())
    return (
        files.annotate(waits=waits, waiting_from=Coalesce("reopened_at", RECEIVED))
        .annotate(age=age * F("waits"), closes_on=_nearest_deadline(on), needed_by=_horizon())
        .annotate(days_left=left, priority=(Greatest(F("age"), 0) + 1) * urgency * deadline)
    )


def _json(value: str) -> Value:
    return Value(str(value), output_field=JSONField())


def _fact(name: str) -> Subquery:
    """Return the newest value of a fact of a file's own sheet; null where it was taken back."""
    rows = Fact.objects.filter(sheet=OuterRef("sheet"), name=name).order_by("-recorded_at", "-pk")
    return Subquery(rows.values("value")[:1], output_field=JSONField())


def _horizon() -> Subquery:
    return _fact(HORIZON)


def _nearest_deadline(on: date) -> Any:
    """Return the first closing date within thirty days among what the firm could have, by its newest result."""
    closing = list(Revision.objects.filter(closes_on__range=(on, on + SOON)).values_list("pk", "scheme"))
    if not closing:
        return Value(None, output_field=DateField())
    schemes, revisions = {scheme for _pk, scheme in closing}, [pk for pk, _scheme in closing]
    rows = _answering().filter(scheme__in=schemes, revision__in=revisions).order_by().values("result")
    return Subquery(rows.annotate(first=Min("revision__closes_on")).values("first"))


def _answering() -> MatchQuerySet:
    """Return what the firm could have that answers its needs, by its newest result."""
    newest = (
        Result.objects.filter(submission=OuterRef(OuterRef("pk"))).order_by("-computed_at", "-pk").values("pk")[:1]
    )
    return Match.objects.answering().filter(result=Subquery(newest))
