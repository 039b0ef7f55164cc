"""The euros that a grant may bring to this project, in words: a range, how it is made, and what it depends on.

Only of grants that are a share of what the project costs: the rate of a loan, of a guarantee or of a tax relief is a
share of something else, that of a study or of an advice a share of its own price, unless the project is that alone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from backend.matchmaking import engine
from backend.schemes.models import Revision
from backend.schemes.typography import NBSP, euros, number

CAVEAT = "Si toute la dépense est retenue ; c’est le porteur qui décide."
NO_COST = "inconnu tant que le coût du projet ne l’est pas"
STUDIES = frozenset({"study", "advice"})
UNBOUNDED = "inconnu : les faits connus ne permettent pas de le calculer"


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateView:
    """What a grant may bring to a project, in words; ``low`` and ``high`` are euros, ``None`` where not known."""

    text: str
    formula: str = ""
    left: str = ""
    caveat: str = ""
    low: float | None = None
    high: float | None = None


class Estimates:
    """What grants may bring to the project of one firm on a day."""

    def __init__(self, facts: engine.Facts, *, on: date) -> None:
        self._project = engine.Project(facts, on=on)

    def of(self, revision: Revision) -> EstimateView | None:
        """Return what a revision may bring; ``None`` for one that is no share of the spend of a project."""
        if not is_a_share_of_the_spend(revision, self._project.spend_kinds):
            return None
        if not self._project.has_a_cost:
            return EstimateView(text=NO_COST)
        found = self._project.estimate(revision)
        if found is None:
            return EstimateView(text=UNBOUNDED)
        low, high = found.aid
        if not high:
            least = revision.spend_min_eur
            why = f"dépense sous le minimum de {euros(float(least))}" if least else ""
            return EstimateView(text="rien", formula=why, low=0.0, high=0.0)
        return EstimateView(
            text=_euros_in(low, high),
            formula=_formula(found, revision),
            left=_left(found),
            caveat=CAVEAT,
            low=low,
            high=high,
        )


def is_a_share_of_the_spend(revision: Revision, spend_kinds: Collection[str]) -> bool:
    """Tell whether a rate is stated that is a share of what a project costs, with bounds that are of a project too.

    ``spend_kinds`` are what the project consists of; none where that is not known.
    """
    if revision.kind != Revision.Kind.GRANT or revision.in_kind:
        return False
    if revision.rate_max_pct is None and not revision.rates:
        return False
    if revision.amount_unit == Revision.AmountUnit.STUDY:
        return bool(spend_kinds) and STUDIES.issuperset(spend_kinds)
    is_bounded = revision.floor_eur is not None or revision.ceiling_eur is not None
    return revision.amount_unit == Revision.AmountUnit.PROJECT or (not revision.amount_unit and not is_bounded)


def _euros_in(low: float, high: float) -> str:
    if low == high:
        return _rounded(high)
    return f"de {_rounded(low)} à {_rounded(high)}" if low else f"{_rounded(high)} au plus"


def _rounded(amount: float) -> str:
    return euros(float(round(amount)))


def _formula(found: engine.Estimate, revision: Revision) -> str:
    low, high = found.rate
    rate = f"{number(high)}{NBSP}%"
    if low != high:
        rate = f"de {number(low)} à {rate}" if low else f"{rate} au plus"
    spend, cost = found.spend, found.cost
    of = _euros_in(spend[0], spend[1]) if spend[1] is not None else f"{_rounded(spend[0])} au moins"
    parts = [f"{rate} de {of}" if spend[0] == spend[1] else f"{rate} d’une dépense{NBSP}: {of}"]
    if revision.spend_max_eur is not None and (cost[1] is None or cost[1] > float(revision.spend_max_eur)):
        parts.append(f"dépense retenue jusqu’à {euros(float(revision.spend_max_eur))}")
    if revision.ceiling_eur is not None:
        parts.append(f"aide plafonnée à {euros(float(revision.ceiling_eur))}")
    if revision.floor_eur is not None:
        parts.append(f"pas d’aide sous {euros(float(revision.floor_eur))}")
    return ", ".join(parts)


def _left(found: engine.Estimate) -> str:
    """Say what the firm pays itself, where the cost of its project is known."""
    cost, (low, high) = found.cost, found.aid
    if cost[0] != cost[1]:
        return ""
    least, most = cost[0] - high, cost[0] - low
    return f"reste à votre charge{NBSP}: {_rounded(least)}{'' if least == most else ' au moins'}"
