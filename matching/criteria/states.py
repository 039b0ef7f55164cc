"""Yes, no or not known: what a firm or its project is."""

from dataclasses import dataclass
from typing import ClassVar

from matching.criteria.base import Criterion
from matching.outcomes import Outcome, OutcomeArray, negate
from matching.profiles import Profiles


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


@dataclass(frozen=True, slots=True)
class MicroEntrepreneur(_State):
    """The status of micro-entrepreneur (CGI, art. 50-0 and 102 ter)."""

    kind: ClassVar[str] = "micro_entrepreneur"


@dataclass(frozen=True, slots=True)
class CraftRegister(_State):
    """Registered as a craft business (code de l'artisanat, art. L. 111-1)."""

    kind: ClassVar[str] = "craft_register"


@dataclass(frozen=True, slots=True)
class PublicBody(_State):
    """A public body: not a firm in the sense of most schemes."""

    kind: ClassVar[str] = "public_body"


@dataclass(frozen=True, slots=True)
class InDifficulty(_State):
    """A firm in difficulty (Regulation (EU) No 651/2014, Article 2(18))."""

    kind: ClassVar[str] = "in_difficulty"


@dataclass(frozen=True, slots=True)
class TaxesUpToDate(_State):
    """Up to date with taxes and with social contributions."""

    kind: ClassVar[str] = "taxes_up_to_date"


@dataclass(frozen=True, slots=True)
class ProjectNotStarted(Criterion):
    """Nothing is signed or begun: the incentive effect (Regulation (EU) No 651/2014, Article 6)."""

    kind: ClassVar[str] = "project_not_started"
    facts = ("project.started",)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return negate(profiles.state("started"))
