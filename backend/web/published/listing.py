"""The public catalogue, narrowed: what each choice leaves is counted before it is made."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from django.db.models import F, Prefetch, QuerySet

from backend.matchmaking import engine
from backend.schemes.catalogue.searching import relevance_of
from backend.schemes.catalogue.windows import TAKING, WindowOn, window_column
from backend.schemes.models import OperatorRole, Revision, Scheme, ServedNeed
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
    """What is left, in the order to show it, and for each choice how many it would leave."""

    revisions: Sequence[Revision]
    counts: Mapping[str, Mapping[str, int]]


def in_force() -> QuerySet[Revision]:
    """Revisions that published schemes of ours are at."""
    published = Scheme.objects.shown().published()
    return Revision.objects.filter(scheme__in=published, scheme__current=F("pk")).select_related("scheme")


def list_schemes(form: CatalogueForm, *, on: date) -> Listing:
    """Narrow the catalogue to what a form says, each of its fields alone where it can be read."""
    asked = getattr(form, "cleaned_data", {})
    rows = {
        revision.pk: revision
        for revision in in_force()
        .alias(window_on=window_column(on))
        .annotate(state=F("window_on"))
        .prefetch_related(
            Prefetch("roles", queryset=OperatorRole.objects.select_related("operator")),
            Prefetch("served_needs", queryset=ServedNeed.objects.select_related("sub_need")),
        )
    }
    values = {
        "besoin": {pk: {row.sub_need.need_id for row in one.served_needs.all()} for pk, one in rows.items()},
        "forme": {pk: {one.kind} for pk, one in rows.items()},
        "niveau": {pk: {one.level} for pk, one in rows.items()},
        "porteur": {pk: {row.operator.name for row in one.roles.all()} for pk, one in rows.items()},
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
        (rows[pk] for pk in left),
        key=lambda one: (-relevance.get(one.pk, 0.0), order[WindowOn(one.state)], one.name.casefold()),
    )
    return Listing(found, counts)


def _all_of(everything: set[int], several: Iterable[set[int]]) -> set[int]:
    return reduce(set.intersection, several, everything)
