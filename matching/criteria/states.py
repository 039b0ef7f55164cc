"""Yes, no or not known: what a firm or its project is."""

from dataclasses import dataclass
from typing import ClassVar

from matching.criteria.base import Criterion
from matching.outcomes import Outcome, OutcomeArray, negate
from matching.profiles import YES_NO, Profiles


@dataclass(frozen=True, slots=True)
class _State(Criterion):
    """The firm is so (``expected``), or is not."""

    expected: bool = True

    @property
    def facts(self) -> tuple[str, ...]:
        return (self.kind,)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        column = profiles.state(self.kind)
        return column if self.expected else negate(column)


# The criterion of each such fact, by its name.
YES_NO_CRITERIA: dict[str, type[Criterion]] = {
    name: type(name, (_State,), {"__slots__": (), "__doc__": meaning, "__module__": __name__, "kind": name})
    for name, meaning in YES_NO.items()
}


@dataclass(frozen=True, slots=True)
class Autonomous(Criterion):
    """The firm has neither a partner nor a linked enterprise: no share of a quarter or more, held or holding.

    References
    ----------
    Commission Recommendation 2003/361/EC, Annex, Article 3(1) and (2).
    """

    kind: ClassVar[str] = "autonomous"
    facts = ("group",)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return profiles.autonomous


@dataclass(frozen=True, slots=True)
class ProjectNotStarted(Criterion):
    """Nothing is signed or begun: the incentive effect (Regulation (EU) No 651/2014, Article 6)."""

    kind: ClassVar[str] = "project_not_started"
    facts = ("project.started",)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return negate(profiles.state("started"))
