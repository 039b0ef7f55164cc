"""What every criterion can do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from matching.errors import CriterionError
from matching.outcomes import UNKNOWN, BoolArray, Outcome, OutcomeArray
from matching.profiles import Profiles

type OpenFacts = dict[str, BoolArray]


class Criterion(ABC):
    """One testable condition, a frozen value.

    ``choices`` lists what a parameter of few values accepts.
    """

    kind: ClassVar[str]
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @property
    @abstractmethod
    def facts(self) -> tuple[str, ...]:
        """What it reads, as a user of the engine names it: a fact that is missing can leave it unknown."""

    @abstractmethod
    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        """Test every profile.

        Parameters
        ----------
        profiles : Profiles
            ``n`` profiles.
        assume : Outcome, optional
            Taken for every manual condition instead of its answer. With ``MET`` the result is the typed one: what the
            facts alone say, manual conditions given the benefit of the doubt.

        Returns
        -------
        ndarray of int8, shape (n,)
            ``Outcome`` values.
        """

    def open_facts(self, profiles: Profiles, *, assume: Outcome | None = None) -> OpenFacts:
        """Return, by fact, the profiles whose outcome that fact leaves unknown: bool arrays of shape (n,)."""
        unknown = self.evaluate(profiles, assume=assume) == UNKNOWN
        return dict.fromkeys(self.facts, unknown)

    def children(self) -> tuple["Criterion", ...]:
        """Return the criteria this one is made of."""
        return ()

    def check_choices(self) -> None:
        """Refuse a parameter that is none of its choices."""
        for name, accepted in self.choices.items():
            given = getattr(self, name)
            for value in given if isinstance(given, tuple) else (given,):
                if value not in accepted:
                    written = name.removesuffix("_size")  # "from" and "to" are no names in Python
                    raise CriterionError(
                        f"Unknown {written!r} of {self.kind!r}: {value!r} was given; accepted: {', '.join(accepted)}.",
                        reason="choice",
                        parameter=written,
                        given=value,
                        accepted=accepted,
                    )


@lru_cache(maxsize=1 << 16)
def shared(criterion: Criterion) -> Criterion:
    """Return one object for all criteria that are equal, so that who holds many of them need not compare them.

    Not for ever: past so many different ones, that which was asked for longest ago is forgotten.
    """
    return criterion


def leaves(criterion: Criterion) -> tuple[Criterion, ...]:
    """Return the criteria at the ends of the tree."""
    parts = criterion.children()
    return tuple(leaf for part in parts for leaf in leaves(part)) if parts else (criterion,)


def need(condition: bool, reason: str, what: str, given: object, accepted: str) -> None:
    """Raise ``CriterionError`` where a condition on a parameter does not hold."""
    if not condition:
        raise CriterionError(f"{what}: {given!r} was given; accepted: {accepted}.", reason=reason, given=given)
