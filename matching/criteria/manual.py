"""What no data can settle, and what nobody has to settle first."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from matching.criteria.base import Criterion, need
from matching.outcomes import MET, Outcome, OutcomeArray, constant
from matching.profiles import Profiles

type Asked = Literal["firm", "officer", "operator"]
type Nature = Literal["condition", "appraisal", "undertaking"]

ASKED: tuple[str, ...] = get_args(Asked.__value__)
NATURES: tuple[str, ...] = get_args(Nature.__value__)
CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class Manual(Criterion):
    """A sentence that only a person can answer; a condition is unknown until one does.

    Parameters
    ----------
    fact : str
        Name of the answer, shared by every scheme that asks the same thing.
    sentence : str
        What must be true, in the language of the catalogue; the engine never reads it.
    ask : {'firm', 'officer', 'operator'}
        Who can answer.
    nature : {'condition', 'appraisal', 'undertaking'}
        A fact that excludes where it does not hold; what the operator weighs when it chooses; what the firm will do.
        The last two are always met: nobody can be told beforehand that they exclude him.
    """

    kind: ClassVar[str] = "manual"
    choices = {"ask": ASKED, "nature": NATURES}
    fact: str = ""
    sentence: str = ""
    ask: str = "operator"
    nature: str = CONDITION

    def __post_init__(self) -> None:
        has_both = bool(self.fact and self.sentence)
        need(has_both, "incomplete", "A manual condition needs both", self.fact, "fact and sentence")
        self.check_choices()

    @property
    def decides(self) -> bool:
        """Whether an answer turns a verdict."""
        return self.nature == CONDITION

    @property
    def facts(self) -> tuple[str, ...]:
        """Say who can answer: an open condition waits for the firm, for its officer or for the operator."""
        return (f"{self.kind}.{self.ask}",) if self.decides else ()

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        if not self.decides:
            return constant(MET, profiles.n)
        return profiles.answer(self.fact) if assume is None else constant(assume, profiles.n)


WAITS_FOR_FIRM = f"{Manual.kind}.firm"  # what is open while the firm has not answered a condition
