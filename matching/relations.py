"""What schemes are to each other: which comes first, which two nobody has together, what they share of one spend.

Relations make plans and warnings. They never change a verdict: a prerequisite that decides whether a firm is eligible
is a criterion of the scheme.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from math import fsum, inf

from matching.errors import RelationError
from matching.outcomes import MET, NOT_MET, UNKNOWN, Outcome

REQUIRES, EXCLUDES, CUMULABLE, FOLLOWS, ALTERNATIVE_TO = (
    "requires", "excludes", "cumulable", "follows", "alternative_to",
)  # fmt: skip
RELATION_KINDS = (REQUIRES, EXCLUDES, CUMULABLE, FOLLOWS, ALTERNATIVE_TO)
SLACK = 1e-9  # of a sum of rates: what rounding adds to it is no excess

type Rates = Mapping[str, tuple[float, float]]
type Cap = tuple[str, float, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What a scheme says of another one.

    Parameters
    ----------
    scheme, other : str
        Keys.
    kind : str
        ``requires``: the other must be had first. ``excludes``: not both, whichever of them says so. ``cumulable``:
        both, for the same spend, up to ``cap_pct``. ``follows``: after the other, where both are had.
        ``alternative_to``: in place of the other; advice, which binds nothing.
    cap_pct : float or None
        Of ``cumulable`` only: the share of one spend, in ]0, 100] %, that the scheme and all that it names with this
        cap pay at most together; ``None`` where no cap is known.
    """

    scheme: str
    kind: str
    other: str
    cap_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Schemes of a plan that do not go together, or for which that is not known.

    Parameters
    ----------
    kind : str
        ``excludes``, ``requires`` or ``cumulable``.
    schemes : tuple of str
        The two that exclude each other, sorted; a scheme, then the one it requires; those that share a spend, sorted.
    outcome : Outcome
        ``NOT_MET`` where they do not go together, ``UNKNOWN`` where something must be known first.
    cap_pct : float or None
        Of ``cumulable``: the cap.
    """

    kind: str
    schemes: tuple[str, ...]
    outcome: Outcome
    cap_pct: float | None = None


# -- are they well formed?


def check_relations(relations: Iterable[Relation]) -> None:
    """Refuse relations that cannot all hold; in time that grows with their number, and the same for any order.

    Raises
    ------
    RelationError
        An unknown kind; a cap of another kind, or outside ]0, 100]; a relation of a scheme to itself; a cycle of
        ``requires`` and ``follows``, in which nothing can come first, named whole as ``a → b → a``; a scheme that
        requires what it excludes, or two that exclude each other, directly or through what those require; two that
        exclude each other and are cumulable.
    """
    relations = sorted(set(relations), key=_order)
    for relation in relations:
        _check_one(relation)
    first = comes_first(relations, REQUIRES, FOLLOWS)
    sorter = TopologicalSorter(first)
    try:
        sorter.prepare()
    except CycleError as error:
        cycle = _from_its_smallest(tuple(reversed(error.args[1]))[:-1])
        named = " → ".join(cycle)
        raise RelationError(
            f"Nothing can come first in {named}; prerequisites have a first one.", reason="cycle", schemes=cycle
        ) from None
    _check_contradictions(relations)


def _order(relation: Relation) -> tuple[str, str, str, float]:
    return relation.scheme, relation.kind, relation.other, relation.cap_pct or 0.0


def _check_one(relation: Relation) -> None:
    pair = (relation.scheme, relation.other)
    if relation.kind not in RELATION_KINDS:
        known = ", ".join(RELATION_KINDS)
        raise RelationError(
            f"Unknown relation {relation.kind!r} of {relation.scheme!r}. Known relations: {known}.",
            reason="kind",
            schemes=pair,
        )
    if relation.scheme == relation.other:
        raise RelationError(
            f"{relation.scheme!r} {relation.kind} itself; a relation names another scheme.",
            reason="itself",
            schemes=pair,
        )
    cap = relation.cap_pct
    if cap is not None and (relation.kind != CUMULABLE or not 0 < cap <= 100):
        raise RelationError(
            f"Cap {cap!r} of {relation.scheme!r} {relation.kind} {relation.other!r}; a cap is over 0, at most 100, "
            "and of 'cumulable' only.",
            reason="cap",
            schemes=pair,
        )


def comes_first(relations: Iterable[Relation], *kinds: str) -> dict[str, list[str]]:
    """Return for each scheme those that some kinds of relations put before it; both in the order of the keys."""
    found: dict[str, set[str]] = {}
    for relation in relations:
        if relation.kind in kinds:
            found.setdefault(relation.scheme, set()).add(relation.other)
    return {scheme: sorted(found[scheme]) for scheme in sorted(found)}


def _from_its_smallest(cycle: tuple[str, ...]) -> tuple[str, ...]:
    """Return a cycle as a → b → a, the same whichever of its schemes was met first."""
    start = cycle.index(min(cycle))
    return (*cycle[start:], *cycle[:start], cycle[start])


def _check_contradictions(relations: Sequence[Relation]) -> None:
    """Refuse a scheme that needs two which exclude each other; one of them may be the scheme itself."""
    first = comes_first(relations, REQUIRES)
    keys = sorted({key for relation in relations for key in (relation.scheme, relation.other)})
    bits = {key: 1 << place for place, key in enumerate(keys)}
    # For each scheme, the set of those that need it, however far, itself among them: a bit for each key.
    needing = dict(bits)
    for key in reversed(tuple(TopologicalSorter(first).static_order())):
        for other in first.get(key, ()):
            needing[other] |= needing[key]
    cumulable = {frozenset((one.scheme, one.other)) for one in relations if one.kind == CUMULABLE}
    for one, other in excluded_pairs(relations):
        if frozenset((one, other)) in cumulable:
            raise RelationError(
                f"{one!r} and {other!r} exclude each other and are cumulable; two schemes are one or the other.",
                reason="both",
                schemes=(one, other),
            )
        both = needing[one] & needing[other]
        if both:
            witness = keys[(both & -both).bit_length() - 1]
            named = f"{witness!r} requires {other if witness == one else one!r}, which it excludes"
            if witness not in (one, other):
                named = f"{witness!r} requires {one!r} and {other!r}, which exclude each other"
            raise RelationError(
                f"{named}; what a scheme requires can be had with it.",
                reason="contradiction",
                schemes=(witness, one, other),
            )


def excluded_pairs(relations: Iterable[Relation]) -> list[tuple[str, str]]:
    """Return the pairs that exclude each other, whichever says so, sorted within and among themselves."""
    pairs = {
        (min(relation.scheme, relation.other), max(relation.scheme, relation.other))
        for relation in relations
        if relation.kind == EXCLUDES
    }
    return sorted(pairs)


# -- what does not go together


def conflicts(
    kept: Collection[str],
    relations: Iterable[Relation],
    *,
    rates: Rates | None = None,
    held: Mapping[str, bool] | None = None,
) -> list[Conflict]:
    """Return what does not go together among schemes that are kept, or might not.

    Parameters
    ----------
    kept : collection of str
        Schemes of a plan.
    relations : iterable of Relation
        In any order; those about other schemes are ignored.
    rates : mapping of str to pair of float
        The lowest and highest share of its spend, in %, that a scheme pays; absent where it is not known.
    held : mapping of str to bool
        The schemes that the firm is known to have, or not to have.

    Returns
    -------
    list of Conflict
        Exclusions, then prerequisites, then sums over a cap. A scheme that is held excludes as one that is kept. A
        prerequisite that is kept too is no conflict: it comes first. A cap counts the kept schemes only: those held
        may have paid another spend.
    """
    kept, relations, held = set(kept), list(relations), held or {}
    had = kept | {scheme for scheme, has in held.items() if has}
    excluded = [
        Conflict(kind=EXCLUDES, schemes=pair, outcome=NOT_MET)
        for pair in excluded_pairs(relations)
        if had.issuperset(pair) and not kept.isdisjoint(pair)
    ]
    missing = [
        Conflict(kind=REQUIRES, schemes=(scheme, other), outcome=NOT_MET if held.get(other) is False else UNKNOWN)
        for scheme, others in comes_first(relations, REQUIRES).items()
        for other in others
        if scheme in kept and other not in had
    ]
    return [*excluded, *missing, *sums_over(kept, stated_caps(relations), rates or {})]


def stated_caps(relations: Iterable[Relation]) -> list[Cap]:
    """Return each cap that a scheme states, with those it shares it with."""
    found: dict[tuple[str, float], set[str]] = {}
    for relation in relations:
        if relation.kind == CUMULABLE and relation.cap_pct is not None:
            found.setdefault((relation.scheme, relation.cap_pct), set()).add(relation.other)
    return [(scheme, cap, frozenset(others)) for (scheme, cap), others in sorted(found.items())]


def sums_over(kept: Collection[str], caps: Iterable[Cap], rates: Rates) -> list[Conflict]:
    """Return the sums of what kept schemes pay of one spend that are over a cap, or may be; a larger one says more."""
    lowest: dict[tuple[str, ...], float] = {}
    for scheme, cap, others in caps:
        sharing = tuple(sorted(others.intersection(kept)))
        if scheme in kept and sharing:
            schemes = tuple(sorted((scheme, *sharing)))
            lowest[schemes] = min(cap, lowest.get(schemes, inf))
    found = [(schemes, cap, _share(schemes, cap, rates)) for schemes, cap in sorted(lowest.items())]
    return [
        Conflict(kind=CUMULABLE, schemes=schemes, outcome=outcome, cap_pct=cap)
        for schemes, cap, outcome in found
        if outcome != MET and not any(_says_more(other, (schemes, cap, outcome)) for other in found)
    ]


def _says_more(one: tuple[tuple[str, ...], float, Outcome], other: tuple[tuple[str, ...], float, Outcome]) -> bool:
    """Tell whether a sum holds all the schemes of another and more, under a cap as low, and is as sure."""
    return set(one[0]) > set(other[0]) and one[1] <= other[1] and one[2] <= other[2]


def _share(schemes: Iterable[str], cap: float, rates: Rates) -> Outcome:
    """Tell whether what some schemes pay of one spend fits under a cap; a rate not known pays anything from 0 on."""
    pairs = [rates.get(scheme, (0.0, inf)) for scheme in schemes]
    if fsum(high for _, high in pairs) <= cap + SLACK:
        return MET
    return NOT_MET if fsum(low for low, _ in pairs) > cap + SLACK else UNKNOWN
