"""Schemes that work: who asked, what they obtained, how often; why they are set aside; whose sheets mislead.

A firm counts once for a scheme, by its last file: its SIREN, or its file where that is not known.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import scipy  # its parts are loaded when first used: no page but those that show a share waits for them
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from backend.matchmaking.models import Review, SchemeEvent
from backend.schemes.models import CatalogueTask, Scheme
from backend.steering.models import SchemeFact
from backend.steering.scopes import Filters, Scope

LEAST = 5  # answers from which on a rate is said beside a scheme
MISLEADING = Review.Reason.WRONG_CRITERION  # the sheet says what the scheme does not ask
State = SchemeFact.State


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
        return round(100 * self.granted / self.n) if self.n else None

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Between which the share lies with 95 % confidence, in percent: the score interval of E. B. Wilson (1927)."""
        if not self.n:
            return None
        found = scipy.stats.binomtest(self.granted, self.n).proportion_ci(0.95, method="wilson")
        return round(100 * found.low), round(100 * found.high)


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


def success_of(schemes: Iterable[int]) -> dict[int, Success]:
    """Return the success of each of some schemes on which enough firms were answered, in the whole territory."""
    found = _successes(SchemeFact.objects.filter(scheme__in=list(schemes)))
    return {scheme: success for scheme, success in found.items() if success.n >= LEAST}


def _successes(rows: QuerySet[SchemeFact]) -> dict[int, Success]:
    counts = _firms(rows.filter(state__in=(State.GRANTED, State.REFUSED)))
    return {
        scheme: Success(granted=by_state[State.GRANTED], refused=by_state[State.REFUSED])
        for scheme, by_state in counts.items()
    }


def schemes_at_work(scope: Scope, filters: Filters) -> SchemesAtWork:
    """Return what came of schemes in the files of a scope."""
    rows = _rows(scope, filters)
    asked = rows.filter(was_asked=True)
    firms, successes, sums = _firms(asked), _successes(asked), _sums(asked)
    wrong = dict(_count(rows.filter(reason=MISLEADING, is_firms=False)))
    decided = dict(_count(rows.filter(scheme__in=wrong, is_firms=False)))
    tasks = _tasks(scope, wrong)
    known = Scheme.objects.filter(pk__in=[*firms, *wrong]).select_related("current")
    names = {scheme.pk: str(scheme) for scheme in known}
    worked = [
        Worked(name=names[pk], asked=by_state.total(), success=successes.get(pk, Success()), **sums[pk])
        for pk, by_state in firms.items()
    ]
    misleading = [
        Misleading(name=names[pk], n=n, n_decided=decided[pk], n_open=tasks[pk][0], n_closed=tasks[pk][1])
        for pk, n in wrong.items()
    ]
    return SchemesAtWork(
        schemes=sorted(worked, key=lambda one: (-one.asked, one.name)),
        reasons=_reasons(rows),
        refusals=_refusals(rows),
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


def _firms(rows: QuerySet[SchemeFact]) -> dict[int, Counter[str]]:
    """Count firms by scheme and by what was said last of it."""
    firm = Coalesce("file__submission__sheet__company", -F("file"))
    ordered = rows.annotate(firm=firm).order_by("said_at", "pk").values_list("scheme", "firm", "state")
    last = {(scheme, firm): state for scheme, firm, state in ordered}
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for (scheme, _firm), state in last.items():
        found[scheme][state] += 1
    return found


def _sums(rows: QuerySet[SchemeFact]) -> dict[int, dict[str, int]]:
    """Add up euros by scheme, and count the grants of which the sum is known."""
    granted = Q(state=State.GRANTED)
    sums = rows.values("scheme").annotate(
        asked_sum=Coalesce(Sum("euros_asked"), 0),
        granted_sum=Coalesce(Sum("euros_granted", filter=granted), 0),
        n_euros=Count("pk", filter=granted & Q(euros_granted__isnull=False)),
        n_grants=Count("pk", filter=granted),
    )
    return {
        scheme: {"euros_asked": asked, "euros_granted": given, "n_euros": n_euros, "n_grants": n_grants}
        for scheme, asked, given, n_euros, n_grants in sums.values_list(
            "scheme", "asked_sum", "granted_sum", "n_euros", "n_grants"
        )
    }


def _count(rows: QuerySet[SchemeFact]) -> Iterable[tuple[int, int]]:
    return rows.values("scheme").annotate(n=Count("pk")).values_list("scheme", "n")


def _reasons(rows: QuerySet[SchemeFact]) -> list[tuple[str, str, int]]:
    """Return in how many files each reason set a scheme aside, officers' first, the most frequent first."""
    labels: dict[bool, dict[str, Any]] = {
        False: dict(Review.Reason.choices),
        True: dict(SchemeEvent.Reason.choices),
    }
    whose = {False: "développeur économique", True: "entreprise"}
    aside = rows.filter(state=State.SET_ASIDE).values("is_firms", "reason").annotate(n=Count("pk"))
    found = sorted(aside, key=lambda row: (row["is_firms"], -row["n"], row["reason"]))
    return [
        (whose[row["is_firms"]], str(labels[row["is_firms"]].get(row["reason"], row["reason"])), row["n"])
        for row in found
    ]


def _refusals(rows: QuerySet[SchemeFact]) -> list[tuple[str, int]]:
    """Return why operators refused, in how many files each, the most frequent first; those that nobody knows last."""
    labels = dict(SchemeEvent.Refusal.choices)
    found = rows.filter(state=State.REFUSED).values("reason").annotate(n=Count("pk"))
    ordered = sorted(found, key=lambda row: (row["reason"] == "", -row["n"], row["reason"]))
    return [(str(labels.get(row["reason"], "raison non dite")), row["n"]) for row in ordered]


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
