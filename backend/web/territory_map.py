"""The map of the territory's communes, coloured by what no scheme answers there: a link for each that asks."""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.steering.gap_map import Gap
from backend.territories.outlines import Shape, commune_shapes

# Of the needs of a commune, the share that no scheme answers, in percent: each class has a colour and a pattern.
CLASSES = ((0, "aucun"), (25, "un quart au plus"), (50, "la moitié au plus"), (100, "plus de la moitié"))
NOTHING_ASKED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A commune as drawn: ``level`` is its class, from 1 on, and ``NOTHING_ASKED`` where nobody asked for anything."""

    shape: Shape
    level: int
    gap: Gap | None


def areas(gaps: Iterable[Gap]) -> list[Area]:
    """Return every commune of the territory, those without a link first: an outline is not covered by another's."""
    by_code = {gap.key[0]: gap for gap in gaps}
    drawn = [
        Area(shape=shape, level=_level(by_code.get(shape.code)), gap=by_code.get(shape.code))
        for shape in commune_shapes()
    ]
    return sorted(drawn, key=lambda area: (area.gap is not None, area.gap.label if area.gap else ""))


def _level(gap: Gap | None) -> int:
    if gap is None:
        return NOTHING_ASKED
    share = 100 * gap.unmet / gap.demand
    return next(level for level, (most, _words) in enumerate(CLASSES, 1) if share <= most)
