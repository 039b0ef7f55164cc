"""What the sheets of the catalogue say of each other, together: it must be able to hold.

Each sheet is well formed by itself; only together do they make a circle of prerequisites, or ask for two things that
exclude each other. Relations make plans and warnings and never change a verdict.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.common.locks import wait_for_turn
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.models import Relation, Scheme, contradiction_in
from backend.schemes.typography import NBSP

type Edge = tuple[str, str, str, float | None]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Links that cannot all hold: the schemes it is about, and a sentence for the editor."""

    schemes: tuple[str, ...]
    text: str

    def is_same_as(self, other: "Contradiction | None") -> bool:
        """Tell whether another one is about the same schemes, whatever their names are now."""
        return other is not None and other.schemes == self.schemes


def hold_relations() -> None:
    """Let nobody else put relations in force until the end of the transaction; call it before any row is locked.

    Two changes that are fine apart may make a circle.
    """
    wait_for_turn("relations")


def contradiction_in_force() -> Contradiction | None:
    """Return what cannot hold in the catalogue as it is, archived schemes left out."""
    return _told(_edges_in_force(), {})


def contradiction_with(record: SchemeRecord) -> Contradiction | None:
    """Return what could not hold if a record were in force in place of what its scheme says now, and does so far."""
    key = record["key"]
    in_force = _edges_in_force()
    edges: list[Edge] = [edge for edge in in_force if edge[0] != key]
    edges += [(key, row["kind"], row["scheme"], row.get("cap_pct")) for row in record["relations"]]
    found = _told(edges, {key: record["name"]})
    if found is None or found.is_same_as(_told(in_force, {})):
        return None
    lines = [line for line, row in enumerate(record["relations"], 1) if {key, row["scheme"]} <= {*found.schemes}]
    place = f"Liens avec d’autres dispositifs{f', ligne {lines[0]}' if lines else ''}"
    return Contradiction(found.schemes, f"{place}{NBSP}: {found.text}")


def _edges_in_force() -> list[Edge]:
    schemes = Scheme.objects.of_source(Scheme.OWN).described().exclude(state=Scheme.State.ARCHIVED)
    rows = Relation.objects.filter(revision__in=schemes.values("current"))
    found = rows.values_list("revision__scheme__source_key", "kind", "other_key", "cap_pct")
    return [(key, kind, other, None if cap is None else float(cap)) for key, kind, other, cap in found]


def _told(edges: Iterable[Edge], names: dict[str, str]) -> Contradiction | None:
    found = contradiction_in(edges)
    if found is None:
        return None
    reason, schemes = found
    rows = Scheme.objects.of_source(Scheme.OWN).filter(source_key__in=schemes).select_related("current")
    names = {**{scheme.source_key: str(scheme) for scheme in rows}, **names}
    quoted = [f"«{NBSP}{names.get(key, key)}{NBSP}»" for key in schemes]
    return Contradiction(schemes, _sentence(reason, schemes, quoted))


def _sentence(reason: str, schemes: tuple[str, ...], names: list[str]) -> str:
    """Say in plain French what the engine refuses; what one sheet says alone was checked with the sheet."""
    if reason == "cycle":
        return (
            f"rien ne peut venir en premier dans {' → '.join(names)} (chacun demande le suivant, ou vient après lui). "
            "Retirez l’un de ces liens."
        )
    if reason == "contradiction":
        first, *others = names
        pair = [name for name in others if name != first]
        if len(pair) == 1:
            return f"{first} demande d’abord {pair[0]}, avec lequel il ne se cumule pas. Gardez l’un des deux liens."
        return f"{first} demande d’abord {pair[0]} et {pair[1]}, qui ne se cumulent pas. Retirez l’un de ces liens."
    if reason == "both":
        return f"{names[0]} et {names[1]} se cumulent selon un lien, et ne se cumulent pas selon un autre."
    return f"un lien de {names[0]} vers {names[1]} n’est pas bien formé."
