"""What no data can settle."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from matching.criteria.base import Criterion, need
from matching.outcomes import Outcome, OutcomeArray, constant
from matching.profiles import Profiles

type Asked = Literal["firm", "officer", "operator"]

ASKED: tuple[str, ...] = get_args(Asked.__value__)


@dataclass(frozen=True, slots=True)
class Manual(Criterion):
    """A condition that only a person can check: unknown until one answers it.

    Parameters
    ----------
    fact : str
        Name of the condition, shared by every scheme that asks the same thing.
    sentence : str
        What must be true, in the language of the catalogue; the engine never reads it.
    ask : {'firm', 'officer', 'operator'}
        Who can answer.
    """

    kind: ClassVar[str] = "manual"
    choices = {"ask": ASKED}
    facts = ("manual",)
    fact: str = ""
    sentence: str = ""
    ask: str = "operator"

    def __post_init__(self) -> None:
        has_both = bool(self.fact and self.sentence)
        need(has_both, "incomplete", "A manual condition needs both", self.fact, "fact and sentence")
        self.check_choices()

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return profiles.answer(self.fact) if assume is None else constant(assume, profiles.n)
