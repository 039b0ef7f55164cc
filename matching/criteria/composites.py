"""All, any and not, at any depth."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from matching.criteria.base import Criterion, OpenFacts, leaves, need
from matching.criteria.manual import CONDITION, Manual
from matching.outcomes import UNKNOWN, Outcome, OutcomeArray, all_of, any_of, negate
from matching.profiles import Profiles


@dataclass(frozen=True, slots=True)
class _Composite(Criterion):
    of: tuple[Criterion, ...] = ()

    def __post_init__(self) -> None:
        need(bool(self.of), "empty", f"{self.kind!r} of nothing", self.of, "one criterion at least")

    @property
    def facts(self) -> tuple[str, ...]:
        return _facts_below(self)

    def children(self) -> tuple[Criterion, ...]:
        return self.of

    def open_facts(self, profiles: Profiles, *, assume: Outcome | None = None) -> OpenFacts:
        return _open_below(self, profiles, assume, assume)


@dataclass(frozen=True, slots=True)
class All(_Composite):
    """Every one of its criteria."""

    kind: ClassVar[str] = "all"

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return all_of((part.evaluate(profiles, assume=assume) for part in self.of), profiles.n)


@dataclass(frozen=True, slots=True)
class AnyOf(_Composite):
    """At least one of its criteria."""

    kind: ClassVar[str] = "any"

    def __post_init__(self) -> None:
        _Composite.__post_init__(self)
        _need_conditions(self)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return any_of((part.evaluate(profiles, assume=assume) for part in self.of), profiles.n)


@dataclass(frozen=True, slots=True)
class Not(Criterion):
    """The contrary of one criterion."""

    kind: ClassVar[str] = "not"
    of: Criterion

    def __post_init__(self) -> None:
        _need_conditions(self)

    @property
    def facts(self) -> tuple[str, ...]:
        return self.of.facts

    def children(self) -> tuple[Criterion, ...]:
        return (self.of,)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        return negate(self.of.evaluate(profiles, assume=_mirror(assume)))

    def open_facts(self, profiles: Profiles, *, assume: Outcome | None = None) -> OpenFacts:
        return _open_below(self, profiles, assume, _mirror(assume))


def _need_conditions(composite: Criterion) -> None:
    """Refuse an appraisal or an undertaking: always met, it would settle an alternative alone, and its contrary."""
    for leaf in leaves(composite):
        if isinstance(leaf, Manual):
            need(leaf.decides, "nature", f"{leaf.sentence!r} in {composite.kind!r}", leaf.nature, CONDITION)


def _mirror(assume: Outcome | None) -> Outcome | None:
    """Turn an assumption over, so that under a "not" the benefit of the doubt still benefits the firm."""
    return None if assume is None else Outcome(-assume)


def _facts_below(composite: Criterion) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fact for leaf in leaves(composite) for fact in leaf.facts))


def _open_below(
    composite: Criterion, profiles: Profiles, assume: Outcome | None, assume_below: Outcome | None
) -> OpenFacts:
    """Return the open facts of the parts, where the whole is unknown: a part that decides nothing asks nothing."""
    unknown = composite.evaluate(profiles, assume=assume) == UNKNOWN
    found: OpenFacts = {}
    for part in composite.children():
        for fact, rows in part.open_facts(profiles, assume=assume_below).items():
            found[fact] = found.get(fact, np.False_) | (rows & unknown)
    return found
