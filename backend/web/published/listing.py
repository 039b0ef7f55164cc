"""The public catalogue, narrowed: what each choice leaves is counted before it is made."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import NamedTuple

from django.db.models import Prefetch

from backend.matchmaking import engine
from backend.schemes.catalogue.searching import in_force, relevance_of
from backend.schemes.catalogue.windows import TAKING, WindowOn, window_column
from backend.schemes.models import OperatorRole, Revision, ServedNeed
from backend.web.forms.catalogue import CatalogueForm

# First what can be asked for today; what nobody can have comes last.
STATES = (
    WindowOn.CLOSING_SOON,
    WindowOn.OPEN,
    WindowOn.UNKNOWN,
    WindowOn.UPCOMING,
    WindowOn.SUSPENDED,
    WindowOn.EXHAUSTED,
    WindowOn.CLOSED,
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is left, by the numbers of revisions in the order to show them, and how many each choice would leave."""

    found: Sequence[int]
    counts: Mapping[str, Mapping[str, int]]


def with_operators(numbers: Sequence[int]) -> list[Revision]:
    """Return some revisions in their order, each with its operators."""
    roles = Prefetch("roles", queryset=OperatorRole.objects.select_related("operator"))
    found = in_force().prefetch_related(roles).in_bulk(numbers)
    return [found[number] for number in numbers]


def list_schemes(form: CatalogueForm, *, on: date) -> Listing:
    """Narrow the catalogue to what a form says, each of its fields alone where it can be read."""
    asked = getattr(form, "cleaned_data", {})
    rows = _rows(on)
    needs = _by_revision(ServedNeed.objects.filter(revision__in=rows).values_list("revision", "sub_need__need"))
    operators = _by_revision(OperatorRole.objects.filter(revision__in=rows).values_list("revision", "operator__name"))
    values = {
        "besoin": needs,
        "forme": {pk: {one.kind} for pk, one in rows.items()},
        "niveau": {pk: {one.level} for pk, one in rows.items()},
        "porteur": operators,
    }
    kept = {name: {pk for pk, found in of.items() if asked.get(name) in found} for name, of in values.items()}
    narrowed = {name: pks for name, pks in kept.items() if asked.get(name)}
    relevance = relevance_of(in_force(), asked["q"]) if asked.get("q") else {}
    if asked.get("q"):
        narrowed["q"] = set(relevance)
    if asked.get("ouvert"):
        narrowed["ouvert"] = {pk for pk, one in rows.items() if one.state in TAKING}
    if form.place:
        narrowed["lieu"] = engine.reaching(form.place.code, on=on)
    left = _all_of(set(rows), narrowed.values())
    counts = {
        name: Counter(
            value
            for pk in _all_of(set(rows), (pks for other, pks in narrowed.items() if other != name))
            for value in of[pk]
        )
        for name, of in values.items()
    }
    order = {state: position for position, state in enumerate(STATES)}
    found = sorted(
        left, key=lambda pk: (-relevance.get(pk, 0.0), order[WindowOn(rows[pk].state)], rows[pk].name.casefold())
    )
    return Listing(found, counts)


class _Row(NamedTuple):
    """What a revision is narrowed and ordered by; what else a card says is read for those of a page alone."""

    pk: int
    kind: str
    level: str
    name: str
    state: str


def _rows(on: date) -> dict[int, _Row]:
    columns = in_force().annotate(state=window_column(on)).values_list(*_Row._fields)
    return {row.pk: row for row in map(_Row._make, columns)}


def _by_revision(rows: Iterable[tuple[int, str]]) -> defaultdict[int, set[str]]:
    found = defaultdict[int, set[str]](set)
    for pk, value in rows:
        found[pk].add(value)
    return found


def _all_of(everything: set[int], several: Iterable[set[int]]) -> set[int]:
    return reduce(set.intersection, several, everything)
