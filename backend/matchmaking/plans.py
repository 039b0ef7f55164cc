"""How the schemes of a page stand to each other: a few words beside each, warnings, and the order to take them in.

Relations never change a verdict: they warn and they order.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from backend.matchmaking import engine
from backend.schemes.models import Relation, Revision, Scheme
from backend.schemes.typography import NBSP, number

Kind = Relation.Kind
# What the rate of a sheet is a share of the spend for; of a loan or a guarantee it says another thing.
WITH_A_SHARE = (Revision.Kind.GRANT, Revision.Kind.TAX_RELIEF, Revision.Kind.ADVISORY, Revision.Kind.TRAINING)
FORWARD = {
    Kind.EXCLUDES: "Ne se cumule pas avec",
    Kind.REQUIRES: "Demande d’abord",
    Kind.CUMULABLE: "Se cumule avec",
    Kind.FOLLOWS: "Vient après",
    Kind.ALTERNATIVE_TO: "Autre possibilité :",
}
# The same link, read from the scheme that it leads to.
BACKWARD = {**FORWARD, Kind.REQUIRES: "À faire avant", Kind.FOLLOWS: "À faire avant"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """What a scheme is to another one of the same page."""

    kind: str
    words: str
    name: str
    scheme_id: int
    cap: str
    note: str


class Links:
    """What some revisions, and the schemes that the firm has, say of each other."""

    def __init__(
        self, revisions: Iterable[Revision], held: Mapping[str, bool], held_sheets: Mapping[str, Revision]
    ) -> None:
        self.revisions = {revision.scheme.key: revision for revision in revisions}
        self.held, self._held_sheets = held, held_sheets

    @cached_property
    def links(self) -> list[engine.Link]:
        return [
            engine.Link(
                scheme=key,
                kind=row.kind,
                other=f"{revision.scheme.source}:{row.other_key}",
                cap_pct=None if row.cap_pct is None else float(row.cap_pct),
                note=row.note,
            )
            for key, revision in {**self._held_sheets, **self.revisions}.items()
            for row in revision.relations.all()
        ]

    @cached_property
    def _other_names(self) -> dict[str, str]:
        """Return the names of the schemes that are named and not shown."""
        keys = {link.other for link in self.links} - self.revisions.keys()
        found = Scheme.objects.filter(source_key__in={key.partition(":")[2] for key in keys}).select_related("current")
        return {scheme.key: str(scheme) for scheme in found} if keys else {}

    @cached_property
    def _rates(self) -> dict[str, tuple[float, float]]:
        return {
            key: (0.0, float(revision.rate_max_pct))
            for key, revision in self.revisions.items()
            if revision.rate_max_pct is not None and revision.kind in WITH_A_SHARE
        }

    def name(self, key: str) -> str:
        revision = self.revisions.get(key)
        return f"«{NBSP}{revision.name if revision else self._other_names.get(key, key)}{NBSP}»"

    def may_replace(self, key: str, other: str) -> bool:
        """Tell whether either of two schemes is said to stand in for the other."""
        pair = {key, other}
        return any(link.kind == Kind.ALTERNATIVE_TO and {link.scheme, link.other} == pair for link in self.links)

    # -- beside a scheme

    def of(self, key: str) -> tuple[LinkView, ...]:
        """Return what a scheme is to the others of the page, whichever of them says so, each once."""
        found: dict[tuple[str, str], LinkView] = {}
        for link in self.links:
            if key in (link.scheme, link.other):
                is_own = link.scheme == key
                other = self.revisions.get(link.other if is_own else link.scheme)
                words = (FORWARD if is_own else BACKWARD)[Kind(link.kind)]
                if other and (is_own or (words, other.scheme.key) not in found):
                    found[words, other.scheme.key] = LinkView(
                        kind=link.kind,
                        words=words.replace(" :", f"{NBSP}:"),
                        name=other.name,
                        scheme_id=other.scheme_id,
                        cap="" if link.cap_pct is None else f"jusqu’à {_share(link.cap_pct)} de la même dépense",
                        note=link.note if is_own else "",
                    )
        return tuple(found.values())

    def warnings_for(self, key: str, kept: Collection[str]) -> tuple[str, ...]:
        """Return what keeping a scheme goes against, where those kept are kept too."""
        found = self._conflicts({*kept, key})
        return tuple(self._beside(conflict, key) for conflict in found if _is_about(conflict, key))

    def warnings_among(self, kept: Collection[str]) -> tuple[str, ...]:
        """Return all that kept schemes go against, each thing once."""
        subjects = [
            (conflict, next(key for key in conflict.schemes if key in kept)) for conflict in self._conflicts(kept)
        ]
        return tuple(f"{self.name(key)}{NBSP}: {_lower(self._beside(conflict, key))}" for conflict, key in subjects)

    def _conflicts(self, kept: Collection[str]) -> list[engine.Conflict]:
        return engine.conflicts(kept, self.links, rates=self._rates, held=self.held)

    def _beside(self, conflict: engine.Conflict, key: str) -> str:
        others = [other for other in conflict.schemes if other != key]
        if conflict.kind == Kind.EXCLUDES:
            end = "que l’entreprise a déjà" if self.held.get(others[0]) else "déjà retenu"
            return f"Ne se cumule pas avec {self.name(others[0])}, {end}."
        if conflict.kind == Kind.REQUIRES:
            if conflict.outcome == "not_met":
                return f"Demande d’abord {self.name(others[0])}, que l’entreprise n’a pas."
            return f"Demande d’abord {self.name(others[0])}{NBSP}: l’entreprise l’a-t-elle{NBSP}?"
        return self._sum(conflict, key, others)

    def _sum(self, conflict: engine.Conflict, key: str, others: list[str]) -> str:
        cap = _share(conflict.cap_pct or 0)
        start = f"Aides cumulables jusqu’à {cap} de la même dépense avec {_and(map(self.name, others))}{NBSP}: "
        unknown = [self.name(scheme) for scheme in (key, *others) if scheme not in self._rates]
        if unknown:
            if len(unknown) == 1:
                return f"{start}le taux de {unknown[0]} n’est pas connu."
            return f"{start}les taux de {_and(unknown)} ne sont pas connus."
        rates = " + ".join(_share(self._rates[scheme][1]) for scheme in (key, *others))
        return f"{start}aux taux les plus hauts, {rates} dépasse."

    # -- in which order

    def plan(self, scores: Mapping[str, float]) -> dict[int, tuple[int, ...]]:
        """Return the schemes that go together best, first steps first, each with those to take just before it."""
        steps = engine.plan(scores, self.links, rates=self._rates, held=self.held)
        numbers = {key: revision.scheme_id for key, revision in self.revisions.items()}
        return {numbers[key]: tuple(numbers[other] for other in after) for key, after in steps}


def _is_about(conflict: engine.Conflict, key: str) -> bool:
    """Tell whether a conflict is to be read beside a scheme: a prerequisite is missing to the one that asks for it."""
    return key == conflict.schemes[0] if conflict.kind == Kind.REQUIRES else key in conflict.schemes


def _share(pct: float) -> str:
    return f"{number(pct)}{NBSP}%"


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} et {last}" if first else last


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
