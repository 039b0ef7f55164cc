"""The map of the territory's communes, coloured by what is asked there or what no scheme answers: a link for each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from backend.steering.gap_map import Gap
from backend.territories.outlines import Shape, commune_shapes

NOTHING_ASKED = 0


class Shown(StrEnum):
    """What a colour says of a commune."""

    LACKING = ""
    DEMAND = "besoins"


# What each class says, the lightest first: each has a colour and a pattern. Of a commune, its number of the first one.
CLASSES = {
    Shown.LACKING: (
        "un dispositif pour chaque besoin",
        "rien ne manque, des réponses à préciser",
        "sans dispositif : un besoin sur quatre au plus",
        "sans dispositif : davantage",
    ),
    Shown.DEMAND: ("1 ou 2 besoins", "de 3 à 9", "de 10 à 29", "30 et plus"),
}
MOST_LACKING = 25  # percent
BOUNDS = (2, 9, 29)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A commune as drawn: ``level`` is its class, from 1 on, and ``NOTHING_ASKED`` where nobody asked for anything.

    ``number`` is what is written on it; nothing where that is none.
    """

    shape: Shape
    level: int
    number: int
    gap: Gap | None


def areas(gaps: Iterable[Gap], shown: Shown) -> list[Area]:
    """Return every commune of the territory, those without a link first: an outline is not covered by another's."""
    by_code = {gap.key[0]: gap for gap in gaps}
    drawn = [_area(shape, by_code.get(shape.code), shown) for shape in commune_shapes()]
    return sorted(drawn, key=lambda area: (area.gap is not None, area.gap.label if area.gap else ""))


def _area(shape: Shape, gap: Gap | None, shown: Shown) -> Area:
    if gap is None:
        return Area(shape=shape, level=NOTHING_ASKED, number=0, gap=None)
    number = gap.demand if shown == Shown.DEMAND else gap.unmet
    return Area(shape=shape, level=LEVELS[shown](gap), number=number, gap=gap)


def _by_lacking(gap: Gap) -> int:
    if gap.unmet:
        return 3 if 100 * gap.unmet <= MOST_LACKING * gap.demand else 4
    return 2 if gap.to_specify else 1


def _by_demand(gap: Gap) -> int:
    return 1 + sum(gap.demand > most for most in BOUNDS)


LEVELS: dict[Shown, Callable[[Gap], int]] = {Shown.LACKING: _by_lacking, Shown.DEMAND: _by_demand}
