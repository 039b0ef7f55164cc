"""Schemes that work: who asked, what they obtained, how often; why they are set aside; whose sheets mislead.

A firm counts once for a scheme, by its last file: its SIREN, or its file where that is not known.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from backend.common.percents import whole_percent, wilson_interval
from backend.matchmaking.models import Review, SchemeEvent
from backend.schemes.models import CatalogueTask, Scheme
from backend.steering.models import SchemeFact
from backend.steering.scopes import Filters, Scope

LEAST = 5  # answers from which on a rate is said beside a scheme
MISLEADING = Review.Reason.WRONG_CRITERION  # the sheet says what the scheme does not ask
State = SchemeFact.State
ANSWERED = (State.GRANTED, State.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """How many firms obtained a scheme among those whose request was answered."""

    granted: int = 0
    refused: int = 0

    @property
    def n(self) -> int:
        return self.granted + self.refused

    @property
    def percent(self) -> int | None:
        return whole_percent(self.granted, self.n) if self.n else None

    @property
    def says_rate(self) -> bool:
        """Whether so many were answered that a rate says something."""
        return self.n >= LEAST

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Between which the share lies with 95 % confidence, in percent: the score interval of E. B. Wilson (1927)."""
        if not self.n:
            return None
        low, high = wilson_interval(self.granted, self.n)
        return round(100 * low), round(100 * high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What came of one scheme: firms that asked for it, their success, and euros of all that their files say."""

    name: str
    asked: int
    success: Success
    euros_asked: int
    euros_granted: int
    n_euros: int  # grants of which the sum is known
    n_grants: int  # of files, as sums are
    n_answered: int  # files of which both the day of the request and that of the answer are known
    median: int  # working days between them, that half of these files do not exceed


@dataclass(frozen=True, slots=True, kw_only=True)
class Misleading:
    """A sheet that officers set aside for a wrong condition: in how many files of those decided, and its tasks."""

    name: str
    n: int
    n_decided: int
    n_open: int
    n_closed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemesAtWork:
    """The page of schemes: those that somebody asked for, why others were set aside, whose sheets mislead."""

    schemes: list[Worked] = field(default_factory=list)
    reasons: list[tuple[str, str, int]] = field(default_factory=list)  # whose reason, which, in how many files
    refusals: list[tuple[str, int]] = field(default_factory=list)  # why operators refused, in how many files
    misleading: list[Misleading] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """Firms and schemes asked for, each pair once."""
        return sum(one.asked for one in self.schemes)

    @property
    def success(self) -> Success:
        """The same of all schemes together."""
        return Success(
            granted=sum(one.success.granted for one in self.schemes),
            refused=sum(one.success.refused for one in self.schemes),
        )

    @property
    def euros_granted(self) -> int:
        return sum(one.euros_granted for one in self.schemes)


class _Sum(NamedTuple):
    """Files in which one thing was said of a scheme."""

    scheme: int
    is_firms: bool
    state: str
    reason: str
    was_asked: bool
    is_alone: bool  # no other file of the firm asked for the scheme
    n: int
    n_euros: int
    euros_asked: int
    euros_granted: int


def success_of(schemes: Iterable[int]) -> dict[int, Success]:
    """Return the success of each of some schemes on which enough firms were answered, in the whole territory."""
    rows = SchemeFact.objects.filter(scheme__in=list(schemes)).order_by()
    found = _firms(rows, _sums(rows))
    return {scheme: success for scheme, (_asked, success) in found.items() if success.says_rate}


def schemes_at_work(scope: Scope, filters: Filters) -> SchemesAtWork:
    """Return what came of schemes in the files of a scope."""
    rows = _rows(scope, filters)
    sums = _sums(rows)
    firms = _firms(rows, sums)
    delays: dict[int, list[int]] = defaultdict(list)
    for scheme, days in rows.filter(working_days__isnull=False).values_list("scheme", "working_days"):
        delays[scheme].append(days or 0)
    wrong = _count((row.scheme, row.n) for row in sums if row.reason == MISLEADING and not row.is_firms)
    decided = _count((row.scheme, row.n) for row in sums if row.scheme in wrong and not row.is_firms)
    tasks = _tasks(scope, wrong)
    known = Scheme.objects.filter(pk__in=[*firms, *wrong]).values_list("pk", Coalesce("current__name", "source_key"))
    names = dict(known)
    of_scheme: dict[int, list[_Sum]] = defaultdict(list)
    for row in sums:
        of_scheme[row.scheme].append(row)
    worked = [
        Worked(
            name=names[pk],
            asked=asked,
            success=success,
            n_answered=len(delays[pk]),
            median=median_low(delays[pk] or [0]),
            **_euros(of_scheme[pk]),
        )
        for pk, (asked, success) in firms.items()
    ]
    misleading = [
        Misleading(name=names[pk], n=n, n_decided=decided[pk], n_open=tasks[pk][0], n_closed=tasks[pk][1])
        for pk, n in wrong.items()
    ]
    return SchemesAtWork(
        schemes=sorted(worked, key=lambda one: (-one.asked, one.name)),
        reasons=_reasons(sums),
        refusals=_refusals(sums),
        misleading=sorted(misleading, key=lambda one: (-one.n, one.name)),
    )


def _rows(scope: Scope, filters: Filters) -> QuerySet[SchemeFact]:
    asked = {
        "file__epci": filters.epci,
        "file__needs__contains": [filters.need] if filters.need else None,
        "file__size": filters.size,
        "file__filed_on__gte": filters.since,
    }
    wanted = Q(**{name: value for name, value in asked.items() if value})
    return SchemeFact.objects.filter(scope.rows("file__epci"), wanted).order_by()


def _firms(rows: QuerySet[SchemeFact], sums: Iterable[_Sum]) -> dict[int, tuple[int, Success]]:
    """Count the firms that asked for each scheme, and among them those that were answered, each by its last answer."""
    firms: dict[int, Counter[str]] = defaultdict(Counter)
    for row in sums:
        if row.was_asked and row.is_alone:
            firms[row.scheme][row.state] += row.n
    # Of several files of a firm, what it was answered last comes before all else that it said.
    several = rows.filter(was_asked=True, same_firm__isnull=False)
    said = several.values_list("scheme", "same_firm", "state", "said_at", "pk")
    last = {row[:2]: row[2] for row in sorted(said, key=lambda row: (row[2] in ANSWERED, *row[3:]))}
    for (scheme, _firm), state in last.items():
        firms[scheme][state] += 1
    return {
        scheme: (states.total(), Success(granted=states[State.GRANTED], refused=states[State.REFUSED]))
        for scheme, states in firms.items()
    }


def _sums(rows: QuerySet[SchemeFact]) -> list[_Sum]:
    """Add up files and euros by scheme and by what was said of it."""
    columns = ("scheme", "is_firms", "state", "reason", "was_asked", "is_alone")
    counts = {"n": Count("pk"), "n_euros": Count("euros_granted")}
    euros = {f"{name}_sum": Sum(name, default=0) for name in ("euros_asked", "euros_granted")}
    apart = rows.annotate(is_alone=Q(same_firm__isnull=True)).values(*columns)
    found = apart.annotate(**counts, **euros).values_list(*columns, *counts, *euros)
    return list(map(_Sum._make, found))


def _euros(sums: Iterable[_Sum]) -> dict[str, int]:
    """Return the euros of what was asked for, and of how many grants the sum is known."""
    asked = [row for row in sums if row.was_asked]
    granted = [row for row in asked if row.state == State.GRANTED]
    return {
        "euros_asked": sum(row.euros_asked for row in asked),
        "euros_granted": sum(row.euros_granted for row in granted),
        "n_euros": sum(row.n_euros for row in granted),
        "n_grants": sum(row.n for row in granted),
    }


def _count[Key](pairs: Iterable[tuple[Key, int]]) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for key, n in pairs:
        found[key] += n
    return found


def _reasons(sums: Iterable[_Sum]) -> list[tuple[str, str, int]]:
    """Return in how many files each reason set a scheme aside, officers' first, the most frequent first."""
    labels: dict[bool, dict[str, Any]] = {
        False: dict(Review.Reason.choices),
        True: dict(SchemeEvent.Reason.choices),
    }
    whose = {False: "développeur économique", True: "entreprise"}
    aside = _count(((row.is_firms, row.reason), row.n) for row in sums if row.state == State.SET_ASIDE)
    found = sorted(aside.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
    return [(whose[is_firms], str(labels[is_firms].get(reason, reason)), n) for (is_firms, reason), n in found]


def _refusals(sums: Iterable[_Sum]) -> list[tuple[str, int]]:
    """Return why operators refused, in how many files each, the most frequent first; those that nobody knows last."""
    labels = dict(SchemeEvent.Refusal.choices)
    refused = _count((row.reason, row.n) for row in sums if row.state == State.REFUSED)
    ordered = sorted(refused.items(), key=lambda item: (item[0] == "", -item[1], item[0]))
    return [(str(labels.get(reason, "raison non dite")), n) for reason, n in ordered]


def _tasks(scope: Scope, schemes: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return how many of the tasks that officers' reasons made of some sheets are open, and closed."""
    tasks = CatalogueTask.objects.filter(scope.rows("reviews__submission__epci"), scheme__in=list(schemes))
    counts = (
        tasks.filter(reviews__isnull=False)
        .order_by()
        .values("scheme")
        .annotate(
            n_open=Count("pk", filter=Q(closed_at=None), distinct=True),
            n_closed=Count("pk", filter=Q(closed_at__isnull=False), distinct=True),
        )
    )
    found = {row["scheme"]: (row["n_open"], row["n_closed"]) for row in counts}
    return defaultdict(lambda: (0, 0), found)
