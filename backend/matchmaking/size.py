"""The size of a firm with its group, in words: each line of the sum, the total, the category it may have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.matchmaking import engine
from backend.matchmaking.fact_display import insee_category
from backend.schemes import typography
from backend.schemes.vocabulary import ONE_SIZE

NBSP = typography.NBSP
SIZES = tuple(ONE_SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeLine:
    """One line of the sum: who, why it counts as it does, and three figures."""

    name: str
    why: str
    headcount: str
    turnover: str
    balance_sheet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeView:
    lines: tuple[SizeLine, ...]
    total: SizeLine
    category: str
    remarks: tuple[str, ...]


def present_size(facts: Mapping[str, Any], *, on: date) -> SizeView:
    """Lay out the sum that makes a firm's size category under European rules."""
    size = engine.size_of(facts, on=on)
    return SizeView(
        lines=tuple(_line(part, _why(part)) for part in size.parts),
        total=_line(size.total, ""),
        category=sizes_in_words(size.positions),
        remarks=(*_remarks(size), *_hint(facts)),
    )


def sizes_in_words(positions: tuple[int, int]) -> str:
    """Write a range of sizes, by their positions from the smallest.

    >>> sizes_in_words((1, 1)), sizes_in_words((0, 2)), sizes_in_words((0, 4))
    ('petite entreprise', 'de micro-entreprise à entreprise moyenne', 'taille inconnue')
    """
    smallest, largest = (ONE_SIZE[SIZES[position]] for position in positions)
    if positions == (0, len(SIZES) - 1):
        return "taille inconnue"
    if smallest == largest:
        return smallest
    return f"{'d’' if smallest.startswith('e') else 'de '}{smallest} à {largest}"


def _why(part: engine.Sum) -> str:
    if part.link == "own":
        return "comptée en entier"
    if part.link == "linked":
        return "liée, comptée en entier"
    if part.link == "partner":
        return f"partenaire, comptée à {typography.number(part.share)}{NBSP}%"
    return "autonome, n’est pas comptée"


def _line(part: engine.Sum, why: str) -> SizeLine:
    return SizeLine(
        name=part.name,
        why=why,
        headcount=_figure(part.headcount, typography.number),
        turnover=_figure(part.turnover, typography.euros),
        balance_sheet=_figure(part.balance_sheet, typography.euros),
    )


def _figure(bounds: tuple[float, float | None], write: Callable[[float], str]) -> str:
    low, high = bounds
    if high is None:
        return f"{write(low)} au moins" if low else "inconnu"
    return write(low) if low == high else f"de {write(low)} à {write(high)}"


def _remarks(size: engine.Size) -> list[str]:
    remarks = []
    if not size.is_group_known:
        remarks.append("Le groupe n’est pas connu : d’autres entreprises peuvent s’ajouter à la somme.")
    if size.is_public:
        remarks.append("Un quart ou plus est détenu par des organismes publics : ce n’est pas une PME.")
    if size.n_years == 1:
        remarks.append("Un seul exercice est connu : la règle des deux exercices ne peut pas encore jouer.")
    elif size.last_year != size.positions:
        remarks.append(
            f"Le dernier exercice seul donnerait{NBSP}: {sizes_in_words(size.last_year)}. Un seuil franchi ne compte"
            " qu’après deux exercices de suite."
        )
    return remarks


def _hint(facts: Mapping[str, Any]) -> list[str]:
    """Return what the statistical office says: it counts groups its own way and decides nothing here."""
    known = facts.get("insee_category")
    return [f"Indice, qui ne décide de rien{NBSP}: catégorie de l’INSEE {insee_category(known)}."] if known else []
