"""A plan: which of several schemes go together best, and which of them comes first."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from itertools import combinations
from math import fsum

from matching.outcomes import NOT_MET
from matching.relations import (
    FOLLOWS,
    REQUIRES,
    Cap,
    Rates,
    Relation,
    check_relations,
    comes_first,
    excluded_pairs,
    stated_caps,
    sums_over,
)

N_EXACT = 12  # schemes that bear on each other: up to so many, every choice is compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One scheme of a plan, and those of the plan that come directly before it, sorted."""

    scheme: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a choice among candidates must respect."""

    first: Mapping[str, Sequence[str]]  # the candidates that each needs
    exclusions: Sequence[tuple[str, str]]
    caps: Sequence[Cap]
    rates: Rates

    def allow(self, chosen: frozenset[str]) -> bool:
        return (
            all(chosen.issuperset(self.first.get(scheme, ())) for scheme in chosen)
            and not any(chosen.issuperset(pair) for pair in self.exclusions)
            and not any(conflict.outcome == NOT_MET for conflict in sums_over(chosen, self.caps, self.rates))
        )

    def links(self) -> Iterable[tuple[str, ...]]:
        """Return the groups of schemes of which one bears on another."""
        yield from self.exclusions
        yield from ((scheme, *others) for scheme, others in self.first.items())
        yield from ((scheme, *others) for scheme, _, others in self.caps)

    def with_what_it_needs(self, scheme: str) -> frozenset[str]:
        found, waiting = {scheme}, [scheme]
        while waiting:
            new = set(self.first.get(waiting.pop(), ())) - found
            found |= new
            waiting.extend(new)
        return frozenset(found)


def bundle(
    scores: Mapping[str, float],
    relations: Iterable[Relation],
    *,
    rates: Rates | None = None,
    held: Mapping[str, bool] | None = None,
) -> list[Step]:
    """Return a best plan of schemes that go together, first steps first.

    Of the candidates that bear on each other, up to ``N_EXACT`` of them, the choice with the highest sum of scores is
    taken, then the one with most schemes, then the first by keys; where there are more, the best scheme that goes with
    those already taken is added with what it needs, again and again. The order puts what is required or followed
    before what requires or follows it; among those that may come next, first the one that leads to the best score.

    Parameters
    ----------
    scores : mapping of str to float
        The candidates; a score under 0 counts as 0, so that nothing that fits is left out for its score.
    relations : iterable of Relation
        Such as ``check_relations`` accepts, in any order. A prerequisite bars a scheme only where it is known not to
        be held and is no candidate; one of which nothing is known is for ``conflicts`` to tell.
    rates : mapping of str to pair of float
        As for ``conflicts``. A cap bars a choice only where it is exceeded for certain.
    held : mapping of str to bool
        What the firm has is no step, and keeps out what it excludes.

    Returns
    -------
    list of Step

    Raises
    ------
    RelationError
        Where nothing can come first.
    """
    relations, held = list(relations), held or {}
    check_relations(relations)
    candidates = _candidates(scores, relations, held)
    points = {scheme: max(float(scores[scheme]), 0.0) for scheme in candidates}
    requires = comes_first(relations, REQUIRES)
    rules = _Rules(
        first={
            scheme: [other for other in others if other in candidates]
            for scheme, others in requires.items()
            if scheme in candidates
        },
        exclusions=[pair for pair in excluded_pairs(relations) if candidates.issuperset(pair)],
        caps=[
            (scheme, cap, others & candidates)
            for scheme, cap, others in stated_caps(relations)
            if scheme in candidates and others & candidates
        ],
        rates=rates or {},
    )
    chosen: frozenset[str] = frozenset()
    for component in _components(candidates, rules):
        chosen |= _choose(component, rules, points)
    return _in_order(chosen, comes_first(relations, REQUIRES, FOLLOWS), points)


def _candidates(
    scores: Mapping[str, float], relations: Sequence[Relation], held: Mapping[str, bool]
) -> frozenset[str]:
    """Leave out what is held, what it excludes, and what needs a scheme that cannot be had first."""
    has = {scheme for scheme, is_held in held.items() if is_held}
    excluded = {key for pair in excluded_pairs(relations) if not has.isdisjoint(pair) for key in pair}
    found = set(scores) - has - excluded
    needed_by: dict[str, list[str]] = {}
    for scheme, others in comes_first(relations, REQUIRES).items():
        for other in others:
            needed_by.setdefault(other, []).append(scheme)
    lost = [key for key in sorted(needed_by) if key not in found and _is_lost(key, scores, held)]
    while lost:
        for scheme in needed_by.get(lost.pop(), ()):
            if scheme in found:
                found.discard(scheme)
                lost.append(scheme)
    return frozenset(found)


def _is_lost(key: str, scores: Mapping[str, float], held: Mapping[str, bool]) -> bool:
    """Tell whether a scheme that is no candidate any more cannot be had: not held, or barred by one that is."""
    return held.get(key) is False or (key in scores and not held.get(key, False))


def _components(candidates: Collection[str], rules: _Rules) -> list[list[str]]:
    """Return the candidates in groups that do not bear on each other; both in the order of the keys."""
    neighbours: dict[str, set[str]] = {scheme: set() for scheme in candidates}
    for group in rules.links():
        for scheme in group[1:]:
            neighbours[group[0]].add(scheme)
            neighbours[scheme].add(group[0])
    found, seen = [], set[str]()
    for scheme in sorted(candidates):
        if scheme not in seen:
            component, waiting = {scheme}, [scheme]
            while waiting:
                new = neighbours[waiting.pop()] - component
                component |= new
                waiting.extend(new)
            seen |= component
            found.append(sorted(component))
    return found


def _choose(component: Sequence[str], rules: _Rules, points: Mapping[str, float]) -> frozenset[str]:
    everything = frozenset(component)
    if rules.allow(everything):
        return everything
    return (_best if len(component) <= N_EXACT else _greedy)(component, rules, points)


def _best(component: Sequence[str], rules: _Rules, points: Mapping[str, float]) -> frozenset[str]:
    """Compare every choice; the number of them is bounded by ``N_EXACT``."""
    choices = (frozenset(some) for n in range(len(component), -1, -1) for some in combinations(component, n))
    allowed = (choice for choice in choices if rules.allow(choice))
    return min(allowed, key=lambda choice: (-fsum(points[key] for key in choice), -len(choice), sorted(choice)))


def _greedy(component: Sequence[str], rules: _Rules, points: Mapping[str, float]) -> frozenset[str]:
    def add(chosen: frozenset[str], scheme: str) -> frozenset[str]:
        more = chosen | rules.with_what_it_needs(scheme)
        return more if rules.allow(more) else chosen

    return reduce(add, sorted(component, key=lambda key: (-points[key], key)), frozenset[str]())


def _in_order(chosen: Collection[str], first: Mapping[str, Sequence[str]], points: Mapping[str, float]) -> list[Step]:
    before = {scheme: [other for other in first.get(scheme, ()) if other in chosen] for scheme in sorted(chosen)}
    after: dict[str, list[str]] = {scheme: [] for scheme in before}
    for scheme, others in before.items():
        for other in others:
            after[other].append(scheme)
    leads_to = dict(points)
    for scheme in reversed(tuple(TopologicalSorter(before).static_order())):
        leads_to[scheme] = max([points[scheme], *(leads_to[other] for other in after[scheme])])
    left = {scheme: len(others) for scheme, others in before.items()}
    ready = sorted((-leads_to[scheme], -points[scheme], scheme) for scheme, n in left.items() if n == 0)
    steps = []
    while ready:
        scheme = heappop(ready)[2]
        steps.append(Step(scheme=scheme, after=tuple(before[scheme])))
        for other in after[scheme]:
            left[other] -= 1
            if left[other] == 0:
                heappush(ready, (-leads_to[other], -points[other], other))
    return steps
